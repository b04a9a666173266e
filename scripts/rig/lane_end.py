"""One end of a talk through a link, run as a program: it speaks or listens over a client's own sockets and lanes.

A frame holds the time at which it was sent, in place of sound: both ends are on one machine, with one clock.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Final

from client.commands import Lanes
from client.endpoint import Endpoint
from client.lanes import LaneWatch
from client.transport import Link, Transport
from common import limits
from common.messages import FromBroker, Join, Joined, Leave, Listen, MemberJoined, Ping, Pong
from common.voice_frame import TOPIC_BYTES, decode_header, encode_header, topic

_TIME: Final = struct.Struct(">d")
_SOUND: Final = 133  # bytes of a packet at 96 kbit/s, its flags and tag, without the time
_PACE: Final = 0.01
_TAIL: Final = 3.0  # seconds for the last frames to arrive


@dataclass
class End:
    """What a client's network thread does with its sockets, without a session."""

    lanes: Lanes
    endpoint: Endpoint
    room_id: bytes
    heard: dict[int, float] = field(default_factory=dict)  # by counter: how long the first copy was under way
    twice: int = 0
    told: list[tuple[float, int, str]] = field(default_factory=list)  # seconds, lanes, why
    joined: Joined | None = None

    def __post_init__(self) -> None:
        self.watch = LaneWatch(self.lanes)
        self.transport = Transport(self._take, self.watch)
        self.begun = time.monotonic()
        self.others: set[bytes] = set()
        self._ping_at = 0.0
        self.transport.open(self.endpoint)

    def turn(self, seconds: float, *, listens: bool) -> None:
        """Poll, and do what a client does about it."""
        for news in self.transport.poll(seconds):
            self._received(news, listens=listens)
        now = time.monotonic()
        if self.joined is not None:
            self._mind(self.joined, now, listens=listens)

    def _received(self, news: FromBroker | Link, *, listens: bool) -> None:
        if news is Link.AUTHENTICATED:
            self.transport.send(Join(self.room_id, b"one end of a talk", 0))
        elif news is Link.BROKEN:  # as a handshake that took too long
            self.joined = None
            self.transport.open(self.endpoint)
        elif isinstance(news, Joined):
            self.joined = news
            self.others.update(member.member for member in news.members)
            if listens:
                self.transport.send(Listen(on=True))
            else:
                self.transport.talk(on=True)
        elif isinstance(news, MemberJoined):
            self.others.add(news.member)
        elif isinstance(news, Pong):
            self.watch.pong(news.stamp / 1e6, news.broker_time / 1e6, time.monotonic())

    def _mind(self, joined: Joined, now: float, *, listens: bool) -> None:
        if now >= self._ping_at:
            self.transport.send(Ping(int(now * 1e6)))
            often = self.watch.close_look(now)
            self._ping_at = now + (limits.PING_TALKING_SECONDS if often else limits.PING_LISTENING_SECONDS)
        changed = self.watch.turn(now)
        if changed is not None:
            self.told.append((round(now - self.begun, 1), changed.count, changed.why.value))
            self.transport.mind_lanes()
        if listens and self.others:
            self.transport.subscribe(frozenset(topic(joined.room, other) for other in self.others))

    def _take(self, frame: bytes, arrived: float, _copy: bool) -> None:
        header = decode_header(frame[TOPIC_BYTES:])
        (sent,) = _TIME.unpack_from(frame, TOPIC_BYTES + header.size)
        if header.ctr in self.heard:
            self.twice += 1
        else:
            self.heard[header.ctr] = arrived - sent

    def found(self) -> dict[str, Any]:
        """All that is to be known, as JSON takes it."""
        return {
            "delays": [[ctr, round(late * 1_000, 2)] for ctr, late in sorted(self.heard.items())],
            "twice": self.twice,
            "told": self.told,
            "uplink": self.watch.uplink(time.monotonic()).name,
            "counters": {**self.transport.counters, **self.watch.stats()},
        }


def talk(end: End, until: float) -> int:
    """A frame each 10 ms, `until` then. How many were sent."""
    while end.joined is None and time.monotonic() < until:
        end.turn(0.05, listens=False)
    if end.joined is None:
        return 0
    count, due = 0, time.monotonic() + 1.0
    mine = topic(end.joined.room, end.joined.member)
    while due < until:
        end.turn(max(0.0, min(due - time.monotonic(), _PACE)), listens=False)
        while time.monotonic() >= due:
            sealed = encode_header(0, count) + _TIME.pack(time.monotonic()) + os.urandom(_SOUND)
            end.transport.send_voice(mine + sealed)
            count, due = count + 1, due + _PACE
    return count


def main() -> None:
    """Speak or listen; say what was found."""
    given = json.loads(sys.argv[1])
    endpoint = Endpoint(given["host"], given["control"], given["voice"], bytes.fromhex(given["key"]))
    end = End(Lanes(given["lanes"]), endpoint, bytes.fromhex(given["room"]))
    until = time.monotonic() + given["seconds"]
    sent = 0
    if given["speaks"]:
        sent = talk(end, until)
    while time.monotonic() < until + (1.0 if given["speaks"] else _TAIL):
        end.turn(0.1, listens=not given["speaks"])
    found = end.found()
    end.transport.send(Leave())
    end.transport.flush(0.3)
    end.transport.close()
    print(json.dumps({**found, "sent": sent}), flush=True)


if __name__ == "__main__":
    main()
