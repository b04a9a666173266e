"""Commands that come before the session, and a session that never comes."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from client.commands import AskStats, Command, Quit, SetSpeaker
from client.events import AudienceChanged, ProblemReported, SessionEnded
from client.inbox import Inbox
from client.late import LateSession


class Session:
    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.asked: list[Command] = []

    def start(self) -> None:
        self.inbox.put(AudienceChanged(0))

    def submit(self, command: Command) -> None:
        self.asked.append(command)
        if isinstance(command, Quit):
            self.inbox.put(SessionEnded())


def late() -> tuple[LateSession, list[Session], Callable[[], None]]:
    """One, what it has loaded, and what lets the loading go on."""
    loaded: list[Session] = []
    go_on = threading.Event()

    def load(inbox: Inbox) -> Session:
        assert go_on.wait(20)
        loaded.append(Session(inbox))
        return loaded[-1]

    return LateSession(load), loaded, go_on.set


def test_what_was_asked_before_is_obeyed_in_its_order() -> None:
    session, loaded, go_on = late()
    session.submit(SetSpeaker(True))
    assert not loaded
    session.begin()
    session.begin()
    session.submit(AskStats())
    go_on()
    assert session.events.get() == AudienceChanged(0)
    session.submit(Quit())
    assert session.events.get() == SessionEnded()
    (one,) = loaded
    assert one.asked == [SetSpeaker(True), AskStats(), Quit()]


def test_leaving_before_it_was_loaded() -> None:
    # would catch: a window that waits for the end of what never began
    session, _, go_on = late()
    go_on()
    session.submit(Quit())
    assert [session.events.get(), session.events.get()] == [AudienceChanged(0), SessionEnded()]


def test_what_cannot_be_loaded_is_told_and_can_be_left(caplog: pytest.LogCaptureFixture) -> None:
    def load(_inbox: Inbox) -> Session:
        raise ModuleNotFoundError("No module named 'numpy'")

    session = LateSession(load)
    session.begin()
    assert isinstance(session.events.get(), ProblemReported)
    session.submit(SetSpeaker(True))
    session.submit(Quit())
    assert session.events.get() == SessionEnded()
    assert "numpy" in caplog.text
