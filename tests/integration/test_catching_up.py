"""A client that was away while others spoke and left: it reads all of it, each line once, the newest first."""

from __future__ import annotations

import time
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common import limits, messages
from common.crypto.keys import RoomKeys, stretch
from common.crypto.sealing import BodySealer, PostBody, Text
from tests.integration.broker_process import BrokerProcess, RawClient
from tests.integration.conftest import PHRASE, People

_MISSED: Final = 5_000


def speak(broker: BrokerProcess, keys: RoomKeys, count: int) -> None:
    """Lines of members that come, say what their quota allows, and leave."""
    seal = BodySealer(keys)
    for begin in range(0, count, limits.TEXT_BURST):
        device = Ed25519PrivateKey.generate()
        public = device.public_key().public_bytes_raw()
        with RawClient(broker) as member:
            member.join(keys.room_id)
            for number in range(begin, min(count, begin + limits.TEXT_BURST)):
                body = PostBody(public, "Ben", number - begin + 1, int(time.time() * 1000), Text(f"line {number}"))
                member.send(messages.Post(seal.seal_post(body, device)))
                member.expect(messages.Accepted)


def test_a_client_that_was_away_reads_everything_once(broker: BrokerProcess, people: People) -> None:
    # Would catch a budget for newcomers on somebody who was away, a line twice, or a line of the log fetched again.
    ann = people.join("Ann", folder="ann")
    ann.say("before")
    ann.reads("before")
    assert ann.quit() == 0
    keys = stretch(PHRASE, broker.key)
    speak(broker, keys, _MISSED)
    begun = time.monotonic()
    again = people.join("Ann", folder="ann")
    joined = time.monotonic()
    again.expect("text", text=f"line {_MISSED - 1}")
    screen = time.monotonic()
    again.expect("text", text="line 0")
    done = time.monotonic()
    print(f"{_MISSED:,} missed: screen {screen - joined:.2f} s, all {done - joined:.2f} s after joining, ", end="")
    print(f"{done - begun:.2f} s after the start of the program")
    assert again.ask("stats")["texts"] == _MISSED  # the last slice is there by now
    assert sorted(again.texts) == sorted(["before", *(f"line {number}" for number in range(_MISSED))])
    assert not [event for event in again.events if event["event"] == "missing"]
