"""PyAudio itself, brought in only when a card is wanted: the only file that imports it.

Opening, closing and ending bear no company, so whoever does that holds `lock`. What it loads is talkative: its lines
about devices that it did not find go nowhere.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Final

from client import collector
from client.voice.portaudio import HOST_API, INPUTS, OUTPUTS, Facts, PortAudio, names
from common.errors import DeviceError

SWITCH_SECONDS: Final = 0.0002  # how soon a busy thread lets the voice thread in (docs/decisions/0023-threads.md)
MISSING: Final = (
    "Voice with a sound card needs PyAudio: pip install pyaudio"
    " (before it, on Debian or Ubuntu: apt-get install gcc python3-dev portaudio19-dev;"
    " Fedora: dnf install gcc python3-devel portaudio-devel; macOS: brew install portaudio)."
)

_ALSA_HANDLER: Final = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)
lock: Final = threading.Lock()


def device_names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Microphones and speakers as PortAudio tells them. Takes a while. Raises `DeviceError` without PyAudio."""
    library = bring_in()
    with lock, quiet_stderr():
        portaudio = library.PyAudio()
        try:
            return names(devices_of(portaudio, INPUTS)), names(devices_of(portaudio, OUTPUTS))
        finally:
            portaudio.terminate()


def devices_of(portaudio: PortAudio, channels: str) -> list[Facts]:
    """Those that have channels in this direction, with the names of their host APIs."""
    devices: list[Facts] = []
    for index in range(portaudio.get_device_count()):
        facts = portaudio.get_device_info_by_index(index)
        if int(facts[channels]) > 0:
            api = portaudio.get_host_api_info_by_index(int(facts["hostApi"]))["name"]
            devices.append({**facts, HOST_API: api})
    return devices


@contextmanager
def variables(values: Mapping[str, str]) -> Iterator[None]:
    """Under `lock`: environment variables, by which alone the sound server's library is told about a stream."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


def bring_in() -> ModuleType:
    """The library. Raises `DeviceError` with the line that mends it where it is not there."""
    try:
        import pyaudio  # noqa: PLC0415 - text must work where it is not installed
    except ImportError as error:
        raise DeviceError(MISSING) from error
    sys.setswitchinterval(SWITCH_SECONDS)
    _pass_over()
    _hush_alsa()
    library: ModuleType = pyaudio
    return library


@cache
def _pass_over() -> None:
    """Once: no card plays yet that a pause could harm."""
    collector.pass_over(collect=True)


def _say_nothing(*_: object) -> None:
    """In place of ALSA's own handler, which writes a line on stderr for every gap. Gaps are counted here."""


_alsa_handler: Final = _ALSA_HANDLER(_say_nothing)  # kept here: ALSA holds a pointer to it


def _hush_alsa() -> None:
    try:
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_alsa_handler)
    except (OSError, AttributeError):  # not Linux, or a sound system without ALSA
        return


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """PortAudio and what it loads write a hundred lines about devices that they did not find."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr: a window without a console
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a descriptor is wanted, not a path
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
