"""One speaker's frames: opened, checked, held back until the speaker is confirmed; and whether it talks.

Pure: `now` and the seal are given to it. A speaker is confirmed when its session has shown that it is really
here now; until then its voice waits, so that a broker cannot replay yesterday's people to a newcomer.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

from client.voice import packet
from client.voice.counters import Counters
from client.voice.packet import VoicePacket
from common.errors import PeerError, Replayed
from common.limits import UNCONFIRMED_VOICE_SECONDS

TALK_ENDS_SECONDS: Final = 0.3  # without a frame
_OVER_SECONDS: Final = 0.1  # after the last one: so long it is heard, and told no more than ten times a second
_WAITING_PACKETS: Final = 64  # twice what an honest speaker can say in UNCONFIRMED_VOICE_SECONDS


class OpenedFrame(Protocol):
    """`common.crypto.sframe.Opened`."""

    @property
    def ctr(self) -> int:
        """The counter of the frame: how many its sender sealed before."""
        ...

    @property
    def plaintext(self) -> bytes:
        """What was sealed."""
        ...


class Opener(Protocol):
    """The seal of one speaker's voice, with its replay window: `common.crypto.sframe.FrameOpener`."""

    def open(self, sframe: bytes) -> OpenedFrame:
        """Raises `SealBroken`, `Malformed` or `Replayed`."""
        ...


class Receiver:
    """Feed `take` with what comes; what it returns may be played. Watch `talking`."""

    def __init__(self, opener: Opener, counters: Counters, *, confirmed: bool) -> None:
        self._opener = opener
        self._counters = counters
        self._confirmed = confirmed
        self._waiting: deque[tuple[float, int, VoicePacket]] = deque()
        self._talks_until = float("-inf")
        self._talk_ended_at = -1  # counter of the frame that said so

    def take(self, sframe: bytes, arrived: float, *, copy: bool = False) -> list[tuple[float, VoicePacket]]:
        """Open one frame. The packets that may be played now, each with the time that it arrived.

        `copy`: we have asked for it twice, so that it is no news if it was opened before.
        """
        try:
            opened = self._opener.open(sframe)
            voice = packet.decode(opened.plaintext)
        except Replayed:
            self._counters.replayed += not copy
            self._counters.copies += copy
            return []
        except PeerError:
            self._counters.refused += 1
            return []
        if self._confirmed:
            self._watch(opened.ctr, voice, arrived)
            return [(arrived, voice)]
        self._waiting.append((arrived, opened.ctr, voice))
        self._drop_waiting(arrived)
        return []

    def confirm(self, now: float) -> list[tuple[float, VoicePacket]]:
        """The speaker has shown that it is here: what has not waited too long may be played."""
        self._confirmed = True
        self._drop_waiting(now)
        freed = list(self._waiting)
        self._waiting.clear()
        for arrived, ctr, voice in freed:
            self._watch(ctr, voice, arrived)
        return [(arrived, voice) for arrived, _, voice in freed]

    def talking(self, now: float) -> bool:
        """Whether the speaker is talking: told by frames that opened: a broker can hold them back, not make them."""
        if self._waiting:
            self._drop_waiting(now)
        return now < self._talks_until

    @property
    def waiting(self) -> bool:
        """Whether packets wait for the speaker to be confirmed."""
        return bool(self._waiting)

    def _watch(self, ctr: int, voice: VoicePacket, arrived: float) -> None:
        if voice.end_of_talk:
            self._talk_ended_at = max(self._talk_ended_at, ctr)
            self._talks_until = arrived + _OVER_SECONDS
        elif ctr > self._talk_ended_at:  # an older one that was overtaken begins no new talk
            self._talks_until = arrived + TALK_ENDS_SECONDS

    def _drop_waiting(self, now: float) -> None:
        while self._waiting and (
            now - self._waiting[0][0] > UNCONFIRMED_VOICE_SECONDS or len(self._waiting) > _WAITING_PACKETS
        ):
            self._waiting.popleft()
            self._counters.unconfirmed += 1
