"""What `status` tells: one JSON object for programs, some aligned lines for people.

Pure. The object comes from a socket, so it is checked when it is read, and printed as plain text only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from broker.engine.base import Kept
from broker.ports import Ports
from broker.status import Forwarding, Rates
from common.errors import Malformed

_MIB: Final = 2**20
_STEPS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of a running broker. Times in seconds, sizes in bytes; never who, where or what."""

    version: str
    uptime_seconds: int
    ports: Ports
    memory_bytes: int | None  # None: this system does not say
    rooms: int
    members: int
    listeners: int
    kept: Kept
    rates: Rates
    forwarding: Forwarding | None  # None: no voice was passed on yet
    counters: Mapping[str, int]


def encode_report(report: Report) -> bytes:
    """One line of JSON, without its end."""
    return msgspec.json.encode(report)


def decode_report(line: bytes) -> Report:
    """Read what a broker answered. Raises `Malformed`."""
    try:
        return msgspec.json.decode(line, type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("The broker's answer cannot be read: is it of another version?") from error


def report_text(report: Report) -> str:
    """The lines for people."""
    ports, kept, rates, forwarding = report.ports, report.kept, report.rates, report.forwarding
    lines = {
        "Broker": f"{report.version}, up {_span(report.uptime_seconds)}",
        "Ports": f"control {ports.control}, voice {ports.voice}, banner {ports.banner}",
        "People": f"{report.members:,} in {counted(report.rooms, 'room')}, {report.listeners:,} listening",
        "Kept": f"{counted(kept.posts, 'post')} of {counted(kept.rooms, 'room')}, {size_text(kept.bytes)}",
        "Storage": kept.trouble or "ok",
        "A second": f"{rates.posts:,} posts, {rates.signals:,} signals, {rates.voice:,} voice frames"
        f" (over the last {rates.seconds:.0f} s)",
        "Voice": "none was passed on yet" if forwarding is None else _forwarding_text(forwarding),
        "Memory": "not known on this system" if report.memory_bytes is None else size_text(report.memory_bytes),
    }
    wide = max(len(name) for name in report.counters) if report.counters else 0
    counters = [f"  {name:<{wide}}  {count:>12,}" for name, count in report.counters.items()]
    written = [*(f"{name:<10}{line}" for name, line in lines.items()), "Since the start:", *counters]
    return "".join(f"{_plain(line)}\n" for line in written)


def _forwarding_text(forwarding: Forwarding) -> str:
    return f"passed on within {forwarding.p50:.1f} ms (p50), {forwarding.p99:.1f} ms (p99)"


def _span(seconds: int) -> str:
    """The two largest steps of a span of time: `2 d 3 h`."""
    parts: list[str] = []
    for size, name in _STEPS:
        count, seconds = divmod(seconds, size)
        if count or parts or size == 1:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2])


def counted(count: int, thing: str) -> str:
    """`1 room`, `2 rooms`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def size_text(size: int) -> str:
    """A number of bytes as people read it."""
    return f"{size / _MIB:,.1f} MiB"


def _plain(line: str) -> str:
    return line if line.isprintable() else line.encode("unicode_escape").decode("ascii")
