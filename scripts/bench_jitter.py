"""What the jitter buffer makes of networks: `python3 scripts/bench_jitter.py [--minutes 10]`.

Made-up networks and recorded talks, a fake clock, no sound: ten minutes take half a second, and every run has the same
result. It prints tables in Markdown: milliseconds from sending to hearing, and what was concealed or lost. Recorded
talks are played once each, in the order in which their packets came (`bench_lanes.py --record`).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.bench.jitter_flags import read_minutes
from scripts.setup.environment import enter

if __name__ == "__main__":
    read_minutes(__doc__)  # first: neither --help nor a wrong flag must install anything
    enter("client")

from scripts.bench.recorded import load_all
from scripts.bench.traces import HELD_OUT, TUNING, Delay, fastest, listen, talk

_CLOCKS = (0.0, 100.0, -100.0, 200.0, -200.0)  # ppm that the speaker's clock is slower
_CAPTION = "| network | clocks, ppm | path, ms | mean | p95 | p99 | concealed | lost | played |"


def main() -> int:
    """Print all tables."""
    packets = round(read_minutes(__doc__) * 6_000)
    for title, networks in (("Tuning set", TUNING), ("Held-out set", HELD_OUT)):
        print(f"{title}\n\n{_CAPTION}\n|{'---|' * (_CAPTION.count('|') - 1)}")
        for name, delay in networks.items():
            for ppm in _CLOCKS if name.startswith("30") else _CLOCKS[:1]:
                print(_row(name, delay, ppm, packets))
        print()
    print(f"Held-out set, recorded\n\n{_CAPTION}\n|{'---|' * (_CAPTION.count('|') - 1)}")
    for recorded in load_all():
        print(_row(recorded.name, recorded.delay, 0.0, len(recorded.delays_ms), in_order=False))
    return 0


def _row(name: str, delay: Delay, ppm: float, packets: int, *, in_order: bool = True) -> str:
    heard = listen(talk(packets, delay, ppm=ppm, in_order=in_order), ppm=ppm)
    counters = heard.counters
    later = [heard.mean_ms, heard.percentile_ms(0.95), heard.percentile_ms(0.99)]
    lost = counters.discarded + counters.skipped
    cells = [name, f"{ppm:+.0f}", f"{fastest(delay):.0f}", *(f"{one:.0f}" for one in later)]
    return "| " + " | ".join([*cells, f"{counters.concealed / packets:.2%}", str(lost), f"{counters.played:,}"]) + " |"


if __name__ == "__main__":
    sys.exit(main())
