"""The posts of a room: mine sealed and sent until they are stored, everybody's opened and shown once.

It joins the outbox (what is not acknowledged), the timeline (what is missing), the log (what was read) and the
seal. Each method gives back the events that came of it. Pure: `now` and the wall clock are arguments.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace

from client.events import (
    Event,
    LinesMissing,
    Missing,
    Part,
    ProblemReported,
    TextQueued,
    TextReceived,
    TextRefused,
    TextStored,
)
from client.holes import Holes, Place
from client.log import SLICE, Log, LogLine, LogStore, Sighting
from client.names import clean_text
from client.outbox import Outbox, OutboxStore
from client.timeline import Timeline
from common import limits, messages
from common.crypto.keys import RoomKeys, device_fingerprint
from common.crypto.sealing import BodyOpener, BodySealer, PostBody, Text
from common.errors import Malformed, NothingToSay, SealBroken, TooLong

_LATEST_TIME: Final = 253_370_764_800_000  # ms, the year 9999: a stranger's clock must not break a calendar


class Posts:
    """One room's posts, as one device writes and reads them."""

    def __init__(
        self,
        keys: RoomKeys,
        device: Ed25519PrivateKey,
        name: str,
        store: OutboxStore,
        log: LogStore,
        name_of: Callable[[bytes, str], str],
    ) -> None:
        """`name_of(device key, name in the post)` is the name to show for somebody else."""
        self._device = device
        self._device_public = device.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._name = name
        self._name_of = name_of
        self._seal = BodySealer(keys)
        self._open = BodyOpener(keys)
        self._outbox = Outbox(store)
        self._timeline = Timeline()
        self._log = Log(keys, log)
        self._holes = Holes()
        self._unread: deque[list[messages.StoredPost]] = deque()  # pages, and how much of each is not opened yet
        self._met_new = False  # in the page that is being opened
        self.counters: Final[Counter[str]] = Counter(texts=0, refused=0, doubled=0)
        self._log_id = self._log.latest
        if self._log_id is not None:
            self._begin(self._log_id)

    @property
    def newest(self) -> int:
        """The highest number met so far, 0 for none."""
        return self._timeline.newest

    @property
    def epoch(self) -> int:
        """That of the present numbers, see `TextReceived`."""
        return self._log.epoch

    # --- mine -----------------------------------------------------------------------------------------------

    def say(self, text: str, sent_at: float) -> list[Event]:
        """Queue a line; `sent_at` is the wall clock in seconds. Raises `TooLong`, or `NothingToSay`."""
        size = len(text.encode(errors="replace"))
        if size > limits.TEXT_BYTES:
            raise TooLong(
                f"The text has {size:,} bytes; {limits.TEXT_BYTES:,} are allowed. Send it in pieces. Nothing was sent."
            )
        cleaned = clean_text(text)
        if not cleaned.strip():
            raise NothingToSay("The text is empty, or nothing in it can be shown. Nothing was sent.")
        milliseconds = int(sent_at * 1000)

        def seal(counter: int) -> bytes:
            body = PostBody(self._device_public, self._name, counter, milliseconds, Text(cleaned))
            return self._seal.seal_post(body, self._device)

        identity = self._outbox.add(seal)
        return [TextQueued(identity.hex(), cleaned, milliseconds / 1000)]

    def still_waiting(self) -> list[TextQueued]:
        """The lines of an earlier run that were never acknowledged."""
        queued = []
        for post in self._outbox.waiting():
            identity = messages.post_id(post.token)
            try:
                body = self._open.open_post(post.token)
            except SealBroken:  # a damaged folder: the broker and the others could not read it either
                self._outbox.settle(identity)
                continue
            queued.append(TextQueued(identity.hex(), body.content.text, _seconds(body.sent_at)))
        return queued

    def accepted(self, message: messages.Accepted) -> list[Event]:
        """The broker keeps a post of mine: this is its place among the others."""
        live = self._timeline.live(message.seq, message.prev_seq)
        post = self._outbox.settle(message.post_id)
        if post is None:
            return []
        return [
            TextStored(message.post_id.hex(), message.seq, self._log.epoch),
            *self._shown(post.token, message.seq, late=not live),
        ]

    def refused(self, identity: bytes, reason: str, retry_at: float | None) -> list[Event]:
        """The broker does not keep a post of mine: before `retry_at`, or (None) at all."""
        if retry_at is not None:
            self._outbox.postpone(identity, retry_at)
        elif self._outbox.settle(identity) is not None:
            return [TextRefused(identity.hex(), reason)]
        return []

    # --- everybody's ----------------------------------------------------------------------------------------

    def posted(self, message: messages.Posted) -> list[Event]:
        """Somebody's post, live as far as the broker goes."""
        live = self._timeline.live(message.seq, message.prev_seq)
        return self._shown(message.token, message.seq, late=not live)

    def page(self, message: messages.Page) -> list[Event]:
        """Posts that were asked for. They are opened in slices, by `read_on`."""
        posts = self._timeline.page(message)
        if posts:
            self._unread.append(posts)
        return self._lost()

    def page_refused(self, retry_at: float) -> None:
        """The broker gives no page before then."""
        self._timeline.postpone(retry_at)

    def left_behind(self) -> None:
        """The broker has left out live posts, since I did not take them: read on from the newest."""
        self._timeline.suspect()

    # --- what is there to open ------------------------------------------------------------------------------

    @property
    def reading(self) -> bool:
        """Whether `read_on` has more to do."""
        return bool(self._unread) or self._log.reading

    def read_on(self) -> list[Event]:
        """Open the next slice: of what the broker has sent, then of what earlier runs have kept. Newest first."""
        if not self._unread:
            return [*self._lost(), *(event for line in self._log.read_back() for event in self._kept(line))]
        posts = self._unread[0]
        begin = max(0, len(posts) - SLICE)
        events = [event for post in posts[begin:] for event in self._shown(post.token, post.seq, late=True)]
        self._met_new |= bool(events)
        del posts[begin:]
        if not posts:
            self._unread.popleft()
            self._timeline.opened()
            self._holes.suspect()
            if not self._met_new:
                self._timeline.enough()
            self._met_new = False
        return events

    def open_line(self, line: LogLine) -> TextReceived | None:
        """A kept line as it is shown; None where somebody has worked on the file."""
        try:
            return self._told(self._open.open_post(line.token), line, late=True)
        except SealBroken:
            self.counters["log_damaged"] += 1
            return None

    def missing(self, now: float) -> list[Event]:
        """What is told now of lines that somebody has numbered and nobody has passed on."""
        if self.reading:
            return []
        return [
            LinesMissing(
                hole.after,
                hole.before,
                hole.count,
                Missing.DROPPED,
                device_fingerprint(hole.device),
                self._name_of(hole.device, hole.name),
                hole.epoch,
            )
            for hole in self._holes.look(now, self._complete, self._log.knows)
        ]

    def commit(self) -> list[Event]:
        """What was read up to here belongs together, and is kept."""
        self._log.commit(self._timeline.notes())
        trouble = self._log.trouble()
        if trouble:
            sentence = f"{trouble} Lines are not kept on this computer any more."
            return [ProblemReported(Part.GENERAL, "log_failed", sentence)]
        return []

    # --- the connection and time ----------------------------------------------------------------------------

    def opened(self, newest: int, log_id: bytes) -> None:
        """In the room: what waits is sent (again), what was missed is asked for."""
        went_back = log_id == self._log_id and newest < self._timeline.newest
        if went_back:
            self._log.retire(log_id)  # a folder was copied back over the broker's: these are other numbers
        if went_back or log_id != self._log_id:
            self._log_id = log_id
            self._begin(log_id)
        self._timeline.joined(newest, known_before=self._log.epoch > 0)
        self._outbox.opened()

    def closed(self) -> None:
        """Not in the room."""
        self._outbox.closed()

    def take_due(self, now: float) -> list[messages.FromClient]:
        """The posts to send and the question to ask now."""
        question = self._timeline.fetch(now) if len(self._unread) <= 1 else None
        return [*self._outbox.take_due(now), *([question] if question is not None else [])]

    def next_tick(self, now: float) -> float:
        """When `take_due` is worth another call; infinity: only after something has come in."""
        if self.reading:
            return now
        moments = (self._outbox.next_tick(now), self._timeline.next_tick(), self._holes.next_tick())
        return min((moment for moment in moments if moment is not None), default=float("inf"))

    def _shown(self, token: bytes, seq: int, *, late: bool) -> list[Event]:
        """Open a post and, if it was not shown before, show it."""
        try:
            body = self._open.open_post(token)
        except SealBroken:
            self.counters["refused"] += 1
            return []
        sighting = self._log.keep(body, seq, token)
        if sighting is Sighting.DOUBLE:
            self.counters["doubled"] += 1
            return []
        self.counters["texts"] += 1
        copied = sighting is Sighting.COPIED_DEVICE
        return self._received(body, LogLine(self._log.epoch, seq, token, copied), late=late)

    def _kept(self, line: LogLine) -> list[Event]:
        """Open a line of an earlier run and, if it was not shown since, show it."""
        try:
            body = self._open.open_post(line.token)
        except SealBroken:  # somebody has worked on the file
            self.counters["log_damaged"] += 1
            return []
        return [] if self._log.was_shown(body) else self._received(body, line, late=True, known=True)

    def _received(self, body: PostBody, line: LogLine, *, late: bool, known: bool = False) -> list[Event]:
        received = replace(self._told(body, line, late=late), known=known)
        if received.own:
            return [*self._own_met(messages.post_id(line.token), body.counter, line), received]
        self._holes.note(body, (line.epoch, line.seq))
        return [received]

    def _told(self, body: PostBody, line: LogLine, *, late: bool) -> TextReceived:
        own = body.device == self._device_public
        return TextReceived(
            messages.post_id(line.token).hex(),
            device_fingerprint(body.device),
            self._name if own else self._name_of(body.device, body.name),
            clean_text(body.content.text),
            line.seq,
            _seconds(body.sent_at),
            own,
            late,
            copied_device=line.copied,
            epoch=line.epoch,
        )

    def _own_met(self, identity: bytes, counter: int, line: LogLine) -> list[Event]:
        """A post of mine came from the log: its acknowledgement was lost, or this folder is older than the log."""
        if counter < limits.MAX_INTEGER:
            self._outbox.skip_to(counter + 1)
        settled = self._outbox.settle(identity)
        return [] if settled is None else [TextStored(identity.hex(), line.seq, line.epoch)]

    def _lost(self) -> list[Event]:
        return [
            LinesMissing(span.low, span.high, span.high - span.low - 1, Missing.NOT_KEPT, epoch=self._log.epoch)
            for span in self._timeline.take_lost()
        ]

    def _complete(self, low: Place, high: Place) -> bool:
        return low[0] == self._log.epoch and self._timeline.complete(low[1], high[1])

    def _begin(self, log_id: bytes) -> None:
        """The broker's numbers begin anew, or go on where this computer has left them."""
        self._unread.clear()  # what was not opened is not noted as read
        notes = self._log.begin(log_id)
        try:
            self._timeline.begin(notes)
        except Malformed:  # somebody has worked on the file: everything is asked for again, and dropped as known
            self.counters["log_damaged"] += 1


def _seconds(sent_at: int) -> float:
    return min(sent_at, _LATEST_TIME) / 1000
