"""A bad network without any module of the kernel: two network namespaces, joined by TUN devices and this process.

IP packets are dropped, delayed and jittered, UDP and TCP alike. Needs root, iproute2 and /dev/net/tun (Linux).
Run as a program it forwards the packets; `Link` starts it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import heapq
import json
import os
import random
import select
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Final

_TUNSETIFF, _TUN, _NO_HEAD = 0x400454CA, 0x0001, 0x1000
_DEVICE: Final = "/dev/net/tun"
_MTU: Final = 1_400
_WAIT: Final = 0.2


@dataclass(frozen=True, slots=True)
class Network:
    """Of each direction: percent of packets lost, in bursts of so many on average; ms of delay, and ± jitter.

    With `kbit` the link carries no more, and its queue holds `queue` ms of that.
    """

    loss: float = 0.0
    burst: float = 1.0
    delay: float = 0.0
    jitter: float = 0.0
    kbit: float = 0.0
    queue: float = 200.0

    @classmethod
    def parse(cls, text: str) -> Network:
        """Read `loss=5,delay=20`. Raises ValueError."""
        known = {field.name for field in fields(cls)}
        given = dict(part.split("=", 1) for part in text.split(",") if part) if text != "clean" else {}
        if unknown := set(given) - known:
            raise ValueError(f"“{min(unknown)}” is none of {', '.join(sorted(known))}")
        network = cls(**{name: float(value) for name, value in given.items()})
        if not (0 <= network.loss < 100 and network.burst >= 1 and min(network.delay, network.jitter) >= 0):
            raise ValueError("loss is 0 to 100, burst 1 or more, delay and jitter 0 or more")
        return network


class Line:
    """One direction: when a packet comes out, if it does. Pure but for its chance."""

    def __init__(self, network: Network, chance: random.Random) -> None:
        self._network = network
        self._chance = chance
        self._bad = False
        self._free_at = 0.0  # when the link has sent what it took

    def out_at(self, size: int, now: float) -> float | None:
        """For a packet of so many bytes; None: it is lost."""
        network = self._network
        if self._lost():
            return None
        if network.kbit:
            begins = max(now, self._free_at)
            if begins - now > network.queue / 1_000:
                return None
            self._free_at = now = begins + size * 8 / (network.kbit * 1_000)
        return now + max(0.0, network.delay + self._chance.uniform(-network.jitter, network.jitter)) / 1_000

    def _lost(self) -> bool:
        """Two states (Gilbert): the same mean loss, in bursts of the mean length."""
        share, burst = self._network.loss / 100, self._network.burst
        if burst <= 1:
            return self._chance.random() < share
        stays = 1 - 1 / burst
        begins = share / (burst * (1 - share))
        self._bad = self._chance.random() < (stays if self._bad else begins)
        return self._bad


class Link:
    """A context manager. `near` and `far` are put before commands that are to run at either end."""

    near_address: Final = "10.77.0.1"
    far_address: Final = "10.77.0.2"

    def __init__(self, network: Network, seed: int = 1) -> None:
        self._network = network
        self._seed = seed
        self._names = [f"sc-{end}-{os.getpid()}" for end in ("near", "far")]
        self._devices = [f"sc{end}{os.getpid() % 100_000}" for end in "nf"]
        self._forwarder: subprocess.Popen[str] | None = None

    @staticmethod
    def missing() -> str:
        """Why there can be no link here, empty if there can."""
        if sys.platform != "linux" or os.geteuid() != 0:
            return "a bad network needs root on Linux"
        if shutil.which("ip") is None:
            return "apt-get install --no-install-recommends iproute2"
        return "" if Path(_DEVICE).exists() else f"there is no {_DEVICE}"

    @property
    def near(self) -> tuple[str, ...]:
        """For the near end."""
        return ("ip", "netns", "exec", self._names[0])

    @property
    def far(self) -> tuple[str, ...]:
        """For the far end."""
        return ("ip", "netns", "exec", self._names[1])

    def near_bytes(self) -> tuple[int, int]:
        """What the near end has sent and received by now: whole IP packets."""
        asked = ["ip", "-n", self._names[0], "-s", "-j", "link", "show", "dev", self._devices[0]]
        (told,) = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)
        return int(told["stats64"]["tx"]["bytes"]), int(told["stats64"]["rx"]["bytes"])

    def __enter__(self) -> Link:
        for name in self._names:
            _ip("netns", "add", name)
        given = json.dumps([vars_of(self._network), self._seed, self._devices])
        self._forwarder = subprocess.Popen([sys.executable, "-m", __name__, given], stdout=subprocess.PIPE, text=True)
        if self._forwarder.stdout is None or self._forwarder.stdout.readline() != "ready\n":
            self.close()
            raise OSError("the forwarder of packets did not start")
        addresses = (self.near_address, self.far_address)
        for name, device, own, other in zip(self._names, self._devices, addresses, addresses[::-1], strict=True):
            _ip("link", "set", device, "netns", name)
            _ip("-n", name, "link", "set", "lo", "up")
            _ip("-n", name, "addr", "add", own, "peer", other, "dev", device)
            _ip("-n", name, "link", "set", device, "mtu", str(_MTU), "up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the forwarder, and take the namespaces away."""
        if self._forwarder is not None:
            self._forwarder.terminate()
            self._forwarder.wait()
            if self._forwarder.stdout is not None:
                self._forwarder.stdout.close()
        for name in self._names:
            subprocess.run(["ip", "netns", "del", name], check=False)


def vars_of(network: Network) -> dict[str, float]:
    """Its fields."""
    return {field.name: getattr(network, field.name) for field in fields(network)}


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _open(name: str) -> int:
    device = os.open(_DEVICE, os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH", name.encode(), _TUN | _NO_HEAD))
    return device


def _forward(devices: list[int], lines: list[Line], running: Callable[[], bool]) -> None:
    waiting: list[tuple[float, int, int, bytes]] = []
    count = 0
    while running():
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(waiting)
            try:
                os.write(device, packet)
            except OSError:  # not up yet, or full: lost, as on any link
                continue
        pause = min(_WAIT, max(0.0, waiting[0][0] - time.monotonic())) if waiting else _WAIT
        for device in select.select(devices, [], [], pause)[0]:
            way = devices.index(device)
            try:
                packet = os.read(device, 65_536)
            except OSError as error:
                if error.errno == errno.EBADFD:  # its namespace is gone, and it would be ready for ever
                    return
                continue
            due = lines[way].out_at(len(packet), time.monotonic())
            if due is not None:
                count += 1
                heapq.heappush(waiting, (due, count, devices[1 - way], packet))


def main() -> None:
    """Forward packets until SIGTERM."""
    network, seed, names = json.loads(sys.argv[1])
    going = [True]
    signal.signal(signal.SIGTERM, lambda *_: going.clear())
    with contextlib.suppress(OSError):  # else the machine's own hiccups would be the network's
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(40))
    devices = [_open(name) for name in names]
    lines = [Line(Network(**network), random.Random(seed + way)) for way in range(2)]  # noqa: S311 - not for keys
    print("ready", flush=True)
    _forward(devices, lines, lambda: bool(going))


if __name__ == "__main__":
    main()
