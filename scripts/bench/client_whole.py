"""A whole client as people run it: a process on a sound card in memory, that hears so many others and speaks itself."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import psutil
import soundfile

from common.crypto.phrase import generate
from scripts.bench import thread_shares
from scripts.bench.thread_shares import WHOLE, ZERO, by_part
from scripts.person import Event, Person
from scripts.processes import start_broker
from scripts.rig.runs import speech
from scripts.rig.signals import RATE
from scripts.rig.sound_card import SoundCard, own_card

SETTLE: Final = 5.0  # seconds: devices and libraries are loaded, buffers have learnt
_JOIN: float = 30.0


@dataclass(frozen=True, slots=True)
class Talk:
    """A card, and a room in which so many others speak without a pause as soon as somebody listens."""

    folder: Path
    card: SoundCard
    link: str
    phrase: str
    others: Sequence[Person]

    def begin(self) -> None:
        """Somebody listens: the others speak, and everything has time to settle."""
        first, *rest = self.others
        for other in rest:  # what the others do should cost the machine as little as can be
            first.do("mute", member=first.wait("member_joined", _named(other.name))["member"], on=True)
        for other in self.others:
            other.wait("listening", lambda event: event["count"] >= 1)
            other.do("mic", on=True)
        time.sleep(SETTLE)

    def speak(self, seconds: float) -> None:
        """Have A speak so long."""
        self.card.play("A", np.tile(speech(), round(seconds * RATE / speech().size) or 1))


def _named(name: str) -> Callable[[Event], bool]:
    return lambda event: bool(event["name"] == name)


@contextmanager
def talk(talkers: int, seconds: float, period: int) -> Iterator[Talk]:
    """Others who can speak for so long, the first of whom listens, but to none of the rest.

    Raises `NotReady`, `NotStarted` or `NothingHeard`.
    """
    with ExitStack() as stack:
        folder, card = stack.enter_context(own_card(period))
        where = ["--host", "127.0.0.1", "--port", "0", "--data", str(folder / "data")]
        broker = start_broker(where, say=lambda _: None, log=folder / "all.log")
        stack.callback(broker.stop)
        here = Talk(folder, card, str(broker.invite(None)), generate(secrets.choice), [])
        others = [
            stack.enter_context(joined(here, f"Talker {number + 1}", "--mic", _file(folder, number, seconds), *listens))
            for number, listens in enumerate([("--speaker", "none", "--speaker-on"), *[()] * (talkers - 1)])
        ]
        yield replace(here, others=others)


@contextmanager
def joined(where: Talk, name: str, *flags: str, environment: dict[str, str] | None = None) -> Iterator[Person]:
    """Somebody in that room."""
    one = Person(
        name, where.link, where.phrase, where.folder / name, flags, where.folder / f"{name}.errors", environment
    )
    try:
        one.wait("joined", seconds=_JOIN)
        yield one
    finally:
        one.leave()


def shares_of_a_core(talkers: int, seconds: float, lanes: int, period: int = 480) -> dict[str, float]:
    """Of the client's process and of its threads, in percent, while everybody speaks; and the zero point.

    Raises `NotReady`, `NotStarted` or `NothingHeard`.
    """
    flags = ("--mic-on", "--speaker-on", "--lanes", str(lanes))
    with (
        talk(talkers, seconds, period) as here,
        joined(here, "Ann", *flags, environment=here.card.environment("A")) as one,
    ):
        for kind in ("mic", "speaker"):
            one.wait(kind, lambda event: event["on"])
        here.begin()
        process = psutil.Process(one.pid)
        zero = thread_shares.zero_point()
        begun, before = time.monotonic(), thread_shares.seconds(process)
        here.speak(seconds)
        after, took = thread_shares.seconds(process), time.monotonic() - begun
    percent = {
        thread: (name, 100 * (used - before.get(thread, (name, 0.0))[1]) / took)
        for thread, (name, used) in after.items()
    }
    whole = sum(used for _, used in percent.values())
    return {WHOLE: whole, **by_part(percent), ZERO: (zero + thread_shares.zero_point()) / 2}


def _file(folder: Path, number: int, seconds: float) -> str:
    """Speech for as long as is measured and waited for, from another place for each talker."""
    file = folder / f"{number}.wav"
    sound = np.roll(speech(), number * RATE // 3)
    lasts = seconds + SETTLE + speech().size / RATE + _JOIN
    soundfile.write(file, np.tile(sound, round(lasts * RATE / sound.size) + 1), RATE, subtype="PCM_16")
    return str(file)
