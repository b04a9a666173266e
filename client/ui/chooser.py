"""What the user chooses while the window is open: kept, told to the session, and obeyed by the window."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from typing import Final

from client.commands import Command, HoldToTalk
from client.events import Part, ProblemReported
from client.settings import Choices, Settings, SettingsNotKept, orders
from client.ui import texts
from client.ui.presenter import Presenter
from client.ui.push_to_talk import PushToTalk

USUAL_KEY: Final = Settings().push_to_talk_key


class Chooser:
    """`submit` reaches the session, `report` tells the user what is wrong, `changed` has the look follow."""

    def __init__(
        self,
        root: tk.Tk,
        choices: Choices,
        presenter: Presenter,
        *,
        submit: Callable[[Command], None],
        report: Callable[[ProblemReported], None],
        changed: Callable[[Settings], None],
    ) -> None:
        self._choices = choices
        self._presenter = presenter
        self.submit = submit
        self._report = report
        self._changed = changed
        self._push = PushToTalk(root, lambda on: self.submit(HoldToTalk(on)))

    @property
    def now(self) -> Settings:
        """The settings that hold."""
        return self._choices.now

    def begin(self, notes: Sequence[str]) -> None:
        """The window is there: what was wrong with the settings file can be told, and so can `notes` of other files."""
        self._use_push_key()
        self._tell(*notes)

    def choose(self, field: str, value: object) -> None:
        """Something was chosen: it holds at once, whether it can be written or not."""
        before, trouble = self.now, []
        try:
            self._choices.change(field, value)
        except SettingsNotKept as error:
            trouble = [str(error)]
        self._tell(*trouble)
        self._use_push_key()
        for order in orders(before, self.now):
            self.submit(order)
        self._changed(self.now)

    def _tell(self, *further: str) -> None:
        notes = " ".join([*self._choices.take_notes(), *further])
        if notes:
            self._report(ProblemReported(Part.GENERAL, "settings", notes))

    def _use_push_key(self) -> None:
        """The key holds only for those who have chosen to talk by a key."""
        key = self.now.push_to_talk_key if self.now.transmit == "push" else ""
        if not self._push.use(key):
            self._tell(texts.no_such_key(key, USUAL_KEY))
            key = USUAL_KEY
            self._push.use(key)
        self._presenter.push_to_talk(key)
