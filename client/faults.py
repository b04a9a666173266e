"""What is told of a fault of the program itself, so that it can be mended: where it was, and with which libraries.

Never what it was about: the words of an exception can hold a phrase, a name or a message, and paths the name of a
user. So only kinds, places in the program's text and versions are told.
"""

from __future__ import annotations

import errno
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import PurePath
from types import TracebackType
from typing import Final

from client.events import Event, Part, ProblemReported

INSIDE: Final = "Something went wrong inside Secure Chat; its log says what."
_LIBRARIES: Final = (
    "pyzmq",
    "cryptography",
    "msgspec",
    "numpy",
    "pillow",
    "pyaudio",
    "opuslib-next-bundled",
    "prompt-toolkit",
)
_ROOTS: Final = frozenset({"client", "common", "broker", "site-packages", "dist-packages"})
_FRAMES: Final = 40
_CAUSES: Final = 5
_log = logging.getLogger(__name__)


def reported(part: Part, code: str, sentence: str, error: BaseException) -> ProblemReported:
    """The event about it."""
    return ProblemReported(part, code, sentence, details(error))


def details(error: BaseException) -> str:
    """Some lines of text, fit to be shown to strangers."""
    import platform  # noqa: PLC0415 - the window starts without it

    lines = [
        f"Secure Chat {_version('secure-chat')}, Python {platform.python_version()}",
        f"{platform.system()} {platform.release()} {platform.machine()}",
        ", ".join(f"{name} {version}" for name in _LIBRARIES if (version := _version(name)) != "?"),
    ]
    for number, cause in enumerate(_causes(error)):
        lines += ["", *_where(cause.__traceback__), f"{'caused by ' if number else ''}{_kind(cause)}"]
    return "\n".join(lines) + "\n"


def watch_threads(tell: Callable[[Event], None]) -> None:
    """Whatever thread ends by an exception from now on: it is logged, and told."""

    def ended(what: threading.ExceptHookArgs) -> None:
        if what.exc_value is None or issubclass(what.exc_type, SystemExit):
            return
        name = what.thread.name if what.thread else "a thread"
        _log.error("%s has ended by a fault", name, exc_info=what.exc_value)
        tell(reported(Part.GENERAL, "internal", INSIDE, what.exc_value))

    threading.excepthook = ended


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and those that led to it, the last one first; each once."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen and len(seen) < _CAUSES:
        seen.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    yield from seen


def _where(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-_FRAMES:]
    return [f"  {_file(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _file(path: str) -> str:
    """From the package on: what stands before it is somebody's computer."""
    parts = PurePath(path).parts
    root = next((index for index in range(len(parts) - 1, -1, -1) if parts[index] in _ROOTS), len(parts) - 1)
    return "/".join(parts[root:])


def _kind(error: BaseException) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, OSError) and error.errno is not None:
        return f"{kind} {errno.errorcode.get(error.errno, error.errno)}"
    return kind


def _version(name: str) -> str:
    from importlib import metadata  # noqa: PLC0415 - the window starts without it

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "?"
