"""The control messages between client and broker, and their bytes.

A message is one ZeroMQ part: a MessagePack array whose first element is the tag of the type. All shapes and
bounds are in the types below, so `decode_from_client` and `decode_from_broker` return a message that is
right in every field or raise `Malformed`. This file knows nothing of what is sealed inside a token.
See docs/protocol.md, "Messages".
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from common import limits
from common.errors import Malformed

RoomId: TypeAlias = Annotated[bytes, Meta(min_length=limits.ROOM_ID_BYTES, max_length=limits.ROOM_ID_BYTES)]
RoomHandle: TypeAlias = Annotated[bytes, Meta(min_length=limits.ROOM_HANDLE_BYTES, max_length=limits.ROOM_HANDLE_BYTES)]
MemberHandle: TypeAlias = Annotated[
    bytes, Meta(min_length=limits.MEMBER_HANDLE_BYTES, max_length=limits.MEMBER_HANDLE_BYTES)
]
PostId: TypeAlias = Annotated[bytes, Meta(min_length=limits.POST_ID_BYTES, max_length=limits.POST_ID_BYTES)]
LogId: TypeAlias = Annotated[bytes, Meta(min_length=limits.LOG_ID_BYTES, max_length=limits.LOG_ID_BYTES)]
Key: TypeAlias = Annotated[bytes, Meta(min_length=limits.KEY_BYTES, max_length=limits.KEY_BYTES)]
Token: TypeAlias = Annotated[bytes, Meta(min_length=1, max_length=limits.TOKEN_BYTES)]
Hello: TypeAlias = Annotated[bytes, Meta(min_length=1, max_length=limits.HELLO_BYTES)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=limits.MAX_INTEGER)]  # seq, counters, stamps, milliseconds
Limit: TypeAlias = Annotated[int, Meta(ge=1, le=limits.PAGE_POSTS)]
Word: TypeAlias = Annotated[str, Meta(max_length=32)]
Sentence: TypeAlias = Annotated[str, Meta(max_length=500)]


class _Message(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """What all messages share: an array of a fixed length, no unknown fields, immutable."""


# --- client → broker ----------------------------------------------------------------------------------------


class Join(_Message, frozen=True, tag=1):
    """I enter a room. `hello` is my sealed introduction; `newest_seq` the newest post I have, 0 for none."""

    room_id: RoomId
    hello: Hello
    newest_seq: Count


class Listen(_Message, frozen=True, tag=2):
    """My speaker is on, or off. The broker then approves, or cuts, my voice subscriptions."""

    on: bool


class Post(_Message, frozen=True, tag=3):
    """A sealed line: keep it, number it, acknowledge it with `Accepted`, give it to the others."""

    token: Token


class Signal(_Message, frozen=True, tag=4):
    """A sealed body that is relayed now and never kept. `to` is one member, or None for all others."""

    token: Token
    to: MemberHandle | None


class Fetch(_Message, frozen=True, tag=5):
    """Give me kept posts: the oldest ones above `after`, or the newest ones below `before`. One of the two."""

    after: Count | None
    before: Count | None
    limit: Limit


class Leave(_Message, frozen=True, tag=6):
    """I leave the room."""


class Ping(_Message, frozen=True, tag=7):
    """I am alive. `stamp` comes back in `Pong`."""

    stamp: Count


class Lane(_Message, frozen=True, tag=8):
    """Make this connection a further lane of the member of my key: it brings copies of voice frames, nothing else.

    In place of the one that had this number, counted from 1.
    """

    number: Annotated[int, Meta(ge=1, le=limits.FURTHER_LANES)]


# --- broker → client ----------------------------------------------------------------------------------------


class Member(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """One member in `Joined`: its handle, its sealed hello, and the CURVE key that its connection has."""

    member: MemberHandle
    hello: Hello
    key: Key


class StoredPost(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """One post in a `Page`. `prev_seq` is the number of the post before it in the room, 0 for none."""

    seq: Count
    prev_seq: Count
    token: Token


class RoomLimits(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """What this broker allows: members in a room; texts, signals, voice frames a second for each member."""

    members: Count
    texts: Count
    signals: Count
    voice_frames: Count


class Joined(_Message, frozen=True, tag=32):
    """You are in. `members` are the others (the first `limits.JOINED_MEMBERS`; the rest follow as MemberJoined)."""

    member: MemberHandle
    room: RoomHandle
    members: Annotated[tuple[Member, ...], Meta(max_length=limits.JOINED_MEMBERS)]
    newest_seq: Count
    oldest_seq: Count
    log_id: LogId
    limits: RoomLimits


class MemberJoined(_Message, frozen=True, tag=33):
    """Somebody else entered. `key` is the CURVE key of its connection: its hello must name it."""

    member: MemberHandle
    hello: Hello
    key: Key


class MemberLeft(_Message, frozen=True, tag=34):
    """Somebody else left, or fell silent for `limits.MEMBER_EXPIRES_SECONDS`."""

    member: MemberHandle


class Listening(_Message, frozen=True, tag=35):
    """All members whose speaker is on, the receiver included; sent on each change."""

    members: Annotated[tuple[MemberHandle, ...], Meta(max_length=limits.ROOM_MEMBERS_MAX)]


class Accepted(_Message, frozen=True, tag=36):
    """Your post is kept under this number; `prev_seq` is that of the post before it."""

    post_id: PostId
    seq: Count
    prev_seq: Count


class Posted(_Message, frozen=True, tag=37):
    """Somebody else's post, live."""

    seq: Count
    prev_seq: Count
    token: Token


class Page(_Message, frozen=True, tag=38):
    """The answer to `Fetch`, in rising seq. `more`: there are further posts in the direction asked."""

    posts: Annotated[tuple[StoredPost, ...], Meta(max_length=limits.PAGE_POSTS)]
    oldest_seq: Count
    more: bool


class Signalled(_Message, frozen=True, tag=39):
    """Somebody's signal. `member` says which key to try, nothing more."""

    member: MemberHandle
    token: Token


class Resubscribe(_Message, frozen=True, tag=40):
    """Your voice subscription was cut through no fault of yours: open a new one."""


class Refused(_Message, frozen=True, tag=41):
    """The broker did not do what was asked.

    `what` names the message (`join`, `post`, …), `code` the reason for programs, `reason` for people,
    `retry_after` is in milliseconds (0: trying again will not help), `post_id` tells which post it was.
    """

    what: Word
    code: Word
    reason: Sentence
    retry_after: Count
    post_id: PostId | None = None


class Pong(_Message, frozen=True, tag=42):
    """The answer to `Ping`. `broker_time` is the broker's monotonic clock in microseconds.

    `voice_frames` counts the frames of others that were given out in the room; only its differences mean anything.
    """

    stamp: Count
    broker_time: Count
    voice_frames: Count


class Closing(_Message, frozen=True, tag=43):
    """The broker stops; come back after `retry_after` milliseconds."""

    retry_after: Count


FromClient: TypeAlias = Join | Listen | Post | Signal | Fetch | Leave | Ping | Lane
FromBroker: TypeAlias = (
    Joined
    | MemberJoined
    | MemberLeft
    | Listening
    | Accepted
    | Posted
    | Page
    | Signalled
    | Resubscribe
    | Refused
    | Pong
    | Closing
)

_encoder: Final = msgspec.msgpack.Encoder()
_from_client: Final[msgspec.msgpack.Decoder[FromClient]] = msgspec.msgpack.Decoder(FromClient)
_from_broker: Final[msgspec.msgpack.Decoder[FromBroker]] = msgspec.msgpack.Decoder(FromBroker)


def encode(message: FromClient | FromBroker) -> bytes:
    """The bytes of a message: one ZeroMQ part."""
    return _encoder.encode(message)


def decode_from_client(part: bytes) -> FromClient:
    """What a client sent. Raises `Malformed` for anything that is not exactly a client's message."""
    if len(part) > limits.CONTROL_BYTES:
        raise Malformed(f"message of {len(part)} bytes; {limits.CONTROL_BYTES} are allowed")
    try:
        message = _from_client.decode(part)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"not a client's message: {error}") from error
    if isinstance(message, Fetch) and (message.after is None) == (message.before is None):
        raise Malformed("Fetch needs one of after and before")
    return message


def decode_from_broker(part: bytes) -> FromBroker:
    """What the broker sent. Raises `Malformed` for anything that is not exactly a broker's message."""
    if len(part) > limits.FROM_BROKER_BYTES:
        raise Malformed(f"message of {len(part)} bytes; {limits.FROM_BROKER_BYTES} are allowed")
    try:
        return _from_broker.decode(part)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"not a broker's message: {error}") from error


def post_id(token: bytes) -> bytes:
    """The name of a post: computed by everyone from its bytes, so that nobody can re-label it."""
    return hashlib.sha256(token).digest()[: limits.POST_ID_BYTES]
