"""What is sealed in a voice frame: flags (1) ‖ media time (4) ‖ Opus packet.

Flags: 1 the talk ends, 2 slim, 28 (three bits) for how many blocks the packet was held back before it was sent, 96
(two bits) over how many further lanes it goes.

Media time counts samples at 48 kHz from a random start, modulo 2^32. This file reads the layout and the
Opus packet's own first bytes (RFC 6716, section 3); it never decodes sound and knows no keys.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from common import limits
from common.errors import Malformed

BLOCK_SAMPLES: Final = limits.SAMPLE_RATE // 100  # 10 ms: the step of the whole voice pipeline
SLIM_BLOCKS: Final = (
    4  # in a slim packet: 20 ms each would take 72 kbit/s on the wire (docs/decisions/0034-slim-voice.md)
)
SLIM_SAMPLES: Final = SLIM_BLOCKS * BLOCK_SAMPLES
MEDIA_TIMES: Final = 2**32
OPUS_BYTES: Final = 1_275  # the most that one Opus frame can take

_END_OF_TALK: Final = 0x01
_SLIM: Final = 0x02
_HELD: Final = 0x1C
_HELD_SHIFT: Final = 2
_LANES: Final = 0x60
_LANES_SHIFT: Final = 5
HELD_MOST: Final = _HELD >> _HELD_SHIFT
_HEAD_BYTES: Final = 5
# Samples at 48 kHz for each configuration number: SILK, hybrid, CELT (RFC 6716, table 2).
_FRAME_SAMPLES: Final = (480, 960, 1920, 2880) * 3 + (480, 960) * 2 + (120, 240, 480, 960) * 4


class VoicePacket(NamedTuple):
    """10 ms of coded voice (40 ms if slim); `media_time` is that of its first sample, 0..2^32-1.

    `end_of_talk`: nothing is sent after this one, so what follows is a pause and not a loss. `held`: for so many
    blocks (0..7) after its last sample the sender held it back, since it did not know yet that somebody spoke.
    `lanes`: over so many (1..4) it was sent, so that listeners know when the way has become another one.
    """

    media_time: int
    opus: bytes
    end_of_talk: bool = False
    slim: bool = False
    held: int = 0
    lanes: int = 1

    @property
    def samples(self) -> int:
        """How many samples it plays for."""
        return SLIM_SAMPLES if self.slim else BLOCK_SAMPLES


def encode(packet: VoicePacket) -> bytes:
    """The plaintext of a voice frame."""
    flags = (_END_OF_TALK if packet.end_of_talk else 0) | (_SLIM if packet.slim else 0)
    flags |= packet.held << _HELD_SHIFT | (packet.lanes - 1) << _LANES_SHIFT
    return bytes([flags]) + packet.media_time.to_bytes(4, "big") + packet.opus


def decode(plaintext: bytes) -> VoicePacket:
    """Read an opened voice frame. Raises `Malformed`, also where Opus would play for another time than flagged."""
    opus = plaintext[_HEAD_BYTES:]
    if not 1 <= len(opus) <= OPUS_BYTES:
        raise Malformed(f"voice packet with {len(opus)} bytes of Opus")
    flags = plaintext[0]
    if flags & ~(_END_OF_TALK | _SLIM | _HELD | _LANES):
        raise Malformed("voice packet with unknown flags")
    media_time = int.from_bytes(plaintext[1:_HEAD_BYTES], "big")
    packet = VoicePacket(
        media_time,
        opus,
        bool(flags & _END_OF_TALK),
        bool(flags & _SLIM),
        (flags & _HELD) >> _HELD_SHIFT,
        1 + ((flags & _LANES) >> _LANES_SHIFT),
    )
    if opus_samples(opus) != packet.samples:
        raise Malformed("voice packet of another length than its flags say")
    return packet


def opus_samples(opus: bytes) -> int:
    """How many samples at 48 kHz an Opus packet (1 byte or more) plays for. Raises `Malformed`."""
    configuration, code = opus[0] >> 3, opus[0] & 0x03
    if code == 3:  # the number of frames stands in the second byte
        if len(opus) < 2:
            raise Malformed("Opus packet is cut off")
        count = opus[1] & 0x3F
    else:
        count = 1 if code == 0 else 2
    return _FRAME_SAMPLES[configuration] * count
