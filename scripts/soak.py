"""Let a broker and its clients live for hours, and watch what grows: `python3 scripts/soak.py --hours 0.5`.

Real processes. Two people stay all the time; others come and go; all of them write, switch microphones (which say
silence) and speakers on and off, lose the network, and sleep as a closed laptop does. Memory, descriptors and threads
of the broker and of the two are looked at every few seconds. Exit code 0: all of it stayed flat, and both have
read the same lines.
"""

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.setup.environment import enter
from scripts.soaking.flags import read_flags

if __name__ == "__main__":
    read_flags(__doc__)  # first: neither --help nor a wrong flag must install anything
    enter("client", "dev")

import psutil
from tqdm import tqdm

from common.invite import Invite
from scripts.person import Gone, Person
from scripts.processes import Broker, NotStarted, start_broker
from scripts.soaking.relay import Relay
from scripts.soaking.samples import Sample, early_and_late, growth, sample

_PHRASE = "banjo-clover-oxidize-pelican-sixtyfold-wharf"  # of a room that lives as long as this script
_GUESTS = 4
_LOOK_SECONDS = 5.0
_STEP_SECONDS = 1.0
_SLEEP_SECONDS = 9.0  # longer than the broker waits for somebody


class Life:
    """The broker, its people, and what happens to them."""

    def __init__(self, broker: Broker, folder: Path, chance: random.Random) -> None:
        self._folder = folder
        self._chance = chance
        self._control, self._voice = Relay(broker.control), Relay(broker.voice)
        address = self._control.address
        self._invite = str(Invite(address, broker.key, self._voice.address.port, broker.banner.port, None))
        self.happened: Counter[str] = Counter()
        self.staying = [self._person(name) for name in ("Ann", "Ben")]
        self._guests: list[Person] = []
        self._asleep: dict[int, float] = {}  # process ids, and when they wake up
        self.watched = {"broker": psutil.Process(broker.process.pid)}
        for person in self.staying:
            person.wait("joined")
            self.watched[person.name] = psutil.Process(person.pid)

    def step(self, now: float) -> None:
        """One thing happens."""
        for pid in [pid for pid, until in self._asleep.items() if until <= now]:
            self._wake(pid)
        person = self._chance.choice([*self.staying, *self._guests])
        happens = self._chance.choices(
            (self._say, self._switch, self._come, self._go, self._cut, self._sleep), (12, 6, 2, 2, 1, 1)
        )[0]
        happens(person, now)

    def end(self) -> list[list[str]]:
        """Everybody wakes up and a last line is read; the lines that the two who stayed have read."""
        for pid in list(self._asleep):
            self._wake(pid)
        for person in self.staying:
            person.do("say", text=f"the last of {person.name}")
        for person in self.staying:
            for other in self.staying:
                last = f"the last of {other.name}"
                person.wait("text", lambda event, last=last: event["text"] == last, 60)  # type: ignore[misc]
        return [[text for _, text in person.texts()] for person in self.staying]

    def complaints(self) -> str:
        """What clients have written to their stderr, each under its name."""
        files = sorted(self._folder.glob("*.errors"))
        return "\n".join(f"{file.stem}: {text}" for file in files if (text := file.read_text(errors="replace").strip()))

    def close(self) -> None:
        """End all processes."""
        for pid in list(self._asleep):
            self._wake(pid)
        for person in [*self.staying, *self._guests]:
            person.leave()
        self._control.close()
        self._voice.close()

    def _person(self, name: str) -> Person:
        silent = ("--mic", "none", "--speaker", "none")
        errors = self._folder / f"{name}.errors"
        return Person(name, self._invite, _PHRASE, self._folder / name, silent, errors)

    def _say(self, person: Person, _now: float) -> None:
        self.happened["lines"] += 1
        person.do("say", text=f"line {self.happened['lines']} of {person.name}")

    def _switch(self, person: Person, _now: float) -> None:
        self.happened["switches"] += 1
        person.do(self._chance.choice(("mic", "speaker")), on=self._chance.random() < 0.6)

    def _come(self, _person: Person, _now: float) -> None:
        if len(self._guests) < _GUESTS:
            self.happened["joins"] += 1
            self._guests.append(self._person(f"Guest{self.happened['joins']}"))

    def _go(self, _person: Person, _now: float) -> None:
        if self._guests:
            self.happened["leaves"] += 1
            guest = self._guests.pop(self._chance.randrange(len(self._guests)))
            self._wake(guest.pid)
            guest.leave()

    def _cut(self, _person: Person, _now: float) -> None:
        self.happened["network cuts"] += 1
        self._control.cut()
        self._voice.cut()

    def _sleep(self, person: Person, now: float) -> None:
        if person.pid not in self._asleep:
            self.happened["sleeps"] += 1
            os.kill(person.pid, signal.SIGSTOP)
            self._asleep[person.pid] = now + _SLEEP_SECONDS

    def _wake(self, pid: int) -> None:
        if self._asleep.pop(pid, None) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def main() -> int:
    """Live, watch, report. 0: nothing grew."""
    given = read_flags(__doc__)
    if sys.platform == "win32":
        print("The soak needs signals that Windows does not have.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="secure-chat-soak-") as folder:
        place = ["--host", "127.0.0.1", "--port", "0", "--data", folder]
        try:
            broker = start_broker(place, say=lambda _: None, log=Path(folder, "all.log"))
        except NotStarted as error:
            print(f"The soak did not begin: {error}.", file=sys.stderr)
            return 1
        life = Life(broker, Path(folder), random.Random(given.seed))  # noqa: S311 - not for keys
        try:
            samples = _watch(life, given.hours * 3_600)
            lines = life.end()
        except Gone as error:
            print(f"Not steady: {error}. What its clients complained of:\n{life.complaints()}", file=sys.stderr)
            return 1
        finally:
            life.close()
            broker.stop()
    if given.json is not None:
        told = {name: [asdict(one) for one in kept] for name, kept in samples.items()}
        given.json.write_text(json.dumps({"happened": life.happened, "samples": told}, indent=1), encoding="utf-8")
    return _report(life, samples, lines)


def _watch(life: Life, seconds: float) -> dict[str, list[Sample]]:
    samples: dict[str, list[Sample]] = {name: [] for name in life.watched}
    begun = now = time.monotonic()
    look_at = begun
    with tqdm(total=round(seconds), desc="soaking", unit="s", leave=False, disable=None) as bar:
        while now - begun < seconds:
            life.step(now)
            if now >= look_at:
                look_at += _LOOK_SECONDS
                for name, process in life.watched.items():
                    samples[name].append(sample(process))
            time.sleep(_STEP_SECONDS)
            now = time.monotonic()
            bar.update(round(now - begun) - bar.n)
    return samples


def _report(life: Life, samples: dict[str, list[Sample]], lines: list[list[str]]) -> int:
    print(", ".join(f"{count:,} {what}" for what, count in sorted(life.happened.items())))
    print("             memory, MiB     descriptors        threads     CPU, s")
    grown = []
    for name, kept in samples.items():
        early, late = early_and_late(kept)
        print(
            f"{name:8} {early.memory:7.1f} → {late.memory:5.1f} {early.descriptors:8} → {late.descriptors:3}"
            f" {early.threads:8} → {late.threads:3} {kept[-1].cpu:9.1f}"
        )
        grown += growth(name, kept)
    if sorted(lines[0]) != sorted(lines[1]) or len(set(lines[0])) != len(lines[0]):
        grown.append("the two who stayed have not read the same lines, once each")
    for fault in grown:
        print(f"Not flat: {fault}.")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
