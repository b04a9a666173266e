"""Looking through kept lines: the right ones, in slices, as text that nobody can forge, into files of one's own."""

from __future__ import annotations

import io
import stat
from datetime import UTC
from pathlib import Path

import pytest
from msgspec.structs import replace

from client.archive import FOUND, Errands, Export, Search, as_text, new_file
from client.events import Event, LogExported, LogSearched, ProblemReported, TextReceived
from client.log import LogLine, Marks
from common.errors import BadSetting, LocalError
from tests.fakes.link import MemoryLog

NOON = 1_782_820_800.0  # 30 June 2026, 12:00 UTC


def shown(line: LogLine) -> TextReceived | None:
    """Tokens of these tests are the text itself; an empty one does not open."""
    if not line.token:
        return None
    return TextReceived("", "device", "Ann", line.token.decode(), line.seq, NOON, own=False, late=True)


def kept(*texts: str) -> MemoryLog:
    log = MemoryLog()
    for seq, text in enumerate(texts, 1):
        log.add(LogLine(0, seq, text.encode(), copied=False), Marks(text.encode(), b""))
    return log


def searched(log: MemoryLog, words: str) -> LogSearched:
    search = Search(words, log, shown)
    while (answer := search.step()) is None:
        pass
    return answer


def found(log: MemoryLog, words: str) -> list[str]:
    return [line.text for line in searched(log, words).lines]


def test_all_words_must_occur_whatever_their_case() -> None:
    log = kept("Ann likes tea", "Tea for two", "ANN: no tea today", "coffee")
    assert found(log, "ann tea") == ["Ann likes tea", "ANN: no tea today"]
    assert found(log, "TEA") == ["Ann likes tea", "Tea for two", "ANN: no tea today"]
    assert found(log, "milk") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [("Stra\u00dfe", "STRASSE"), ("\ufb01sh", "FISH"), ("A\u030angstr\u00f6m", "\u212bngstro\u0308m")],
)
def test_spellings_of_one_word_are_one(text: str, words: str) -> None:
    assert found(kept(text), words) == [text]


def test_the_newest_are_found_in_rising_order_and_more_is_said() -> None:
    log = kept(*(f"line {number}" for number in range(500)))
    answer = searched(log, "line")
    assert [line.text for line in answer.lines] == [f"line {number}" for number in range(500 - FOUND, 500)]
    assert answer.more
    exactly = searched(kept(*(f"line {number}" for number in range(FOUND))), "line")
    assert len(exactly.lines) == FOUND
    assert not exactly.more


def test_lines_that_do_not_open_are_passed_over() -> None:
    assert found(kept("one", "", "one more"), "one") == ["one", "one more"]
    out = io.StringIO()
    export = Export("f", Kept(out), kept("one", "", "two"), shown, UTC)
    assert export.step() is None
    assert export.step() == LogExported("f", 2)


class Kept(io.StringIO):
    """Writes through to one that can be read after this was closed."""

    def __init__(self, to: io.StringIO) -> None:
        super().__init__()
        self._to = to

    def write(self, text: str) -> int:
        return self._to.write(text)


def test_an_export_has_all_lines_in_order() -> None:
    out = io.StringIO()
    export = Export("f", Kept(out), kept(*(f"line {number}" for number in range(120))), shown, UTC)
    steps = 0
    while export.step() is None:
        steps += 1
    assert steps == 3  # slices, so that whoever works can do other things between
    assert out.getvalue().splitlines() == [f"2026-06-30 12:00:00 Ann (device): line {n}" for n in range(120)]


def test_text_cannot_forge_an_entry() -> None:
    hostile = "one\r2026-06-30 12:00:00 Ben (x): two\u2028three\x1b[2J\x85four\u202e"
    line = TextReceived("", "device", "A\nnn", hostile, 1, NOON, own=False, late=True, copied_device=True)
    first, *further = as_text(line, UTC).splitlines()
    assert first == "2026-06-30 12:00:00 A nn (device) [this device is copied]: one"
    assert further
    assert all(text.startswith("    ") for text in further)
    assert "\x1b" not in as_text(line)
    assert as_text(replace(line, text="", sent_at=1e30), UTC).startswith("---------- --:--:-- A nn")


def answers(errands: Errands) -> list[Event]:
    told: list[Event] = []
    while errands:
        told += errands.step()
    return told


def test_errands_are_done_one_after_the_other(tmp_path: Path) -> None:
    errands = Errands(kept("one", "two"), shown)
    assert not errands
    path = str(tmp_path / "out")
    errands.search("two")
    errands.export(path, new_file(path))
    first, second = answers(errands)
    assert isinstance(first, LogSearched)
    assert second == LogExported(path, 2)
    assert Path(path).read_text(encoding="utf-8").count("\n") == 2


def test_a_disk_that_fails_ends_an_errand_and_not_the_next(tmp_path: Path) -> None:
    log = kept("one")
    errands = Errands(log, shown)

    def fails(line: LogLine | None, limit: int) -> list[LogLine]:
        raise LocalError(f"The disk is gone: {line} {limit}")

    log.before = log.after = fails  # type: ignore[method-assign]
    errands.search("one")
    with new_file(str(tmp_path / "out")) as out:
        errands.export("out", out)
        codes = [problem.code for problem in answers(errands) if isinstance(problem, ProblemReported)]
    assert codes == ["not_searched", "not_exported"]


def test_files_are_new_and_private(tmp_path: Path) -> None:
    path = tmp_path / "out"
    new_file(str(path)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(BadSetting, match="already"):
        new_file(str(path))
    for wrong in (str(tmp_path / "no folder" / "out"), "a\0b"):
        with pytest.raises(BadSetting, match="cannot be written"):
            new_file(wrong)
