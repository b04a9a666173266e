"""Rooms made up for the echo canceller, and what it leaves of an echo and of somebody who speaks over it. Pure.

A loudspeaker's sound reaches the microphone after its way through the air, then again and again, softer, from the
walls; the room has noise besides. Sound is mono, 48 kHz, -1..1.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from client.voice.front_end import FrontEnd
from client.voice.loudness import decibels
from client.voice.packet import BLOCK_SAMPLES
from common.limits import SAMPLE_RATE
from scripts.demo.likeness import find

Sound: TypeAlias = npt.NDArray[np.float64]

SETTLED_SECONDS: Final = 4  # that the canceller has to learn a room
CARD_SECONDS: Final = 0.02  # that a block lies ready before it is played: the canceller hears of it so much earlier
NOISE_DB: Final = 15.0  # by which the room's noise is softer than the echo
_LOUD_DB: Final = 5.0  # blocks of speech not softer than this below the whole are judged: what is heard of it


class Room(NamedTuple):
    """Where a loudspeaker and a microphone stand."""

    name: str
    way: float  # seconds from one to the other, through the air
    reverberation: float  # seconds until what the walls send back is 60 dB softer
    straight: float  # dB by which what comes straight is louder than all that the walls send
    loudness: float = 0.5  # of the echo, against what is played
    seed: int = 1

    def answer(self) -> Sound:
        """What the microphone hears of a single click of the loudspeaker."""
        count = round(self.reverberation * SAMPLE_RATE)
        fading = np.exp(-np.arange(count) * np.log(1_000) / count)
        walls = np.random.default_rng(self.seed).standard_normal(count) * fading
        walls[0] = np.sqrt(np.sum(walls**2)) * 10 ** (self.straight / 20)
        walls *= self.loudness / np.sqrt(np.sum(walls**2))
        return np.concatenate([np.zeros(round((CARD_SECONDS + self.way) * SAMPLE_RATE)), walls])

    def echo(self, played: Sound) -> Sound:
        """What the microphone hears of all that is played."""
        answer = self.answer()
        size = 1 << (played.size + answer.size).bit_length()
        heard = np.fft.irfft(np.fft.rfft(played, size) * np.fft.rfft(answer, size), size)
        return np.asarray(heard[: played.size])

    def noise(self, like: Sound) -> Sound:
        """White noise, `NOISE_DB` softer than that."""
        white = np.random.default_rng(self.seed + 1).standard_normal(like.size)
        return np.asarray(white * np.sqrt(np.mean(like**2) / 10 ** (NOISE_DB / 10)))


ROOMS: Final = (
    Room("desk", way=0.002, reverberation=0.3, straight=6.0),
    Room("living room", way=0.006, reverberation=0.4, straight=0.0),
    Room("walls only", way=0.012, reverberation=0.2, straight=-19.0),
    Room("loudspeaker as loud as speech", way=0.006, reverberation=0.4, straight=0.0, loudness=1.0),
    Room("card that is 100 ms late", way=0.106, reverberation=0.4, straight=0.0),
)
LONG: Final = (  # what the walls send back for longer than a canceller remembers
    Room("tiled room", way=0.006, reverberation=0.8, straight=-6.0),
    Room("hall", way=0.012, reverberation=1.2, straight=0.0),
)


def echo_removed(room: Room, front_end: FrontEnd, speech: Sound) -> float:
    """By how many dB the microphone is softer behind the front end while only the loudspeaker speaks, once settled."""
    far = _for_seconds(speech[::-1], SETTLED_SECONDS + speech.size / SAMPLE_RATE)
    echo = room.echo(far)
    microphone = echo + room.noise(echo)
    settled = slice(SETTLED_SECONDS * SAMPLE_RATE, None)
    return level(microphone[settled]) - level(through(front_end, microphone, far)[settled])


def double_talk(room: Room, front_end: FrontEnd, speech: Sound) -> float:
    """By how many dB somebody's speech is louder behind the front end (< 0: softer) while the loudspeaker speaks too.

    The median of what is loud enough to be heard.
    """
    begin = SETTLED_SECONDS * SAMPLE_RATE
    far = _for_seconds(speech[::-1], SETTLED_SECONDS + speech.size / SAMPLE_RATE)
    echo = room.echo(far)
    microphone = echo + room.noise(echo)
    microphone[begin:] += speech[: microphone.size - begin]
    heard = through(front_end, microphone, far)[begin:]
    shift = max(0, find(speech, heard))
    size = min(speech.size, heard.size - shift)
    said, got = speech[:size], heard[shift : shift + size]
    blocks = [slice(start, start + BLOCK_SAMPLES) for start in range(0, size - BLOCK_SAMPLES + 1, BLOCK_SAMPLES)]
    loud = [block for block in blocks if level(said[block]) > level(speech) - _LOUD_DB]
    return float(np.median([level(got[block]) - level(said[block]) for block in loud]))


def through(front_end: FrontEnd, microphone: Sound, played: Sound) -> Sound:
    """What a front end makes of a microphone, block by block, while that is played."""
    out = []
    for start in range(0, microphone.size - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
        block = slice(start, start + BLOCK_SAMPLES)
        front_end.hear(played[block].astype(np.float32))
        out.append(front_end.process(microphone[block].astype(np.float32)).block)
    return np.concatenate(out).astype(np.float64)


def level(sound: Sound) -> float:
    """Mean power in dB of full scale."""
    return decibels(sound.astype(np.float32))


def _for_seconds(sound: Sound, seconds: float) -> Sound:
    return np.resize(sound, round(seconds * SAMPLE_RATE))
