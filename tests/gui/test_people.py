"""The list of people: how loud somebody is heard, and whether at all, by mouse and by keys alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from client.commands import SetMuted, SetVolume
from client.events import DelayEstimated, Person, PersonChanged, RoomJoined, TalkingChanged
from client.settings import Choices
from client.ui.person_view import PersonView, TuningView
from tests.gui.test_rings import around, count
from tests.gui.test_window import ANN, BEN, MET, READY, fake, join
from tests.gui.window import DrivenWindow

Open = Callable[..., DrivenWindow]
CLEO = Person("s3", "f3", "Cleo", confirmed=True)


def rows(window: DrivenWindow) -> tuple[PersonView, PersonView]:
    """Ben's and Cleo's."""
    fake(window).say(MET, RoomJoined("f1", (ANN, BEN, CLEO), "otter lamp"))
    window.settle()
    return window.app.page.roster.row("s2"), window.app.page.roster.row("s3")


def tuning(row: PersonView) -> TuningView:
    assert row.tuning is not None
    return row.tuning


def test_by_mouse(open_window: Open) -> None:
    # would catch: a slider that asks for a volume with each pixel; one that jumps back while it is moved
    window = open_window(READY)
    join(window)
    ben, cleo = rows(window)
    window.click(ben)
    slider = tuning(ben).slider
    window.point_to(slider, slider.winfo_width() - 12, slider.winfo_height() // 2)
    window.press()
    window.until(lambda: fake(window).commands(SetVolume))
    window.click(tuning(ben).mute)
    assert fake(window).commands(SetMuted) == [SetMuted("f2", on=True)]
    fake(window).say(PersonChanged(replace(BEN, decibels=6.0, muted=True)))
    window.settle()
    assert ben.text == "Ben: muted by you"
    window.picture("people-muted")
    window.click(cleo)
    assert (ben.tuning, cleo.tuning is not None) == (None, True)
    window.point_to(cleo, 30, 15)  # its sign
    window.press()
    assert cleo.tuning is None


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_by_keys_alone(open_window: Open, theme: str) -> None:
    # would catch: what only a mouse reaches; a list of sixty that is sixty stops of Tab; a focus that nobody sees
    window = open_window(READY, choices=Choices(None, {"theme": theme}))
    join(window)
    ben, cleo = rows(window)
    window.app.page.chat.send_button.focus_set()
    window.key("Tab")
    assert window.focus() is ben
    window.key("Down")
    assert window.focus() is cleo
    ring = window.app.stage.theme.palette.ring
    assert count(around(window, str(cleo), window.picture("people-ring")), ring) > 100
    window.key("Up", "Return", "Tab")
    opened = tuning(ben)
    assert window.focus() is opened.slider
    window.key("Right", "Right", "Right")
    window.until(lambda: fake(window).commands(SetVolume)[-1:] == [SetVolume("f2", 3.0)])
    window.key("Tab", "space")
    assert window.focus() is opened.mute
    window.key("Tab", "space")
    window.until(lambda: fake(window).commands(SetVolume)[-1:] == [SetVolume("f2", 0.0)])
    assert fake(window).commands(SetMuted) == [SetMuted("f2", on=True)]
    assert count(around(window, str(opened.reset), window.picture("people-open")), ring) > 40
    window.key("Escape")
    assert (ben.tuning, window.focus()) == (None, ben)


def test_what_is_moved_last_is_asked_for_even_if_the_row_closes_at_once(open_window: Open) -> None:
    window = open_window(READY)
    join(window)
    ben, _ = rows(window)
    window.click(ben)
    opened = tuning(ben)
    opened.slider.focus_set()
    window.root.update()
    opened.slider.event_generate("<Left>")
    ben.close()
    assert fake(window).commands(SetVolume) == [SetVolume("f2", -1.0)]


def test_a_row_says_how_far_behind_and_how_loud(open_window: Open) -> None:
    window = open_window(READY)
    join(window)
    ben, cleo = rows(window)
    fake(window).say(TalkingChanged(BEN, on=True), DelayEstimated(BEN, 46), PersonChanged(replace(CLEO, decibels=-6.0)))
    window.settle()
    assert ben.text == "Ben: talking · 46 ms"
    assert cleo.text == "Cleo: text only · −6 dB"


def test_ones_own_row_has_nothing_to_choose(open_window: Open) -> None:
    window = open_window(READY)
    join(window)
    rows(window)
    own = window.app.page.roster.row("s1")
    window.click(own)
    assert own.tuning is None
    assert not own.opens


def test_in_a_small_window_what_opens_is_scrolled_into_view(open_window: Open) -> None:
    # would catch: the slider of the last of thirty people below the edge
    window = open_window(READY)
    window.root.geometry("480x320")
    join(window)
    crowd = [Person(f"s{number}", f"f{number}", f"Guest {number:02}", confirmed=True) for number in range(10, 40)]
    fake(window).say(MET, RoomJoined("f1", (ANN, *crowd), "otter lamp"))
    window.settle()
    window.click(window.app.page.voice.people)
    window.key("F6")
    roster = window.app.page.roster
    first = roster.first
    assert first is not None
    first.focus_set()
    window.key(*["Down"] * 29, "Return")
    last = tuning(roster.row("s39"))
    for control in (last.slider, last.mute, last.reset):
        window.key("Tab")
        assert window.focus() is control
        assert roster.winfo_rooty() <= control.winfo_rooty()
        assert control.winfo_rooty() + control.winfo_height() <= roster.winfo_rooty() + roster.winfo_height()
    window.picture("people-small")
