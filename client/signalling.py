"""Signals of one room, which nobody keeps: who is here, who has seen what, who is writing, when one has spoken.

Sealed and signed by the session's key, numbered, and taken once each. Pure: `now` and jitter are arguments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.delays import Delays
from client.events import Event, Part, PersonChanged, ProblemReported
from client.presence import Presence
from client.receipts import Receipts
from client.roster import Member, Roster
from client.voice_orders import ConfirmSpeaker
from client.writing import Writing
from common import limits, messages
from common.crypto.sealing import (
    BodyOpener,
    BodySealer,
    ClockSignal,
    PresentSignal,
    SeenSignal,
    SignalBody,
    SignalContent,
)
from common.errors import SealBroken


class Signals:
    """One session's signals, in both directions."""

    def __init__(
        self,
        own_session: bytes,
        key: Ed25519PrivateKey,
        seals: tuple[BodySealer, BodyOpener],
        roster: Roster,
        parts: tuple[Receipts, Writing, Delays],
        jitter: Callable[[], float],
    ) -> None:
        """`own_session` is my session id, `key` what signs for it; `jitter` gives numbers of 0..1."""
        self._id = own_session
        self._key = key
        self._seal, self._open = seals
        self._roster = roster
        self._receipts, self._writing, self._delays = parts
        self._presence = Presence(own_session, jitter)
        self._seq = 0
        self.counters: Final[Counter[str]] = Counter(signals=0)

    def joined(self, now: float) -> None:
        """In the room: the others are to know that I am here."""
        self._presence.start(now)

    def newcomer(self, now: float) -> None:
        """Somebody came."""
        self._presence.newcomer(now)
        self._receipts.newcomer()

    def closed(self) -> None:
        """In no room."""
        self._presence.stop()
        self._receipts.closed()
        self._writing.closed()

    def next_tick(self) -> list[float]:
        """When something is to be said."""
        dues = (self._presence.next_tick(), self._receipts.next_tick(), self._writing.next_tick())
        return [due for due in dues if due is not None]

    def take_due(self, now: float) -> Iterator[messages.Signal]:
        """What is to be said now."""
        present = self._presence.take_due(self._roster.session_ids(), now)
        if present is not None:
            yield self._sealed(present)
            self._receipts.introduced(now)
        seen = self._receipts.take_due(len(self._roster), now)
        if seen is not None:
            yield self._sealed(seen)
        writing = self._writing.take_due(len(self._roster), now)
        if writing is not None:
            yield self._sealed(writing)
        clock = self._delays.take_due(now)
        if clock is not None:
            yield from self._to_listeners(self._sealed(clock))

    def receive(self, message: messages.Signalled, now: float) -> Iterator[Event | ConfirmSpeaker]:
        """What a signal means; nothing where it does not open, is somebody else's or was heard before."""
        member = self._roster.get(message.member)
        if member is None:
            return
        try:
            body = self._open.open_signal(message.token, member.session.public_key)
        except SealBroken:
            self.counters["refused"] += 1
            return
        if body.session != member.session.id or body.to not in {None, self._id}:
            self.counters["refused"] += 1
        elif not member.session.signals.accept(body.seq):
            self.counters["replayed_signals"] += 1
        else:
            self.counters["signals"] += 1
            yield from self._signalled(member, body.content, now)

    def _signalled(self, member: Member, content: SignalContent, now: float) -> Iterator[Event | ConfirmSpeaker]:
        if isinstance(content, PresentSignal):
            yield from self._present(member, content, now)
        elif isinstance(content, ClockSignal):
            # One who talks at once says so before being confirmed, and not again for a while. Nothing is shown of it
            # before voice is played, which waits for that.
            self._delays.told(member.session.id, content, now)
        elif not member.session.confirmed:
            return
        elif isinstance(content, SeenSignal):
            self._receipts.heard(member.session.device, content.post)
        else:
            yield from self._writing.heard(member, now)

    def _present(self, member: Member, signal: PresentSignal, now: float) -> Iterator[Event | ConfirmSpeaker]:
        if self._id in signal.sessions and not member.session.confirmed:
            member.session.confirmed = True
            yield ConfirmSpeaker(member.handle)
            yield PersonChanged(member.person())
            self._receipts.people_changed()
        if not member.session.confirmed:
            return
        if self._presence.heard(member.session.id, signal, self._roster.session_ids(), now):
            yield ProblemReported(
                Part.GENERAL,
                "rosters_differ",
                f"{member.shown_name} sees other people here than you do: this broker does not treat all alike.",
            )

    def _to_listeners(self, message: messages.Signal) -> Iterator[messages.Signal]:
        """To those who listen; where those are many, to everybody at once."""
        listeners = [member.handle for member in self._roster if member.listening]
        if len(listeners) > limits.CLOCK_RECEIVERS:
            yield message
        else:
            for handle in listeners:
                yield messages.Signal(message.token, handle)

    def _sealed(self, content: SignalContent) -> messages.Signal:
        body = SignalBody(self._id, None, self._seq, content)
        self._seq += 1
        return messages.Signal(self._seal.seal_signal(body, self._key), None)
