"""Sound cards. In this step of the work they are refused, and say so; WAV files and silence are devices already."""

from __future__ import annotations

from collections.abc import Callable

from client.voice.device import Microphone, Speaker
from common.errors import DeviceError


def open_microphone(_choice: str, _wake: Callable[[], None], _clock: Callable[[], float]) -> Microphone:
    """Raises `DeviceError`."""
    raise DeviceError("Sound cards cannot be used yet: choose a WAV file or none.")


def open_speaker(_choice: str, _wake: Callable[[], None], _clock: Callable[[], float]) -> Speaker:
    """Raises `DeviceError`."""
    raise DeviceError("Sound cards cannot be used yet: choose a WAV file or none.")
