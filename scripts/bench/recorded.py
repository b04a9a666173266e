"""Talks over real sockets and links, as `bench_lanes.py --record` keeps them: how long each packet was under way.

Kept as JSON in `tests/delays`, one talk a file. The jitter buffer is tried on them; nothing in it was chosen on them.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[2] / "tests" / "delays"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One talk of a packet each 10 ms: milliseconds from sending a packet to its first copy's arrival, None: lost."""

    name: str
    delays_ms: list[float | None]

    def delay(self, index: int, _random: random.Random) -> float | None:
        """Seconds that packet `index` takes, as `traces.talk` asks; after the end from the beginning again."""
        took = self.delays_ms[index % len(self.delays_ms)]
        return None if took is None else took / 1_000


def save(folder: Path, talk: Recorded) -> Path:
    """Write one talk into a file of its own, named after it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ("".join(one if one.isalnum() else "-" for one in talk.name) + ".json")
    path.write_text(json.dumps({"name": talk.name, "delays_ms": talk.delays_ms}) + "\n", encoding="utf-8")
    return path


def load_all(folder: Path = FOLDER) -> list[Recorded]:
    """All talks of a folder, by name."""
    talks = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    return [Recorded(talk["name"], talk["delays_ms"]) for talk in talks]
