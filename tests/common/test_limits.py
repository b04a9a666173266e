"""The limits fit each other: what one of them allows must not break another."""

from __future__ import annotations

from common import limits
from common.messages import (
    Joined,
    Listening,
    Member,
    Post,
    Posted,
    RoomLimits,
    Signal,
    decode_from_broker,
    decode_from_client,
    encode,
)

MOST = limits.MAX_INTEGER


def test_the_largest_post_and_signal_fit_one_message() -> None:
    token = bytes(limits.TOKEN_BYTES)
    for message in (Post(token), Signal(token, b"ab")):
        assert decode_from_client(encode(message)) == message
    assert decode_from_broker(encode(Posted(MOST, MOST, token))) == Posted(MOST, MOST, token)


def test_the_largest_joined_and_roster_fit_one_message() -> None:
    # 200 hellos of the largest size: a room of long names must still let somebody in.
    members = tuple(
        Member(index.to_bytes(2, "big"), bytes(limits.HELLO_BYTES), bytes(limits.KEY_BYTES))
        for index in range(limits.JOINED_MEMBERS)
    )
    joined = Joined(b"ab", b"abcd", members, MOST, MOST, bytes(16), RoomLimits(MOST, MOST, MOST, MOST))
    part = encode(joined)
    assert len(part) <= limits.PAGE_BYTES
    assert decode_from_broker(part) == joined
    listening = Listening((b"ab",) * limits.ROOM_MEMBERS_MAX)
    assert decode_from_broker(encode(listening)) == listening


def test_a_voice_frame_fits_one_ethernet_packet_and_the_window_outlasts_a_slow_lane() -> None:
    assert limits.VOICE_FRAME_BYTES <= 1_500 - 60
    assert limits.VOICE_FRAME_BYTES >= 7 + 17 + 16 + 1_275
    assert limits.REPLAY_WINDOW / limits.VOICE_PER_SECOND > 5
