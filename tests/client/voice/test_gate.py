"""When an open microphone is sent."""

from __future__ import annotations

from client.commands import Transmit
from client.voice.gate import Gate


def sends(gate: Gate, speech: str) -> str:
    """What the gate makes of blocks with (#) and without (.) speech."""
    sent = ""
    for block in speech:
        gate.hear(block == "#")
        sent += "#" if gate.sends else "."
    return sent


def voice() -> Gate:
    gate = Gate()
    gate.mode = Transmit.VOICE
    return gate


def test_speech_opens_it_and_a_click_does_not() -> None:
    assert sends(voice(), ".#..#...") == "........"
    assert sends(voice(), ".#.#....") == "...#####"
    assert sends(voice(), "..##....") == "...#####"


def test_speech_after_something_loud_opens_it_at_once() -> None:
    # Would catch a word that is known to be one 10 ms later than it could be, and a door that slams.
    gate = voice()
    for _ in range(5):
        gate.hear(False, loud=True)
    assert sends(gate, ".") == "."
    gate.hear(False, loud=True)
    assert sends(gate, "#") == "#"
    closed = voice()
    closed.hear(False, loud=True)
    closed.close()
    assert sends(closed, "#") == "."


def test_a_pause_between_words_is_sent_and_a_longer_one_is_not() -> None:
    # Would catch words that are cut off, and a microphone that never closes.
    gate = voice()
    assert sends(gate, "##" + "." * 39 + "#" + "." * 40) == "." + "#" * 80 + "."
    assert not gate.speaking


def test_always_and_push() -> None:
    gate = Gate()
    assert sends(gate, "..") == "##"
    gate.mode = Transmit.PUSH
    assert sends(gate, "###") == "..."
    assert gate.speaking  # into a microphone that is not sent
    gate.held = True
    assert sends(gate, "..") == "##"
    gate.held = False
    assert sends(gate, "#") == "."


def test_a_closed_microphone_forgets_what_it_heard() -> None:
    gate = voice()
    sends(gate, "##")
    gate.close()
    assert not gate.speaking
    assert sends(gate, "#.") == ".."
