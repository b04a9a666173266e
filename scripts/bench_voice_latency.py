"""How fast the broker passes voice on: `python3 scripts/bench_voice_latency.py --listeners 20 --talkers 2`.

A real broker process, and members as real CURVE clients in other processes, all on this machine. It ends by itself,
a few seconds after `--seconds`. What it cannot show: a network, a sound card, other machines.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.bench.flags import LISTENERS_A_PROCESS, read_flags
from scripts.setup.environment import enter

if __name__ == "__main__":
    read_flags(__doc__)  # first: neither --help nor a wrong flag must install anything
    enter("client", "dev")

import numpy as np
import psutil
from tqdm import tqdm

from scripts.bench import load
from scripts.bench.figures import Run, figures_of
from scripts.bench.report import draw, print_table, write_json
from scripts.bench.stage import RAISED, Failed, Worker, raise_open_files, running_broker, started, wait_until, where_is
from scripts.processes import Broker, NotStarted

_NS = 1_000_000_000
_WARM_UP_SECONDS = 1.0  # subscriptions settle; frames of that time do not count
_TAIL_SECONDS = 1.0  # the last frames may still arrive
_JOIN_SECONDS = 60.0


def main() -> int:
    """Run, report. 0 if the bench ran, whatever it found; 1 if it could not."""
    given = read_flags(__doc__)
    raise_open_files()
    with tempfile.TemporaryDirectory(prefix="secure-chat-bench-") as folder:
        try:
            with running_broker(Path(folder)) as broker, _workers(given, broker) as workers:
                run = _measure(given, broker, workers)
        except (Failed, NotStarted) as error:
            print(f"The bench did not run: {error}.", file=sys.stderr)
            return 1
    figures = figures_of(run)
    settings = {key: value for key, value in vars(given).items() if key not in {"json", "plot"}} | {"broker": RAISED}
    print_table(figures)
    if given.json:
        write_json(given.json, settings, figures, run)
    if given.plot:
        what = f"{given.talkers} talkers, {given.listeners} listeners, {given.rate:g} frames/s of {given.payload} bytes"
        draw(given.plot, what, figures, run)
    return 0


@contextmanager
def _workers(given: argparse.Namespace, broker: Broker) -> Iterator[list[Worker]]:
    """The load processes, talkers first."""
    where = where_is(broker)
    room_id = os.urandom(16)
    processes = given.processes or -(-given.listeners // LISTENERS_A_PROCESS)
    shares = [len(part) for part in np.array_split(np.arange(given.listeners), processes) if len(part)]
    jobs = [(load.talk, given.talkers), *((load.listen, share) for share in shares)]
    tasks = [load.Task(where, room_id, members, given.rate, given.payload, not given.no_seal) for _, members in jobs]
    with started([job for job, _ in jobs], tasks) as workers:
        yield workers


def _measure(given: argparse.Namespace, broker: Broker, workers: list[Worker]) -> Run:
    observed = psutil.Process(broker.process.pid)
    before = observed.memory_info().rss
    _join(given, workers)
    memory = (observed.memory_info().rss - before) / (given.listeners + given.talkers)
    begin = time.perf_counter_ns() + _NS // 5
    first = begin + int(_WARM_UP_SECONDS * _NS)
    last = first + int(given.seconds * _NS)
    talkers, *listeners = workers
    talkers.pipe.send(load.Span(begin, last))
    for worker in listeners:
        worker.pipe.send(load.Span(begin, last + int(_TAIL_SECONDS * _NS)))
    wait_until(first, "warming up")
    cpu = sum(observed.cpu_times()[:2])
    psutil.cpu_percent()  # the next call tells the share since this one
    wait_until(last, "measuring")
    used, machine_share = sum(observed.cpu_times()[:2]) - cpu, psutil.cpu_percent() / 100
    talked = talkers.answer(load.Talked, 30)
    heard = [worker.answer(load.Heard, _TAIL_SECONDS + 30) for worker in listeners]
    return Run(
        sent=np.array(talked.sent),
        lateness=np.array(talked.lateness),
        heard_sent=np.concatenate([np.array(part.sent) for part in heard]),
        delay=np.concatenate([np.array(part.delay) for part in heard]),
        window=(first, last),
        listeners=given.listeners,
        planned=given.talkers * given.rate * given.seconds,
        seconds=given.seconds,
        broker_cpu=used,
        load_shares=[talked.cpu, *(part.cpu for part in heard)],
        machine_share=machine_share,
        memory_per_member=memory,
    )


def _join(given: argparse.Namespace, workers: list[Worker]) -> None:
    """Let all join, and the listeners subscribe."""
    in_room = given.listeners + given.talkers
    talkers, *_ = [worker.answer(list, _JOIN_SECONDS) for worker in tqdm(workers, "joining", leave=False, disable=None)]
    for worker in workers:
        worker.pipe.send((talkers, in_room))
    for worker in workers:
        worker.answer(str, _JOIN_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
