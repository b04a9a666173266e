"""What the audio device uses of PyAudio, as types: the library itself is loaded only when a device is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeAlias

Facts: TypeAlias = Mapping[str, str | int | float]  # what PortAudio tells about a device


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

    def is_format_supported(self, rate: float, **device: int) -> bool:
        """Raises ValueError where it is not."""
        ...

    def open(self, **settings: object) -> OpenStream:
        """Raises OSError. A wrong index ends the process."""
        ...

    def terminate(self) -> None:
        """Nothing may be called after it."""
        ...
