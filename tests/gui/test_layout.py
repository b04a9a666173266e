"""The window with texts half as long again, in small windows and on small screens: nothing leaves it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from client.events import RoomLeft
from client.settings import Choices
from client.ui.app import Opening
from tests.gui.test_window import BEN, JOINED, MET, READY, fake, join, line
from tests.gui.window import DrivenWindow

Open = Callable[..., DrivenWindow]

# In a process of its own: the texts are read when they are imported.
_STRETCHED = """
import gettext, json, sys
class Stretched(gettext.NullTranslations):
    def gettext(self, text):
        return " ".join(w if "{" in w else w + w[:(len(w) + 1) // 2].lower() for w in text.split(" "))
    def ngettext(self, one, many, count): return self.gettext(one if count == 1 else many)
gettext.translation = lambda *_, **__: Stretched()
from client.settings import Choices
from client.ui.actions import Act
from client.ui.app import Opening, Window, open_root
from tests.gui.test_layout import outside, clipped
from tests.gui.test_window import ANN, BEN, JOINED, MET, READY, line
from tests.gui.window import DrivenWindow, FakeBackend
from client.events import MicrophoneChanged, SpeakerChanged, ProblemReported, Part
backend = FakeBackend()
app = Window(open_root(), backend, READY, Choices(None))
app.build()
window = DrivenWindow(app, backend, "stretched")
found = {}
for size in ("1000x680", "720x440", "480x320"):
    app.root.geometry(size)
    window.settle()
    found[f"offline {size}"] = outside(window)
app.do(Act.CONNECT)
backend.say(MET, JOINED, line(1, "hello"), SpeakerChanged(True), MicrophoneChanged(True))
for size in ("480x320", "720x440", "1000x680"):
    app.root.geometry(size)
    window.settle()
    window.picture(f"stretched-{size}")
    found[f"online {size}"] = outside(window)
found["clipped"] = clipped(window)
app.do(Act.SETTINGS)
window.settle()
window.picture("stretched-settings")
found["settings"] = clipped(window)
print(json.dumps(found), app.failures)
"""


def controls(window: DrivenWindow) -> list[str]:
    """What can be used now, by the names that Tk has for it: its own words also know what Python did not make."""
    call = window.root.tk.call

    def below(name: str) -> list[str]:
        children = window.root.tk.splitlist(call("winfo", "children", name))
        return [name, *(deep for child in children for deep in below(str(child)))]

    kinds = {"TButton", "TCheckbutton", "TMenubutton", "TEntry", "Text"}
    return [name for name in below(".") if call("winfo", "class", name) in kinds and call("winfo", "viewable", name)]


def outside(window: DrivenWindow) -> list[str]:
    """Controls of which a part is outside of the window, or of their own parent."""
    call = window.root.tk.call
    bad = []
    for name in controls(window):
        x, y = (int(call("winfo", f"root{axis}", name)) for axis in "xy")
        wide, high = (int(call("winfo", side, name)) for side in ("width", "height"))
        for around in (".", str(call("winfo", "parent", name))):
            left, top = (int(call("winfo", f"root{axis}", around)) for axis in "xy")
            right, bottom = (int(call("winfo", side, around)) for side in ("width", "height"))
            if x < left or y < top or x + wide > left + right or y + high > top + bottom or high < 8:
                bad.append(f"{name} in {around}: {wide}x{high}+{x - left}+{y - top} of {right}x{bottom}")
    return bad


def clipped(window: DrivenWindow) -> list[str]:
    """Buttons whose words have less room than they need."""
    call = window.root.tk.call
    words = [name for name in controls(window) if call("winfo", "class", name) not in {"TEntry", "Text"}]
    return [name for name in words if int(call("winfo", "width", name)) < int(call("winfo", "reqwidth", name))]


def test_texts_half_as_long_again(screen: str) -> None:
    # would catch: a button that a translation pushes out of the window
    done = subprocess.run(
        [sys.executable, "-c", _STRETCHED],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"DISPLAY": screen},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found, failures = done.stdout.rsplit(" ", 1)
    assert {key: value for key, value in json.loads(found).items() if value} == {}
    assert int(failures) == 0


@pytest.mark.parametrize("size", ["480x320", "700x320", "1000x320", "480x680"])
def test_small_windows(open_window: Open, size: str) -> None:
    # would catch: a field to write in that is cut off, a microphone that cannot be switched off
    window = open_window(READY)
    window.root.geometry(size)
    join(window)
    fake(window).say(line(1, "hello"))
    window.settle()
    assert outside(window) == []
    assert clipped(window) == []
    assert window.app.page.chat.messages.text.winfo_height() > 40
    window.picture(f"small-{size}")


@pytest.mark.parametrize(("size", "percent"), [("800x600", 100), ("480x320", 100), ("1280x900", 200)])
def test_words_to_compare_are_readable_at_every_size(open_window: Open, size: str, percent: int) -> None:
    # would catch: the one warning of a false broker at first contact, left out in favour of a button
    window = open_window(READY, choices=Choices(None, {"scale": percent}))
    window.root.geometry(size)
    join(window)
    label = window.app.page.status.broker_label
    for connected_again in (False, True):
        if connected_again:
            known = replace(MET, first_contact=False)
            fake(window).say(RoomLeft("the broker stopped", 30.0), known, replace(JOINED, again=True))
        window.settle()
        assert label.cget("text") == "New broker: compare four-words-of-key"
        assert label.winfo_viewable()
        assert (label.winfo_width(), label.winfo_height()) >= (label.winfo_reqwidth(), label.winfo_reqheight())
        bottom = label.winfo_rooty() + label.winfo_height()
        assert bottom <= window.root.winfo_rooty() + window.root.winfo_height()
        assert label.winfo_rootx() >= window.root.winfo_rootx()
        assert window.app.page.status.room_label.winfo_viewable()
    window.picture(f"first-contact-{size}-{percent}")


def test_people_in_a_narrow_window(open_window: Open) -> None:
    # would catch: no way to see who is here
    window = open_window(READY)
    join(window)
    page = window.app.page
    assert page.roster.winfo_viewable()
    assert not page.voice.people.winfo_viewable()
    window.root.geometry("480x400")
    window.until(page.voice.people.winfo_viewable)
    assert not page.roster.winfo_viewable()
    window.click(page.voice.people)
    assert page.roster.winfo_viewable()
    window.picture("narrow-people")
    window.root.geometry("1000x680")
    window.until(lambda: not page.voice.people.winfo_viewable())
    window.settle()
    assert page.roster.winfo_viewable()
    assert page.roster.winfo_rootx() > page.chat.winfo_rootx() + page.chat.winfo_width() - 1
    assert page.roster.row_text(BEN.session)


def test_at_three_times_the_size_all_is_within_the_screen(open_window: Open) -> None:
    window = open_window(Opening(), choices=Choices(None, {"scale": 300}))
    assert outside(window) == []
    window.picture("scale-300-empty")
