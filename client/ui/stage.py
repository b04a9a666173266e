"""What stands in the window: the page, and for a while a sheet before it. Both are built anew for another look."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from tkinter import ttk
from typing import Final

from client.events import BrokerChanged, Event, Part
from client.settings import Settings
from client.ui.changed_view import ChangedView
from client.ui.chooser import Chooser
from client.ui.excerpt import Excerpt
from client.ui.form import Fields
from client.ui.keys_view import KeysView
from client.ui.look import Look
from client.ui.page import Deeds, Page
from client.ui.settings_view import SettingsView
from client.ui.sheet import Sheet
from client.ui.theme import Theme

_USUAL: Final = (1000, 680)  # pixels of 96 dpi, as all sizes here
_LEAST: Final = (480, 320)


class Stage:
    """`renew` is called when a new page has been built, to have it show what there is."""

    def __init__(
        self, root: tk.Tk, look: Look, deeds: Deeds, excerpt: Excerpt, fields: Fields, renew: Callable[[], None]
    ) -> None:
        self._root = root
        self._look = look
        self._deeds = deeds
        self._excerpt = excerpt
        self._renew = renew
        self._has_tips = False
        self._focused_before = ""  # where the focus was on the page when a sheet came
        self._build_sheet: Callable[[], Sheet] | None = None
        self.sheet: Sheet | None = None
        self._changed: BrokerChanged | None = None
        root.columnconfigure(0, weight=1)
        root.rowconfigure(0, weight=1)
        self.page = self._new_page(fields)
        wide, high = root.winfo_screenwidth(), root.winfo_screenheight()
        px = self.theme.px
        root.geometry(f"{min(px(_USUAL[0]), wide)}x{min(px(_USUAL[1]), high)}")
        self._bound_size()

    @property
    def theme(self) -> Theme:
        """The look now."""
        return self._look.theme

    def restyle(self) -> None:
        """Theme or scale have changed: all is built anew, and what the user has written is taken over."""
        old, focused = self.page, self._focused_in(self.page)
        self.page = self._new_page(old.connect.fields)
        self.page.chat.give_back(old.chat.draft)
        old.destroy()
        self._excerpt.start_over()
        self._bound_size()
        self._root.update_idletasks()  # what is read can be brought back only where there is a size
        self.page.chat.messages.resume()
        if self._has_tips:
            for _step in self.furnish():
                pass
        self._renew()
        _focus(self.page, focused)
        if self.sheet is not None and self._build_sheet is not None:
            old_sheet, focused = self.sheet, self._focused_in(self.sheet)
            place = old_sheet.scrolled
            self._put(self._build_sheet())
            old_sheet.destroy()
            self.sheet.go_to(place)
            _focus(self.sheet, focused)

    def furnish(self) -> Iterator[None]:
        """Tooltips for all that is there, and comes later, one a step."""
        from client.ui.tooltip import Tip  # noqa: PLC0415 - its import takes as long as painting the window

        self._has_tips = True
        page, theme = self.page, self.theme
        for widget, text in page.tips():
            Tip(widget, text, theme)
            yield
            if page is not self.page:  # which has got its own
                return
        page.chat.messages.add_tip(Tip(page.chat.messages.text, page.chat.messages.tip, theme, at_pointer=True))
        page.roster.add_tips(lambda widget, text: Tip(widget, text, theme))

    # --- sheets ---------------------------------------------------------------------------------------------

    def show_settings(self, chooser: Chooser) -> None:
        """Bring the settings."""
        self._bring(lambda: SettingsView(self._root, self.theme, self.close_sheet, chooser))

    def show_keys(self, push_to_talk_key: str) -> None:
        """Bring the overview of keys."""
        self._bring(lambda: KeysView(self._root, self.theme, self.close_sheet, push_to_talk_key))

    def show_invite(self, invite: str, room_words: str, copy: Callable[[], None]) -> None:
        """Bring the invite."""
        from client.ui.invite_view import InviteView  # noqa: PLC0415 - with Pillow, which the window starts without

        self._bring(lambda: InviteView(self._root, self.theme, self.close_sheet, invite, room_words, copy))

    def show_changed(self) -> None:
        """Bring the page about the broker whose key has changed last."""
        changed = self._changed
        if changed is not None:
            self._bring(lambda: ChangedView(self._root, self.theme, self.close_sheet, changed, self._trust))

    def _trust(self, changed: BrokerChanged) -> None:
        self.close_sheet()
        self._deeds.trust(changed)

    def receive(self, event: Event) -> None:
        """Something happened: the settings may show it, and a changed broker has a page of its own."""
        if isinstance(event, BrokerChanged):
            self._changed = event
            self.show_changed()
        if isinstance(self.sheet, SettingsView):
            self.sheet.receive(event)

    def settings_changed(self, settings: Settings) -> None:
        """These hold now: the look follows, and the sheet if it is open."""
        if self._look.choose(settings):
            self.restyle()
        elif isinstance(self.sheet, SettingsView):
            self.sheet.show(settings)

    def follow_desktop(self) -> None:
        """The desktop's look may have changed."""
        self._look.follow(self.restyle)

    def close_sheet(self) -> None:
        """Back to the page, and to where one was on it."""
        if self.sheet is None:
            return
        sheet, self.sheet, self._build_sheet = self.sheet, None, None
        self.page.grid()
        sheet.destroy()
        _focus(self.page, self._focused_before)

    def _bring(self, build: Callable[[], Sheet]) -> None:
        if self.sheet is None:
            self._focused_before = self._focused_in(self.page)
        else:
            self.sheet.destroy()
        self._build_sheet = build
        self._put(build())

    def _put(self, sheet: Sheet) -> None:
        """Before the page, which cannot be reached by Tab while it is not shown."""
        self.sheet = sheet
        sheet.grid(row=0, column=0, sticky="nsew")
        self.page.grid_remove()
        sheet.begin()

    def find(self) -> None:
        """Look for words in the messages."""
        self.close_sheet()
        self.page.chat.find_bar.open()

    def go_to_server(self) -> None:
        """The focus to where one says where to connect."""
        self.close_sheet()
        self.page.connect.focus_part(Part.SERVER)

    # --- panes ----------------------------------------------------------------------------------------------

    def next_pane(self) -> None:
        """The focus to the first control of the next part of the window."""
        if self.sheet is not None:
            return
        focused = str(self._root.focus_get() or "")
        panes = self.page.panes()
        now = next((index for index, (view, _) in enumerate(panes) if f"{focused}.".startswith(f"{view}.")), -1)
        for _, first in (*panes[now + 1 :], *panes[: now + 1]):
            if first.winfo_viewable() and not (isinstance(first, ttk.Widget) and first.instate(["disabled"])):
                first.focus_set()
                return

    # --- small things ---------------------------------------------------------------------------------------

    def _new_page(self, fields: Fields) -> Page:
        page = Page(self._root, self.theme, self._deeds, self._excerpt, fields)
        page.grid(row=0, column=0, sticky="nsew")
        return page

    def _bound_size(self) -> None:
        """No smaller than the window is of use, and never larger than the screen."""
        wide, high = self._root.winfo_screenwidth(), self._root.winfo_screenheight()
        self._root.minsize(min(self.theme.px(_LEAST[0]), wide), min(self.theme.px(_LEAST[1]), high))

    def _focused_in(self, part: tk.Misc) -> str:
        """The widget in this part that has the focus, by its name from there on; empty where none has it."""
        focused = str(self._root.focus_get() or "")
        return focused.removeprefix(str(part)) if focused.startswith(f"{part}.") else ""


def _focus(part: tk.Misc, name: str) -> None:
    """The focus to the widget of this name: one that is built in the same way has the same name."""
    if name and int(part.tk.call("winfo", "exists", f"{part}{name}")):
        part.tk.call("focus", f"{part}{name}")
