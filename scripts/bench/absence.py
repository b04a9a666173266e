"""How long a client needs to catch up on what was said while it was away, by members that have left since."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from common.crypto.keys import STRETCH_COST
from common.crypto.phrase import generate
from scripts.bench.stage import Failed, where_is
from scripts.bench.text_load import TextTask, Writer, answers, entered
from scripts.person import Event, NothingHeard, Person
from scripts.processes import Broker

_BURST = 40  # posts that a broker takes from a member at once
_WRITERS = 10  # at a time
_PATIENCE = 60.0
_SCREEN = 50  # lines: more than a window shows at once
_SILENT = ("--mic", "none", "--speaker", "none")


@dataclass(frozen=True, slots=True)
class Absence:
    """Seconds since the start of the program: until it was in the room, had the newest screenful, had everything."""

    posts: int
    joined: float
    screenful: float
    all: float


def measure_absence(broker: Broker, posts: int, size: int, folder: Path) -> Absence:
    """A real client is there, leaves, and comes back after so many posts of `size` bytes. Raises `Failed`."""
    phrase = generate(secrets.choice)
    link = str(broker.invite(None))
    try:
        before = Person("Ann", link, phrase, folder, _SILENT)
        try:
            before.wait("joined")
            before.do("say", text="I shall be away for a while.")
            last_seen = before.wait("sent")["seq"]
        finally:
            before.leave()
        _fill(broker, phrase, posts, size)
        return _come_back(link, phrase, folder, posts, last_seen)
    except NothingHeard as error:
        raise Failed(str(error)) from error


def _come_back(link: str, phrase: str, folder: Path, posts: int, last_seen: int) -> Absence:
    missed: dict[int, float] = {}  # when each of them was shown

    def is_last(event: Event) -> bool:
        if event["seq"] > last_seen:
            missed.setdefault(event["seq"], event["arrived"])
        return len(missed) >= posts

    begun = time.monotonic()
    ann = Person("Ann", link, phrase, folder, _SILENT)
    try:
        ann.wait("text", is_last, _PATIENCE)
        joined = ann.wait("joined")["arrived"]
    finally:
        ann.leave()
    newest = max(missed[seq] for seq in sorted(missed)[-_SCREEN:])
    return Absence(posts, joined - begun, newest - begun, max(missed.values()) - begun)


def _fill(broker: Broker, phrase: str, posts: int, size: int) -> None:
    """Have so many lines written by members who then leave, as many by each as a broker takes at once."""
    while posts > 0:
        members = min(_WRITERS, -(-posts // _BURST))
        task = TextTask(where_is(broker), (phrase,), members, size=size)
        with entered(task, STRETCH_COST) as entrants:
            writers = [Writer(member, keys, task) for member, keys in entrants]
            for number in range(min(posts, members * _BURST)):
                writers[number % members].post()
                posts -= 1
            for writer in writers:
                _await_all(writer)


def _await_all(writer: Writer) -> None:
    """Until all that it wrote is stored."""
    end = time.monotonic() + _PATIENCE
    while writer.under_way:
        if not writer.member.control.poll(int(max(0.0, end - time.monotonic()) * 1000)):
            raise Failed("the broker does not acknowledge posts")
        if answers(writer, {}):
            raise Failed("the broker refuses posts")
