"""One `python -m client --json` process, as a person that scripts can direct and ask."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from scripts.processes import start, stop

Event: TypeAlias = Mapping[str, Any]


class NothingHeard(Exception):
    """An event that was waited for did not come."""


class Gone(OSError):
    """The process of somebody who should do something has ended."""


class Person:
    """A client process: `do` writes commands, `wait` waits for events. All events are kept in `events`."""

    def __init__(
        self,
        name: str,
        server: str,
        phrase: str,
        state: Path,
        flags: tuple[str, ...] = (),
        errors: Path | None = None,
        environment: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
        *,
        module: str = "client",
    ) -> None:
        """`server` is an invite link, `state` the state folder; complaints go to our stderr, or behind `errors`.

        `before` stands before its command; `module` is what Python runs.
        """
        self.name = name
        self.events: list[Event] = []
        self._arrived = threading.Condition()
        command = [*before, sys.executable, "-m", module, "--json", "--invite", server, "--name", name]
        own = {"SECURE_CHAT_KEY": phrase, **(environment or {})}
        self._process = start([*command, "--state-dir", str(state), *flags], own, errors)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def do(self, command: str, **arguments: object) -> float:
        """Give a command of the JSON client: `do("say", text="…")`. The time (monotonic, seconds) when it was given.

        Raises `Gone` where its process has ended.
        """
        begun = time.monotonic()
        if self._process.stdin:
            try:
                self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
                self._process.stdin.flush()
            except OSError as error:
                raise Gone(f"{self.name}'s process has ended by itself, code {self._process.wait(10)}") from error
        return begun

    def wait(self, kind: str, fits: Callable[[Event], bool] = lambda _: True, seconds: float = 20.0) -> Event:
        """The first event of a kind that fits, past or future. Raises `NothingHeard`."""
        end = time.monotonic() + seconds
        position = 0
        with self._arrived:
            while True:
                for event in self.events[position:]:
                    if event["event"] == kind and fits(event):
                        return event
                position = len(self.events)
                left = end - time.monotonic()
                if left <= 0 or self._process.poll() is not None:
                    raise NothingHeard(f"{self.name} waited in vain for “{kind}”")
                self._arrived.wait(min(left, 0.5))

    def stats(self) -> Event:
        """The client's counters as they are now."""
        with self._arrived:
            before = len(self.events)
        self.do("stats")
        return self.wait("stats", lambda event: any(event is new for new in self.events[before:]))

    def texts(self) -> list[tuple[str, str]]:
        """The lines that this person has seen: name and text, in order."""
        return [(event["from"], event["text"]) for event in self.events if event["event"] == "text"]

    def leave(self) -> None:
        """Quit, and wait until the process has ended."""
        if self._process.poll() is None:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                self.do("quit")
                self._process.wait(10)
        stop(self._process)
        self._reader.join()

    def kill(self) -> None:
        """End it at once, as a crash would. All that it printed before is in `events` then."""
        self._process.kill()
        stop(self._process)
        self._reader.join()

    def _read(self) -> None:
        with self._process.stdout or contextlib.nullcontext(()) as lines:
            for line in lines:
                if line.endswith("\n"):  # else it was killed in the middle of it
                    self._note(line)

    def _note(self, line: str) -> None:
        try:
            event = json.loads(line) | {"arrived": time.monotonic()}
        except ValueError:
            event = {"event": "not json", "line": line, "arrived": time.monotonic()}
        with self._arrived:
            self.events.append(event)
            self._arrived.notify_all()
