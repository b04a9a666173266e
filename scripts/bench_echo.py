"""What is left of an echo: `python3 scripts/bench_echo.py`.

Speech from a loudspeaker through rooms that are made up, with noise 15 dB below it, into the microphone of the real
front end: by how much that is softer after four seconds, and what becomes of somebody who speaks at the same time. No
card and no clock. Each room has other walls and other noise in each run; medians, least and most, in Markdown.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.bench.echo_flags import read_runs
from scripts.setup.environment import enter

if __name__ == "__main__":
    read_runs(__doc__)  # first: neither --help nor a wrong flag must install anything
    enter("client", "voice", "demo", "dev")

import soundfile
import soxr
from tqdm import tqdm

from client.commands import SetProcessing
from client.voice.front_end import FrontEnds
from common.limits import SAMPLE_RATE
from scripts.bench.echo import LONG, ROOMS, double_talk, echo_removed
from scripts.rig.analysis import spread

_SPEECH = Path(__file__).resolve().parents[1] / "tests" / "sounds" / "speech.wav"
_LOAD_SECONDS = 30.0
_ALL = SetProcessing()
_WITHOUT_GAIN = SetProcessing(gain=False)  # which would change the level of whoever speaks, as it should


def main() -> int:
    """Measure, tell. 1 where the front end's libraries are missing."""
    runs = read_runs(__doc__)
    sound, rate = soundfile.read(_SPEECH)
    speech = soxr.resample(sound, rate, SAMPLE_RATE)
    ends = FrontEnds()
    ends.make(_ALL, detect=True, told=_missing)
    if not ends.ready.wait(_LOAD_SECONDS):
        _missing("the front end's libraries do not load")
    removed: dict[str, list[float]] = {}
    changed: dict[str, list[float]] = {}
    for seed in tqdm(range(1, runs + 1), unit="run", disable=None):
        for room in (*ROOMS, *LONG):
            other_walls = room._replace(seed=seed)
            front_end = ends.make(_ALL, detect=True, told=_missing)
            removed.setdefault(room.name, []).append(echo_removed(other_walls, front_end, speech))
            front_end = ends.make(_WITHOUT_GAIN, detect=True, told=_missing)
            changed.setdefault(room.name, []).append(double_talk(other_walls, front_end, speech))
    print("| room | echo removed, dB | near speech in double talk, dB |\n|---|---|---|")
    for room in (*ROOMS, *LONG):
        print(f"| {room.name} | {spread(removed[room.name])} | {spread(changed[room.name])} |")
    return 0


def _missing(what: str) -> NoReturn:
    sys.exit(f"The bench did not run: {what}")


if __name__ == "__main__":
    sys.exit(main())
