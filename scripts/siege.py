"""Lay siege to a broker while five people talk: `python3 scripts/siege.py --seconds 20`.

All at once, each from addresses of its own: 300 garbage connections, 1,000 half-open ones, a message of 300 MB that
never ends, 1,000 subscriptions of one client, a flood of text, a storm of joins and a listener that reads nothing.
Before, during and after it the people's voice and text and the broker's memory are measured. Exit code 0 if the
broker kept what docs/threat-model.md promises. Linux only: elsewhere the loopback has one address.
"""

import json
import multiprocessing
import os
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.besiege.flags import read_flags
from scripts.setup.environment import enter

if __name__ == "__main__":
    read_flags(__doc__)  # first: neither --help nor a wrong flag must install anything
    enter("client", "dev")

import psutil

from scripts.bench.member import Where
from scripts.bench.stage import raise_open_files, where_is
from scripts.besiege.attackers import besiege
from scripts.besiege.people import Group, percentile
from scripts.processes import NotStarted, start_broker

MOST_MIB = 150.0
MOST_LOST = 0.01
MOST_P99_MS = 20.0
_FIRST_SECONDS = 1.0  # of the siege: while everything arrives at once


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of time: what the people had of it, and what the broker took. Delays in ms, memory in MiB."""

    name: str
    frames_due: int
    frames_lost: float
    texts_due: int
    texts_lost: int
    p50: float
    p99: float
    worst: float
    memory: float
    descriptors: int


def main() -> int:
    """Measure, report. 0: it held."""
    given = read_flags(__doc__)
    if sys.platform != "linux":
        print("The siege needs Linux: elsewhere the loopback has one address.", file=sys.stderr)
        return 1
    raise_open_files()
    try:
        phases = lay_siege(given.seconds)
    except NotStarted as error:
        print(f"The siege did not begin: {error}.", file=sys.stderr)
        return 1
    for line in table(phases):
        print(line)
    if given.json is not None:
        given.json.write_text(json.dumps([asdict(phase) for phase in phases], indent=1) + "\n", encoding="utf-8")
    faults = broken(phases) + slow(phases)
    for fault in faults:
        print(f"It did not hold: {fault}.")
    return 1 if faults else 0


def lay_siege(seconds: float) -> list[Phase]:
    """Calm, siege, calm again. Raises `NotStarted`."""
    with tempfile.TemporaryDirectory(prefix="secure-chat-siege-") as folder:
        place = ["--host", "127.0.0.1", "--port", "0", "--data", folder]
        broker = start_broker(place, say=lambda _: None, log=Path(folder, "all.log"))
        try:
            return _phases(where_is(broker), psutil.Process(broker.process.pid), seconds)
        finally:
            broker.stop()


def _phases(where: Where, process: psutil.Process, seconds: float) -> list[Phase]:
    room_id = os.urandom(16)
    group = Group(where, room_id)
    spawn = multiprocessing.get_context("spawn")
    stop = spawn.Event()
    attackers = spawn.Process(target=_attack, args=(where, room_id, stop), daemon=True)
    calm = max(3.0, seconds / 4)
    try:
        phases = [_phase("before", group, process, calm)]
        attackers.start()
        phases.append(_phase("siege", group, process, seconds, _FIRST_SECONDS))
        stop.set()
        _phase("its end", group, process, calm)
        phases.append(_phase("after", group, process, calm))
    finally:
        stop.set()
        if attackers.pid is not None:
            attackers.join(10)
            attackers.kill()
        group.close()
    return phases


def _phase(name: str, group: Group, process: psutil.Process, seconds: float, leave_out: float = 0.0) -> Phase:
    memory = [0]
    descriptors = [0]

    def look() -> None:
        memory.append(process.memory_info().rss)
        descriptors.append(process.num_fds())

    fared = group.talk(seconds, look)
    first = min((sent for sent, _ in fared.delays), default=0.0)
    delays = [delay for sent, delay in fared.delays if sent - first >= leave_out]
    return Phase(
        name,
        fared.frames_due,
        fared.frames_lost,
        fared.texts_due,
        fared.texts_due - fared.texts,
        percentile(delays, 0.5),
        percentile(delays, 0.99),
        percentile(delays, 1.0),
        max(memory) / 2**20,
        descriptors[-1],
    )


def _attack(where: Where, room_id: bytes, stop: Event) -> None:
    """The attackers' process."""
    raise_open_files()
    ended = threading.Event()
    threading.Thread(target=besiege, args=(where, room_id, ended), daemon=True).start()
    stop.wait()
    ended.set()


def table(phases: list[Phase]) -> list[str]:
    """The figures, aligned."""
    lines = ["phase     voice lost   p50 ms   p99 ms   max ms  lines lost   memory  descriptors"]
    return lines + [
        f"{phase.name:8} {phase.frames_lost:11.2%} {phase.p50:8.1f} {phase.p99:8.1f} {phase.worst:8.1f}"
        f" {phase.texts_lost:5} of {phase.texts_due:<5}{phase.memory:5.0f} MiB {phase.descriptors:8}"
        for phase in phases
    ]


def broken(phases: list[Phase]) -> list[str]:
    """Which promises were broken that no busy machine excuses."""
    faults = []
    for phase in phases:
        if phase.frames_lost >= MOST_LOST:
            faults.append(f"{phase.frames_lost:.1%} of the voice was lost ({phase.name})")
        if phase.texts_lost:
            faults.append(f"{phase.texts_lost} lines were lost ({phase.name})")
        if phase.memory >= MOST_MIB:
            faults.append(f"the broker took {phase.memory:.0f} MiB ({phase.name})")
    if phases[-1].descriptors > phases[0].descriptors + 20:
        faults.append(f"{phases[-1].descriptors} descriptors stayed open, {phases[0].descriptors} were before")
    return faults


def slow(phases: list[Phase]) -> list[str]:
    """Where voice was late."""
    return [f"voice took {phase.p99:.0f} ms (p99, {phase.name})" for phase in phases if phase.p99 >= MOST_P99_MS]


if __name__ == "__main__":
    sys.exit(main())
