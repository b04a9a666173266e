"""What leads into a room and out of it: the fields become commands, and what is wrong with them is told first."""

from __future__ import annotations

import time  # noqa: TID251 - an edge: it hands `now` to the presenter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from client.commands import Command, Disconnect
from client.events import BrokerChanged, Event, KeyFound, KeyringFound, Part, ProblemReported, RoomJoined
from client.memory import Memory
from client.safe_thread import SafeThread
from client.settings import Settings
from client.ui.connect_view import ConnectView
from client.ui.form import connect_command, problem_of, typed
from client.ui.presenter import Presenter
from client.ui.servers_menu import ServerActions
from client.ui.view_state import Remedy
from client.visited import NotKept, Visit, Visited


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
        memory: Memory,
        visited: Visited,
        safe: SafeThread,
    ) -> None:
        self._presenter = presenter
        self._form = form
        self._submit = submit
        self._report = report
        self._show_changed = show_changed
        self._memory = memory
        self._visited = visited
        self._safe = safe
        self._kept: Visit | None = None  # whose key, out of the keyring, stands in the field
        self._has_keyring = False

    def connect(self, *, accept_weak_phrase: bool = False, compared_key: bytes | None = None) -> None:
        """Into the room of the fields, if they can be used."""
        if not self._presenter.state(time.monotonic()).can_connect:
            return
        fields = self._form().finish()
        problem = problem_of(fields)
        if problem is not None:
            self._report(problem)
            self._form().focus_part(problem.part)  # also where the same problem was told before
            return
        self._presenter.connect_asked()
        command = connect_command(fields, accept_weak_phrase=accept_weak_phrase)
        command = replace(command, compared_key=compared_key)
        self._memory.connecting(command, with_key=self._form().remember_key.get())
        self._submit(command)

    def receive(self, event: Event) -> None:
        """What is worth remembering is remembered."""
        with self._told():
            self._memory.receive(event)
        if isinstance(event, RoomJoined):
            self._form().servers.refresh()
        elif isinstance(event, KeyringFound):
            self._has_keyring = True
            self.renewed()
            fields = self._form().fields
            first = next((visit for visit in self._visited.all() if visit.server == fields.server), None)
            if first is not None and first.room and not fields.phrase:
                self._safe.find(first)
        elif isinstance(event, KeyFound):
            self._found(event)

    def rest(self) -> None:
        """Tell what was wrong with the list, if it was read just now and found broken."""
        notes = self._memory.take_notes()
        if notes:
            self._report(ProblemReported(Part.GENERAL, "set_aside", " ".join(notes)))

    def renewed(self) -> None:
        """The form was built, perhaps anew."""
        if self._has_keyring:
            self._form().offer_keyring()
            self._form().remember_key.set(self._kept is not None)

    def keep(self, visit: Visit, key: str) -> None:
        """The key let one in, and is to be remembered."""
        self._kept = visit
        self._safe.keep(visit, key)

    def remember_key(self, on: bool) -> None:
        """Without the tick the key goes out of the keyring at once; with it, it comes in once the room is joined."""
        if not on and self._kept is not None:
            self._safe.forget(self._kept)
            with self._told():
                self._visited.forget_key(self._kept)
            self._kept = None

    def _found(self, event: KeyFound) -> None:
        form = self._form()
        if form.fields.server != event.server or form.fields.phrase:
            return  # something else was typed meanwhile
        self._kept = Visit(event.server, form.fields.name, room=event.room)
        form.fill(replace(form.fields, phrase=event.key))
        form.remember_key.set(True)

    def servers(self) -> ServerActions:
        """What the list of servers asks for."""
        return ServerActions(self._visited.all, self._choose, self._forget)

    def settings_changed(self, settings: Settings) -> None:
        """Who does not want servers to be remembered, does not want those either that are."""
        if not settings.remember_servers and self._visited.all():
            self._forget(None)
            self._form().servers.refresh()

    def _choose(self, visit: Visit) -> None:
        form = self._form()
        self._kept = None
        form.fill(typed(replace(form.fields, server=visit.where, name=visit.name, phrase="", invite=None)))
        form.remember_key.set(False)
        if visit.room:
            self._safe.find(visit)
        self._presenter.edited(Part.SERVER)
        form.focus_part(Part.KEY)

    def _forget(self, visit: Visit | None) -> None:
        for gone in self._visited.all() if visit is None else (visit,):
            if gone.room:
                self._safe.forget(gone)
        with self._told():
            if visit is None:
                self._visited.forget_all()
            else:
                self._visited.forget(visit)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A list that cannot be written is told, and holds nothing up."""
        try:
            yield
        except NotKept as error:
            self._report(ProblemReported(Part.SERVER, "not_kept", str(error)))

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
