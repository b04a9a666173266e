"""What a check has found, and how it is told. Pure."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_COLUMN: Final = 9  # of the sentence


class Mark(StrEnum):
    """How a check ended."""

    GOOD = "ok"
    WARNING = "warning"  # it works, and somebody should know this
    BAD = "FAILED"
    SKIPPED = "skipped"  # there was nothing to look at


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, how it is, and (where it is not well) what to do."""

    check: str
    mark: Mark
    says: str
    remedy: str = ""


def good(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, Mark.GOOD, says)


def warning(check: str, says: str, remedy: str = "") -> Finding:
    """It works, but."""
    return Finding(check, Mark.WARNING, says, remedy)


def bad(check: str, says: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(check, Mark.BAD, says, remedy)


def skipped(check: str, why: str) -> Finding:
    """It could not be looked at."""
    return Finding(check, Mark.SKIPPED, why)


def in_short(marks: Set[Mark]) -> str:
    """The last line: what all checks together tell."""
    if Mark.BAD in marks:
        return "Something needs to be mended: see FAILED above."
    return "Nothing is broken: see what is warned of above." if Mark.WARNING in marks else "All is well."


def as_text(finding: Finding) -> str:
    """One line; the remedy behind it."""
    remedy = f" → {finding.remedy}" if finding.remedy else ""
    return f"{finding.mark:{_COLUMN}}{finding.check}: {finding.says}{remedy}"
