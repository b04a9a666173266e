"""One measurement of the text bench: processes for the load, a span of time, and what they noted."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import psutil

from scripts.bench import load, text_load
from scripts.bench.stage import Worker, started, wait_until, where_is
from scripts.bench.text_figures import Measured
from scripts.bench.text_load import TextTask, WasRead, Written
from scripts.processes import Broker

_NS = 1_000_000_000
_JOIN_SECONDS = 60.0
_WARM_UP_SECONDS = 1.0
_TAIL_SECONDS = 1.0
_VOICE_RATE = 100.0  # frames a second, as a client sends
_VOICE_BYTES = 60


@dataclass(frozen=True, slots=True)
class Kind:
    """What is measured: text in one room that is read, in many rooms to saturate, or none; with voice or without."""

    name: str
    text: bool = False
    saturated: bool = False
    voice: bool = False


KINDS = (
    Kind("text", text=True),
    Kind("text, with voice", text=True, voice=True),
    Kind("voice", voice=True),
    Kind("saturated", text=True, saturated=True),
    Kind("saturated, with voice", text=True, saturated=True, voice=True),
)


class _Jobs:
    """The load processes of one measurement, by what they do."""

    def __init__(self, kind: Kind, given: argparse.Namespace, broker: Broker) -> None:
        where = where_is(broker)
        self.functions: list[Callable[[Connection, Any], None]] = []
        self.tasks: list[object] = []
        if kind.voice:
            room = os.urandom(16)
            for job, members in ((load.talk, given.talkers), (load.listen, given.listeners)):
                self._add(job, load.Task(where, room, members, _VOICE_RATE, _VOICE_BYTES, sealed=True))
        if kind.text:
            fresh = os.urandom(8).hex()
            rooms = tuple(
                f"a room to measure {fresh} {number}" for number in range(given.rooms if kind.saturated else 1)
            )
            ahead = int(given.rate * (given.seconds + _WARM_UP_SECONDS)) + 1 if kind.saturated else 0
            self._add(text_load.write, TextTask(where, rooms, given.writers, given.rate, given.bytes, ahead))
            if not kind.saturated:
                self._add(text_load.read, TextTask(where, rooms, given.readers))

    def _add(self, function: Callable[[Connection, Any], None], task: object) -> None:
        self.functions.append(function)
        self.tasks.append(task)


def measure(kind: Kind, given: argparse.Namespace, broker: Broker) -> Measured:
    """Do it once. Raises `Failed`."""
    jobs = _Jobs(kind, given, broker)
    observed = psutil.Process(broker.process.pid)
    with started(jobs.functions, jobs.tasks) as workers:
        _enter(kind, given, workers)
        begin = time.perf_counter_ns() + _NS // 5
        first = begin + int(_WARM_UP_SECONDS * _NS)
        last = first + int(given.seconds * _NS)
        for worker in workers:
            worker.pipe.send(load.Span(begin, last + int(_TAIL_SECONDS * _NS)))
        wait_until(first, f"{kind.name}, warming up")
        cpu = sum(observed.cpu_times()[:2])
        psutil.cpu_percent()  # the next call tells the share since this one
        wait_until(last, kind.name)
        used, machine = sum(observed.cpu_times()[:2]) - cpu, psutil.cpu_percent() / 100
        reports = [worker.answer(object, _TAIL_SECONDS + 60) for worker in workers]
    written = next((each for each in reports if isinstance(each, Written)), Written({}, {}, 0, 0, 0.0))
    was_read = next((each for each in reports if isinstance(each, WasRead)), None)
    members = given.writers * given.rooms
    return Measured(
        window=(first, last),
        begun=written.begun,
        stored=written.stored,
        shown=list(zip(was_read.posts, was_read.opened, strict=True)) if was_read else [],
        offered=given.rate * members if kind.saturated else 0.0,
        refused=written.refused,
        voice=_heard(reports, (first, last)),
        broker_cpu=used / given.seconds,
        load_cpu=[each.cpu for each in reports if isinstance(each, Written | WasRead | load.Talked | load.Heard)],
        machine_cpu=machine,
    )


def _enter(kind: Kind, given: argparse.Namespace, workers: list[Worker]) -> None:
    """Let all join, and the listeners subscribe."""
    if kind.voice:
        talkers, _ = [worker.answer(list, _JOIN_SECONDS) for worker in workers[:2]]
        for worker in workers[:2]:
            worker.pipe.send((talkers, given.talkers + given.listeners))
    for worker in workers:
        worker.answer(str, _JOIN_SECONDS)


def _heard(reports: list[object], window: tuple[int, int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The delays of the voice frames that were sent within the window, ns."""
    for report in reports:
        if isinstance(report, load.Heard):
            sent, delay = np.array(report.sent, np.int64), np.array(report.delay, np.int64)
            return delay[(sent >= window[0]) & (sent < window[1])]
    return np.array([], np.int64)
