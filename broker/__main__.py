"""`python -m broker`: read the settings, open the log, start the broker, stop it cleanly; or carry out a command.

The first line on stdout is for programs (`ready …`), what follows is for people. Exit code 0 after a clean
stop, 2 with one line on stderr if the broker cannot start or the command cannot be done, 1 if the broker that
was asked does not run.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading
import time  # noqa: TID251 - an entry point
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from broker.actions import Note
from broker.addresses import usable_addresses
from broker.commands import carry_out
from broker.config import COMMANDS, Settings, read_command, read_settings
from broker.core import Core
from broker.engine.base import Engine
from broker.engine.embedded import FILE, EmbeddedEngine
from broker.engine.forgetful import ForgetfulEngine
from broker.greeting import greeting
from broker.journal import Journal
from broker.keypair import FolderLock, KeyPair, load_or_make
from broker.local_port import LocalPort
from broker.log_file import LogFile
from broker.reporter import Reporter
from broker.server import Server
from common.errors import BadSetting, NotRunning, SecureChatError

# Under a flood the guard has to get its turn at once, and so has voice while the guard looks through a thousand
# connections. Python's own 5 ms are up to 5 ms each time one of them has waited for the kernel.
_SWITCH_SECONDS: Final = 0.0005
_DESCRIPTORS: Final = 65_536  # as many connections as the system lets us have, up to this


def main(arguments: Sequence[str] | None = None, default_log: Path | None = None) -> int:
    """Run a broker until it is told to stop, or carry out a command. Returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if arguments and arguments[0] in COMMANDS:
            sys.stdout.write(carry_out(read_command(arguments, os.environ)))
            return 0
        settings = read_settings(arguments, os.environ, default_log)
        with ExitStack() as stack:
            stack.enter_context(FolderLock(settings.folder))
            pair = load_or_make(settings.folder)
            log = LogFile(settings.log)
            stack.callback(log.close)
            _serve(settings, pair, log)
    except SecureChatError as error:
        sys.stderr.write(f"{error}\n")
        return 1 if isinstance(error, NotRunning) else 2
    return 0


def _serve(settings: Settings, pair: KeyPair, log: LogFile) -> None:
    _raise_descriptor_limit()
    sys.setswitchinterval(_SWITCH_SECONDS)
    tell = _Teller(log)
    engine = _open_engine(settings, tell)
    server = Server(settings, pair, Core(engine, settings.allowances), tell)
    local = _open_local_port(settings, server, tell)
    try:
        engine.wake_by(server.wake)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.stop())
        tell(Note("started", "", settings.host, f"control port {server.ports.control}"))
        addresses = usable_addresses(settings.host, settings.public_address)
        sys.stdout.write(greeting(settings, pair.public, server.ports, addresses))
        sys.stdout.flush()
        server.run()
    finally:
        if local is not None:
            local.close()
        engine.close()
        server.close()
        tell(Note("stopped", "", settings.host, "asked to"))


def _open_engine(settings: Settings, tell: Callable[[Note], None]) -> Engine:
    if settings.keep is None:
        return ForgetfulEngine(secrets.token_bytes)
    return EmbeddedEngine(
        settings.folder / FILE,
        secrets.token_bytes,
        time.time,
        keep=settings.keep,
        tell=lambda trouble: tell(Note("storage", "", "", trouble)),
    )


def _open_local_port(settings: Settings, server: Server, tell: Callable[[Note], None]) -> LocalPort | None:
    """A broker that cannot be asked how it is still is a broker: say so in the log, and go on."""
    try:
        local = LocalPort(settings.folder, Reporter(server.ask, server.ports).line)
    except BadSetting as error:
        tell(Note("no-status", "", "", str(error)))
        return None
    local.start()
    return local


class _Teller:
    """Gives notes of all threads to the log, those that are not too many."""

    def __init__(self, log: LogFile) -> None:
        self._log = log
        self._journal = Journal()
        self._lock = threading.Lock()

    def __call__(self, note: Note) -> None:
        with self._lock:
            line = self._journal.line(note, time.monotonic())
        if line is not None:
            self._log.write(line)


def _raise_descriptor_limit() -> None:
    """Each connection takes a descriptor; many systems give 1,024 where they would give more."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main())
