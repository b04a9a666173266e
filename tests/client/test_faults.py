"""What is told of a fault: where it was, and nothing of what it was about."""

from __future__ import annotations

import itertools
import logging
import threading
from types import SimpleNamespace

import pytest

from client import faults
from client.events import Event, Part, ProblemReported

SECRET = "banjo-clover-oxidize"


def failing(error: BaseException, cause: BaseException | None = None) -> BaseException:
    """The exception as it is caught, with its way."""
    try:
        try:
            if cause is not None:
                raise cause
        except BaseException as first:
            raise error from first
        raise error
    except BaseException as caught:  # noqa: BLE001 - that is what is wanted
        return caught


def test_place_kind_and_versions_are_told_and_no_word_of_the_exception() -> None:
    # mistake: a phrase, a name or a message on the clipboard, and then in a public report
    error = failing(ValueError(SECRET, {"text": SECRET}), KeyError(SECRET))
    error.add_note(SECRET)
    told = faults.details(error)
    assert SECRET not in told
    assert "builtins.ValueError" in told
    assert "caused by builtins.KeyError" in told
    assert "test_faults.py:" in told
    assert " failing" in told
    assert "Python 3." in told
    assert "cryptography " in told
    event = faults.reported(Part.GENERAL, "internal", "Oh.", error)
    assert (event, event.details) == (ProblemReported(Part.GENERAL, "internal", "Oh.", told), told)
    assert "ValueError" not in repr(event)


def test_an_error_of_the_system_is_told_by_its_name_and_not_by_its_path() -> None:
    told = faults.details(failing(FileNotFoundError(2, "No such file", f"/home/ann/{SECRET}")))
    assert "FileNotFoundError ENOENT" in told
    assert "ann" not in told
    assert "OSError 99999\n" in faults.details(OSError(99_999, SECRET))
    assert faults.details(OSError(SECRET)).endswith("builtins.OSError\n")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/home/ann/chat/client/ui/app.py", "client/ui/app.py"),
        ("/home/client/.venv/lib/site-packages/zmq/sugar/socket.py", "site-packages/zmq/sugar/socket.py"),
        ("/home/ann/secret.py", "secret.py"),
        ("<string>", "<string>"),
    ],
)
def test_no_path_says_whose_computer_it_is(path: str, shown: str) -> None:
    assert faults._file(path) == shown


def test_causes_are_bounded_and_told_once() -> None:
    # mistake: a ring of causes, over which the report of one fault never ends
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert faults.details(first).count("caused by") == 1
    third = ValueError()
    third.__context__ = KeyError()
    assert "caused by" in faults.details(third)
    third.__suppress_context__ = True
    assert "caused by" not in faults.details(third)
    chain = [ValueError() for _ in range(20)]
    for error, cause in itertools.pairwise(chain):
        error.__cause__ = cause
    assert faults.details(chain[0]).count("caused by") == 4


def test_a_thread_that_ends_by_a_fault_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # mistake: a thread that dies in silence, and a window that waits for it for ever
    told: list[Event] = []
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    faults.watch_threads(told.append)

    def fail() -> None:
        raise ValueError(SECRET)

    with caplog.at_level(logging.ERROR, "client.faults"):
        thread = threading.Thread(target=fail, name="busy")
        thread.start()
        thread.join()
    (event,) = told
    assert isinstance(event, ProblemReported)
    assert (event.code, SECRET in event.details) == ("internal", False)
    assert "busy has ended by a fault" in caplog.text
    for kind, error in ((SystemExit, SystemExit()), (ValueError, None)):
        threading.excepthook(SimpleNamespace(exc_type=kind, exc_value=error, thread=None))  # type: ignore[arg-type]
    assert len(told) == 1
    threading.excepthook(SimpleNamespace(exc_type=ValueError, exc_value=ValueError(), thread=None))  # type: ignore[arg-type]
    assert len(told) == 2
