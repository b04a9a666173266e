from __future__ import annotations

import json

import msgspec
import pytest

from broker.engine.base import Kept
from broker.ports import Ports
from broker.report import Report, decode_report, encode_report, report_text
from broker.status import Forwarding, Rates
from common.errors import Malformed

REPORT = Report(
    version="1.2.3",
    uptime_seconds=93_784,
    ports=Ports(9090, 9091, 9092),
    memory_bytes=50 * 2**20,
    rooms=3,
    members=1_200,
    listeners=7,
    kept=Kept(5, 12_345, 3 * 2**19),
    rates=Rates(60.2, 3.5, 1.0, 5_000.0),
    forwarding=Forwarding(0.25, 3.14),
    counters={"joins": 12, "topics_refused": 3_400},
)
TEXT = """\
Broker    1.2.3, up 1 d 2 h
Ports     control 9090, voice 9091, banner 9092
People    1,200 in 3 rooms, 7 listening
Kept      12,345 posts of 5 rooms, 1.5 MiB
Storage   ok
A second  3.5 posts, 1.0 signals, 5,000.0 voice frames (over the last 60 s)
Voice     passed on within 0.2 ms (p50), 3.1 ms (p99)
Memory    50.0 MiB
Since the start:
  joins                     12
  topics_refused         3,400
"""


def test_text_for_people() -> None:
    # Would catch columns that do not stand in line, and numbers that nobody can read.
    assert report_text(REPORT) == TEXT


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (3_600, "1 h 0 min"), (86_399, "23 h 59 min"), (864_000, "10 d 0 h")],
)
def test_spans(seconds: int, written: str) -> None:
    # Would catch `60 s`, and a broker that seems to have started just now.
    assert f"up {written}\n" in report_text(msgspec.structs.replace(REPORT, uptime_seconds=seconds))


def test_what_is_not_known_and_what_is_wrong() -> None:
    # Would catch a full disk that shows as all well; and a terminal at the mercy of what answers.
    kept = Kept(1, 1, 1, "The disk is full.")
    text = report_text(
        msgspec.structs.replace(REPORT, memory_bytes=None, forwarding=None, kept=kept, counters={"a\x1b[2J": 1})
    )
    assert "Voice     none was passed on yet\n" in text
    assert "Storage   The disk is full.\n" in text
    assert "Kept      1 post of 1 room, 0.0 MiB\n" in text
    assert "Memory    not known on this system\n" in text
    assert "a\\x1b[2J" in text
    assert "Since the start:\n" in report_text(msgspec.structs.replace(REPORT, counters={}))


def test_json_and_back() -> None:
    # Would catch a field that one side writes and the other does not read.
    line = encode_report(REPORT)
    assert b"\n" not in line
    assert decode_report(line) == REPORT
    assert json.loads(line)["kept"] == {"rooms": 5, "posts": 12_345, "bytes": 1_572_864, "trouble": ""}


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"\xff", b"[" * 60_000, encode_report(REPORT)[:-1]])
def test_other_answers(line: bytes) -> None:
    # Would catch a traceback where something else listens at the port, or a broker of another version.
    with pytest.raises(Malformed, match="another version"):
        decode_report(line)
