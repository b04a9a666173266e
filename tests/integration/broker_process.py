"""A real broker process for tests, and raw pyzmq clients that speak to it without any of our client's code."""

from __future__ import annotations

import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import Any, Final, TypeVar

import zmq
from zmq.utils import z85
from zmq.utils.monitor import parse_monitor_message

from common import messages
from common.address import Address, parse_address
from common.banner import Banner, decode_banner
from common.messages import FromBroker, FromClient
from scripts.processes import free_port

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 15.0  # seconds; generous, so that a busy machine fails no test
_READY: Final = re.compile(r"ready control=(\S+) voice=(\S+) banner=(\S+) fingerprint=([a-z]+(?:-[a-z]+)+)\n")
_T = TypeVar("_T", bound=FromBroker)


class BrokerProcess:
    """`python -m broker` on free ports of the loopback, with its data in `folder`. A context manager.

    After `__enter__` (or `start`) it is ready: `control`, `voice`, `banner` are addresses, `words` the
    fingerprint, `key` the public key (32 bytes) that its banner says.
    """

    def __init__(
        self, folder: Path, *flags: str, environment: dict[str, str] | None = None, module: str = "broker"
    ) -> None:
        """`module` is what runs it, for a broker that is held up somewhere."""
        self._module = module
        self.folder = folder
        self.log = folder / "all.log"
        self._flags = flags
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[str] | None = None
        self._lines: Queue[str] = Queue()
        self.control = self.voice = self.banner = Address("", 0)
        self.words = ""
        self.key = b""

    def __enter__(self) -> BrokerProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.kill()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, *, port: int = 0) -> None:
        """Start the process and wait for its ready line."""
        command = [
            *(sys.executable, "-m", self._module, "--host", "127.0.0.1", "--port", str(port)),
            *("--data", str(self.folder / "data"), "--log", str(self.log), *self._flags),
        ]
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=self._environment,
        )
        self._lines = Queue()
        threading.Thread(target=self._read, args=(self._process, self._lines), daemon=True).start()
        first = self.line()
        found = _READY.fullmatch(first)
        assert found, (first, self.kill())  # or a process is left over, which another test is blamed for
        self.control, self.voice, self.banner = (parse_address(text) for text in found.groups()[:3])
        self.words = found[4]
        self.key = read_banner(self.banner).key

    def line(self) -> str:
        """The next line of its stdout, empty if there is none."""
        try:
            return self._lines.get(timeout=PATIENCE)
        except Empty:
            return ""

    def stop(self) -> tuple[int, str]:
        """Ask it to stop by SIGTERM. Its exit code, and what it wrote to stderr."""
        self.terminate()
        return self._end()

    def terminate(self) -> None:
        """Send SIGTERM and do not wait; `stop` afterwards."""
        assert self._process is not None
        self._process.terminate()

    def kill(self) -> tuple[int, str]:
        """End it without asking."""
        assert self._process is not None
        self._process.kill()
        return self._end()

    def _end(self) -> tuple[int, str]:
        process, self._process = self._process, None
        assert process is not None
        assert process.stderr is not None
        code = process.wait(PATIENCE)
        errors = process.stderr.read()
        process.stderr.close()
        return code, errors

    @staticmethod
    def _read(process: subprocess.Popen[str], lines: Queue[str]) -> None:
        assert process.stdout is not None
        with process.stdout as stdout:
            for line in stdout:
                lines.put(line)


def own_port() -> int:
    """The first of three free ports in a row, where none of the next three workers of this run looks for some."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 4
    return free_port(20_000 + 2_500 * worker + random.randrange(0, 2_400, 10))


def read_banner(address: Address) -> Banner:
    """What the banner's port says."""
    with socket.create_connection((address.host, address.port), PATIENCE) as caller:
        line = b""
        while part := caller.recv(256):
            line += part
    return decode_banner(line)


@dataclass
class RawClient:
    """One CURVE key with a DEALER, and as many SUBs as asked for. A context manager."""

    broker: BrokerProcess
    context: zmq.Context[zmq.Socket[bytes]] = field(default_factory=zmq.Context)
    owns_context: bool = True

    def __post_init__(self) -> None:
        self.public, self.secret = zmq.curve_keypair()
        self.joined: messages.Joined | None = None
        self.dealer = self.open(zmq.DEALER)
        self.connect(self.dealer, self.broker.control)

    def __enter__(self) -> RawClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.owns_context:
            self.context.destroy(linger=0)
        self.dealer.close(linger=0)

    @property
    def key(self) -> bytes:
        return z85.decode(self.public)

    def open(self, kind: int) -> zmq.Socket[bytes]:
        """A socket that speaks CURVE under this client's key, not yet connected."""
        made = self.context.socket(kind)
        made.curve_serverkey = z85.encode(self.broker.key)
        made.curve_publickey = self.public
        made.curve_secretkey = self.secret
        made.linger = 0
        made.setsockopt(zmq.RECONNECT_IVL, -1)
        return made

    @staticmethod
    def connect(made: zmq.Socket[bytes], address: Address) -> None:
        made.connect(f"tcp://{address}")

    def subscribe(self, *topics: bytes) -> zmq.Socket[bytes]:
        """A SUB with these topics."""
        made = self.open(zmq.SUB)
        for topic in topics:
            made.setsockopt(zmq.SUBSCRIBE, topic)
        self.connect(made, self.broker.voice)
        return made

    def send(self, message: FromClient) -> None:
        self.dealer.send(messages.encode(message))

    def receive(self, seconds: float = PATIENCE) -> FromBroker | None:
        """The next message, None if there is none in time."""
        if not self.dealer.poll(int(seconds * 1_000)):
            return None
        return messages.decode_from_broker(self.dealer.recv())

    def expect(self, kind: type[_T], **fields: Any) -> _T:
        """The next message of this type with these field values; others are passed over."""
        until = time.monotonic() + PATIENCE
        seen = []
        while (message := self.receive(max(0.0, until - time.monotonic()))) is not None:
            if isinstance(message, kind) and all(getattr(message, name) == value for name, value in fields.items()):
                return message
            seen.append(message)
        raise AssertionError(f"no {kind.__name__} {fields}, but {seen}")

    def join(self, room_id: bytes, hello: bytes = b"hello") -> messages.Joined:
        self.send(messages.Join(room_id, hello, 0))
        self.joined = self.expect(messages.Joined)
        return self.joined

    def listen(self, on: bool = True) -> None:
        """Turn the speaker on or off, and wait until the broker has said so."""
        assert self.joined is not None
        self.send(messages.Listen(on))
        while (self.joined.member in self.expect(messages.Listening).members) != on:
            pass

    def ping(self) -> None:
        """Wait until the broker has read all that was sent before."""
        stamp = time.monotonic_ns()
        self.send(messages.Ping(stamp))
        self.expect(messages.Pong, stamp=stamp)


@contextmanager
def watched(made: zmq.Socket[bytes], events: int) -> Iterator[zmq.Socket[bytes]]:
    """A monitor of this socket for these events; `next_event` reads it."""
    monitor = made.get_monitor_socket(events)
    try:
        yield monitor
    finally:
        made.disable_monitor()
        monitor.close(linger=0)


def next_event(monitor: zmq.Socket[bytes]) -> int:
    """The next event of a monitor, 0 if there is none in time."""
    if not monitor.poll(int(PATIENCE * 1_000)):
        return 0
    return int(parse_monitor_message(monitor.recv_multipart())["event"])


def closed(made: zmq.Socket[bytes], address: Address) -> bool:
    """Connect, and wait until the broker ends the connection (True) or patience ends (False)."""
    with watched(made, zmq.EVENT_DISCONNECTED) as monitor:
        RawClient.connect(made, address)
        return next_event(monitor) == zmq.EVENT_DISCONNECTED


def wait_for(broker: BrokerProcess, words: str) -> str:
    """The broker's log, once it says so."""
    until = time.monotonic() + PATIENCE
    while words not in (text := broker.log.read_text(encoding="utf-8")):
        assert time.monotonic() < until, text
        time.sleep(0.05)
    return text
