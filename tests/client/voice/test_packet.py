from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.voice.packet import OPUS_BYTES, VoicePacket, decode, encode, opus_samples
from common.errors import Malformed

CELT_10MS = bytes([30 << 3])  # configuration 30: CELT, fullband, 10 ms; one frame
CELT_20MS = bytes([31 << 3])
CELT_40MS = bytes([31 << 3 | 1])  # two of them
SILK_40MS = bytes([10 << 3])


def test_layout_is_that_of_the_protocol() -> None:
    # Mistake: fields swapped, little endian, or the flags' bits exchanged; both ends of our own would agree.
    packet = VoicePacket(0x01020304, CELT_10MS + b"\xaa", end_of_talk=True)
    assert encode(packet) == b"\x01\x01\x02\x03\x04" + CELT_10MS + b"\xaa"
    assert encode(VoicePacket(1, SILK_40MS, slim=True))[:1] == b"\x02"
    assert encode(VoicePacket(1, CELT_10MS, held=5, lanes=3))[:1] == b"\x54"


@given(
    st.integers(0, 2**32 - 1),
    st.binary(max_size=80),
    st.booleans(),
    st.booleans(),
    st.integers(0, 7),
    st.integers(1, 4),
)
def test_packets_come_back_as_they_were(
    media_time: int, sound: bytes, end: bool, slim: bool, held: int, lanes: int
) -> None:
    packet = VoicePacket(media_time, (SILK_40MS if slim else CELT_10MS) + sound, end, slim, held, lanes)
    assert decode(encode(packet)) == packet


@given(st.binary(max_size=64))
def test_any_bytes_decode_or_are_malformed(plaintext: bytes) -> None:
    try:
        packet = decode(plaintext)
    except Malformed:
        return
    assert encode(packet) == plaintext  # no second spelling


@pytest.mark.parametrize(
    ("plaintext", "reason"),
    [
        (b"", "0 bytes"),
        (b"\x00\x01\x02\x03\x04", "0 bytes"),
        (bytes(5) + CELT_10MS * (OPUS_BYTES + 1), "1276 bytes"),
        (b"\x80" + bytes(4) + CELT_10MS, "unknown flags"),
        (b"\x02" + bytes(4) + CELT_10MS, "another length"),  # says slim, is not
        (b"\x00" + bytes(4) + CELT_20MS, "another length"),
        (b"\x00" + bytes(4) + CELT_40MS, "another length"),  # is slim, does not say so
        (b"\x02" + bytes(4) + CELT_20MS, "another length"),  # half of it: a listener would run dry
        (b"\x02" + bytes(4) + bytes([31 << 3 | 3, 3]), "another length"),  # half too much
        (b"\x02" + bytes(4) + bytes([31 << 3 | 3, 0x3F]), "another length"),  # 1.26 s, which no decoder may be given
        (bytes(5) + bytes([30 << 3 | 1]), "another length"),  # two frames of 10 ms
        (bytes(5) + bytes([30 << 3 | 3]), "cut off"),  # the number of frames is missing
        (bytes(5) + bytes([30 << 3 | 3, 0]), "another length"),  # no frame at all
    ],
)
def test_one_fault_each(plaintext: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        decode(plaintext)


@pytest.mark.parametrize(
    ("opus", "samples"),
    [
        (bytes([0 << 3]), 480),  # SILK
        (bytes([3 << 3]), 2880),
        (bytes([13 << 3]), 960),  # hybrid
        (bytes([16 << 3]), 120),  # CELT
        (bytes([28 << 3 | 3, 0x84]), 480),  # four of 2.5 ms, with a padding flag
        (bytes([29 << 3 | 2]), 480),
        (bytes([10 << 3]), 1920),  # what slim voice is: SILK, wide band, 40 ms
        (bytes([10 << 3 | 3, 0x41]), 1920),  # and filled up to a constant size
    ],
)
def test_duration_as_rfc_6716_counts_it(opus: bytes, samples: int) -> None:
    assert opus_samples(opus) == samples
