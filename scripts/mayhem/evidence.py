"""What the clients of a room have shown and been told, and what is wrong with it. Pure.

A witness is one client over all its kills. Its *view* is the set of lines, by number, that it ever had before its
user: what any of its runs printed, together with the log that it keeps on disk. A run that ends by a kill may have
shown a line that the next one shows again: that is one line. Within one run, and within the log, a second time is a
double.

What has to hold in a room:

* Nothing is lost. A line that any sender was told as stored (`sent`), and a line that any witness has shown, is in
  the view of every witness. So is a line that was found in a client's outbox after a kill, and every one that was
  written to a client's last run. (A line that was written to a client which was killed before it took it into its
  outbox was promised to nobody: it may come, and then to all, or not.)
* Whoever is there at the end has it all before their eyes: the last run of every witness has itself shown the newest
  1,000 lines of the room, from its log or from the broker; its log has every line; and it tells of none as missing.
* Nothing is doubled: no run and no log has a line twice, and no line has two numbers.
* Nothing is moved: a number is the same line for all; the lines that a run shows as live rise in number; each
  sender's lines are numbered in the order of writing; and nothing is shown that nobody in this room wrote.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

_BEFORE_EYES: Final = 1_000  # lines; a client reads back twice as many


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as a client showed it. `late`: not as it was said, but fetched or read from the log."""

    seq: int
    text: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One life of a client: the lines in the order of their showing, the numbers told as stored, and how many lines
    it still called missing in the end.
    """

    shown: Sequence[Shown] = ()
    stored: Sequence[int] = ()
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Witness:
    """One client over all its lives.

    `written` are its user's lines in their order, `promised` those of them that must arrive; `log` is what it keeps
    on disk at the end, None where it keeps none.
    """

    name: str
    written: Sequence[str] = ()
    promised: Set[str] = frozenset()
    runs: Sequence[Run] = ()
    log: Sequence[Shown] | None = None

    def view(self) -> Iterator[Shown]:
        """Everything that its user has seen, in no order."""
        for run in self.runs:
            yield from run.shown
        yield from self.log or ()

    def seqs(self) -> set[int]:
        """The numbers in its view."""
        return {line.seq for line in self.view()}


@dataclass(slots=True)
class Findings:
    """What is wrong, a sentence each."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.reordered)

    def __iadd__(self, other: Findings) -> Findings:
        self.lost += other.lost
        self.doubled += other.doubled
        self.reordered += other.reordered
        return self


def expected(room: Sequence[Witness]) -> set[int]:
    """The numbers that every view of this room has to have."""
    told = {seq for witness in room for run in witness.runs for seq in run.stored}
    return told.union(*(witness.seqs() for witness in room))


def examine(room: Sequence[Witness]) -> Findings:
    """What is wrong in one room."""
    numbers = _numbers(room)
    return Findings(_lost(room, numbers), _doubled(room, numbers), _reordered(room, numbers))


def _numbers(room: Sequence[Witness]) -> dict[str, set[int]]:
    """Under which numbers each line was shown, by anybody."""
    found: dict[str, set[int]] = defaultdict(set)
    for witness in room:
        for line in witness.view():
            found[line.text].add(line.seq)
    return found


def _lost(room: Sequence[Witness], numbers: dict[str, set[int]]) -> list[str]:
    wanted = expected(room)
    lost = [f"{witness.name} never saw line {seq}" for witness in room for seq in sorted(wanted - witness.seqs())]
    for witness in room:
        lost += _not_there(witness, wanted)
        gone = witness.promised - numbers.keys()
        lost += [f"nobody has seen “{text}”, which {witness.name} had to deliver" for text in sorted(gone)]
    return lost


def _not_there(witness: Witness, wanted: set[int]) -> list[str]:
    """What the last run and the log of a witness lack."""
    lacking = []
    if witness.log is not None:
        gone = wanted - {line.seq for line in witness.log}
        lacking += [f"the log of {witness.name} lacks line {seq}" for seq in sorted(gone)]
    if witness.runs:
        last = witness.runs[-1]
        gone = set(sorted(wanted)[-_BEFORE_EYES:]) - {line.seq for line in last.shown}
        lacking += [f"the last run of {witness.name} has not shown line {seq}" for seq in sorted(gone)]
        if last.missing:
            lacking.append(f"{witness.name} tells of {last.missing} missing lines")
    return lacking


def _doubled(room: Sequence[Witness], numbers: dict[str, set[int]]) -> list[str]:
    doubled = [f"“{text}” is line {_list(seqs)}" for text, seqs in numbers.items() if len(seqs) > 1]
    for witness in room:
        for number, run in enumerate(witness.runs, 1):
            doubled += [f"{witness.name} has shown {what} twice in run {number}" for what in _twice(run.shown)]
            told = sorted(seq for seq in set(run.stored) if run.stored.count(seq) > 1)
            doubled += [f"{witness.name} was told twice in run {number} that line {seq} is stored" for seq in told]
        doubled += [f"the log of {witness.name} has {what} twice" for what in _twice(witness.log or ())]
    return doubled


def _twice(lines: Sequence[Shown]) -> list[str]:
    seen: set[int] = set()
    twice = []
    for line in lines:
        if line.seq in seen:
            twice.append(f"line {line.seq}")
        seen.add(line.seq)
    return twice


def _reordered(room: Sequence[Witness], numbers: dict[str, set[int]]) -> list[str]:
    texts: dict[int, set[str]] = defaultdict(set)
    for text, seqs in numbers.items():
        for seq in seqs:
            texts[seq].add(text)
    moved = [f"line {seq} is {' and '.join(sorted(said))}" for seq, said in texts.items() if len(said) > 1]
    for witness in room:
        for number, run in enumerate(witness.runs, 1):
            live = [line.seq for line in run.shown if not line.late]
            moved += [
                f"{witness.name} has shown line {after} behind line {before} as live in run {number}"
                for before, after in pairwise(live)
                if after < before
            ]
        places = [(min(numbers[text]), text) for text in witness.written if text in numbers]
        moved += [
            f"“{after}” is line {here}, before “{before}”, line {there}, which {witness.name} wrote first"
            for (there, before), (here, after) in pairwise(places)
            if here < there
        ]
    foreign = numbers.keys() - {text for witness in room for text in witness.written}
    return moved + [f"“{text}” was shown, and nobody in this room wrote it" for text in sorted(foreign)]


def _list(numbers: set[int]) -> str:
    return " and ".join(str(number) for number in sorted(numbers))
