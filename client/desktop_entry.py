"""The file that tells a desktop of Secure Chat: in its menu, and as what opens secure-chat:// links. Pure.

https://specifications.freedesktop.org/desktop-entry-spec/1.5/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

NAME: Final = "secure-chat"
FILE: Final = f"{NAME}.desktop"
_RESERVED: Final = frozenset(" \t\n\"'\\><~|&;$*?#()`")  # in an argument of Exec: it has to be quoted
_ESCAPED: Final = frozenset('"`$\\')  # inside quotes


def desktop_entry(command: Sequence[str], folder: str = "") -> str:
    """The content of the file. `command` starts the window, in `folder` where one is named.

    Raises `ValueError` for a path with a control character, which no such file can hold.
    """
    lines = {
        "Type": "Application",
        "Version": "1.1",
        "Name": "Secure Chat",
        "GenericName": "Group Chat",
        "Comment": "Sealed group chat with live voice",
        "Keywords": "chat;voice;talk;call;encrypted;",
        "Exec": _string(" ".join([*map(_argument, command), "%u"])),
        "Icon": NAME,
        "Terminal": "false",
        "Categories": "Network;Chat;InstantMessaging;",
        "MimeType": "x-scheme-handler/secure-chat;",
        "StartupNotify": "true",
        "StartupWMClass": "SecureChat",
    }
    if folder:
        lines["Path"] = _string(folder)
    return "[Desktop Entry]\n" + "".join(f"{key}={value}\n" for key, value in lines.items())


def _argument(word: str) -> str:
    """As the rules for Exec want it: a percent sign would be a field code."""
    word = word.replace("%", "%%")
    if not _RESERVED & set(word):
        return word
    return '"' + "".join(f"\\{sign}" if sign in _ESCAPED else sign for sign in word) + '"'


def _string(text: str) -> str:
    """As all values are written: with the backslash doubled."""
    if not text.isprintable():
        raise ValueError("a path with a control character")
    return text.replace("\\", "\\\\")
