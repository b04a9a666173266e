"""Every sentence that a person reads in the window.

One file, so that it can be proof-read and translated as a whole. It knows no widgets and no state.
"""

from __future__ import annotations

from typing import Final

APP: Final = "Secure Chat"

# --- connecting ---------------------------------------------------------------------------------------------

SERVER: Final = "IP:PORT"
NAME: Final = "Name"
KEY: Final = "Encryption key"
CONNECT: Final = "Connect"
DISCONNECT: Final = "Disconnect"
NEW_KEY: Final = "New key"
SERVER_MISSING: Final = "Where to? Type the broker's address, for example 192.168.1.20:9090, or paste an invite link."
NAME_MISSING: Final = "Who are you? Type the name that the others will see."
NAME_TOO_LONG: Final = "This name is too long: some twenty characters fit."
KEY_WEAK: Final = "Easy to guess"
KEY_FAIR: Final = "Could be stronger"
KEY_STRONG: Final = "Strong"

# --- status line --------------------------------------------------------------------------------------------

NOT_CONNECTED: Final = "Not connected"
CONNECTING: Final = "Connecting…"
CONNECTED: Final = "Connected"
RETRYING_NOW: Final = "Retrying now…"
LEAVING: Final = "Leaving…"
COPY_INVITE: Final = "Copy invite"
INVITE_COPIED: Final = "Invite copied"


def retrying(seconds: int, reason: str) -> str:
    """The countdown to the next attempt, and why there must be one."""
    return f"Retrying in {seconds} s · {reason}" if reason else f"Retrying in {seconds} s"


def room(words: str) -> str:
    """The room's two words."""
    return f"Room {words}"


def broker(words: str, *, first_contact: bool) -> str:
    """The broker's four words, with a request to compare them when they were never seen before."""
    return f"New broker: compare {words}" if first_contact else f"Broker {words}"


# --- people -------------------------------------------------------------------------------------------------

PEOPLE: Final = "People"
PEOPLE_EMPTY: Final = "Everyone with the same key at the same broker appears here."
YOU: Final = "you"
TEXT_ONLY: Final = "text only"
LISTENING: Final = "listening"
TALKING: Final = "talking"
MICROPHONE_OPEN: Final = "microphone on"
UNCONFIRMED: Final = "not confirmed yet"


def alone(words: str) -> str:
    """Nobody else is in the room: the most frequent reason, and how to find out."""
    return f"Nobody else is here with this key. A mistyped key looks just like this: compare the room words, {words}."


def joined(name: str) -> str:
    """A notice between the messages."""
    return f"{name} joined"


def left(name: str) -> str:
    """A notice between the messages."""
    return f"{name} left"


# --- messages -----------------------------------------------------------------------------------------------

SEND: Final = "Send"
WRITE_HERE: Final = "Write a message"
SENDING: Final = "sending…"
STORED: Final = "✓"
SEEN: Final = "seen"
EARLIER: Final = "earlier"
COPIED_DEVICE: Final = "Warning: two programs say they are this device. Ask this person in another way."
EMPTY_TITLE: Final = "A room of your own"
EMPTY_TEXT: Final = (
    "Fill in the three fields above, or paste an invite link into IP:PORT, and press Connect. "
    "Whoever uses the same key at the same broker is in the same room."
)
QUIET_TITLE: Final = "You are in"
QUIET_TEXT: Final = "Write the first message, or turn on the microphone and talk."
WAITING_TITLE: Final = "One moment"
WAITING_TEXT: Final = "Looking for the broker and making the room's keys from yours."
CONNECTION_LOST: Final = "Connection lost"
CONNECTED_AGAIN: Final = "Connected again"
YOU_LEFT: Final = "You left the room"


def refused(reason: str) -> str:
    """Why a line was not sent, at the line."""
    return f"not sent: {reason}"


def seen(count: int, of: int) -> str:
    """At my line: on how many other devices it was seen. Never longer than `SENDING`, so that no line wraps anew."""
    if not count:
        return STORED
    return SEEN if count >= of else f"{SEEN} {count}/{of}"


def not_kept(count: int) -> str:
    """Between the messages: lines that nobody can have any more."""
    return f"{_lines(count)} from here {'is' if count == 1 else 'are'} not kept by the broker any more"


def dropped(count: int, name: str) -> str:
    """Between the messages: lines that were withheld."""
    return f"The broker dropped {_lines(count)} of {name}"


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"


def new_below(count: int) -> str:
    """The button that leads to messages below the visible ones."""
    return "1 new message  ↓" if count == 1 else f"{count} new messages  ↓"


# --- voice --------------------------------------------------------------------------------------------------

MICROPHONE_ON: Final = "Microphone on"
MICROPHONE_OFF: Final = "Microphone off"
SPEAKER_ON: Final = "Speaker on"
SPEAKER_OFF: Final = "Speaker off"
OPENING: Final = "opening…"
NOBODY_LISTENS: Final = "Nobody is listening"
ON_AFTER_CONNECTING: Final = "Starts once you are connected"

# --- problems -----------------------------------------------------------------------------------------------

CONNECT_ANYWAY: Final = "Connect anyway"
TRY_AGAIN: Final = "Try again"
ENDED: Final = "The connection part of the program has stopped. Close the window and start Secure Chat again."
TEXT_TOO_LONG: Final = "This message is too long to be sent: some 2,500 words fit. Send it in parts."
INTERNAL: Final = "Something went wrong inside the window; it goes on. The log has the details."
NO_DISPLAY: Final = "There is no screen to open a window on. Start the text client instead: secure-chat --text"
NO_TKINTER: Final = (
    "This Python lacks what the window needs: tkinter (Debian: apt install python3-tk) or the extra “window” "
    "of this package. The text client works without them: secure-chat --text"
)

PART_TITLES: Final = {
    "server": SERVER,
    "name": NAME,
    "key": KEY,
    "text": "Message",
    "microphone": "Microphone",
    "speaker": "Speaker",
    "general": "Problem",
}

# --- tooltips -----------------------------------------------------------------------------------------------

TIP_SERVER: Final = (
    "Where the broker is: host, host:port or [IPv6]:port. An invite link pasted here fills in everything. (Ctrl+K)"
)
TIP_NAME: Final = "The name the others see. The broker sees only its sealed form."
TIP_KEY: Final = (
    "The same key for everyone in the room. It never leaves this computer: room and seals are derived from it."
)
TIP_SHOW_KEY: Final = "Show or hide the key"
TIP_NEW_KEY: Final = "Make a new key of six random words, for a new room"
TIP_CONNECT: Final = "Join the room of this key (Enter in a field)"
TIP_DISCONNECT: Final = "Leave the room, or end the attempt to connect"
TIP_INPUT: Final = "Enter sends, Shift+Enter begins a new line"
TIP_SEND: Final = "Send the message (Enter)"
TIP_MICROPHONE_OFF: Final = "Your microphone is off: nobody hears you. Press to talk. (Ctrl+Shift+M)"
TIP_MICROPHONE_ON: Final = "Your microphone is on: everyone whose speaker is on hears you. (Ctrl+Shift+M)"
TIP_SPEAKER_OFF: Final = "Your speaker is off: no voice is sent to you. Press to listen. (Ctrl+Shift+D)"
TIP_SPEAKER_ON: Final = "Your speaker is on: you hear whoever talks. (Ctrl+Shift+D)"
TIP_LEVEL: Final = "How loud your microphone is"
TIP_ROOM: Final = "Equal for everyone who typed the same key. Compare them aloud if somebody is missing."
TIP_BROKER: Final = "Four words of the broker's key. They should be those that the broker printed when it started."
TIP_INVITE: Final = (
    "Copy a link that brings somebody into this room. It has the key in it: send it only to those you trust."
)
TIP_STATUS: Final = "The state of the connection"
TIP_DISMISS: Final = "Close this message"
TIP_UNCONFIRMED: Final = (
    "Has this key, but has not yet shown to be here now: it could be a recording of an earlier visit."
)
TIP_REMEDY: Final = "Try to mend it"
TIP_NEW_BELOW: Final = "Go to the newest message"


TIP_SENDING: Final = "On its way: the broker has not stored it yet. It is sent again until it has."
TIP_STORED: Final = "Stored by the broker. Nobody else is known to have seen it yet."
TIP_NOT_KEPT: Final = "They were said while you were away, and the broker keeps only so many, for so long."
TIP_DROPPED: Final = "Senders number their lines. These numbers are missing, and the broker has not passed them on."


def tip_seen(count: int, of: int) -> str:
    """Who has seen my line, in full."""
    if not count:
        return TIP_STORED
    if count >= of:
        return "Seen on the one other device" if of == 1 else f"Seen on all {of} other devices"
    return f"Seen on {count} of {of} other devices"


def tip_person(name: str, fingerprint: str, state: str) -> str:
    """Who a row of the people list is."""
    return f"{name}: {state}\nDevice {fingerprint}"
