"""What the window takes: `python3 scripts/bench_window.py [--runs 15] [--seconds 20] [--lines 20000]`.

From the start of the process to the painted window, in turns with an empty window of Python's tkinter, below which
nothing gets on this machine, and with the first window of a user, which has no pictures yet; the processor while it is
open, in a room, and nothing happens; its memory then, and with many messages in it; how long callbacks of Tk take
while 500 messages come at once and five people talk. The real client, a real broker, on an Xvfb of its own.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.bench.window_flags import read_flags
from scripts.setup.environment import ROOT, enter

if __name__ == "__main__":
    read_flags(__doc__)  # first: neither --help nor a wrong flag must install anything
    enter("client", "window", "keyring", "voice", "dev")

import psutil

from scripts.bench.screen import own_screen
from scripts.bench.window_line import asked, told
from scripts.processes import NotStarted, start, start_broker, stop

_SETTLE = 4.0  # seconds: joined, libraries loaded
_KEY = "banjo-clover-oxidize-pelican-sixtyfold-wharf"
_MIB = 1 << 20
_EMPTY = """
import time, tkinter
root = tkinter.Tk()
root.update()
root.winfo_pointerxy()
print(f"painted {time.monotonic()} {time.process_time()}", flush=True)
root.mainloop()
"""
_BURST = 500  # messages
_MOST_MS = 50  # for one callback: what takes longer is felt


def main() -> int:
    """Measure, tell. 0 if it ran, whatever it found; 1 if it could not."""
    given = read_flags(__doc__)
    try:
        with own_screen() as screen, tempfile.TemporaryDirectory(prefix="window-") as folder:
            _starts(screen, Path(folder), given.runs)
            _in_a_room(screen, Path(folder), given.seconds, given.lines)
    except (NotStarted, OSError) as error:
        print(f"The bench did not run: {error}.", file=sys.stderr)
        return 1
    return 0


def _starts(screen: str, folder: Path, runs: int) -> None:
    """By turns, as a machine with other work is faster at one time than at another."""
    begun: dict[str, list[tuple[float, float]]] = {
        "painted window": [],
        "empty window": [],
        "first window of a user": [],
    }
    _keep_pictures(screen, folder / "alone")
    for run in range(runs + 1):
        found = {
            "painted window": _start(lambda: _window(screen, folder / "alone", [])),
            "empty window": _start(lambda: start([sys.executable, "-c", _EMPTY], {"DISPLAY": screen})),
            "first window of a user": _start(lambda run=run: _window(screen, folder / f"first-{run}", [])),  # type: ignore[misc]
        }
        for name, figures in found.items() if run else ():  # caches are warm
            begun[name].append(figures)
    for name, each in begun.items():
        took, worked = zip(*each, strict=True)
        print(f"start to {name}, ms: {_spread(took)}, {runs} runs; of the processor: {_spread(worked)}")


def _keep_pictures(screen: str, folder: Path) -> None:
    """Open a window there until it has kept its pictures, as one does that somebody looks at."""
    window = _window(screen, folder, [])
    try:
        told(window)
        until = time.monotonic() + _SETTLE
        while not any((folder / "pictures").glob("look-????????")):
            if time.monotonic() > until:
                raise NotStarted("the window keeps no pictures")
            time.sleep(0.05)
    finally:
        stop(window)


def _in_a_room(screen: str, folder: Path, seconds: float, lines: int) -> None:
    with ExitStack() as stack:
        flags = ["--host", "127.0.0.1", "--port", "0", "--data", str(folder / "data")]
        broker = start_broker(flags, say=lambda _: None, log=folder / "all.log")
        stack.callback(broker.stop)
        there = ["--invite", str(broker.invite(None)), "--name", "Ann", "--connect"]
        window = _window(screen, folder / "in", there)
        stack.callback(stop, window)
        told(window)
        time.sleep(_SETTLE)
        process = psutil.Process(window.pid)
        before, begun = process.cpu_times(), time.monotonic()
        time.sleep(seconds)
        after, took = process.cpu_times(), time.monotonic() - begun
        used = after.user + after.system - before.user - before.system
        print(f"idle in a room, of a core: {100 * used / took:.2f} %, over {took:.0f} s")
        print(f"memory: {process.memory_info().rss / _MIB:.0f} MiB")
        _burst(window, "into an empty room")
        asked(window, f"lines {lines}")
        time.sleep(1.0)
        print(f"memory with {lines:,} messages: {process.memory_info().rss / _MIB:.0f} MiB")
        _burst(window, f"behind {lines:,}")


def _burst(window: Popen[str], where: str) -> None:
    """What callbacks took by the clock on the wall; the processor's share tells whether they were held up."""
    answer = asked(window, f"burst {_BURST}")
    while not answer.startswith("["):  # the messages have been taken, the talk goes on
        answer = told(window)
    took, worked = (sorted(figures) for figures in zip(*json.loads(answer), strict=True))
    late, at = sum(ms > _MOST_MS for ms in took), int(0.99 * len(took))
    print(f"{_BURST} messages {where} and five talkers, callbacks of Tk: {len(took)}, over {_MOST_MS} ms: {late}")
    print(f"  ms: p99 {took[at]:.1f}, longest {took[-1]:.1f}; of the processor {worked[at]:.1f}, {worked[-1]:.1f}")


def _start(opened: Callable[[], Popen[str]]) -> tuple[float, float]:
    """Milliseconds by the clock on the wall, and of the processor."""
    begun = time.monotonic()
    window = opened()
    try:
        _, painted, worked = told(window).split()
        return (float(painted) - begun) * 1000, float(worked) * 1000
    finally:
        stop(window)


def _window(screen: str, folder: Path, flags: Sequence[str]) -> Popen[str]:
    devices = ["--mic", "none", "--speaker", "none", "--state-dir", str(folder)]
    program = str(ROOT / "scripts/bench/window_person.py")
    # What people start keeps its bytecode, whatever the machine of this bench wants.
    bytecode = {"PYTHONDONTWRITEBYTECODE": ""}
    environment = {"DISPLAY": screen, "SECURE_CHAT_KEY": _KEY, "XDG_RUNTIME_DIR": str(folder), **bytecode}
    return start([sys.executable, program, *devices, *flags], environment)


def _spread(found: Sequence[float]) -> str:
    return f"{statistics.median(found):.0f} ({min(found):.0f} to {max(found):.0f})"


if __name__ == "__main__":
    sys.exit(main())
