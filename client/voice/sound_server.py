"""PulseAudio, or PipeWire in its place: which cards there are, and which ones our streams are on.

PortAudio knows such a server as one device called `pulse` and hears nothing of what happens behind it; so the server is
asked itself. It moves streams by its own rules: those of nobody's choice follow the default, those of a card that
is gone go to the default. Here that is watched, by a thread that sleeps until the server tells of a change; and
what belongs to a card that is back is moved there. Without a server, or without its library, `view` stays None and
PortAudio's word is taken. The only file that imports pulsectl.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from types import ModuleType, SimpleNamespace
from typing import Final, Protocol

from client.voice.cards import Card, Side, View, told_apart

RETRY_SECONDS: Final = 0.5  # between two attempts to reach a server
PAUSE_SECONDS: Final = 0.1  # between two looks, however much the server tells
ANSWER_SECONDS: Final = 2.0
LISTEN_SECONDS: Final = 0.5  # at a time
CLOSE_SECONDS: Final = 1.0
_FACILITIES: Final = ("server", "sink", "source", "sink_input", "source_output")
TAG: Final = "secure-chat.stream"  # the property by which a stream of ours is known


class Pulse(Protocol):
    """What is used of `pulsectl.Pulse`, which has no types; of what it lists only fields are read."""

    def connect(self) -> None:
        """Raises PulseError."""

    def server_info(self) -> SimpleNamespace:
        """The defaults."""

    def sink_list(self) -> list[SimpleNamespace]:
        """Speakers."""

    def source_list(self) -> list[SimpleNamespace]:
        """Microphones."""

    def sink_input_list(self) -> list[SimpleNamespace]:
        """Streams to speakers."""

    def source_output_list(self) -> list[SimpleNamespace]:
        """Streams from microphones."""

    def sink_input_move(self, index: int, sink_index: int) -> None:
        """Another speaker for a stream. Raises PulseOperationFailed."""

    def source_output_move(self, index: int, source_index: int) -> None:
        """Another microphone for a stream. Raises PulseOperationFailed."""

    def event_mask_set(self, *facilities: str) -> None:
        """What to be told of."""

    def event_callback_set(self, callback: Callable[[object], None]) -> None:
        """Whom to tell."""

    def event_listen(self, *, timeout: float) -> None:
        """Until the callback raises PulseLoopStop. Raises PulseDisconnected."""

    def event_listen_stop(self) -> None:
        """From any thread."""


class SoundServer:
    """`watch` begins, `close` ends; `view` is what was seen last, None while there is no server."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called, on the watching thread, after each look."""
        self.view: View | None = None
        self._changed = changed
        self._news = threading.Condition()
        self._looks = 0
        self._ended = False
        self._wanted = threading.Event()  # somebody waits for a look
        self._closing = threading.Event()
        self._begin = threading.Lock()
        self._thread: threading.Thread | None = None
        self._standing = threading.Lock()
        self._pulse: Pulse | None = None  # while the connection stands
        self._leads: deque[tuple[str, Card]] = deque()

    def watch(self) -> View | None:
        """Begin to watch, if that is still to be done; without a view wait for the next look (two seconds at most).

        A stream that is opened past a server, since nobody has looked yet, could not be led by it.
        """
        with self._begin:
            if self._thread is None:
                self._thread = threading.Thread(target=self._live, name="sound server", daemon=True)
                self._thread.start()
        with self._news:
            if self.view is None:
                looks = self._looks
                self._wanted.set()
                self._news.wait_for(lambda: self._looks > looks or self._ended, ANSWER_SECONDS)
            return self.view

    def lead(self, tag: str, card: Card) -> None:
        """Have the stream with this tag moved to a card, soon. From any thread."""
        self._leads.append((tag, card))
        self._interrupt()

    def close(self) -> None:
        """End it. Waits a moment."""
        self._closing.set()
        self._wanted.set()
        self._interrupt()
        if self._thread is not None:
            self._thread.join(CLOSE_SECONDS)

    def _interrupt(self) -> None:
        with self._standing:  # what is closed must not be woken
            if self._pulse is not None:
                self._pulse.event_listen_stop()  # where it comes a moment too early, listening ends by itself

    def _live(self) -> None:
        library = _import()
        while library is not None and not self._closing.is_set():
            try:
                with library.Pulse("secure-chat", connect=False) as pulse:
                    pulse.connect()  # with a time limit it would wait that long in any case
                    self._stand(pulse)
                    try:
                        self._attend(library, pulse)
                    finally:
                        self._stand(None)
            except (library.PulseError, library.PulseDisconnected):
                pass
            self._saw(None)
            self._wanted.wait(RETRY_SECONDS)
            self._wanted.clear()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _stand(self, pulse: Pulse | None) -> None:
        with self._standing:
            self._pulse = pulse

    def _attend(self, library: ModuleType, pulse: Pulse) -> None:
        changed = threading.Event()

        def note(_event: object) -> None:  # called while we listen, and while we look
            changed.set()
            raise library.PulseLoopStop

        pulse.event_callback_set(note)
        pulse.event_mask_set(*_FACILITIES)
        while not self._closing.is_set():
            changed.clear()
            self._saw(_look(pulse))
            self._closing.wait(PAUSE_SECONDS)
            while not (changed.is_set() or self._leads or self._closing.is_set()):
                pulse.event_listen(timeout=LISTEN_SECONDS)
            while self._leads:
                _move(pulse, *self._leads.popleft())

    def _saw(self, view: View | None) -> None:
        with self._news:
            self.view = view
            self._looks += 1
            self._news.notify_all()
        self._changed()


def _move(pulse: Pulse, tag: str, card: Card) -> None:
    """Where the stream or the card has gone in the meantime, nothing is moved."""
    for streams, cards, move in (
        (pulse.sink_input_list(), pulse.sink_list(), pulse.sink_input_move),
        (pulse.source_output_list(), pulse.source_list(), pulse.source_output_move),
    ):
        for stream in streams:
            for other in cards:
                if stream.proplist.get(TAG) == tag and other.name == card.name:
                    move(stream.index, other.index)


def _look(pulse: Pulse) -> View:
    server = pulse.server_info()
    sinks, sources = pulse.sink_list(), pulse.source_list()
    speakers = [Card(sink.name, sink.description) for sink in sinks]
    # What a speaker plays can be recorded, too: such a source is for recorders.
    microphones = [Card(source.name, source.description, source.monitor_of_sink_name is None) for source in sources]
    return View(
        Side(told_apart(microphones), server.default_source_name, _used(pulse.source_output_list(), "source", sources)),
        Side(told_apart(speakers), server.default_sink_name, _used(pulse.sink_input_list(), "sink", sinks)),
    )


def _used(streams: Iterable[SimpleNamespace], kind: str, cards: Iterable[SimpleNamespace]) -> dict[str, str]:
    """The tags of our streams, and the names of the cards that they are on."""
    names = {card.index: card.name for card in cards}
    return {
        stream.proplist[TAG]: names[getattr(stream, kind)]
        for stream in streams
        if TAG in stream.proplist and getattr(stream, kind) in names
    }


def _import() -> ModuleType | None:
    try:
        import pulsectl  # noqa: PLC0415 - text must work where it is not installed
    except (ImportError, OSError):  # OSError: libpulse is not there
        return None
    library: ModuleType = pulsectl
    return library
