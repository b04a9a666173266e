"""What leads into a room and out of it: the fields become commands, and what is wrong with them is told first."""

from __future__ import annotations

import time  # noqa: TID251 - an edge: it hands `now` to the presenter
from collections.abc import Callable
from dataclasses import replace

from client.commands import Command, Disconnect
from client.events import BrokerChanged, ProblemReported
from client.ui.connect_view import ConnectView
from client.ui.form import connect_command, problem_of
from client.ui.presenter import Presenter, Remedy


class Connector:
    """`form` is the header that is shown now, `submit` reaches the session, `report` tells what is wrong.

    `show_changed` brings the page about a broker whose key has changed.
    """

    def __init__(
        self,
        presenter: Presenter,
        form: Callable[[], ConnectView],
        *,
        submit: Callable[[Command], None],
        report: Callable[[ProblemReported], None],
        show_changed: Callable[[], None],
    ) -> None:
        self._presenter = presenter
        self._form = form
        self._submit = submit
        self._report = report
        self._show_changed = show_changed

    def connect(self, *, accept_weak_phrase: bool = False, compared_key: bytes | None = None) -> None:
        """Into the room of the fields, if they can be used."""
        if not self._presenter.state(time.monotonic()).can_connect:
            return
        fields = self._form().fields
        problem = problem_of(fields)
        if problem is not None:
            self._report(problem)
            self._form().focus_part(problem.part)  # also where the same problem was told before
            return
        self._presenter.connect_asked()
        command = connect_command(fields, accept_weak_phrase=accept_weak_phrase)
        self._submit(replace(command, compared_key=compared_key))

    def disconnect(self) -> None:
        """Out of the room, or no further attempt."""
        self._presenter.disconnect_asked(time.time())
        self._submit(Disconnect())

    def mend(self, remedy: Remedy) -> None:
        """The button in the problem bar was pressed."""
        match remedy:
            case Remedy.NEW_KEY:
                self._form().new_key()
            case Remedy.COMPARE:
                self._show_changed()
            case _:
                self.connect(accept_weak_phrase=remedy is Remedy.CONNECT_ANYWAY)

    def trust(self, changed: BrokerChanged) -> None:
        """The user has compared the words of this key."""
        form = self._form()
        if form.fields.invite is not None:  # it would go on to say otherwise
            invite = replace(form.fields.invite, broker_key=changed.key)
            form.fill(replace(form.fields, invite=invite))
        self.connect(compared_key=changed.key)
