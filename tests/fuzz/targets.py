"""What is fuzzed: each parser, with the right keys in hand where there are any, and what it may raise.

A target takes bytes and returns nothing. Anything but a declared error that comes out of it is a fault.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.admission import decide
from broker.core import Core
from broker.engine.forgetful import ForgetfulEngine
from client.faces import BadLine
from client.json_face import JsonFace
from client.log import NoLog
from client.names import check_name, clean_name, clean_text
from client.session import Identity, Kept, Session
from client.terminal_face import TerminalFace
from client.voice import packet
from client.voice.codec import Decoder
from client.voice.counters import Counters
from client.voice.receiver import Receiver
from client.voice.talker import Talker
from common import messages, voice_frame
from common.address import parse_address
from common.banner import decode_banner
from common.crypto.phrase import normalise
from common.crypto.sealing import BodyOpener
from common.crypto.sframe import FrameOpener, FrameSealer
from common.errors import PeerError, SecureChatError
from common.invite import parse_invite
from tests.common.insider import DEVICE_KEY, KEYS, SESSION, SESSION_KEY, sign, token_of, wrap
from tests.fakes.link import MemoryOutbox

Target = Callable[[bytes], None]
_OPENER: Final = BodyOpener(KEYS)
_KINDS: Final[dict[int, tuple[bytes, Ed25519PrivateKey, Callable[[bytes], object]]]] = {
    0: (b"hello", DEVICE_KEY, _OPENER.open_hello),
    1: (b"post", DEVICE_KEY, _OPENER.open_post),
    2: (b"signal", SESSION_KEY, lambda token: _OPENER.open_signal(token, SESSION)),
}
_BASE: Final = bytes(32)
_IDENTITY: Final = Identity(DEVICE_KEY, SESSION_KEY, bytes(32), "Ann")


def from_client(data: bytes) -> None:
    """A control message, as the broker reads it; what is read is written the same."""
    with suppress(PeerError):
        message = messages.decode_from_client(data)
        assert messages.decode_from_client(messages.encode(message)) == message


def from_broker(data: bytes) -> None:
    """A control message, as a client reads it."""
    with suppress(PeerError):
        message = messages.decode_from_broker(data)
        assert messages.decode_from_broker(messages.encode(message)) == message


def frame(data: bytes) -> None:
    """A voice frame's layout, and the SFrame header, of which there is one spelling."""
    with suppress(PeerError):
        voice_frame.split(data)
    with suppress(PeerError):
        assert voice_frame.bundle(voice_frame.unbundle(data, 1), 1) == data
    with suppress(PeerError):
        header = voice_frame.decode_header(data)
        assert data.startswith(voice_frame.encode_header(header.kid, header.ctr))


def token(data: bytes) -> None:
    """Any bytes as a token."""
    for _, _, opens in _KINDS.values():
        with suppress(PeerError):
            opens(data)


def sealed_fields(data: bytes) -> None:
    """Any MessagePack, rightly padded, signed and sealed by an insider. The first byte chooses the kind."""
    kind, signer, opens = _KINDS[data[0] % 3] if data else _KINDS[0]
    with suppress(PeerError):
        opens(token_of(kind, data[1:], signer))


def sealed_layout(data: bytes) -> None:
    """Any layout of padding, rightly signed and sealed."""
    kind, signer, opens = _KINDS[data[0] % 3] if data else _KINDS[0]
    with suppress(PeerError):
        opens(wrap(data[1:] + sign(kind, data[1:], signer)))


def sealed_voice(data: bytes) -> None:
    """Any packets under a valid seal, through jitter buffer and libopus: two bytes of length before each.

    The first byte of each says how many milliseconds it comes after the one before: bursts and pauses too.
    """
    sealer, counters = FrameSealer(_BASE), Counters()
    receiver = Receiver(FrameOpener(_BASE), counters, confirmed=True)
    talker, now, played = Talker(Decoder(), counters), 0.0, 0.0
    for part in _parts(data):
        now += int.from_bytes(part[:1], "big") / 1_000
        while played + 0.01 <= now:
            played += 0.01
            talker.block(played)
        for arrived, voice in receiver.take(sealer.seal(part[1:]), now):
            talker.put(voice, arrived)
    talker.block(played + 0.01)


def sframe(data: bytes) -> None:
    """Any bytes as sealed voice."""
    with suppress(PeerError):
        FrameOpener(_BASE).open(data)


def opus(data: bytes) -> None:
    """The plaintext of a voice frame, as it is read and decoded."""
    with suppress(PeerError):
        Decoder().decode(packet.decode(data).opus)


def broker(data: bytes) -> None:
    """Messages of several connections to the broker's core: it raises nothing, whatever they hold."""
    core, now = Core(ForgetfulEngine(random.Random(1).randbytes)), 1.0
    for part in _parts(data):
        who, said = (part[:1] or b"?"), part[1:]
        now += 0.1
        if said[:1] == voice_frame.MARK:
            core.voice(who, said, now)
        elif said[:1] == b"\0":
            core.subscribed(said[-1], who, said[1:])
        else:
            core.receive(who, who * 32, "192.0.2.1", said, now)
        core.tick(now)


def client(data: bytes) -> None:
    """Messages to a session that has just connected, from a broker that may send whatever it likes."""
    session, now = Session(KEYS, _IDENTITY, Kept(MemoryOutbox(), NoLog()), jitter=lambda: 0.5), 1.0
    session.join(now)
    for part in _parts(data):
        now += 0.1
        with suppress(PeerError):
            session.receive(messages.decode_from_broker(part), now)
        session.tick(now)
        for drain in (session.outgoing, session.events, session.voice_orders):
            drain()


def typed(data: bytes) -> None:
    """What people type, paste or are sent as a link: text that may be no text."""
    text = data.decode("utf-8", errors="surrogateescape")
    for parse in (parse_address, parse_invite, check_name, normalise):
        with suppress(SecureChatError):
            parse(text)
    assert clean_text(clean_text(text)) == clean_text(text)
    clean_name(text)
    for face in (JsonFace(), TerminalFace()):
        with suppress(BadLine):
            face.command(text)


def banner(data: bytes) -> None:
    """What answers on the banner's port, and libzmq's question who may connect."""
    with suppress(PeerError):
        decode_banner(data)
    decide(data.split(b"\n"), None)


TARGETS: Final[dict[str, Target]] = {
    target.__name__: target
    for target in (
        from_client,
        from_broker,
        frame,
        token,
        sealed_fields,
        sealed_layout,
        sealed_voice,
        sframe,
        opus,
        broker,
        client,
        typed,
        banner,
    )
}


def join_parts(parts: list[bytes]) -> bytes:
    """An input for the targets that take several messages."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def _parts(data: bytes) -> list[bytes]:
    stream = io.BytesIO(data)
    parts: list[bytes] = []
    while (length := stream.read(2)) and len(parts) < 100:
        parts.append(stream.read(int.from_bytes(length, "big")))
    return parts
