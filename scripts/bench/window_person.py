"""The client with its window as people start it, that also tells when it was painted. A process for the bench.

For `lines N` on standard input it puts so many messages into the window, and tells when all have been taken; for
`burst N` it does so while five people talk by turns and the level meter moves, and tells how long each callback of Tk
took, in milliseconds by the clock on the wall and of the processor; for `stats` it tells its counters.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import tkinter as tk
from itertools import count as counting
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from client.__main__ import main
from client.commands import AskStats
from client.events import (
    Event,
    MicrophoneLevel,
    Person,
    PersonJoined,
    SpeechChanged,
    StatsReported,
    TalkingChanged,
    TextReceived,
)
from client.inbox import Inbox
from client.late import LateSession

_inboxes: list[Inbox] = []
_sessions: list[LateSession] = []
_took: list[tuple[float, float]] = []  # by each callback of Tk: by the clock on the wall, of the processor
_numbers = counting()  # of all messages
_make, _begin, _mainloop = Inbox.__init__, LateSession.begin, tk.Misc.mainloop
_called = tk.CallWrapper.__call__

_TALKERS = 5
_TURNS = 100  # of the talkers, while a burst is under way
_TURN_SECONDS = 0.02  # as often as the level of a microphone is told


def _made(inbox: Inbox) -> None:
    _make(inbox)
    _inboxes.append(inbox)
    inbox.tell(_told)


def _begun(session: LateSession) -> None:
    _sessions.append(session)
    _begin(session)


def _told(event: Event) -> None:
    if isinstance(event, StatsReported):
        _tell(json.dumps(dict(event.counters)))


def _looped(root: tk.Misc, n: int = 0) -> None:
    root.bind("<Map>", lambda _: _painted(root), add="+")
    threading.Thread(target=_read, daemon=True).start()
    _mainloop(root, n)


def _painted(root: tk.Misc) -> None:
    """All that was exposed is drawn, and the screen has got it."""
    if root.winfo_viewable():
        root.unbind("<Map>")
        root.winfo_pointerxy()  # there and back: what the screen has to say is here
        root.update()
        root.winfo_pointerxy()
        _tell(f"painted {time.monotonic()} {time.process_time()}")


def _read() -> None:
    for line in sys.stdin:
        if line.startswith("stats"):
            _sessions[0].submit(AskStats())
        elif line.startswith("burst"):
            _burst(int(line.split()[1]))
        else:
            _write(int(line.split()[1]))


def _timed(callback: tk.CallWrapper, *arguments: object) -> object:
    begun, worked = time.perf_counter(), time.thread_time()
    try:
        return _called(callback, *arguments)  # type: ignore[no-untyped-call]
    finally:
        _took.append(((time.perf_counter() - begun) * 1000, (time.thread_time() - worked) * 1000))


def _burst(count: int) -> None:
    """All messages at once, and what five people who talk by turns bring with them."""
    inbox = _inboxes[0]
    people = [Person(f"s{number}", f"m{number}", f"Talker m{number}") for number in range(_TALKERS)]
    for person in people:
        inbox.put(PersonJoined(person))
    while not inbox.empty():
        time.sleep(_TURN_SECONDS)
    _took.clear()
    writer = threading.Thread(target=_write, args=(count,))
    writer.start()
    for turn in range(_TURNS):
        person, on = people[turn % _TALKERS], turn // _TALKERS % 2 == 0
        inbox.put(TalkingChanged(person, on))
        inbox.put(SpeechChanged(on))
        inbox.put(MicrophoneLevel(turn % 10 / 10))
        time.sleep(_TURN_SECONDS)
    writer.join()
    _tell(json.dumps(_took))


def _write(count: int) -> None:
    inbox = _inboxes[0]
    for number in islice(_numbers, count):
        inbox.put(_line(number))
    while not inbox.empty():
        time.sleep(0.05)
    _tell("taken")


def _line(number: int) -> TextReceived:
    text = f"Line {number} of a talk that goes on for a while, as people's lines do."
    who = f"m{number % 5}"
    return TextReceived(
        f"{number:032x}", who, f"Talker {who}", text, number + 10, 1.7e9 + number, own=False, late=False
    )


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    Inbox.__init__, tk.Misc.mainloop = _made, _looped  # type: ignore[method-assign,assignment]
    tk.CallWrapper.__call__ = _timed  # type: ignore[method-assign]
    LateSession.begin = _begun  # type: ignore[method-assign,assignment]
    sys.exit(main())
