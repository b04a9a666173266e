"""What a person can do by a key or in the menu: one list for the bindings, the menu and the overview of keys. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from client.ui import texts
from client.ui.view_state import ViewState


class Act(StrEnum):
    """Something to do, wherever the focus is."""

    CONNECT = "connect"
    DISCONNECT = "disconnect"
    NEW_KEY = "new key"
    COPY_INVITE = "copy invite"
    INVITE = "invite"
    MICROPHONE = "microphone"
    SPEAKER = "speaker"
    FIND = "find"
    FIRST_NEW = "first new"
    SERVER = "server"
    NEXT_PANE = "next pane"
    MENU = "menu"
    SETTINGS = "settings"
    KEYS = "keys"
    QUIT = "quit"


class Action(Struct, frozen=True):
    """`keys` is the key as people read it, `sequence` as Tk does; empty where there is none."""

    act: Act
    label: str
    keys: str = ""
    sequence: str = ""


MENU: Final = (
    (
        Action(Act.CONNECT, texts.CONNECT),
        Action(Act.DISCONNECT, texts.DISCONNECT),
        Action(Act.NEW_KEY, texts.NEW_KEY),
        Action(Act.COPY_INVITE, texts.COPY_INVITE),
        Action(Act.INVITE, texts.INVITE, "Ctrl+Shift+I", "<Control-Shift-I>"),
    ),
    (
        Action(Act.MICROPHONE, texts.MICROPHONE, "Ctrl+Shift+M", "<Control-Shift-M>"),
        Action(Act.SPEAKER, texts.SPEAKER, "Ctrl+Shift+D", "<Control-Shift-D>"),
    ),
    (
        Action(Act.FIND, texts.FIND, "Ctrl+F", "<Control-f>"),
        Action(Act.FIRST_NEW, texts.FIRST_NEW, "Ctrl+J", "<Control-j>"),
        Action(Act.SERVER, texts.GO_TO_SERVER, "Ctrl+K", "<Control-k>"),
        Action(Act.NEXT_PANE, texts.NEXT_PANE, "F6", "<F6>"),
    ),
    (
        Action(Act.SETTINGS, texts.SETTINGS, "Ctrl+,", "<Control-comma>"),
        Action(Act.KEYS, texts.KEYS, "F1", "<F1>"),
        Action(Act.QUIT, texts.QUIT, "Ctrl+Q", "<Control-q>"),
    ),
)
UNLISTED: Final = (Action(Act.MENU, texts.MENU, "F10", "<F10>"),)
WITH_KEYS: Final = tuple(action for action in (*sum(MENU, ()), *UNLISTED) if action.keys)


def is_possible(act: Act, state: ViewState) -> bool:
    """Whether this makes sense now."""
    if act in {Act.CONNECT, Act.NEW_KEY, Act.SERVER}:
        return state.can_connect
    if act is Act.DISCONNECT:
        return state.can_disconnect
    if act is Act.FIRST_NEW:
        return state.has_new
    return bool(state.invite) if act in {Act.COPY_INVITE, Act.INVITE} else True


def is_on(act: Act, state: ViewState) -> bool | None:
    """For what can be on or off: which it is. None for all else."""
    return {Act.MICROPHONE: state.voice.microphone_down, Act.SPEAKER: state.voice.speaker_down}.get(act)
