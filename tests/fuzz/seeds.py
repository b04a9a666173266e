"""Seeds for the fuzzer from real traffic: sessions and the broker's core talk, and what passes is kept.

`python -m tests.fuzz.seeds` writes them anew into `corpus/`, one file each; files that are there stay.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path
from typing import Final

from client.commands import VoiceMode
from client.voice import packet
from client.voice.codec import Encoder
from client.voice.device import silence
from client.voice.packet import SLIM_SAMPLES, VoicePacket
from common import voice_frame
from common.address import Address
from common.banner import Banner, encode_banner
from common.crypto.sframe import FrameSealer
from common.invite import Invite
from common.limits import SAMPLE_RATE
from common.messages import FromBroker, encode
from tests.common.insider import KEYS, TOKENS, unwrap
from tests.fakes.link import Client, Net
from tests.fuzz.targets import join_parts

CORPUS: Final = Path(__file__).parent / "corpus"
_EACH: Final = 40  # of one target: what the fuzzer needs is every shape once, not much of one


def main() -> None:
    """Write the seeds."""
    for target, seeds in collect().items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for seed in seeds[:_EACH]:
            (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


def collect() -> dict[str, list[bytes]]:
    """The seeds of each target."""
    seeds: dict[str, list[bytes]] = defaultdict(list)
    up, down = _traffic()
    seeds["from_client"] = _every_tag(up)
    seeds["from_broker"] = _every_tag(down)
    seeds["client"] = [join_parts(down[:20]), join_parts(down[-20:])]
    seeds["broker"] = [join_parts([b"a" + part for part in up[:20]] + [b"b" + part for part in up[-20:]])]
    for number, kind in enumerate(("hello", "post", "signal")):
        sealed = TOKENS[kind]["token"].encode()
        padded = unwrap(sealed)[:-64]
        seeds["token"].append(sealed)
        seeds["sealed_layout"].append(bytes([number]) + padded)
        seeds["sealed_fields"].append(bytes([number]) + padded[2 : 2 + int.from_bytes(padded[:2], "big")])
    packets = _packets()
    sealer = FrameSealer(KEYS.voice_base(bytes(16)))
    sealed_frames = [sealer.seal(part) for part in packets]
    seeds["opus"] = packets
    seeds["sealed_voice"] = [
        join_parts([bytes([10]) + part for part in packets]),
        join_parts(_uneven()),
    ]
    seeds["sframe"] = sealed_frames
    seeds["frame"] = [voice_frame.topic(b"room", b"me") + sealed for sealed in sealed_frames]
    seeds["typed"] = [text.encode() for text in _typed()]
    seeds["banner"] = [encode_banner(Banner(KEYS.broker_key, 9090, 9091))]
    seeds["banner"].append(b"\n".join((b"1.0", b"7", b"", b"192.0.2.1", b"", b"CURVE", bytes(range(16, 48)))))
    return seeds


def _traffic() -> tuple[list[bytes], list[bytes]]:
    """What clients and broker say to each other: joins, lines, signals, pages, a cut, a leave."""
    up: list[bytes] = []
    down: list[bytes] = []

    class Wire(Net):
        def to_broker(self, client: Client, part: bytes) -> None:
            up.append(part)
            super().to_broker(client, part)

    def record(_client: Client, message: FromBroker) -> list[FromBroker]:
        down.append(encode(message))
        return [message]

    net = Wire(1)
    net.tamper = record
    ann, bob = net.joined("Ann"), net.joined("Bob")
    for person in (ann, bob):
        person.listen(on=True)
        person.say(f"hello from {person.name}")
        net.run(3)
    bob.cut()
    ann.say("while away")
    net.run(1)
    bob.connect()
    net.run(5)
    bob.session.leave()
    bob.drain()
    net.run(1)
    ann.net.act(net.core.closing())
    net.run(1)
    return up, down


def _every_tag(parts: list[bytes]) -> list[bytes]:
    """A few of each kind of message."""
    by_tag: dict[int, list[bytes]] = defaultdict(list)
    for part in parts:
        by_tag[part[1]].append(part)
    return [part for same in by_tag.values() for part in same[:3]]


def _packets() -> list[bytes]:
    encoder, slim = Encoder(VoiceMode.LOW_DELAY), Encoder(VoiceMode.SLIM)
    return [
        *(
            packet.encode(VoicePacket(480 * number, encoder.encode(silence()), end_of_talk=number == 4))
            for number in range(5)
        ),
        packet.encode(VoicePacket(0, slim.encode(silence(SLIM_SAMPLES)), slim=True, held=3)),
    ]


def _uneven() -> list[bytes]:
    """Each with the milliseconds since the one before: on time, late one by one, then many at once on more lanes."""
    encoder, came, parts = Encoder(VoiceMode.LOW_DELAY), 0, list[bytes]()
    for pace, late, lanes in (*[(10, 0, 1)] * 14, *[(200, 100, 1)] * 4, *[(0, 0, 4)] * 7):
        came += pace
        media = (came - late) * SAMPLE_RATE // 1_000
        parts.append(bytes([pace]) + packet.encode(VoicePacket(media, encoder.encode(silence()), lanes=lanes)))
    return parts


def _typed() -> list[str]:
    where = Address("broker.example.org", 9090)
    invite = Invite(where, KEYS.broker_key, 9191, 9192, "six-words-that-nobody-will-guess")
    return [
        str(invite),
        "[2001:db8::1]:9090",
        "broker.example.org:9090",
        '{"do": "say", "text": "Grüße, 你好 🙂"}',
        '{"do": "mic", "on": true}',
        "/speaker on",
        "acorn-badge-cable-dance-eagle-fable",
    ]


if __name__ == "__main__":
    main()
