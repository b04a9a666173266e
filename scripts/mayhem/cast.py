"""The processes that are killed: a broker, and clients that write numbered lines, each on its own folder and port."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Final

from client.store import Store
from common.crypto.keys import RoomKeys
from common.crypto.sealing import BodyOpener
from scripts.mayhem.evidence import Run, Shown, Witness
from scripts.mayhem.returns import Span, Stay
from scripts.mayhem.strikes import Strike
from scripts.person import Event, Person
from scripts.processes import Broker, NotStarted, free_port, start_broker

_SILENT: Final = ("--mic", "none", "--speaker", "none")
_PORTS: Final = range(20_000, 30_000, 10)  # below those that the system hands out: nobody takes one while we are down
_PATIENCE: Final = 60.0  # seconds
_FAULTS: Final = {"internal", "not_kept", "not_connected", "bad_line", "text_refused"}  # no kill explains these


class Failed(Exception):
    """A process did what no kill explains; the message says what."""


class BrokerLife:
    """One broker over all its kills: the same folder, ports and key. It runs from the beginning."""

    def __init__(self, folder: Path, random: Random, flags: Sequence[str] = ()) -> None:
        port = free_port(random.choice(_PORTS))
        self.kills = 0
        self._log = folder / "broker.log"
        self._arguments = ["--host", "127.0.0.1", "--port", str(port), "--data", str(folder / "broker"), *flags]
        self._broker: Broker | None = None
        self._ready = 0.0
        self.lives: list[Span] = []  # each from ready to dead
        broker = self.start()
        self.key: Final = broker.key
        self.link: Final = str(broker.invite(None))

    def start(self, seconds: float = 20.0) -> Broker:
        """Start it unless it runs. Raises `NotStarted` if it is not ready after so long; it was killed then."""
        if self._broker is None:
            self._broker = start_broker(self._arguments, say=lambda _: None, log=self._log, seconds=seconds)
            self._ready = time.monotonic()
        return self._broker

    def live(self, strike: Strike, die_with_it: Callable[[], object]) -> None:
        """From the start to death, which may come before it is ready, and the time behind it."""
        begun = time.monotonic()
        try:
            broker = self.start(strike.after)
            time.sleep(max(0.0, begun + strike.after - time.monotonic()))
            broker.process.kill()
            self.lives.append(Span(self._ready, time.monotonic()))
        except NotStarted as error:
            if not error.late:
                raise Failed(str(error)) from error
        if strike.twin:
            die_with_it()
        self.stop()
        self.kills += 1
        time.sleep(strike.down)

    def stop(self) -> None:
        """End it, politely if it lives."""
        if self._broker is not None:
            self._broker.stop()
            self._broker = None


class ClientLife:
    """One client over all its kills: the same state folder. It runs from the beginning."""

    def __init__(self, name: str, link: str, phrase: str, keys: RoomKeys, folder: Path) -> None:
        self.name = name
        self.kills = 0
        self._link = link
        self._phrase = phrase
        self._keys = keys
        self._opener = BodyOpener(keys)
        self._state = folder / "state"
        self._errors = folder / "stderr"
        self._told = folder / "events"
        self._alone = threading.Lock()  # writing and killing come from different threads
        self._written: list[str] = []
        self._promised: set[str] = set()
        self._past: list[Run] = []
        self.stays: list[Stay] = []
        self._log: list[Shown] | None = None
        folder.mkdir()
        self._begin()

    def say(self, lines: int) -> None:
        """Write so many lines to it, if it is there."""
        if not self._alone.acquire(blocking=False):
            return  # it is down
        try:
            for _ in range(lines):
                text = f"{self.name} {len(self._written) + 1}"
                self._written.append(text)
                self._given.add(text)
                with contextlib.suppress(OSError):  # it has ended by itself, which `settled` tells
                    self._person.do("say", text=text)
        finally:
            self._alone.release()

    def await_stored(self) -> None:
        """Wait until a line of its present run is stored. Raises `NothingHeard`."""
        self._person.wait("sent", seconds=_PATIENCE)

    def strike(self, down: float) -> bool:
        """Kill it, and start it again after so many seconds. False: somebody else does already."""
        if not self._alone.acquire(blocking=False):
            return False
        try:
            self._person.kill()
            self._end_run()
            self._promised |= self._outbox()
            self.kills += 1
            time.sleep(down)
            self._begin()
        finally:
            self._alone.release()
        return True

    def settled(self) -> bool:
        """Whether all lines of its present run are acknowledged. Raises `Failed` if it has ended by itself."""
        if not self._person.running:
            raise Failed(f"{self.name} has ended by itself")
        return len(_run(self._person.events).stored) >= self._resent + len(self._given)

    def witness(self) -> Witness:
        """What it can tell by now."""
        runs = [*self._past, _run(self._person.events)]
        return Witness(self.name, self._written, self._promised | self._given, runs, self._log)

    def leave(self) -> None:
        """End it politely, and read its log."""
        if self._person.running:
            self._person.leave()
            self._log = self._kept_lines()
            self._note_stay()

    def _begin(self) -> None:
        self._given: set[str] = set()  # written to this run
        self._resent = len(self._outbox())
        self._begun = time.monotonic()
        self._person = Person(self.name, self._link, self._phrase, self._state, _SILENT, self._errors)

    def _end_run(self) -> None:
        self._past.append(_run(self._person.events))
        self._note_stay()
        with self._told.open("a", encoding="utf-8") as file:
            file.writelines(f"{event}\n" for event in [{"event": "a new run"}, *self._person.events])
        for event in self._person.events:
            if event["event"] == "error" and event["code"] in _FAULTS:
                raise Failed(f"{self.name}: {event['message']}")
        if self._errors.exists() and "Traceback" in self._errors.read_text(encoding="utf-8"):
            raise Failed(f"{self.name} met a fault: {self._errors}")

    def _note_stay(self) -> None:
        joined = [event["arrived"] for event in self._person.events if event["event"] == "joined"]
        self.stays.append(Stay(Span(self._begun, time.monotonic()), joined))

    def _outbox(self) -> set[str]:
        """The lines in its outbox on disk. Only while its process is not there: one at a time holds the folder."""
        with contextlib.closing(Store(self._state)) as store:
            return {self._text(post.token) for post in store.outbox(self._keys.room_id).waiting()}

    def _kept_lines(self) -> list[Shown]:
        """The lines in its log on disk; as with the outbox."""
        with contextlib.closing(Store(self._state)) as store:
            lines = store.log(self._keys.room_id).before(None, sys.maxsize)
        return [Shown(line.seq, self._text(line.token), late=True) for line in lines]

    def _text(self, token: bytes) -> str:
        return self._opener.open_post(token).content.text


def _run(events: Sequence[Event]) -> Run:
    shown, stored, missing = [], [], {}
    for event in list(events):
        if event.get("epoch"):
            raise Failed(f"the broker has begun to number anew: {event}")
        if event["event"] == "text":
            shown.append(Shown(event["seq"], event["text"], late="late" in event))
        elif event["event"] == "sent":
            stored.append(event["seq"])
        elif event["event"] == "missing":
            missing[event["after"], event["why"], event.get("member")] = event["count"]
    return Run(shown, stored, sum(missing.values()))
