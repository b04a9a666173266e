"""Menu, settings and keys in the real window, by keyboard and by pointer."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from pathlib import Path

from PIL import ImageChops

from client.commands import AskDevices, ChooseDevices, SetMicrophone, TestEcho
from client.events import DevicesListed, EchoStep, EchoTestChanged, MicrophoneLevel
from client.settings import Choices, Settings
from client.ui import texts
from client.ui.app import Opening
from client.ui.keys_view import KeysView
from client.ui.level_meter import LevelMeter
from client.ui.palette import DARK
from client.ui.settings_view import SettingsView
from tests.gui.test_window import READY, fake, join
from tests.gui.window import DrivenWindow

Open = Callable[..., DrivenWindow]


def sheet(window: DrivenWindow) -> SettingsView:
    found = window.app.stage.sheet
    assert isinstance(found, SettingsView)
    return found


def no_sheet(window: DrivenWindow) -> bool:
    return window.app.stage.sheet is None


def test_the_menu_by_keyboard(open_window: Open) -> None:
    # would catch: a menu that only a mouse opens, an entry that does nothing
    window = open_window(READY)
    join(window)
    window.key("F10")
    window.until(window.app.menu.winfo_viewable)
    window.picture("menu")
    labels = [window.app.menu.entrycget(index, "label") for index in range(5)]
    assert labels == [texts.CONNECT, texts.DISCONNECT, texts.NEW_KEY, texts.COPY_INVITE, texts.INVITE]
    assert [window.app.menu.entrycget(index, "state") for index in range(4)] == [
        "disabled",
        "normal",
        "disabled",
        "normal",
    ]
    window.key("Escape")
    assert fake(window).commands(SetMicrophone) == []
    window.click(window.app.page.connect.menu_button)
    window.until(window.app.menu.winfo_viewable)
    window.app.menu.invoke(texts.MICROPHONE)
    window.app.menu.unpost()
    assert fake(window).commands(SetMicrophone) == [SetMicrophone(True)]


def test_f1_shows_the_keys_and_escape_leads_back(open_window: Open) -> None:
    window = open_window(READY)
    join(window)
    assert window.focus() is window.app.page.chat.input
    window.type("draft")
    window.key("F1")
    assert isinstance(window.app.stage.sheet, KeysView)
    assert not window.app.page.winfo_viewable()
    window.picture("keys")
    window.key("Escape")
    assert no_sheet(window)
    assert window.focus() is window.app.page.chat.input
    assert window.app.page.chat.draft == "draft"


def test_keys_work_while_a_sheet_is_open(open_window: Open) -> None:
    window = open_window(READY)
    join(window)
    window.key("ctrl+comma", "ctrl+shift+m", "F1", "F6")
    assert fake(window).commands(SetMicrophone) == [SetMicrophone(True)]
    assert isinstance(window.app.stage.sheet, KeysView)
    window.click(window.app.stage.sheet.close_button)
    assert no_sheet(window)


def test_every_setting_by_tab_and_in_view(open_window: Open) -> None:
    # would catch: a setting that cannot be reached without a mouse, or that gets the focus out of sight
    window = open_window(Opening())
    window.root.minsize(1, 1)
    window.root.geometry("480x320")
    window.settle()
    window.key("ctrl+comma")
    reached: list[tk.Misc | None] = []
    for _ in range(len(Settings.__struct_fields__) + 1):
        window.key("Tab")
        focused = window.focus()
        reached.append(focused)
        assert focused is not None
        top = focused.winfo_rooty() - window.root.winfo_rooty()
        assert 0 <= top <= window.root.winfo_height() - focused.winfo_height()
    assert set(reached) == {*sheet(window).controls.values(), sheet(window).echo_button}
    control = sheet(window).controls["typing"]
    with_ring = window.pixels_of(control, window.picture("settings-small"))
    sheet(window).close_button.focus_set()
    assert ImageChops.difference(with_ring, window.pixels_of(control, window.picture())).getbbox()


def test_what_is_chosen_holds_at_once_and_is_kept(open_window: Open, tmp_path: Path) -> None:
    # would catch: settings that need a restart, a sheet that is thrown out by the look it has chosen
    path = tmp_path / "settings.toml"
    window = open_window(READY, choices=Choices(path))
    window.key("ctrl+comma")
    sheet(window).controls["theme"].focus_set()
    window.settle()
    window.key("space")  # opens the list
    window.settle()
    window.key("Down", "Down", "Down", "Return")
    window.until(lambda: window.app.stage.theme.palette is DARK)
    assert window.focus() is sheet(window).controls["theme"]
    assert sheet(window).controls["theme"].cget("text") == texts.THEME_DARK
    sheet(window).controls["receipts"].focus_set()
    window.key("space")
    window.click(sheet(window).controls["keep_log"])
    assert Choices(path).now == Settings(theme="dark", receipts=False, keep_log=False)
    window.picture("settings-dark")
    window.key("Escape")
    assert no_sheet(window)


def test_devices_are_those_that_there_are_now(open_window: Open) -> None:
    # would catch: a list of devices that is as old as the program, a choice that nobody obeys
    window = open_window(Opening(), choices=Choices(None, {"speaker": "Old loudspeaker"}))
    window.key("ctrl+comma")
    assert fake(window).commands(AskDevices) == [AskDevices()]
    fake(window).say(DevicesListed(("Headset", "Camera"), ("Headset",)))
    window.settle()
    control = sheet(window).controls["microphone"]
    control.focus_set()
    window.key("space")
    window.picture("devices")
    window.key("Down", "Down", "Return")
    assert fake(window).commands(ChooseDevices) == [ChooseDevices("Headset", "Old loudspeaker")]
    assert control.cget("text") == "Headset"
    assert sheet(window).controls["speaker"].cget("text") == "Old loudspeaker"


def lit(meter: LevelMeter, colour: str) -> int:
    """How many bars have this colour."""
    return sum(meter.itemcget(bar, "fill") == colour for bar in meter.find_all())  # type: ignore[no-untyped-call]


def test_hear_yourself(open_window: Open) -> None:
    window = open_window(Opening())
    window.key("ctrl+comma")
    button = sheet(window).echo_button
    window.click(button)
    assert fake(window).commands(TestEcho) == [TestEcho()]
    for step, words in ((EchoStep.SPEAK, texts.ECHO_SPEAK), (EchoStep.LISTEN, texts.ECHO_LISTEN)):
        fake(window).say(EchoTestChanged(step))
        window.until(lambda words=words: button.cget("text") == words)  # type: ignore[misc]
        assert button.instate(["disabled"])
        fake(window).say(MicrophoneLevel(0.5))
        window.settle()
        assert bool(lit(sheet(window).echo_meter, window.app.stage.theme.palette.success)) == (step is EchoStep.SPEAK)
        window.picture(f"echo-{step}")
    fake(window).say(EchoTestChanged(EchoStep.OVER))
    window.until(lambda: button.instate(["!disabled"]))
    assert button.cget("text") == texts.ECHO_START


def test_the_key_to_hold_is_chosen_by_pressing_it(open_window: Open) -> None:
    window = open_window(Opening())
    window.key("ctrl+comma")
    button = sheet(window).controls["push_to_talk_key"]
    window.click(button)
    assert button.cget("text") == texts.PRESS_A_KEY
    window.key("Tab")  # not one that is needed for something else
    assert button.cget("text") == texts.PRESS_A_KEY
    window.key("Escape")
    assert button.cget("text") == "F8"
    assert window.app.stage.sheet is not None  # only the choice was called off
    window.click(button)
    window.key("Pause")
    assert button.cget("text") == "Pause"
    window.click(button)
    sheet(window).close_button.focus_set()
    window.settle()
    assert button.cget("text") == "Pause"


def test_a_broken_settings_file_is_told_in_the_bar(open_window: Open, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("theme = 7")
    window = open_window(Opening(), choices=Choices(path))
    window.until(window.app.page.problem.winfo_ismapped)
    assert "settings.toml.broken" in window.app.page.problem.text


def test_settings_that_cannot_be_written_hold_and_it_is_told(open_window: Open, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    window = open_window(Opening(), choices=Choices(in_the_way / "settings.toml"))
    window.app.chooser.choose("theme", "dark")
    assert window.app.stage.theme.palette is DARK
    assert "cannot be written" in window.app.page.problem.text


def test_f6_goes_round(open_window: Open) -> None:
    window = open_window(READY)
    join(window)
    page = window.app.page
    page.chat.input.focus_set()
    seen = []
    for _ in range(6):
        window.key("F6")
        seen.append(window.focus())
    assert seen == [
        page.roster.first,
        page.voice.speaker,
        page.status.invite_button,
        page.connect.disconnect_button,
        page.chat.messages.text,
        page.chat.input,
    ]
