"""When the window calls for its user."""

from __future__ import annotations

from client.events import TextReceived
from client.ui.attention import Attention


def line(text: str = "hello", *, own: bool = False, late: bool = False) -> TextReceived:
    return TextReceived("p", "m", "Ben", text, 1, 1_000.0, own=own, late=late)


def test_messages_are_counted_until_somebody_looks() -> None:
    attention = Attention()
    assert attention.title("hidden") == "Secure Chat"
    attention.receive(line())
    attention.receive(line())
    assert attention.title("hidden") == "(2) Secure Chat"
    attention.looked()
    assert attention.title("hidden") == "Secure Chat"
    assert not attention.rings("hidden", 1.0)


def test_what_is_mine_or_old_calls_nobody() -> None:
    # Would catch a bell for each line of a history that is read back.
    attention = Attention()
    attention.receive(line(own=True))
    attention.receive(line(late=True))
    assert attention.title("full") == "Secure Chat"
    assert not attention.rings("full", 1.0)


def test_the_message_is_shown_only_where_that_was_chosen() -> None:
    attention = Attention()
    attention.receive(line("one\ntwo " + "x" * 100))
    assert "one" not in attention.title("hidden")
    title = attention.title("full")
    assert title.startswith("(1) Ben: one two xxx")
    assert len(title) < 90
    assert attention.title("off") == "Secure Chat"


def test_a_lively_room_rings_every_ten_seconds() -> None:
    attention = Attention()
    attention.receive(line())
    assert not attention.rings("off", 0.0)
    rung = []
    for second in range(25):
        attention.receive(line())
        if attention.rings("hidden", float(second)):
            rung.append(second)
    assert rung == [0, 10, 20]
    assert not attention.rings("hidden", 40.0)  # nothing new since
