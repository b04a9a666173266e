"""What a bench and its window (`window_person`) say to each other, a line at a time."""

from __future__ import annotations

from subprocess import Popen

from scripts.processes import NotStarted


def asked(window: Popen[str], question: str) -> str:
    """The answer. Raises `NotStarted` where the window has gone."""
    if window.stdin:
        window.stdin.write(f"{question}\n")
        window.stdin.flush()
    return told(window)


def told(window: Popen[str]) -> str:
    """The next line that it tells. Raises `NotStarted` where the window has gone."""
    line = window.stdout.readline() if window.stdout else ""
    if not line:
        raise NotStarted("the window did not open")
    return line
