"""Every sentence that a person reads in the window; those about where one connects are in `client.ui.connect_texts`.

Together, so that they can be proof-read and translated as a whole: each goes through `_`, or `_n` where it counts
something, which `xgettext` finds. A language is a file `locale/LANGUAGE/LC_MESSAGES/secure-chat.mo` beside this one.
It knows no widgets and no state.
"""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_language: Final = gettext.translation("secure-chat", Path(__file__).with_name("locale"), fallback=True)
_: Final = _language.gettext
_n: Final = _language.ngettext

APP: Final = "Secure Chat"

# --- connecting ---------------------------------------------------------------------------------------------

SERVER: Final = _("IP:PORT")
NAME: Final = _("Name")
KEY: Final = _("Encryption key")
KEY_SHORT: Final = _("Key")
CONNECT: Final = _("Connect")
DISCONNECT: Final = _("Disconnect")
NEW_KEY: Final = _("New key")
SERVER_MISSING: Final = _(
    "Where to? Type the broker's address, for example 192.168.1.20:9090, or paste an invite link."
)
NAME_MISSING: Final = _("Who are you? Type the name that the others will see.")
NAME_TOO_LONG: Final = _("This name is too long: some twenty characters fit.")
KEY_WEAK: Final = _("Easy to guess")
KEY_FAIR: Final = _("Could be stronger")
KEY_STRONG: Final = _("Strong")

# --- status line --------------------------------------------------------------------------------------------

NOT_CONNECTED: Final = _("Not connected")
CONNECTING: Final = _("Connecting…")
CONNECTED: Final = _("Connected")
RETRYING_NOW: Final = _("Retrying now…")
LEAVING: Final = _("Leaving…")
COPY_INVITE: Final = _("Copy invite")
INVITE_COPIED: Final = _("Invite copied")


def tip_link(host: str) -> str:
    """Where a link leads."""
    return _("Opens {host} in your browser").format(host=host)


BROKER_AWAY: Final = _("The broker does not answer now. It is tried again and again; what you write waits here.")


def unsent(lines: int, *, draft: bool, kept: bool = False) -> str:
    """What would be left behind by a window that is closed now."""
    parts = []
    if lines:
        parts.append(
            _n(
                "1 of your messages is not sent yet; it is kept and sent next time.",
                "{count:,} of your messages are not sent yet; they are kept and sent next time.",
                lines,
            ).format(count=lines)
        )
    if draft and kept:
        parts.append(_("What you have written is not sent; it is kept and stands here again next time in this room."))
    elif draft:
        parts.append(_("What you have written and not sent would be lost."))
    return " ".join(parts)


FIND: Final = _("Find in messages")


def unread(count: int, words: str) -> str:
    """The title of the window while messages wait."""
    return _("({count}) {words}").format(count=count, words=words)


TIP_FIND: Final = _("Words to find in the messages. Enter: older, Shift+Enter: newer, Escape: done. (Ctrl+F)")
TIP_FIND_OLDER: Final = _("The next older message with these words (Enter)")
TIP_FIND_NEWER: Final = _("The next newer message with these words (Shift+Enter)")


def found(number: int, count: int) -> str:
    """Where one is among the messages that have the words."""
    return _("{number} of {count}").format(number=number, count=count) if count else _("nothing found")


INVITE: Final = _("Invite…")
INVITE_TITLE: Final = _("Invite somebody")
SHOW_INVITE: Final = _("Show link and QR code")
HIDE_INVITE: Final = _("Hide link and QR code")
INVITE_ON_CLIPBOARD: Final = _("The link is on the clipboard for one minute: paste it where only your friend reads it.")

INVITE_LOCAL: Final = _(
    "This link works on this computer only: you are connected to a broker at its own address. For friends elsewhere, "
    "connect by the address under which they reach it."
)


def invite_explained(room_words: str) -> str:
    """What an invite is, and how to know that it worked."""
    return _(
        "The link brings somebody into this room: it has the broker's address and key in it, and the key of the room. "
        "Whoever has it reads and hears everything, so send it only by a way that you trust. When your friend is in, "
        "compare the room's two words: {words}."
    ).format(words=room_words)


def retrying(seconds: int, reason: str) -> str:
    """The countdown to the next attempt, and why there must be one."""
    waiting = _("Retrying in {seconds} s").format(seconds=seconds)
    return f"{waiting} · {reason}" if reason else waiting


def room(words: str) -> str:
    """The room's two words."""
    return _("Room {words}").format(words=words)


def broker(words: str, *, first_contact: bool) -> str:
    """The broker's four words, with a request to compare them when they were never seen before."""
    return (_("New broker: compare {words}") if first_contact else _("Broker {words}")).format(words=words)


# --- people -------------------------------------------------------------------------------------------------

PEOPLE: Final = _("People")
PEOPLE_EMPTY: Final = _("Everyone with the same key at the same broker appears here.")
YOU: Final = _("you")
TEXT_ONLY: Final = _("text only")
LISTENING: Final = _("listening")
TALKING: Final = _("talking")
MICROPHONE_OPEN: Final = _("microphone on")
SHOW_PEOPLE: Final = _("Show who is here")
UNCONFIRMED: Final = _("not confirmed yet")
MUTED: Final = _("muted by you")
MUTE: Final = _("Mute")
VOLUME_RESET: Final = _("As they are")


def talking_behind(delay: int) -> str:
    """Of a person who is heard, so many milliseconds after they speak."""
    return _("talking · {delay} ms").format(delay=delay)


def decibels(count: int) -> str:
    """A volume that was chosen for somebody."""
    sign = "+" if count > 0 else "−" if count else ""
    return _("{sign}{count} dB").format(sign=sign, count=abs(count))


def as_loud(words: str, count: int) -> str:
    """Of a person for whom another volume was chosen."""
    return _("{words} · {volume}").format(words=words, volume=decibels(count))


def people(count: int) -> str:
    """The title of the list."""
    return f"{PEOPLE}  {count}" if count else PEOPLE


def alone(words: str) -> str:
    """Nobody else is in the room: the most frequent reason, and how to find out."""
    sentence = _(
        "Nobody else is here with this key. A mistyped key looks just like this: compare the room words, {words}."
    )
    return sentence.format(words=words)


def joined(name: str) -> str:
    """A notice between the messages."""
    return _("{name} joined").format(name=name)


def left(name: str) -> str:
    """A notice between the messages."""
    return _("{name} left").format(name=name)


SELF_JOINED: Final = _("You are here a second time now, from this computer")
SELF_LEFT: Final = _("Your other connection from this computer has ended")


# --- messages -----------------------------------------------------------------------------------------------

SEND: Final = _("Send")
WRITE_HERE: Final = _("Write a message")
SENDING: Final = _("sending…")
STORED: Final = _("✓")
SEEN: Final = _("seen")
EARLIER: Final = _("earlier")
COPIED_DEVICE: Final = _("Warning: two programs say they are this device. Ask this person in another way.")
EMPTY_TITLE: Final = _("A room of your own")
EMPTY_TEXT: Final = _(
    "Fill in the three fields above, or paste an invite link into IP:PORT, and press Connect. "
    "Whoever uses the same key at the same broker is in the same room."
)
QUIET_TITLE: Final = _("You are in")
QUIET_TEXT: Final = _("Write the first message, or turn on the microphone and talk.")
WAITING_TITLE: Final = _("One moment")
WAITING_TEXT: Final = _("Looking for the broker and making the room's keys from yours.")
CONNECTION_LOST: Final = _("Connection lost")
CONNECTED_AGAIN: Final = _("Connected again")
YOU_LEFT: Final = _("You left the room")


def writing(names: Sequence[str]) -> str:
    """Who writes a line just now."""
    if len(names) > 2:
        return _("Several people are writing…")
    if len(names) == 2:
        return _("{first} and {second} are writing…").format(first=names[0], second=names[1])
    return _("{name} is writing…").format(name=names[0]) if names else ""


def refused(reason: str) -> str:
    """Why a line was not sent, at the line."""
    return _("not sent: {reason}").format(reason=reason)


def seen(count: int, of: int) -> str:
    """At my line: on how many other devices it was seen. Never longer than `SENDING`, so that no line wraps anew."""
    if not count:
        return STORED
    return SEEN if count >= of else f"{SEEN} {count}/{of}"


def not_kept(count: int) -> str:
    """Between the messages: lines that nobody can have any more."""
    return _n(
        "1 line from here is not kept by the broker any more",
        "{count:,} lines from here are not kept by the broker any more",
        count,
    ).format(count=count)


def dropped(count: int, name: str) -> str:
    """Between the messages: lines that were withheld."""
    sentence = _n("The broker dropped 1 line of {name}", "The broker dropped {count:,} lines of {name}", count)
    return sentence.format(count=count, name=name)


def new_since_away(count: int) -> str:
    """Above the first message that came while nobody looked."""
    return _n("1 new message since you were away", "{count:,} new messages since you were away", count).format(
        count=count
    )


def new_below(count: int) -> str:
    """The button that leads to messages below the visible ones."""
    return _n("1 new message  ↓", "{count:,} new messages  ↓", count).format(count=count)


FIRST_NEW: Final = _("First new message")
FIRST_NEW_ABOVE: Final = _("First new message  ↑")
FIRST_NEW_BELOW: Final = _("First new message  ↓")


# --- voice --------------------------------------------------------------------------------------------------

MICROPHONE_ON: Final = _("Microphone on")
MICROPHONE_OFF: Final = _("Microphone off")
SPEAKER_ON: Final = _("Speaker on")
SPEAKER_OFF: Final = _("Speaker off")
OPENING: Final = _("opening…")
NOBODY_LISTENS: Final = _("Nobody is listening")
SECOND_LANE_LOSS: Final = _("Second lane on: your network loses packets")
FOUR_LANES_LOSS: Final = _("Four lanes on: your network loses many packets")
SLIM_VOICE: Final = _("Slim voice: your network is narrow")
SECOND_LANE: Final = _("Second lane on: voice goes two ways")
THIRD_LANE: Final = _("Third lane on: voice goes three ways")
FOUR_LANES: Final = _("Four lanes on: voice goes four ways")
ON_AFTER_CONNECTING: Final = _("Starts once you are connected")
SENT_AFTER_CONNECTING: Final = _("Open; nothing is sent until you are connected")
MICROPHONE_LOST: Final = _("Microphone lost; trying to open it again…")
SPEAKER_LOST: Final = _("Speaker lost; trying to open it again…")


def in_use(microphone: str, speaker: str) -> str:
    """The devices that are on, by their names; an empty one is off."""
    if microphone == speaker:
        return microphone
    lines = [_("Microphone: {device}").format(device=microphone)] if microphone else []
    return "\n".join([*lines, *([_("Speaker: {device}").format(device=speaker)] if speaker else [])])


def hold_to_talk(key: str) -> str:
    """The microphone is on, and a key has to be held to be heard."""
    return _("Hold {key} to talk").format(key=key)


def no_such_key(key: str, instead: str) -> str:
    """What stands in the settings file is no key."""
    return _("No key is called “{key}”, as the settings have it for talking: {instead} is used.").format(
        key=key, instead=instead
    )


def talking_while_muted(key: str) -> str:
    """Somebody speaks into a microphone that sends nothing."""
    return _("You are talking while muted: hold {key} to be heard").format(key=key)


# --- menu and keys ------------------------------------------------------------------------------------------

MENU: Final = _("Menu")
MICROPHONE: Final = _("Microphone")
SPEAKER: Final = _("Speaker")
GO_TO_SERVER: Final = _("Go to IP:PORT")
NEXT_PANE: Final = _("Next part of the window")
SETTINGS: Final = _("Settings")
KEYS: Final = _("Keys")
QUIT: Final = _("Quit")
DONE: Final = _("Done")
KEY_TALK: Final = _("Hold to talk, where that is chosen in the settings")
MORE_KEYS: Final = (
    (_("Enter"), _("Send the message; in one of the three fields: connect")),
    (_("Shift+Enter"), _("New line in the message")),
    (_("Tab, Shift+Tab"), _("To the next control, and back")),
    (_("Space, Enter"), _("Press the button that has the ring")),
    (_("Enter, Up, Down"), _("In the list of people: how loud this one is; the one above, the one below")),
    (_("Page Up, Page Down"), _("Earlier and later messages, while you write too")),
    (_("Ctrl+Home, Ctrl+End"), _("In the messages: to the first one, to the newest")),
    (_("Esc"), _("Close a sheet or a menu")),
)

# --- settings -----------------------------------------------------------------------------------------------

SETTINGS_VOICE: Final = _("Voice")
SETTINGS_LOOK: Final = _("Look and notifications")
SETTINGS_PRIVACY: Final = _("History and privacy")
DEVICE_DEFAULT: Final = _("As the system has it")
DEVICE_NONE: Final = _("None")
ECHO_TEST: Final = _("Hear yourself")
HINT_ECHO_TEST: Final = _("Three seconds are recorded and played to you; nothing is sent.")
ECHO_START: Final = _("Test")
ECHO_SPEAK: Final = _("Speak now…")
ECHO_LISTEN: Final = _("Listen…")
TRANSMIT: Final = _("When the microphone is on, send")
TRANSMIT_VOICE: Final = _("While I speak")
TRANSMIT_PUSH: Final = _("While I hold a key")
TRANSMIT_ALWAYS: Final = _("All the time")
VOICE_MODE: Final = _("My voice is made for")
LOW_DELAY: Final = _("Little delay")
SLIM: Final = _("Little data")
HINT_VOICE_MODE: Final = _(
    "Little data: a quarter of it; others hear you a little later. Automatic: while your network is narrow."
)
PUSH_KEY: Final = _("Key to hold")
HINT_PUSH_KEY: Final = _("Press the button, then the key. It works while this window has the focus.")
PRESS_A_KEY: Final = _("Press a key…")
ECHO: Final = _("Remove echo")
HINT_ECHO: Final = _("Needed with loudspeakers, does no harm with headphones.")
NOISE: Final = _("Remove noise")
HINT_NOISE: Final = _("Fans, keyboards, streets.")
HIGH_PASS: Final = _("Remove rumble")
HINT_HIGH_PASS: Final = _("Very low sounds, such as bumps against the desk.")
GAIN: Final = _("Even out loudness")
HINT_GAIN: Final = _("Soft voices become louder, loud ones softer.")
AUTOMATIC: Final = _("Automatic")
LANES: Final = _("Ways through the network")
LANES_ONE: Final = _("One")
LANES_TWO: Final = _("Two")
LANES_THREE: Final = _("Three")
LANES_FOUR: Final = _("Four")
HINT_LANES: Final = _(
    "More ways lose less, and each needs the data again. Automatic: more than one while packets are lost."
)
AS_SYSTEM: Final = _("As the system")
THEME: Final = _("Colours")
THEME_LIGHT: Final = _("Light")
THEME_DARK: Final = _("Dark")
THEME_CONTRAST: Final = _("High contrast")
SCALE: Final = _("Size")
NOTIFICATIONS: Final = _("Notifications")
NOTIFY_HIDDEN: Final = _("Without the message")
NOTIFY_FULL: Final = _("With the message")
NOTIFY_OFF: Final = _("None")
HINT_NOTIFICATIONS: Final = _("A bell, and the number of new messages in the title, while you are in another window.")
KEEP_LOG: Final = _("Keep messages on this computer")
HINT_KEEP_LOG: Final = _("Sealed under the room's key. Holds from the next connection on.")
RECEIPTS: Final = _("Tell others what I have seen")
HINT_RECEIPTS: Final = _("You see what they tell, whatever you choose.")
TYPING: Final = _("Tell others that I am writing")
HINT_TYPING: Final = _("Sealed like everything else.")

# --- problems -----------------------------------------------------------------------------------------------

CONNECT_ANYWAY: Final = _("Connect anyway")
COPY_DETAILS: Final = _("Copy details")
DETAILS_COPIED: Final = _("Copied")
TIP_COPY_DETAILS: Final = _("Copies what the makers need to mend it. No key, name or message is in it.")
TRY_AGAIN: Final = _("Try again")
BEFORE_CLOSING: Final = _("Close?")
CLOSE_NOW: Final = _("Close now")
ENDED: Final = _("The connection part of the program has stopped. Close the window and start Secure Chat again.")
TEXT_TOO_LONG: Final = _("This message is too long to be sent: some 2,500 words fit. Send it in parts.")
INTERNAL: Final = _("Something went wrong inside the window; it goes on. The log has the details.")
NO_DISPLAY: Final = _("There is no screen to open a window on. Start the text client instead: secure-chat --text")
NO_TKINTER: Final = _(
    "This Python lacks what the window needs: tkinter (Debian: apt install python3-tk) or the extra “window” "
    "of this package. The text client works without them: secure-chat --text"
)

PART_TITLES: Final = {
    "server": SERVER,
    "name": NAME,
    "key": KEY,
    "text": _("Message"),
    "microphone": _("Microphone"),
    "speaker": _("Speaker"),
    "general": _("Problem"),
}

# --- tooltips -----------------------------------------------------------------------------------------------

TIP_SERVER: Final = _(
    "Where the broker is: host, host:port or [IPv6]:port. An invite link pasted here fills in everything. (Ctrl+K)"
)
TIP_NAME: Final = _("The name the others see. The broker sees only its sealed form.")
TIP_KEY: Final = _(
    "The same key for everyone in the room. It never leaves this computer: room and seals are derived from it."
)
TIP_SHOW_KEY: Final = _("Show or hide the key")
TIP_NEW_KEY: Final = _("Make a new key of six random words, for a new room")
TIP_CONNECT: Final = _("Join the room of this key (Enter in a field)")
TIP_DISCONNECT: Final = _("Leave the room, or end the attempt to connect")
TIP_MENU: Final = _("Everything there is to do, with its keys (F10)")
TIP_INPUT: Final = _("Enter sends, Shift+Enter begins a new line")
TIP_SEND: Final = _("Send the message (Enter)")
TIP_MICROPHONE_OFF: Final = _("Your microphone is off: nobody hears you. Press to talk. (Ctrl+Shift+M)")
TIP_MICROPHONE_ON: Final = _("Your microphone is on: everyone whose speaker is on hears you. (Ctrl+Shift+M)")
TIP_SPEAKER_OFF: Final = _("Your speaker is off: no voice is sent to you. Press to listen. (Ctrl+Shift+D)")
TIP_SPEAKER_ON: Final = _("Your speaker is on: you hear whoever talks. (Ctrl+Shift+D)")
TIP_LEVEL: Final = _("How loud your microphone is")
TIP_ROOM: Final = _("Equal for everyone who typed the same key. Compare them aloud if somebody is missing.")
TIP_BROKER: Final = _("Four words of the broker's key. They should be those that the broker printed when it started.")
TIP_INVITE: Final = _(
    "Copy a link that brings somebody into this room. It has the key in it: send it only to those you trust."
)
TIP_STATUS: Final = _("The state of the connection")
TIP_DISMISS: Final = _("Close this message")
TIP_UNCONFIRMED: Final = _(
    "Has this key, but has not yet shown to be here now: it could be a recording of an earlier visit."
)
TIP_REMEDY: Final = _("Try to mend it")
TIP_CLOSE_NOW: Final = _("Leave the room and close the window. Closing it once more does the same.")
TIP_FIRST_NEW: Final = _("Go to where the messages begin that came while you were away (Ctrl+J)")
TIP_NEW_BELOW: Final = _("Go to the newest message")


TIP_SENDING: Final = _("On its way: the broker has not stored it yet. It is sent again until it has.")
TIP_STORED: Final = _("Stored by the broker. Nobody else is known to have seen it yet.")
TIP_NOT_KEPT: Final = _("They were said while you were away, and the broker keeps only so many, for so long.")
TIP_DROPPED: Final = _("Senders number their lines. These numbers are missing, and the broker has not passed them on.")


def tip_seen(count: int, of: int) -> str:
    """Who has seen my line, in full."""
    if not count:
        return TIP_STORED
    if count >= of:
        return _n("Seen on the one other device", "Seen on all {of} other devices", of).format(of=of)
    return _("Seen on {count} of {of} other devices").format(count=count, of=of)


def tip_person(name: str, fingerprint: str, state: str) -> str:
    """Who a row of the people list is."""
    return _("{name}: {state}\nDevice {fingerprint}").format(name=name, state=state, fingerprint=fingerprint)
