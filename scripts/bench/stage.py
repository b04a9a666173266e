"""What every bench stands on: a broker with raised limits, load processes, and time that passes with a bar."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from scripts.bench.flags import ROOM_MEMBERS
from scripts.bench.member import Where
from scripts.processes import Broker, start_broker

Kind = TypeVar("Kind")
_T = TypeVar("_T")
_NS = 1_000_000_000
RAISED = {"room-members": str(ROOM_MEMBERS), "joins-per-minute-address": "100000", "connections-per-address": "100000"}


class Failed(Exception):
    """The bench cannot be run; the message says why."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A load process and the pipe to it."""

    process: SpawnProcess
    pipe: Connection

    def answer(self, kind: type[Kind], seconds: float) -> Kind:
        """What it reports next. Raises `Failed` if it has ended or says nothing for so long."""
        try:
            if self.pipe.poll(seconds) and isinstance(answer := self.pipe.recv(), kind):
                return answer
        except EOFError:
            pass
        raise Failed("a load process has failed, see above")


@contextmanager
def running_broker(folder: Path) -> Iterator[Broker]:
    """A broker on free ports of the loopback, with its data in `folder` and the raised limits printed."""
    flags = [word for name, value in RAISED.items() for word in (f"--{name}", value)]
    place = ["--host", "127.0.0.1", "--port", "0", "--data", str(folder)]
    broker = start_broker([*place, *flags], say=lambda _: None, log=folder / "all.log")
    print(f"broker {broker.control}, raised for the bench: {', '.join(f'{k} {v}' for k, v in RAISED.items())}")
    try:
        yield broker
    finally:
        broker.stop()


@contextmanager
def started(jobs: Sequence[Callable[[Connection, _T], None]], tasks: Sequence[_T]) -> Iterator[list[Worker]]:
    """A process for each job, with its task. Whatever happens, none is left."""
    spawn = multiprocessing.get_context("spawn")
    workers = []
    try:
        for job, task in zip(jobs, tasks, strict=True):
            ours, theirs = spawn.Pipe()
            process = spawn.Process(target=job, args=(theirs, task), daemon=True)
            process.start()
            theirs.close()
            workers.append(Worker(process, ours))
        yield workers
    finally:
        for worker in workers:
            worker.process.join(2)
            worker.process.kill()


def where_is(broker: Broker) -> Where:
    """How its members reach it."""
    return Where(f"tcp://{broker.control}", f"tcp://{broker.voice}", broker.key)


def wait_until(when: int, what: str) -> None:
    """Sleep, with a progress bar."""
    total = max(0.0, (when - time.perf_counter_ns()) / _NS)
    with tqdm(
        total=round(total, 1),
        desc=what,
        unit="s",
        leave=False,
        disable=None,
        bar_format="{desc} {bar} {n:.0f}/{total:.0f} s",
    ) as bar:
        while (left := (when - time.perf_counter_ns()) / _NS) > 0:
            time.sleep(min(left, 0.25))
            bar.update(min(total, total - left) - bar.n)


def raise_open_files() -> None:
    """Two connections a member, in two processes each: more than the usual 1,024 open files."""
    if sys.platform == "win32":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most if most != resource.RLIM_INFINITY else 65_536, most))
