"""A real `python -m client --json` process for tests: lines in, events out, ended by its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from tests.integration.broker_process import ROOT

Event: TypeAlias = Mapping[str, Any]
PATIENCE: Final = 40.0  # seconds; generous, so that a busy machine fails no test


class ClientProcess:
    """One person. All events are kept in `events`; `expect` waits for one, past or still to come."""

    def __init__(
        self, name: str, phrase: str, folder: Path, *flags: str, where: tuple[str, str], under: tuple[str, ...] = ()
    ) -> None:
        """`where` is `--invite LINK` or `--server HOST:PORT`; `folder` keeps its state and what it writes to stderr.

        `under` is a command that starts it elsewhere (`ip netns exec …`).
        """
        self.name = name
        self.events: list[Event] = []
        self.ended = False
        folder.mkdir(parents=True, exist_ok=True)
        self._errors = folder / "stderr"
        self._arrived = threading.Condition()
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [
                    *(*under, sys.executable, "-m", "client", "--json", *where, "--name", name),
                    *("--state-dir", str(folder / "state"), *flags),
                ],
                cwd=ROOT,
                env={**os.environ, "SECURE_CHAT_KEY": phrase},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # --- in ---------------------------------------------------------------------------------------------------

    def line(self, line: str) -> None:
        """Write one line, whatever it is."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def do(self, command: str, **fields: object) -> None:
        self.line(json.dumps({"do": command, **fields}))

    def say(self, text: str) -> None:
        self.do("say", text=text)

    # --- out --------------------------------------------------------------------------------------------------

    @property
    def mark(self) -> int:
        """How many events there are by now: for `expect(…, after=mark)`."""
        with self._arrived:
            return len(self.events)

    def expect(
        self, kind: str, fits: Callable[[Event], bool] = lambda _: True, *, after: int = 0, **fields: object
    ) -> Event:
        """The first event of this kind behind `after` that has these fields and fits."""
        until = time.monotonic() + PATIENCE
        with self._arrived:
            while True:
                for event in self.events[after:]:
                    if event["event"] == kind and fits(event) and fields.items() <= event.items():
                        return event
                left = until - time.monotonic()
                assert left > 0, f"{self.name}: no {kind} {fields}, but {self.events}"
                assert not self.ended, f"{self.name} has ended without {kind} {fields}: {self.events} {self.errors}"
                self._arrived.wait(left)

    def ask(self, command: str) -> Event:
        """The answer to `stats` or `members`, as it is now."""
        after = self.mark
        self.do(command)
        return self.expect(command, after=after)

    def reads(self, *texts: str) -> None:
        """Wait until it has read these lines."""
        for text in texts:
            self.expect("text", text=text)

    @property
    def texts(self) -> list[str]:
        """The lines it has read, in the order of their coming."""
        return [event["text"] for event in self.events if event["event"] == "text"]

    @property
    def errors(self) -> str:
        """What it wrote to stderr."""
        return self._errors.read_text(encoding="utf-8")

    # --- the end ----------------------------------------------------------------------------------------------

    def quit(self) -> int:
        """Ask it to leave; its exit code."""
        self.do("quit")
        return self.wait()

    def kill(self) -> None:
        """End it without asking."""
        self._process.kill()
        self.wait()

    def wait(self) -> int:
        """Wait until it has ended and all its events are here; its exit code."""
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        return code

    def close(self) -> None:
        """Whatever state it is in: it ends. A traceback on its stderr fails the test."""
        if self._process.poll() is None:
            self._process.kill()
        self.wait()
        assert "Traceback" not in self.errors, self.errors

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            for line in stdout:
                event = json.loads(line)
                with self._arrived:
                    self.events.append(event)
                    self._arrived.notify_all()
        with self._arrived:
            self.ended = True
            self._arrived.notify_all()
