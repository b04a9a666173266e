"""The programs of Secure Chat as processes: a broker that is ready, and where it can be reached.

Used by the scripts that start both sides. Keys are handed on in the environment, which only the own user can
read, never as arguments, which the list of processes shows to everyone.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from common.address import Address, parse_address
from common.banner import decode_banner
from common.invite import Invite
from scripts.setup.environment import ROOT

_READY = re.compile(r"ready control=(\S+) voice=(\S+) banner=(\S+) fingerprint=(\S+)")
_READY_SECONDS = 20.0
_STOP_SECONDS = 5.0
_TRIES = 50
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where a broker listens, and how we reach it
if sys.platform == "win32":
    _NEW_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP
    _POLITE = signal.CTRL_BREAK_EVENT
else:
    _NEW_GROUP = 0
    _POLITE = signal.SIGTERM


def end_in_order() -> None:
    """Have SIGTERM end this program as Ctrl+C would, so that all that it has started is ended too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


class NotStarted(Exception):
    """The broker ended before it was ready; what it said has been printed. `late`: it was killed for its slowness."""

    def __init__(self, message: str, *, late: bool = False) -> None:
        super().__init__(message)
        self.late = late


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker: its process, its addresses on this machine, its public key and its four words.

    `everywhere`: it listens on all addresses of this machine, so that others reach it by `own_address()`.
    """

    process: subprocess.Popen[str]
    control: Address
    voice: Address
    banner: Address
    key: bytes
    fingerprint: str
    everywhere: bool

    @property
    def here_only(self) -> bool:
        """Whether it listens on the loopback, which others do not reach."""
        return not self.everywhere and ipaddress.ip_address(self.control.host).is_loopback

    def invite(self, phrase: str | None, host: str = "127.0.0.1") -> Invite:
        """The link to a room of this broker; None for a link without a room."""
        address = Address(host, self.control.port)
        return Invite(address, self.key, self.voice.port, self.banner.port, phrase)

    def stop(self) -> int:
        """End it as Ctrl+C would, and by force if that takes too long. Its exit code."""
        return stop(self.process)


def start_broker(
    arguments: Iterable[str],
    say: Callable[[str], None],
    log: Path | None = None,
    seconds: float = _READY_SECONDS,
    before: Sequence[str] = (),
) -> Broker:
    """Start a broker and wait until it is ready; its further lines go to `say`. `before` stands before its command.

    One that is not ready after `seconds` is killed. Raises `NotStarted`.
    """
    place = ["--log", str(log or ROOT / "scripts/all.log")]
    process = start([*before, sys.executable, "-m", "broker", *place, *arguments])
    late = threading.Event()

    def give_up() -> None:
        late.set()
        process.kill()

    alarm = threading.Timer(seconds, give_up)
    alarm.start()
    try:
        line = process.stdout.readline() if process.stdout else ""
    finally:
        alarm.cancel()
    found = _READY.match(line)
    if not found:
        stop(process)
        _pass_on(process.stdout, say)
        raise NotStarted(f"the broker did not start (exit code {process.returncode})", late=late.is_set())
    control, voice, banner = (_here(parse_address(text)) for text in found.groups()[:3])
    everywhere = parse_address(found[1]).host in _EVERYWHERE
    threading.Thread(target=_pass_on, args=(process.stdout, say), daemon=True).start()
    key = read_key(banner, before)
    return Broker(process, control, voice, banner, key, found[4], everywhere)


def start(
    command: Sequence[str], environment: Mapping[str, str] | None = None, errors: Path | None = None
) -> subprocess.Popen[str]:
    """Start a process whose standard input and output are pipes of UTF-8 text; `errors` is appended to.

    It gets a process group of its own, so that Ctrl+C reaches the starting script alone, which ends the rest in order.
    """
    with errors.open("ab") if errors else contextlib.nullcontext() as complaints:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {}), "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            encoding="utf-8",
            start_new_session=not _NEW_GROUP,
            creationflags=_NEW_GROUP,
        )


def stop(process: subprocess.Popen[str]) -> int:
    """End a process politely, then by force. Its exit code."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            process.send_signal(_POLITE)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    code = process.wait()
    if process.stdin:
        with contextlib.suppress(OSError):  # a command that it did not read any more
            process.stdin.close()
    return code


def read_key(banner: Address, before: Sequence[str] = ()) -> bytes:
    """The public key that a broker of this machine hands out; asked by a command with `before` in front of it."""
    if before:
        asking = f"from scripts.processes import *; print(read_key({banner!r}).hex())"
        asked = subprocess.run([*before, sys.executable, "-c", asking], cwd=ROOT, capture_output=True, check=True)
        return bytes.fromhex(asked.stdout.decode())
    with (
        socket.create_connection((banner.host, banner.port), timeout=5) as connection,
        connection.makefile("rb") as file,
    ):
        return decode_banner(file.readline()).key


def free_port(wanted: int) -> int:
    """The first port from `wanted` on, in steps of ten, that is free together with the two after it."""
    for port in range(wanted, wanted + 10 * _TRIES, 10):
        if all(_is_free(port + offset) for offset in range(3)):
            return port
    return 0  # the system chooses


def own_address() -> str:
    """The address by which others in the same network reach this machine, or 127.0.0.1. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # a documentation address: it only makes the system choose a way out
        return str(probe.getsockname()[0])
    return "127.0.0.1"


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":  # there it would allow a port that is in use; here it passes over TIME_WAIT
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - only asks, and for what the broker will ask
        except OSError:
            return False
    return True


def _here(address: Address) -> Address:
    return Address(_EVERYWHERE.get(address.host, address.host), address.port)


def _pass_on(lines: IO[str] | None, say: Callable[[str], None]) -> None:
    with lines or contextlib.nullcontext(()) as open_lines:
        for line in open_lines:
            say(line.rstrip())
