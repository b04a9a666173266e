"""The window as a person meets it: typed and clicked by real X events under Xvfb."""

from __future__ import annotations

import logging
import subprocess
import tkinter as tk
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from PIL import ImageChops, ImageStat

from client.commands import Connect, Disconnect, MarkSeen, Quit, SendText, SetMicrophone, SetSpeaker
from client.events import (
    BrokerMet,
    LinesMissing,
    MicrophoneChanged,
    MicrophoneLevel,
    Missing,
    Part,
    Person,
    PersonJoined,
    PersonLeft,
    ProblemReported,
    RoomJoined,
    RoomLeft,
    SpeakerChanged,
    TextQueued,
    TextReceived,
    TextSeen,
    TextStored,
)
from client.ui import texts
from client.ui.actions import Act
from client.ui.app import Opening
from common.address import Address
from common.invite import Invite
from tests.gui.window import DrivenWindow, FakeBackend

Open = Callable[..., DrivenWindow]
ANN = Person("s1", "f1", "Ann", own=True, confirmed=True)
BEN = Person("s2", "f2", "Ben", confirmed=True, listening=True)
INVITE = Invite(Address("192.0.2.7", 9000), bytes(range(32)), 9001, 9002, "six good words in a row")
MET = BrokerMet("four-words-of-key", True, str(INVITE))
JOINED = RoomJoined("f1", (ANN, BEN), "otter lamp")
READY = Opening("192.0.2.1:9090", "Ann", "a key of several words")
WALL = 1_782_820_800.0


def fake(window: DrivenWindow) -> FakeBackend:
    assert isinstance(window.backend, FakeBackend)
    return window.backend


def join(window: DrivenWindow) -> None:
    """Connect as a person does, and let the backend answer."""
    window.click(window.app.page.connect.connect_button)
    fake(window).say(MET, JOINED)
    window.until(window.app.page.status.room_label.winfo_ismapped)
    window.settle()
    window.until(window.looked_at)  # or the first lines would be marked as new


def line(seq: int, text: str, **more: bool) -> TextReceived:
    return TextReceived(f"p{seq}", "f2", "Ben", text, seq, WALL + seq, more.get("own", False), more.get("late", False))


def enabled(widget: tk.Misc) -> bool:
    return not widget.instate(["disabled"])  # type: ignore[attr-defined]


def test_fill_in_connect_disconnect(open_window: Open) -> None:
    # would catch: a button that does nothing, fields that swap, both buttons alive at once
    window = open_window()
    connect = window.app.page.connect
    assert (enabled(connect.connect_button), enabled(connect.disconnect_button)) == (True, False)
    window.type("192.0.2.1:9090")
    window.key("Tab")
    window.type("Ann")
    window.key("Tab")
    window.type("a key of several words")
    window.click(connect.connect_button)
    assert fake(window).submitted == [Connect("192.0.2.1:9090", "Ann", "a key of several words")]
    assert (enabled(connect.connect_button), enabled(connect.disconnect_button)) == (False, True)
    fake(window).say(MET, JOINED)
    window.until(lambda: window.app.page.chat.send_button.instate(["!disabled"]))
    assert window.focus() is window.app.page.chat.input
    window.click(connect.disconnect_button)
    assert fake(window).commands(Disconnect) == [Disconnect()]
    assert (enabled(connect.connect_button), enabled(connect.disconnect_button)) == (True, False)


def test_labels_are_those_of_the_original(open_window: Open) -> None:
    window = open_window()
    words = {
        str(widget.cget("text"))
        for widget in _all(window.root)
        if widget.winfo_class() in {"TLabel", "TButton", "TCheckbutton"}
    }
    assert {"IP:PORT", "Name", "Encryption key", "Connect", "Disconnect"} <= words


def _all(widget: tk.Misc) -> list[tk.Misc]:
    return [widget, *(below for child in widget.winfo_children() for below in _all(child))]


def test_the_key_is_masked_until_revealed(open_window: Open) -> None:
    # would catch: a key on the screen that nobody asked to see
    window = open_window(READY)
    entry = window.app.page.connect.entries[Part.KEY]
    assert entry.cget("show") != ""
    hidden = window.pixels_of(entry, window.picture())
    window.click(window.app.page.connect.reveal_button)
    assert entry.cget("show") == ""
    assert ImageChops.difference(hidden, window.pixels_of(entry, window.picture())).getbbox()
    window.click(window.app.page.connect.reveal_button)
    assert entry.cget("show") != ""


def test_new_key_fills_in_six_words_and_shows_them(open_window: Open) -> None:
    window = open_window()
    window.click(window.app.page.connect.new_key_button)
    assert window.app.page.connect.fields.phrase.count("-") >= 5
    assert window.app.page.connect.entries[Part.KEY].cget("show") == ""


def test_a_pasted_invite_fills_everything(open_window: Open) -> None:
    # would catch: an invite that has to be taken apart by hand, or one whose broker key is lost
    window = open_window(Opening(name="Ann"))
    window.root.clipboard_clear()
    window.root.clipboard_append(str(INVITE))
    window.key("ctrl+k", "ctrl+v")
    assert window.app.page.connect.entries[Part.SERVER].get() == "192.0.2.7:9000"
    assert window.app.page.connect.entries[Part.KEY].get() == INVITE.phrase
    window.key("Return")
    assert fake(window).submitted == [Connect(str(replace(INVITE, phrase=None)), "Ann", INVITE.phrase or "")]


@pytest.mark.parametrize("leave", ["Tab", "Return"])
def test_an_invite_typed_by_hand_is_whole_when_the_field_is_left(open_window: Open, leave: str) -> None:
    # would catch: a link that is taken apart at its first `k=`, so that its end lands behind the address
    window = open_window(Opening(name="Ann"))
    window.key("ctrl+k")
    window.type(str(INVITE))
    connect = window.app.page.connect
    assert connect.entries[Part.SERVER].get() == str(INVITE)
    window.key(leave)
    assert connect.entries[Part.SERVER].get() == "192.0.2.7:9000"
    assert connect.entries[Part.KEY].get() == INVITE.phrase


def test_all_of_a_field_is_selected_by_its_usual_key(open_window: Open) -> None:
    # would catch: a new name that is written in front of the old one
    window = open_window(READY)
    entry = window.app.page.connect.entries[Part.NAME]
    entry.focus_set()
    window.key("ctrl+a")
    window.type("Zoe")
    assert entry.get() == "Zoe"


def test_a_wrong_field_is_named_and_marked_without_a_round_trip(open_window: Open) -> None:
    # would catch: an error that does not say which of three fields is wrong
    window = open_window(replace(READY, server="192.0.2.1:99999"))
    window.click(window.app.page.connect.connect_button)
    assert fake(window).submitted == []
    assert "99999" in window.app.page.problem.text
    entry = window.app.page.connect.entries[Part.SERVER]
    assert entry.instate(["invalid"])
    assert window.focus() is entry
    window.type("192.0.2.1")  # what was wrong is selected: typing replaces it
    assert not entry.instate(["invalid"])
    assert not window.app.page.problem.winfo_ismapped()
    window.key("Return")
    assert fake(window).submitted == [Connect("192.0.2.1", "Ann", READY.phrase)]


def test_connect_anyway(open_window: Open) -> None:
    # would catch: a weak key that can only be given up
    window = open_window(READY)
    window.click(window.app.page.connect.connect_button)
    fake(window).say(ProblemReported(Part.KEY, "weak_phrase", "This key is easy to guess."), RoomLeft("weak", None))
    window.until(window.app.page.problem.winfo_ismapped)
    assert window.app.page.connect.entries[Part.KEY].instate(["invalid"])
    window.settle()
    window.click(window.app.page.problem.remedy_button)
    assert fake(window).submitted[-1] == Connect(READY.server, "Ann", READY.phrase, accept_weak_phrase=True)


def test_the_bar_can_be_closed(open_window: Open) -> None:
    window = open_window()
    fake(window).say(ProblemReported(Part.GENERAL, "x", "A long sentence about what is wrong here. " * 8))
    window.until(window.app.page.problem.winfo_ismapped)
    window.settle()
    window.click(window.app.page.problem.dismiss_button)
    assert not window.app.page.problem.winfo_ismapped()


def test_toggles_are_flat_when_off_and_sunken_when_on(open_window: Open) -> None:
    # would catch: a toggle whose state only its colour or only its words tell
    window = open_window(READY)
    join(window)
    off = window.picture("toggles-off")
    for toggle, command, answer in (
        (window.app.page.voice.speaker, SetSpeaker(True), SpeakerChanged(True, "s")),
        (window.app.page.voice.microphone, SetMicrophone(True), MicrophoneChanged(True, "m")),
    ):
        assert not toggle.instate(["selected"])
        window.click(toggle)
        assert fake(window).submitted[-1] == command
        fake(window).say(answer)
        window.settle()
        assert toggle.instate(["selected"])
    window.app.page.chat.input.focus_set()
    on = window.picture("toggles-on")
    for toggle, word in (
        (window.app.page.voice.speaker, texts.SPEAKER_ON),
        (window.app.page.voice.microphone, texts.MICROPHONE_ON),
    ):
        assert word in str(toggle.cget("text"))
        flat, sunken = window.pixels_of(toggle, off), window.pixels_of(toggle, on)
        # Flat: the ground of the card reaches the edge. Sunken: a border, and a shadow under the upper edge.
        middle, high = flat.width // 2, flat.height
        edge = [sum(flat.getpixel((middle, y))) for y in range(high)]  # type: ignore[arg-type]
        assert min(edge[:6]) > 750
        edge = [sum(sunken.getpixel((middle, y))) for y in range(high)]  # type: ignore[arg-type]
        assert min(edge[:6]) < 400
        assert edge[4] < edge[9]  # darker above than below
        assert sum(ImageStat.Stat(ImageChops.difference(flat, sunken)).mean) > 20


def test_the_devices_in_use_are_named(open_window: Open) -> None:
    # would catch: a default that moved to the loudspeakers without a word
    window = open_window(READY)
    join(window)
    view = window.app.page.voice
    fake(window).say(MicrophoneChanged(True, "Headset"), SpeakerChanged(True, "Built-in Audio Analog Stereo"))
    window.until(lambda: "Headset" in str(view.devices.cget("text")))
    window.settle()
    assert view.devices.winfo_ismapped()
    tips = dict(view.tips())
    assert "Built-in Audio" in tips[view.speaker]()
    window.picture("devices-in-use")
    view.fit(narrow=True)
    window.settle()
    assert not view.devices.winfo_ismapped()
    view.fit(narrow=False)
    fake(window).say(SpeakerChanged(True, "Headset"))
    window.until(lambda: view.devices.cget("text") == "Headset")
    fake(window).say(ProblemReported(Part.SPEAKER, "speaker", "It stopped working."))
    window.until(lambda: view.note == texts.SPEAKER_LOST)
    assert tips[view.speaker]() == texts.SPEAKER_LOST  # mistake: "you hear whoever talks"
    assert tips[view.microphone]().startswith(texts.TIP_MICROPHONE_ON)
    window.picture("device-lost")


def test_toggles_by_keyboard(open_window: Open) -> None:
    window = open_window()
    window.key("ctrl+shift+m", "ctrl+shift+d", "ctrl+shift+m")
    assert fake(window).submitted == [SetMicrophone(True), SetSpeaker(True), SetMicrophone(False)]


def test_a_microphone_that_fails_lets_its_toggle_up(open_window: Open) -> None:
    # would catch: a toggle that claims to be on over a device that is not there
    window = open_window()
    window.click(window.app.page.voice.microphone)
    fake(window).say(ProblemReported(Part.MICROPHONE, "microphone", "No microphone was found."))
    window.until(window.app.page.problem.winfo_ismapped)
    assert not window.app.page.voice.microphone.instate(["selected"])


def test_nobody_is_listening_and_level(open_window: Open) -> None:
    window = open_window(READY)
    join(window)
    fake(window).say(PersonLeft(BEN), MicrophoneChanged(True, "m"), MicrophoneLevel(0.4))
    fake(window).say(RoomJoined("f1", (ANN,), "otter lamp"))
    window.until(lambda: window.app.page.voice.note == texts.NOBODY_LISTENS)
    window.picture("nobody-listens")


def test_write_and_read(open_window: Open) -> None:
    # would catch: Enter that makes a new line, Shift+Enter that sends, a draft that stays after sending
    window = open_window(READY)
    join(window)
    window.type("first line")
    window.key("shift+Return")
    window.type("second")
    window.key("Return")
    assert fake(window).commands(SendText) == [SendText("first line\nsecond")]
    assert window.app.page.chat.input.get("1.0", "end-1c") == ""
    window.type("by button")
    window.click(window.app.page.chat.send_button)
    assert fake(window).commands(SendText)[-1] == SendText("by button")
    fake(window).say(TextQueued("q", "by button", WALL), line(2, "live"), line(1, "before", late=True))
    fake(window).say(TextStored("q", 3), PersonJoined(replace(BEN, session="s3", name="Cleo")))
    window.until(lambda: len(window.app.page.chat.messages.rows()) == 4)
    rows = window.app.page.chat.messages.rows()
    assert ["before" in rows[0], "live" in rows[1], "by button" in rows[2]] == [True, True, True]
    assert texts.STORED in rows[2]
    assert rows[3].endswith("Cleo joined")
    assert window.app.page.roster.row_text("s2") == "Ben: listening"


def test_a_draft_survives_a_lost_connection(open_window: Open) -> None:
    # would catch: a sentence lost because the network went away under it
    window = open_window(READY)
    join(window)
    window.type("half a sent")
    fake(window).say(RoomLeft("the broker stopped", 3.0))
    window.until(lambda: "Retrying in" in str(window.app.page.status.state_label.cget("text")))
    window.type("ence")
    fake(window).say(replace(JOINED, again=True))
    window.until(lambda: str(window.app.page.status.state_label.cget("text")).strip() == texts.CONNECTED)
    window.key("Return")
    assert fake(window).commands(SendText) == [SendText("half a sentence")]


def test_what_cannot_be_sent_stays_in_the_field(open_window: Open) -> None:
    # would catch: a long text that vanishes with only an error left
    window = open_window(READY)
    window.app.page.chat.input.insert("1.0", "before joining")
    window.app.page.chat.input.focus_set()
    window.key("Return")
    join(window)
    assert window.app.page.chat.input.get("1.0", "end-1c") == "before joining"
    window.app.page.chat.input.insert("end", "x" * 20_000)
    window.app.page.chat.input.focus_set()
    window.key("Return")
    assert fake(window).commands(SendText) == []
    assert window.app.page.problem.text == texts.TEXT_TOO_LONG
    window.app.page.chat.input.delete("1.0", "end")
    window.type("taken")
    window.key("Return")
    fake(window).say(ProblemReported(Part.TEXT, "not_connected", "Nothing was sent."))
    window.until(lambda: window.app.page.chat.input.get("1.0", "end-1c") == "taken")


def test_the_view_follows_only_at_the_bottom(open_window: Open) -> None:
    # would catch: being torn away from what one reads, or a new line that stays out of sight
    window = open_window(READY)
    join(window)
    fake(window).say(*(line(seq, f"line {seq}") for seq in range(1, 81)))
    area = window.app.page.chat.messages
    window.until(lambda: len(area.rows()) == 80)
    window.settle()
    assert area.text.yview()[1] == 1.0
    area.text.yview_moveto(0.2)
    window.settle()
    place = area.text.yview()
    fake(window).say(line(81, "line 81"), line(82, "line 82"))
    window.until(area.ways.below.winfo_ismapped)
    assert area.text.yview()[0] == pytest.approx(place[0], abs=0.02)
    assert area.ways.below.cget("text") == texts.new_below(2)
    window.click(area.ways.below)
    assert area.text.yview()[1] == 1.0
    assert not area.ways.below.winfo_ismapped()


def test_what_came_while_one_had_scrolled_away_stands_under_a_mark(open_window: Open) -> None:
    # would catch: no way to tell where one stopped to read; a mark that stays for ever
    window = open_window(READY)
    join(window)
    fake(window).say(*(line(seq, f"line {seq}") for seq in range(1, 41)))
    area = window.app.page.chat.messages
    window.until(lambda: len(area.rows()) == 40)
    window.settle()
    window.until(lambda: fake(window).commands(MarkSeen)[-1:] == [MarkSeen("p40")])
    area.text.yview_moveto(0.2)
    window.until(lambda: area.ways.below.winfo_ismapped() or not window.app._presenter._unread._here)
    fake(window).say(line(41, "line 41"), line(42, "line 42"))
    window.until(area.ways.below.winfo_ismapped)
    assert texts.new_since_away(2) in area.rows()
    window.click(area.ways.below)
    window.picture("unread")
    window.until(lambda: window.app._presenter._unread._all_seen)
    fake(window).say(TextQueued("q", "an answer", WALL + 99))
    window.until(lambda: texts.new_since_away(2) not in area.rows())


def test_hostile_names_and_texts_are_plain_text(open_window: Open) -> None:
    # would catch: Tcl run from a message, a name that widens the window, a control character on the screen
    window = open_window(READY)
    join(window)
    evil = '[destroy .] $env(HOME) {" \x1b[2J \u202egnp.exe ' + "W" * 400
    size = window.root.winfo_width()
    fake(window).say(
        PersonJoined(Person("s9", "f9", evil, confirmed=True)),
        TextReceived("x", "f9", evil, evil + "\n" * 50, 5, float("nan"), False, False),
        ProblemReported(Part.GENERAL, "x", evil),
        RoomLeft(evil, 3.0),
    )
    window.until(lambda: len(window.app.page.chat.messages.rows()) >= 2)
    shown = "".join(window.app.page.chat.messages.rows())
    assert "[destroy .]" in shown
    assert not {"\x1b", "\u202e"} & set(shown + window.app.page.problem.text)
    assert window.root.winfo_width() == size
    window.picture("hostile")


def test_tab_reaches_every_control_with_a_visible_ring(open_window: Open) -> None:
    # would catch: a control that only a mouse can reach
    window = open_window(READY)
    join(window)
    fake(window).say(line(1, "hello"))
    window.settle()
    reached: list[tk.Misc | None] = []
    window.app.root.focus_set()
    window.app.page.chat.input.focus_set()
    for _ in range(12):
        reached.append(window.focus())
        window.key("Tab")
    app = window.app
    wanted = [
        app.page.connect.disconnect_button,
        app.page.connect.reveal_button,
        app.page.chat.messages.text,
        app.page.chat.input,
    ]
    wanted += [
        app.page.chat.send_button,
        app.page.voice.speaker,
        app.page.voice.microphone,
        app.page.status.invite_button,
    ]
    assert [widget for widget in wanted if widget not in reached] == []
    window.app.page.chat.input.focus_set()
    without = window.pixels_of(app.page.voice.speaker, window.picture("ring-off"))
    app.page.voice.speaker.focus_set()
    assert ImageChops.difference(without, window.pixels_of(app.page.voice.speaker, window.picture("ring-on"))).getbbox()
    window.key("space")
    assert fake(window).submitted[-1] == SetSpeaker(True)


def test_tooltips_by_mouse_and_by_keyboard(open_window: Open) -> None:
    # would catch: help that only a mouse finds, that lies off the screen or outlives its widget
    window = open_window(READY)
    window.until(lambda: has_all_tips(window))
    window.point_at(window.app.page.connect.connect_button)
    window.until(lambda: shown_tips(window))
    window.point_away()
    window.until(lambda: not shown_tips(window))
    window.app.page.chat.input.focus_set()
    window.key("shift+Tab", "Tab")
    window.until(lambda: shown_tips(window))
    tip = shown_tips(window)[0]
    assert tip.winfo_rootx() >= 0
    assert tip.winfo_rooty() + tip.winfo_height() <= tip.winfo_screenheight()
    window.key("a")
    window.until(lambda: not shown_tips(window))


def test_a_tooltip_goes_from_under_a_pointer_that_rests(open_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    # would catch: help that stands over two buttons for as long as somebody types
    window = open_window(READY)
    window.until(lambda: has_all_tips(window))
    monkeypatch.setattr("client.ui.tooltip._LASTS_MS", 300)
    window.point_at(window.app.page.connect.connect_button)
    window.until(lambda: shown_tips(window))
    window.until(lambda: not shown_tips(window))
    window.settle()
    assert not shown_tips(window)


@pytest.mark.parametrize("size", ["1000x680", "480x360"])
def test_a_tooltip_that_comes_by_tab_covers_no_control(open_window: Open, size: str) -> None:
    # would catch: the help of *New key* on the Connect button, for one who goes through the form by keyboard
    window = open_window(READY)
    window.root.geometry(size)
    window.until(lambda: has_all_tips(window))
    window.until(lambda: window.root.winfo_width() == int(size.partition("x")[0]))
    header = window.app.page.connect
    controls = [*header.entries.values(), header.reveal_button, header.new_key_button]
    controls += [header.connect_button, header.menu_button]
    header.entries[Part.SERVER].focus_set()
    seen = set()
    while header.menu_button not in seen:
        window.key("Tab")
        seen.add(focused := window.focus())
        if focused not in controls:
            continue
        window.until(lambda: shown_tips(window))
        (tip,) = shown_tips(window)
        window.picture(f"tip-{size}-{controls.index(focused)}")
        assert [other for other in controls if other is not focused and _meet(tip, other)] == []
        assert not _meet(tip, focused)
    assert header.new_key_button in seen
    assert header.reveal_button in seen


def _meet(one: tk.Misc, other: tk.Misc) -> bool:
    """Whether one lies on the other."""
    return not (
        one.winfo_rootx() >= other.winfo_rootx() + other.winfo_width()
        or other.winfo_rootx() >= one.winfo_rootx() + one.winfo_width()
        or one.winfo_rooty() >= other.winfo_rooty() + other.winfo_height()
        or other.winfo_rooty() >= one.winfo_rooty() + one.winfo_height()
    )


def has_all_tips(window: DrivenWindow) -> bool:
    """Whether the window has furnished all of its parts with tooltips, which it does one by one."""
    wanted = [window.app.page.chat.messages.text, *(widget for widget, _ in window.app.page.tips())]
    return all(any(type(child).__name__ == "Tip" for child in widget.winfo_children()) for widget in wanted)


def shown_tips(window: DrivenWindow) -> list[tk.Misc]:
    """The tooltips that are shown."""
    return [tip for tip in _all(window.root) if type(tip).__name__ == "Tip" and tip.winfo_viewable()]


def tips(window: DrivenWindow) -> list[str]:
    """What the tooltips say that are shown."""
    return [tip.msg_var.get() for tip in shown_tips(window)]  # type: ignore[attr-defined]


def test_a_person_has_a_tooltip_with_the_device(open_window: Open) -> None:
    # would catch: no way to tell two people of one name apart in words
    window = open_window(READY)
    join(window)
    window.until(lambda: has_all_tips(window))
    fake(window).say(PersonJoined(replace(BEN, session="s3", member="fingerprint of Cleo", name="Cleo")))
    fake(window).say(PersonJoined(replace(BEN, session="s4", name="Dan", confirmed=False)))
    window.until(lambda: len(window.app.page.chat.messages.rows()) == 2)
    assert window.app.page.roster.row_text("s4") == f"Dan: {texts.UNCONFIRMED}"

    window.point_at(window.app.page.roster.row("s3"))
    window.until(lambda: tips(window) == [texts.tip_person("Cleo", "fingerprint of Cleo", texts.LISTENING)])
    window.point_at(window.app.page.roster.row("s4"))
    window.until(lambda: tips(window) != [] and texts.TIP_UNCONFIRMED in tips(window)[0])


def test_copy_invite(open_window: Open) -> None:
    window = open_window(READY)
    join(window)
    window.click(window.app.page.status.invite_button)
    assert window.root.clipboard_get() == str(INVITE)


def test_words_of_room_and_broker(open_window: Open) -> None:
    window = open_window(READY)
    join(window)
    assert window.app.page.status.room_label.cget("text") == "Room otter lamp"
    assert "four-words-of-key" in window.app.page.status.broker_label.cget("text")
    fake(window).say(PersonLeft(BEN))
    window.until(lambda: any("Ben left" in row for row in window.app.page.chat.messages.rows()))
    window.picture("alone")


def test_the_command_line_can_start_everything(open_window: Open) -> None:
    window = open_window(replace(READY, connect=True, microphone_on=True, speaker_on=True))
    assert fake(window).submitted == [
        SetSpeaker(True),
        SetMicrophone(True),
        Connect(READY.server, "Ann", READY.phrase),
    ]


def test_a_failing_callback_is_told_and_the_window_lives_on(
    open_window: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # would catch: an exception that freezes the window or goes by unseen
    window = open_window(READY)

    def fail(*_arguments: object) -> None:
        raise ValueError("on purpose")

    with caplog.at_level(logging.CRITICAL + 1, "client.ui.app"), monkeypatch.context() as patch:
        patch.setattr(window.app.page.roster, "show", fail)
        window.click(window.app.page.connect.connect_button)
        fake(window).say(MET, JOINED)
        window.until(lambda: window.app.failures)
    window.until(lambda: window.app.page.problem.text == texts.INTERNAL)
    window.settle()
    window.picture("copy-details")
    assert str(window.app.page.problem.remedy_button.cget("text")) == texts.COPY_DETAILS
    window.click(window.app.page.problem.remedy_button)
    copied = window.root.clipboard_get()
    assert "builtins.ValueError" in copied
    assert "client/ui/app.py" in copied
    assert "on purpose" not in copied  # it could be a name, or the key
    assert str(window.app.page.problem.remedy_button.cget("text")) == texts.DETAILS_COPIED
    window.click(window.app.page.chat.input)
    window.type("still here")
    assert window.app.page.chat.input.get("1.0", "end-1c") == "still here"
    window.app.failures = 0


def test_pages_are_turned_while_one_writes(open_window: Open) -> None:
    # would catch: no way to what was said before but by the mouse, or by leaving the draft
    window = open_window(READY)
    join(window)
    fake(window).say(*(line(seq, f"line {seq}") for seq in range(1, 101)))
    window.until(shown(window, "line 100"))
    chat = window.app.page.chat
    chat.input.focus_force()
    window.type("half")
    window.key("Prior")
    assert chat.messages.text.yview()[1] < 1.0
    window.key("Next")
    window.type(" a draft")
    assert chat.messages.text.yview()[1] == 1.0
    assert chat.draft == "half a draft"


def test_enter_presses_the_button_that_has_the_ring(open_window: Open) -> None:
    # would catch: a ring on a button, and Enter that does nothing, as Tk has it
    window = open_window(Opening(server="127.0.0.1:9090", name="Ann"))
    window.app.page.connect.new_key_button.focus_force()
    window.settle()
    window.key("Return")
    connect = window.app.page.connect
    assert connect.fields.phrase.count("-") == 5
    connect.connect_button.focus_force()
    window.settle()
    window.key("KP_Enter")
    window.until(lambda: fake(window).commands(Connect))
    [command] = fake(window).commands(Connect)
    assert isinstance(command, Connect)
    assert command.phrase == connect.fields.phrase


@pytest.mark.parametrize("size", ["1000x680", "700x500"])
def test_a_new_key_is_whole_before_the_eyes_until_one_connects(open_window: Open, size: str) -> None:
    # would catch: six words to be read out, of which four can be seen; a key that stands open for the rest of a talk
    window = open_window(Opening(server="127.0.0.1:9090", name="Ann", phrase="something-old"))
    window.root.geometry(size)
    window.settle()
    connect = window.app.page.connect
    entry = connect.entries[Part.KEY]
    entry.focus_force()
    window.key("ctrl+a")
    assert entry.selection_present()
    window.click(connect.new_key_button)
    window.settle()
    window.picture(f"new-key-{size}")
    phrase = connect.fields.phrase
    assert not entry.selection_present()
    whole = [
        label for label in connect._boxes.winfo_children() if label.winfo_ismapped() and label is connect._whole_key
    ]
    font = window.app.page.connect._theme.fonts.plain
    assert whole or font.measure(phrase) < entry.winfo_width()
    if whole:
        assert str(connect._whole_key.cget("text")) == phrase
        assert connect._whole_key.winfo_width() >= font.measure(phrase)
    assert entry.cget("show") == ""
    if size == "1000x680":
        window.click(connect.connect_button)
    else:
        window.app.do(Act.CONNECT)  # from the menu
    assert entry.cget("show")
    assert not connect._whole_key.winfo_ismapped()


class CountingTk:
    """Passes every call to Tk on, and counts those of one widget that put text in or take it out."""

    def __init__(self, widget: tk.Misc) -> None:
        self._tk = widget.tk
        self.calls = 0
        widget.tk = self  # type: ignore[assignment]

    def call(self, *words: object) -> object:
        said = words[0] if isinstance(words[0], tuple) else words
        self.calls += len(said) > 1 and said[1] in ("insert", "delete")
        return self._tk.call(*words)

    def __getattr__(self, name: str) -> object:
        return getattr(self._tk, name)


def shown(window: DrivenWindow, text: str) -> Callable[[], bool]:
    """Whether the newest row says this, and nothing is left to be built."""
    area = window.app.page.chat.messages
    return lambda: fake(window).events.empty() and area.rows()[-1:] != [] and text in area.rows()[-1]


def test_a_burst_is_shown_and_typing_goes_on(open_window: Open) -> None:
    # would catch: a message area that grows slower with every line
    window = open_window(READY)
    join(window)
    fake(window).say(*(line(seq, f"line {seq} " + "word " * 12) for seq in range(1, 1501)))
    window.type("typed meanwhile")
    window.until(shown(window, "line 1500 "))
    assert window.app.page.chat.messages.text.yview()[1] == 1.0
    assert window.app.page.chat.input.get("1.0", "end-1c") == "typed meanwhile"


def test_catching_up_costs_what_is_visible_and_moves_nothing(open_window: Open) -> None:
    # would catch: work for every line that was missed, a draft that is lost, a jump under the reader's eyes
    window = open_window(READY)
    join(window)
    area = window.app.page.chat.messages
    window.type("half a dra")
    fake(window).say(*(line(seq, f"line {seq}") for seq in range(5001, 7001)))
    window.until(shown(window, "line 7000"))
    counted = CountingTk(area.text)
    for end in range(12_000, 7_000, -200):  # said while the connection was away
        fake(window).say(*(line(seq, f"line {seq}", late=True) for seq in range(end - 199, end + 1)))
    window.until(shown(window, "line 12000"))
    window.settle()
    assert counted.calls < 1_500  # building all would take one for each of 5,000 lines, and one to take it out
    assert len(area.rows()) <= 600
    assert area.text.yview()[1] == 1.0

    area.text.yview_scroll(-15, "units")
    window.settle()
    place = area.text.dlineinfo("@0,0")
    word = area.text.get("@0,0 linestart", "@0,0 lineend")
    counted.calls = 0
    for end in range(5_000, 0, -200):
        fake(window).say(*(line(seq, f"line {seq}", late=True) for seq in range(end - 199, end + 1)))
    fake(window).say(line(12_001, "line 12001"))
    window.until(area.ways.below.winfo_ismapped)
    window.settle()
    assert area.text.get("@0,0 linestart", "@0,0 lineend") == word
    assert area.text.dlineinfo("@0,0") == place
    assert counted.calls < 500
    window.app.page.chat.input.focus_set()
    window.type("ft")
    assert window.app.page.chat.input.get("1.0", "end-1c") == "half a draft"


def test_a_scroll_bar_is_there_only_where_there_is_something_to_scroll(open_window: Open) -> None:
    # would catch: a stump of a scroll bar in an empty room
    window = open_window(READY)
    join(window)
    area = window.app.page.chat.messages
    window.settle()
    assert not area.bar.winfo_ismapped()
    fake(window).say(line(1, "one line"))
    window.until(shown(window, "one line"))
    assert not area.bar.winfo_ismapped()
    fake(window).say(*(line(seq, f"line {seq}") for seq in range(2, 61)))
    window.until(area.bar.winfo_ismapped)


def test_all_of_a_long_room_can_be_reached(open_window: Open) -> None:
    # would catch: history that ends where the built rows end
    window = open_window(READY)
    join(window)
    area = window.app.page.chat.messages
    fake(window).say(*(line(seq, f"line {seq}") for seq in range(1, 5001)))
    window.until(shown(window, "line 5000"))

    def top() -> int:
        return int(area.text.get("@0,0 linestart", "@0,0 lineend").split("line ")[-1].split()[0])

    window.root.tk.call(area.bar.cget("command"), "moveto", "0.5")
    window.settle()
    assert 2_490 < top() < 2_510
    assert area.bar.get()[0] == pytest.approx(0.5, abs=0.01)
    area.text.focus_set()
    for _ in range(8):
        before = top()
        window.key("Prior")
        assert before - 60 < top() < before
    window.key("ctrl+Home")
    assert "line 1 " in area.rows()[0] + " "
    assert area.text.yview()[0] == 0.0
    window.key("ctrl+End")
    assert "line 5000" in area.rows()[-1]
    assert area.text.yview()[1] == 1.0


def test_seen_is_what_was_before_the_eyes(open_window: Open) -> None:
    # would catch: lines told as seen in a window that is hidden, or below what is visible
    window = open_window(READY)
    join(window)

    def marks() -> list[str]:
        return [mark.post for mark in fake(window).commands(MarkSeen) if isinstance(mark, MarkSeen)]

    fake(window).say(*(line(seq, f"line {seq}") for seq in range(1, 61)))
    window.until(lambda: marks()[-1:] == ["p60"])
    area = window.app.page.chat.messages
    area.text.yview_moveto(0.0)
    window.settle()
    fake(window).say(line(61, "line 61"))
    window.until(area.ways.below.winfo_ismapped)
    for _ in range(4):
        window.settle()
    assert marks()[-1] == "p60"
    window.click(area.ways.below)
    window.until(lambda: marks()[-1] == "p61")
    window.root.withdraw()
    window.settle()
    fake(window).say(line(62, "line 62"))
    window.until(shown(window, "line 62"))
    for _ in range(4):
        window.settle()
    assert marks()[-1] == "p61"
    window.root.deiconify()
    window.root.focus_force()
    window.until(lambda: marks()[-1] == "p62")


def test_how_far_my_line_has_come_and_what_is_missing(open_window: Open) -> None:
    # would catch: a state that nobody can read in words, a gap that stays when its lines have come
    window = open_window(READY)
    join(window)
    area = window.app.page.chat.messages
    window.until(lambda: has_all_tips(window))
    fake(window).say(LinesMissing(0, 4, 3, Missing.NOT_KEPT), line(4, "first"), TextQueued("q", "mine", WALL))
    fake(window).say(TextStored("q", 6), LinesMissing(4, 6, 1, Missing.DROPPED, "f2", "Ben"), TextSeen(6, 1, 2))
    window.until(lambda: area.rows()[-1:] != [] and "seen 1/2" in area.rows()[-1])
    rows = area.rows()
    assert (rows[0], rows[2]) == (texts.not_kept(3), texts.dropped(1, "Ben"))
    window.root.update_idletasks()
    left, top, wide, high = area.text.bbox("end-1c - 2 chars") or (0, 0, 0, 0)
    place = area.text.winfo_rootx() + left + wide // 2, area.text.winfo_rooty() + top + high // 2
    subprocess.run(["xdotool", "mousemove", *map(str, place)], check=True, timeout=20)
    window.until(lambda: tips(window) == [texts.tip_seen(1, 2)])
    window.point_away()
    window.until(lambda: not tips(window))
    fake(window).say(LinesMissing(0, 4, 0, Missing.NOT_KEPT), LinesMissing(4, 6, 0, Missing.DROPPED, "f2", "Ben"))
    window.until(lambda: len(area.rows()) == 2)


def test_a_window_with_an_unsent_draft_asks_before_it_goes(open_window: Open) -> None:
    # would catch: a long message lost to a slip of the hand, and a window that asks for ever
    window = open_window(READY)
    join(window)
    window.click(window.app.page.chat.input)
    window.type("a long story")
    window.key("ctrl+q")
    window.until(lambda: window.app.page.problem.text == texts.unsent(0, draft=True))
    window.picture("unsent")
    assert fake(window).commands(Quit) == []
    window.click(window.app.page.problem.remedy_button)
    window.until(window.is_closed)
    assert fake(window).commands(Quit) == [Quit()]


def test_closing_twice_closes(open_window: Open) -> None:
    window = open_window(READY)
    join(window)
    window.click(window.app.page.chat.input)
    window.type("a long story")
    window.app.close()  # as the desktop's own button does
    window.until(lambda: window.app.page.problem.text == texts.unsent(0, draft=True))
    assert fake(window).commands(Quit) == []
    window.app.close()
    window.until(window.is_closed)
