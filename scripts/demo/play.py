"""The demo: a broker and four clients as processes; what they say and hear is printed and judged.

Ann, Ben and Cleo have one key; Ben's speaker is on, Cleo's is off. Dora has another key. Ann's microphone and
Ben's loudspeaker are WAV files, so what was heard can be held against what was said.
"""

from __future__ import annotations

import secrets
import statistics
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
import soxr

from common.crypto.phrase import generate
from scripts.demo.likeness import Likeness, compare
from scripts.person import NothingHeard, Person
from scripts.processes import Broker, NotStarted, start_broker
from scripts.setup.environment import ROOT

SPEECH = ROOT / "tests/sounds/speech.wav"
_LEAST_STOI = 0.9  # above it nobody notices a difference
_MOST_DELAY = 0.5  # seconds; some tens of milliseconds are usual, more than this is a fault even on a busy machine
_SPEECH_SECONDS = 60.0
_LINES = (
    ("Ann", "Good morning! Can you read this?"),
    ("Ben", "I can. Grüße aus Köln, and 你好 👋"),
    ("Cleo", "So can I. My speaker is off, though."),
)
_ROUND_TRIPS = 15


@dataclass(slots=True)
class Verdict:
    """What had to hold, and whether it did."""

    failed: list[str] = field(default_factory=list)

    def check(self, sentence: str, *, held: bool) -> None:
        """Print one line of the verdict."""
        print(f"  {'yes' if held else 'NO '}  {sentence}", flush=True)
        if not held:
            self.failed.append(sentence)


@dataclass(frozen=True, slots=True)
class Cast:
    """The broker, the three who share a key, and the stranger."""

    broker: Broker
    ann: Person
    ben: Person
    cleo: Person
    dora: Person
    heard: Path

    @property
    def people(self) -> tuple[Person, ...]:
        """Those who share the key."""
        return self.ann, self.ben, self.cleo


def play() -> int:
    """Run the demo. 0 if all held, else 1. Nothing is left running, nothing is left on the disk."""
    print("Demo: a broker, three people with one key and a stranger with another, each a process of its own.")
    verdict = Verdict()
    with tempfile.TemporaryDirectory(prefix="secure-chat-demo-") as folder, ExitStack() as on_leaving:
        try:
            cast = _gather(Path(folder), on_leaving)
            _write(cast)
            round_trip = _time_lines(cast)
            _speak(cast)
            _judge(cast, verdict, round_trip)
        except (NothingHeard, NotStarted) as error:
            verdict.check(str(error), held=False)
    print(f"The demo {'FAILED: ' + '; '.join(verdict.failed) if verdict.failed else 'held in every point.'}")
    return 1 if verdict.failed else 0


def _gather(folder: Path, on_leaving: ExitStack) -> Cast:
    arguments = ["--host", "127.0.0.1", "--port", "0", "--data", str(folder / "broker")]
    broker = start_broker(arguments, say=lambda _: None, log=folder / "all.log")
    on_leaving.callback(broker.stop)
    print(f"  the broker is ready on {broker.control}; its key's words: {broker.fingerprint}")
    phrase, other = (generate(secrets.choice) for _ in range(2))
    link = str(broker.invite(None))
    heard = folder / "heard.wav"

    def person(name: str, key: str, *flags: str) -> Person:
        someone = Person(name, link, key, folder / name, flags)
        on_leaving.callback(someone.leave)
        return someone

    ann = person("Ann", phrase, "--mic", str(SPEECH))
    ben = person("Ben", phrase, "--speaker", str(heard), "--speaker-on")
    cleo = person("Cleo", phrase, "--speaker", str(folder / "cleo.wav"))
    dora = person("Dora", other, "--speaker", str(folder / "dora.wav"), "--speaker-on")
    cast = Cast(broker, ann, ben, cleo, dora, heard)
    words = {someone.wait("joined")["room_words"] for someone in cast.people}
    print(f"  Ann, Ben and Cleo have joined and compare the room's words: {', '.join(sorted(words))}")
    print(f"  Dora, with a wrong key, sees other words: {dora.wait('joined')['room_words']}")
    ann.wait("listening", lambda event: event["count"] >= 1)
    return cast


def _write(cast: Cast) -> None:
    by_name = {someone.name: someone for someone in cast.people}
    for name, line in _LINES:
        by_name[name].do("say", text=line)
        for reader in cast.people:
            reader.wait("text", lambda event, line=line: event["text"] == line)  # type: ignore[misc]
        print(f"  {name + ':':6}{line}")


def _time_lines(cast: Cast) -> float:
    """The median time, in seconds, from a line going into Ann's client to its coming out of Ben's."""
    times: list[float] = []
    for number in range(_ROUND_TRIPS):
        line = f"line {number + 1} of {_ROUND_TRIPS}"
        begun = cast.ann.do("say", text=line)
        times.append(cast.ben.wait("text", lambda event, line=line: event["text"] == line)["arrived"] - begun)  # type: ignore[misc]
    return statistics.median(times)


def _speak(cast: Cast) -> None:
    print(f"  Ann says aloud: {SPEECH.name}, {soundfile.info(SPEECH).duration:.1f} s")
    cast.ann.do("mic", on=True)
    cast.ben.wait("talking", lambda event: event["on"])
    print("  Ben hears somebody talking: Ann")
    cast.ann.wait("mic_ended", seconds=_SPEECH_SECONDS)
    cast.ann.do("mic", on=False)
    cast.ben.wait("talking", lambda event: not event["on"])


def _judge(cast: Cast, verdict: Verdict, round_trip: float) -> None:
    stats = {someone.name: someone.stats() for someone in (*cast.people, cast.dora)}
    lines = cast.ann.texts()
    for someone in (*cast.people, cast.dora):
        someone.leave()  # the recording is whole only then
    print("What had to hold:")
    same = all(someone.texts() == lines for someone in cast.people) and len(lines) == len(_LINES) + _ROUND_TRIPS
    verdict.check("all three have read the same lines in the same order", held=same)
    got = stats["Ben"]["voice_frames_received"]
    verdict.check(f"Ben, whose speaker is on, has received voice ({got} frames)", held=got > 0)
    cleo = stats["Cleo"]["voice_bytes_received"]
    verdict.check(f"Cleo, whose speaker is off, has received {cleo} bytes of voice", held=cleo == 0)
    dora = stats["Dora"]["voice_bytes_received"]
    read = len(cast.dora.texts())
    verdict.check(f"Dora, with a wrong key, has read {read} lines and received {dora} bytes", held=read == dora == 0)
    likeness = _listen(cast.heard)
    if likeness is None:
        verdict.check("the speech can be found in what Ben heard", held=False)
        return
    verdict.check(
        f"what Ben heard is what Ann said: STOI {likeness.stoi:.3f} (1 is the same)", held=likeness.stoi >= _LEAST_STOI
    )
    delay = likeness.offset + stats["Ben"]["speaker_started"] - stats["Ann"]["microphone_started"]
    verdict.check(f"the voice took {delay * 1000:.0f} ms from file to file", held=0 <= delay < _MOST_DELAY)
    print(f"  a line takes {round_trip * 1000:.1f} ms from one client's input to the other's output (median)")


def _listen(heard: Path) -> Likeness | None:
    try:
        said_samples, said_rate = soundfile.read(SPEECH)
        samples, rate = soundfile.read(heard)
    except soundfile.LibsndfileError:
        return None
    samples = samples if samples.ndim == 1 else samples.mean(axis=1)
    said = soxr.resample(said_samples, said_rate, rate) if said_rate != rate else said_samples
    try:
        return compare(np.asarray(said, np.float64), np.asarray(samples, np.float64), rate)
    except ValueError:
        return None
