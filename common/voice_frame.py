"""The layout of a voice frame: topic ‖ SFrame, and the SFrame header (RFC 9605, section 4.3).

The first seven bytes are `V`, the room's handle and the sender's handle. They are what the broker compares
and what listeners subscribe to. This file can read the header's counter and can open nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from common import limits
from common.errors import Malformed

MARK: Final = b"V"
ROOM_TOPIC_BYTES: Final = len(MARK) + limits.ROOM_HANDLE_BYTES
TOPIC_BYTES: Final = ROOM_TOPIC_BYTES + limits.MEMBER_HANDLE_BYTES
_SHORT: Final = 8  # values below it stand in the config byte itself


def topic(room: bytes, member: bytes) -> bytes:
    """The seven bytes in front of one member's voice frames."""
    return MARK + room + member


def room_topic(room: bytes) -> bytes:
    """The five bytes in front of all voice frames of a room."""
    return MARK + room


class VoiceFrame(NamedTuple):
    """A frame as it arrived: who the broker says it is from, and the SFrame that will tell."""

    room: bytes
    member: bytes
    sframe: bytes


def split(frame: bytes) -> VoiceFrame:
    """The parts of a frame. Raises `Malformed` where mark or size are wrong; the SFrame is not looked at."""
    if not limits.VOICE_FRAME_MIN_BYTES <= len(frame) <= limits.VOICE_FRAME_BYTES:
        raise Malformed(f"voice frame of {len(frame)} bytes")
    if frame[:1] != MARK:
        raise Malformed("voice frame without its mark")
    return VoiceFrame(frame[1:ROOM_TOPIC_BYTES], frame[ROOM_TOPIC_BYTES:TOPIC_BYTES], frame[TOPIC_BYTES:])


class Header(NamedTuple):
    """An SFrame header: key id, counter, and how many bytes it takes."""

    kid: int
    ctr: int
    size: int


def encode_header(kid: int, ctr: int) -> bytes:
    """The SFrame header in its shortest form, 1 to 17 bytes. Both numbers are 0..2^64-1 (ValueError)."""
    for value in (kid, ctr):
        if not 0 <= value < 2**64:
            raise ValueError(f"{value} does not fit a header of 64 bits")
    kid_bits, kid_bytes = _encode_value(kid)
    ctr_bits, ctr_bytes = _encode_value(ctr)
    return bytes([kid_bits << 4 | ctr_bits]) + kid_bytes + ctr_bytes


def decode_header(sframe: bytes) -> Header:
    """The header at the start of an SFrame. Raises `Malformed` if it is cut off or not in its shortest form."""
    if not sframe:
        raise Malformed("SFrame without a header")
    kid, position = _decode_value(sframe, sframe[0] >> 4, 1)
    ctr, position = _decode_value(sframe, sframe[0] & 0x0F, position)
    return Header(kid, ctr, position)


def _encode_value(value: int) -> tuple[int, bytes]:
    """Four bits for the config byte (X and K, or Y and C), and the bytes that follow it."""
    if value < _SHORT:
        return value, b""
    size = (value.bit_length() + 7) // 8
    return _SHORT | (size - 1), value.to_bytes(size, "big")


def _decode_value(sframe: bytes, bits: int, position: int) -> tuple[int, int]:
    if bits < _SHORT:
        return bits, position
    size = (bits & 0x07) + 1
    end = position + size
    if len(sframe) < end:
        raise Malformed("SFrame header is cut off")
    value = int.from_bytes(sframe[position:end], "big")
    if value < _SHORT or value >> (8 * (size - 1)) == 0:
        # RFC 9605 demands the shortest form: two spellings of one counter would be two frames to a filter.
        raise Malformed("SFrame header is not in its shortest form")
    return value, end
