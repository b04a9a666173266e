"""Every number of protocol version 1, with its reason.

These are constants of the version: two programs that differ in one of them do not speak the same protocol.
What one side may choose for itself (time-outs, buffer sizes) stands here too, in a section of its own.
"""

from typing import Final

PROTOCOL_VERSION: Final = 1

# --- sizes on the wire, bytes -------------------------------------------------------------------------------

KEY_BYTES: Final = 32  # CURVE, Ed25519 and Argon2id output alike
ROOM_ID_BYTES: Final = 16  # 128 bits: rooms do not collide by chance, and cannot be enumerated
ROOM_HANDLE_BYTES: Final = 4  # allotted by the broker, so collisions are the broker's to avoid
MEMBER_HANDLE_BYTES: Final = 2  # 500 members at most: two bytes keep a topic at seven
POST_ID_BYTES: Final = 16
LOG_ID_BYTES: Final = 16

TEXT_BYTES: Final = 16_000  # some 2,500 words: longer than anybody types, shorter than a file
NAME_BYTES: Final = 64  # UTF-8; twenty characters of any script
PHRASE_BYTES: Final = 1_024  # generous for people, bounded for Argon2id
TOKEN_BYTES: Final = 24_576  # the Fernet token of a body with a text of TEXT_BYTES, and some room
HELLO_BYTES: Final = 1_024  # two keys, a name and two signatures take 524 at most
CONTROL_BYTES: Final = 32_768  # a Post of TOKEN_BYTES and its envelope; the broker's MAXMSGSIZE
VOICE_FRAME_BYTES: Final = 1_400  # topic, header, tag and the largest Opus packet (1,275); one Ethernet packet
VOICE_MESSAGE_BYTES: Final = 4_096  # from the voice port: two of them in a bundle; CURVE's handshake needs 512
VOICE_FRAME_MIN_BYTES: Final = 7 + 1 + 16  # topic, shortest SFrame header, tag
FROM_BROKER_BYTES: Final = 524_288  # what a client takes in one message: twice what a broker should send
PAGE_BYTES: Final = 262_144  # posts of one Page, or hellos of one Joined
PAGE_POSTS: Final = 200  # a few screens: a first page is there at once
JOINED_MEMBERS: Final = 200  # further members follow as MemberJoined
BANNER_BYTES: Final = 128  # the banner's one line is 72 at most

# --- rates and numbers that the broker enforces -------------------------------------------------------------

TEXT_PER_SECOND: Final = 20.0  # ten times a fast typist; a burst for what an outbox sends again
TEXT_BURST: Final = 40
SIGNALS_PER_SECOND: Final = 30.0
SIGNAL_BURST: Final = 60
SIGNAL_BYTES_PER_SECOND: Final = 65_536.0  # of tokens; Present of a room of 500 takes 12 KB
SIGNAL_BYTES_BURST: Final = 262_144
POST_BYTES_PER_SECOND: Final = 262_144.0  # of tokens, for one address: fifty people who never stop typing
POST_BYTES_BURST: Final = 16_777_216  # full outboxes; a disk of gigabytes is not filled by one address in an evening
CONTROL_PER_SECOND: Final = 20.0  # Listen, Fetch, Ping, Leave together
CONTROL_BURST: Final = 60
VOICE_PER_SECOND: Final = 110.0  # 10 ms packets and 10 % for a sender that catches up
FURTHER_LANES: Final = 3  # beside the first: four copies get through nearly anything, and cost four times as much
VOICE_BURST: Final = 55  # half a second that arrived at once after a stall
JOINS_PER_MINUTE_KEY: Final = 30
JOINS_PER_MINUTE_ADDRESS: Final = 300
MALFORMED_LIMIT: Final = 20  # malformed messages within MALFORMED_SECONDS end the connection
MALFORMED_SECONDS: Final = 10.0
ROOM_MEMBERS: Final = 64  # default; a broker may be told otherwise, up to ROOM_MEMBERS_MAX
ROOM_MEMBERS_MAX: Final = 500
TOPICS_EACH_MEMBER: Final = 64  # above that many members a room uses one topic for all (7-byte ones cost memory)

# --- times, seconds -----------------------------------------------------------------------------------------

PING_SECONDS: Final = 2.0
PING_LISTENING_SECONDS: Final = 0.75  # with the speaker on: two Pongs show within 2 s that voice does not come in
MEMBER_EXPIRES_SECONDS: Final = 6.0  # three pings missed
PING_TALKING_SECONDS: Final = 0.3  # while voice flows: ten tell within three seconds whether a queue stays
BEHIND_SECONDS: Final = 10.0  # how long a member that cannot take its messages is kept
PRESENT_MIN_SECONDS: Final = 0.25  # between two Present signals of one client
SEEN_MIN_SECONDS: Final = 1.0  # between two Seen signals of one client: 64 in a room make 63 a second for each
WRITING_MIN_SECONDS: Final = 3.0  # between two Writing signals of one client
WRITING_HOLDS_SECONDS: Final = 6.5  # one may be lost, or late, before its sender seems to have stopped
CLOCK_MIN_SECONDS: Final = 2.0  # between two Clock signals of one client
CLOCK_REFRESH_SECONDS: Final = 10.0  # so a clock of 200 ppm is 2 ms off at the most
CLOCK_RECEIVERS: Final = 8  # listeners that are told one by one; of more the broker tells everybody
PRESENT_REFRESH_SECONDS: Final = 8.0  # so different rosters show within ten seconds
UNCONFIRMED_VOICE_SECONDS: Final = 0.3  # how long voice of an unconfirmed session waits
HANDSHAKE_SECONDS: Final = 3.0

# --- voice --------------------------------------------------------------------------------------------------

SAMPLE_RATE: Final = 48_000  # Hz, everywhere in the program
VOICE_COUNTER_MAX: Final = 2**32 - 1  # SFrame CTR: over a year of 10 ms packets
REPLAY_WINDOW: Final = 1_024  # a second lane can be half a second behind; ten times that

MAX_INTEGER: Final = 2**63 - 1  # of any integer in a message
