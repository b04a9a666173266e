"""What the audio device uses of PyAudio, as types: the library itself is loaded only when a device is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeAlias

Facts: TypeAlias = Mapping[str, str | int | float]  # what PortAudio tells about a device


class OpenStream(Protocol):
    """What is used of `pyaudio.Stream`."""

    def is_active(self) -> bool:
        """Whether callbacks are still to come."""
        ...

    def close(self) -> None:
        """Stop at once."""
        ...


class PortAudio(Protocol):
    """What is used of `pyaudio.PyAudio`."""

    def get_default_input_device_info(self) -> Facts:
        """Raises OSError where there is none."""
        ...

    def get_default_output_device_info(self) -> Facts:
        """Raises OSError where there is none."""
        ...

    def get_device_count(self) -> int:
        """How many there are."""
        ...

    def get_device_info_by_index(self, index: int) -> Facts:
        """Raises OSError for a wrong index."""
        ...

    def is_format_supported(self, rate: float, **device: int) -> bool:
        """Raises ValueError where it is not."""
        ...

    def open(self, **settings: object) -> OpenStream:
        """Raises OSError. A wrong index ends the process."""
        ...

    def terminate(self) -> None:
        """Nothing may be called after it."""
        ...
