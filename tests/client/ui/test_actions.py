"""The list of what can be done: complete, without one key for two things, and possible only where it makes sense."""

from __future__ import annotations

from msgspec.structs import replace

from client.ui.actions import MENU, UNLISTED, WITH_KEYS, Act, is_on, is_possible
from client.ui.presenter import Presenter
from client.ui.voice_state import VoiceShown

OFFLINE = Presenter().state(0)
ONLINE = replace(OFFLINE, can_connect=False, can_disconnect=True, invite="secure-chat://x", has_new=True)


def test_everything_is_listed_once_and_no_key_stands_for_two_things() -> None:
    listed = [action.act for group in (*MENU, UNLISTED) for action in group]
    assert sorted(listed) == sorted(Act)
    sequences = [action.sequence for action in WITH_KEYS]
    assert len(set(sequences)) == len(sequences)
    assert all(action.keys and action.sequence for action in WITH_KEYS)


def test_what_makes_sense() -> None:
    offline = {act for act in Act if is_possible(act, OFFLINE)}
    online = {act for act in Act if is_possible(act, ONLINE)}
    assert offline - online == {Act.CONNECT, Act.NEW_KEY, Act.SERVER}
    assert online - offline == {Act.DISCONNECT, Act.COPY_INVITE, Act.INVITE, Act.FIRST_NEW}


def test_what_is_on() -> None:
    state = replace(OFFLINE, voice=VoiceShown(microphone_down=True))
    assert (is_on(Act.MICROPHONE, state), is_on(Act.SPEAKER, state), is_on(Act.QUIT, state)) == (True, False, None)
