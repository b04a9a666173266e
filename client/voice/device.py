"""What the voice thread knows of a microphone or a speaker, be it a sound card, a WAV file or silence.

Every device is moved by `now` and never blocks: it is asked again at the time that it names, or sooner when it
calls the `wake` that it was opened with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from client.voice.packet import BLOCK_SAMPLES
from common.errors import DeviceError
from common.limits import SAMPLE_RATE

Block: TypeAlias = npt.NDArray[np.float32]  # samples of -1..1, mono, 48 kHz; BLOCK_SAMPLES where not said otherwise
BLOCK_SECONDS: Final = BLOCK_SAMPLES / SAMPLE_RATE


def silence(samples: int = BLOCK_SAMPLES) -> Block:
    """A block without a sound."""
    return np.zeros(samples, np.float32)


class DeviceUnfit(DeviceError):
    """A speaker that holds too little for this machine, or more than it needs: opened again it will hold what fits."""

    def __init__(self) -> None:
        super().__init__("The speaker does not hold as much sound as this computer needs.")


class DeviceLost(DeviceError):
    """A device that had worked is gone for now: opening it again may help."""


class DeviceAbsent(DeviceError):
    """There is no device of this kind at all: nothing is broken."""


def stand_in(kind: str, device: Microphone | Speaker) -> str:
    """What to tell a user of a device that stands in for another."""
    return f"The {kind} “{device.missing}” is not here: {device.name} is used in its place."


class Microphone(Protocol):
    """Gives blocks from the moment that it was opened."""

    @property
    def name(self) -> str:
        """What it is called in the window; valid once it is `ready`, and another one when the system moves it."""
        ...

    @property
    def missing(self) -> str:
        """The device that was chosen, while another one stands in for it; else empty."""
        ...

    @property
    def latency(self) -> float:
        """Seconds between a sound's coming to the card and `read` giving it, about; without the length of the block."""
        ...

    @property
    def ready(self) -> bool:
        """Whether it is open: sound cards take their time. Until then it moves no blocks."""
        ...

    @property
    def ended(self) -> bool:
        """Whether there will be no further block: a file was spoken to its end."""
        ...

    def read(self, now: float) -> Block | None:
        """The next block if it has been heard by `now`, else None. Raises `DeviceError` once it is broken."""
        ...

    def due(self, now: float) -> float:
        """In how many seconds to ask again at the latest."""
        ...

    def close(self) -> None:
        """Stop to listen. Never fails."""
        ...


class Speaker(Protocol):
    """Takes blocks and plays them."""

    @property
    def name(self) -> str:
        """What it is called in the window; valid once it is `ready`, and another one when the system moves it."""
        ...

    @property
    def missing(self) -> str:
        """The device that was chosen, while another one stands in for it; else empty."""
        ...

    @property
    def latency(self) -> float:
        """Seconds between `write` and the sound's leaving the card, about."""
        ...

    @property
    def ready(self) -> bool:
        """Whether it is open: sound cards take their time. Until then it moves no blocks."""
        ...

    @property
    def patient(self) -> bool:
        """Whether a block that was `wanted` may come at the next look as well, without a gap."""
        ...

    def wanted(self, now: float) -> int:
        """How many blocks it needs now. Raises `DeviceError` once it is broken."""
        ...

    def write(self, block: Block) -> None:
        """Play it after the ones before. Raises `DeviceError` once it is broken."""
        ...

    def due(self, now: float) -> float:
        """In how many seconds it will need a block at the latest."""
        ...

    def close(self) -> None:
        """Stop to play. Never fails."""
        ...


class Devices(Protocol):
    """Opens what the user has chosen."""

    def microphone(self, now: float) -> Microphone:
        """Open the microphone. Raises `DeviceError`."""
        ...

    def speaker(self, now: float) -> Speaker:
        """Open the speaker. Raises `DeviceError`."""
        ...

    def choose(self, microphone: str | None, speaker: str | None) -> tuple[bool, bool]:
        """Other ones from the next opening on; None: the same. Which of the two are others."""
        ...

    def list(self, answer: Callable[[tuple[str, ...], tuple[str, ...]], None]) -> None:
        """Have `answer` called, on another thread, with the names of all microphones and speakers."""
        ...

    def close(self) -> None:
        """The end of the program: finish files. Never fails."""
        ...
