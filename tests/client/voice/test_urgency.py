"""Whether the system lets the voice thread go first; what becomes of threads and processes that it starts."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from client.voice import urgency


def test_it_asks_for_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    # mistake: everything that the voice thread starts (libraries that load for a second) goes before everybody too
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "sched_setscheduler", lambda who, policy, _priority: asked.append((who, policy)))
    monkeypatch.setattr(sys, "platform", "linux")
    assert urgency.take_precedence()
    assert asked == [(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK)]


def test_a_refusal_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    assert not urgency.take_precedence()


def test_elsewhere_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(os, "sched_setscheduler")
    assert not urgency.take_precedence()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is asked")
def test_the_real_system_answers_and_only_that_thread_is_changed() -> None:
    # on a machine that allows it this is the real call; elsewhere the refusal of the real kernel
    found: list[tuple[bool, int, int]] = []

    def child() -> None:
        allowed = urgency.take_precedence()
        inner: list[int] = []
        later = threading.Thread(target=lambda: inner.append(os.sched_getscheduler(0)))
        later.start()
        later.join()
        found.append((allowed, os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK, inner[0]))

    one = threading.Thread(target=child)
    one.start()
    one.join()
    ((allowed, own, of_child),) = found
    assert own == (os.SCHED_RR if allowed else os.SCHED_OTHER)
    assert of_child == os.SCHED_OTHER
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
