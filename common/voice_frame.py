"""The layout of a voice frame: topic ‖ SFrame, and the SFrame header (RFC 9605, section 4.3).

The first seven bytes are `V`, the room's handle and the sender's handle. They are what the broker compares
and what listeners subscribe to. Down a further lane go bundles of frames, with another letter in place of `V`.
This file can read the header's counter and can open nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from common import limits
from common.errors import Malformed

MARK: Final = b"V"
LANE_MARKS: Final = b"VWXY"  # by the number of the lane
ROOM_TOPIC_BYTES: Final = len(MARK) + limits.ROOM_HANDLE_BYTES
TOPIC_BYTES: Final = ROOM_TOPIC_BYTES + limits.MEMBER_HANDLE_BYTES
BUNDLED_MOST: Final = 2
_SIZE_BYTES: Final = 2
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


def on_lane(topic: bytes, number: int) -> bytes:
    """The topic of either length under which bundles of its frames go down further lane `number` (from 1 on)."""
    return LANE_MARKS[number : number + 1] + topic[1:]


def bundle(frames: Sequence[bytes], number: int) -> bytes:
    """Frames of one topic for lane `number`, one after another, each behind its size (2 bytes, big-endian)."""
    parts = [on_lane(frames[0][:TOPIC_BYTES], number)]
    for frame in frames:
        parts += ((len(frame) - TOPIC_BYTES).to_bytes(_SIZE_BYTES, "big"), frame[TOPIC_BYTES:])
    return b"".join(parts)


def unbundle(bundled: bytes, number: int) -> list[bytes]:
    """The frames as they came from their sender, of one bundle from lane `number`. Raises `Malformed`."""
    if bundled[:1] != LANE_MARKS[number : number + 1]:
        raise Malformed("bundle of another lane")
    topic, place, frames = MARK + bundled[1:TOPIC_BYTES], TOPIC_BYTES, list[bytes]()
    while place < len(bundled) and len(frames) < BUNDLED_MOST:
        begin = place + _SIZE_BYTES
        place = begin + int.from_bytes(bundled[place:begin], "big")
        frames.append(topic + bundled[begin:place])
    if not frames or place != len(bundled):
        raise Malformed(f"bundle of {len(bundled)} bytes whose sizes do not add up")
    return frames


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
