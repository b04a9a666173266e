"""What the audio device uses of PyAudio, as types, and how its devices are called and found. Pure.

The library itself is loaded only when a device is opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, TypeAlias

Facts: TypeAlias = Mapping[str, str | int | float]  # what PortAudio tells about a device
INPUTS: Final = "maxInputChannels"
OUTPUTS: Final = "maxOutputChannels"
HOST_API: Final = "hostApiName"  # added to them here: one device may be there under several


class OpenStream(Protocol):
    """What is used of `pyaudio.Stream`. Any error closes it."""

    def get_read_available(self) -> int:
        """How many samples can be read without waiting, or an error below 0."""
        ...

    def get_write_available(self) -> int:
        """How many samples can be written without waiting, or an error below 0."""
        ...

    def read(self, count: int, *, exception_on_overflow: bool) -> bytes:
        """So many samples. Raises OSError."""
        ...

    def write(self, samples: bytes, *, exception_on_underflow: bool) -> None:
        """Raises OSError."""
        ...

    def close(self) -> None:
        """Stop at once. Raises OSError if it is closed."""
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

    def get_host_api_info_by_index(self, index: int) -> Facts:
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


def label(device: Facts) -> str:
    """Name and host API: what tells a device from all others, from one start of the computer to the next."""
    return f"{device['name']}, {device[HOST_API]}"


def found(devices: Sequence[Facts], wish: str) -> Facts | None:
    """The device that `wish` is, by label or by name, or is part of, in whatever case."""
    wanted = wish.casefold()
    # An exact name first: on Linux "pulse" is also part of other devices' names.
    for device in devices:
        if wanted in {label(device).casefold(), str(device["name"]).casefold()}:
            return device
    return next((device for device in devices if wanted in label(device).casefold()), None)


def names(devices: Sequence[Facts]) -> tuple[str, ...]:
    """What people choose from."""
    return tuple(dict.fromkeys(label(device) for device in devices))
