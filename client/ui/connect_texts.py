"""The sentences about where one connects: brokers that have changed, servers and keys that are remembered.

They stand apart from `client.ui.texts` for their length alone; the rules are the same.
"""

from __future__ import annotations

from typing import Final

from client.events import Clash
from client.ui.texts import _

# --- a broker whose key has changed -------------------------------------------------------------------------

CHANGED_TITLE: Final = _("Stop")
CHANGED_BAR: Final = _("This is not the broker that you know. Nothing was sent to it.")
WHAT_HAPPENED: Final = _("What happened…")
STAY_AWAY: Final = _("Stay away")
TRUST_NEW_KEY: Final = _("The words match: trust the new key")
TYPE_THE_WORDS: Final = _("The four words, as the host reads them to you")
CHANGED_WHY_TITLE: Final = _("What can be behind it")
CHANGED_WHY: Final = (
    _("The host has set up the broker anew, and its old key is lost. Then the host can read you the new words."),
    _(
        "Somebody stands between you and the broker, and wants you to take them for it. They could then try to guess "
        "the key of your room, and see who talks when."
    ),
)
CHANGED_DO_TITLE: Final = _("What to do")
CHANGED_DO: Final = _(
    "Ask the host for the four words by another way: by telephone, or face to face. The broker prints them when it "
    "starts. If you cannot ask now, stay away: nothing is lost. What was said before, and what you are "
    "writing now, stays with the old key and is not shown under a new one."
)
WORDS_NEW: Final = _("These are the new words. If the host has just read them to you, the new key can be trusted.")
WORDS_OLD: Final = _(
    "These are the old words: the host has not changed the key, so somebody stands between you. Stay away, do not "
    "connect from this network, and tell the host."
)
WORDS_NEITHER: Final = _("These are neither the old words nor the new ones. If they are typed right, stay away.")

_HAPPENED: Final = {
    Clash.BROKER_AND_PIN: _("The broker at {address} is not the one that you know: it shows another key."),
    Clash.BROKER_AND_LINK: _("The broker at {address} is not the one that the invite link was made for."),
    Clash.LINK_AND_PIN: _("The invite link names another key for {address} than the one that you know."),
}
_ROWS: Final = {
    Clash.BROKER_AND_PIN: (_("Known before"), _("Shown now")),
    Clash.BROKER_AND_LINK: (_("In the link"), _("Shown now")),
    Clash.LINK_AND_PIN: (_("Known before"), _("In the link")),
}
NOTHING_SENT: Final = _("Nothing was sent: neither your name nor anything of your key.")


def happened(clash: Clash, address: str) -> str:
    """What has been found, in one sentence."""
    return _HAPPENED[clash].format(address=address)


def rows(clash: Clash) -> tuple[str, str]:
    """What stands before the expected words, and before the others."""
    return _ROWS[clash]


# --- servers that are remembered ----------------------------------------------------------------------------

FORGET: Final = _("Forget…")
FORGET_ALL: Final = _("Forget all of them")
REMEMBER_SERVERS: Final = _("Remember servers and names")
HINT_REMEMBER_SERVERS: Final = _("For the list under IP:PORT. Without it, all that are remembered are forgotten.")
REMEMBER_KEY: Final = _("Remember this key")
TIP_REMEMBER_KEY: Final = _(
    "Keeps the key in your system's keyring, once you are in. Whoever unlocks that reads it. "
    "Without the tick it is deleted there."
)
TIP_SERVERS: Final = _("Where you have been (arrow down in the field)")


def forget(words: str) -> str:
    """What takes a line out of the list."""
    return _("Forget {visit}").format(visit=words)


def visit(server: str, room: str) -> str:
    """A line of the list; with the words of the room where its key is in the keyring."""
    return _("{server} · room {room}").format(server=server, room=room) if room else server
