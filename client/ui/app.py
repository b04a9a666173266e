"""The window: builds the views, hands commands down and shows what comes up. Runs on the main thread only.

Nothing in here waits: stretching keys, sockets and sound run on the backend's threads, and the two meet in
`Backend.submit` and the queue of events.
"""

from __future__ import annotations

import logging
import time  # noqa: TID251 - this is the edge that hands `now` to the presenter
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

from msgspec import field

from client import collector, faults
from client.commands import Command, Quit, SetMicrophone, SetMuted, SetSpeaker, SetVolume
from client.events import Event, Part, ProblemReported, SessionEnded
from client.memory import Memory
from client.safe import Safe
from client.safe_thread import SafeThread
from client.settings import Choices, Settings
from client.ui import texts
from client.ui.actions import WITH_KEYS, Act, is_possible
from client.ui.attention import Attention
from client.ui.chooser import Chooser
from client.ui.class_keys import bind_class_keys
from client.ui.clipboard import Clipboard
from client.ui.composing import Composing
from client.ui.connect_view import ConnectActions
from client.ui.connector import Connector
from client.ui.desktop import Desktop, ask
from client.ui.form import Fields
from client.ui.furnishing import Furnishing, load_libraries
from client.ui.look import Look
from client.ui.menu import open_menu
from client.ui.page import Deeds, Page
from client.ui.person_view import Tune
from client.ui.presenter import Presenter
from client.ui.pump import Backend, Pump, when_painted
from client.ui.stage import Stage
from client.ui.view_state import Glance, Phase, Problem, Remedy, ViewState
from client.visited import Visit, Visited
from common.crypto.phrase import generate
from common.discreet import Discreet
from common.errors import LocalError

_LEAVE_SECONDS: Final = 5.0  # what closing the window waits for the session at most
_log = logging.getLogger(__name__)


class NoDisplay(LocalError):
    """There is no screen to open a window on."""


class Opening(Discreet, frozen=True):
    """What the command line asked for."""

    server: str = ""
    name: str = ""
    phrase: str = ""
    connect: bool = False
    microphone_on: bool = False
    speaker_on: bool = False
    open_safe: Callable[[], Safe | None] = lambda: None  # the system's keyring
    visited: Visited = field(default_factory=lambda: Visited(None))  # where one has been
    named: Callable[[str], None] = lambda _name: None  # told when another name stands in the form
    pictures: Path | None = None  # where those of the window are kept for the next start


def run_window(backend: Backend, opening: Opening, choices: Choices, painted: Callable[[], None] = lambda: None) -> int:
    """Show the window until it is closed. Returns the exit code. `painted` is called once it is on the screen.

    Call on the main thread. Raises `NoDisplay` where there is no screen. At the end `Quit` was submitted, and
    `SessionEnded` waited for, but not longer than a few seconds.
    """
    root = open_root()
    return Window(root, backend, opening, choices, ask, painted).run()


def open_root() -> tk.Tk:
    """An empty, hidden main window with the name that desktops know us by. Raises `NoDisplay`."""
    try:
        root = tk.Tk(className="SecureChat")
    except tk.TclError as error:
        raise NoDisplay(texts.NO_DISPLAY) from error
    root.withdraw()
    return root


class Window:
    """One window over one backend. `run` it, or `build` it and drive Tk yourself, as tests do."""

    def __init__(
        self,
        root: tk.Tk,
        backend: Backend,
        opening: Opening,
        choices: Choices,
        ask_desktop: Callable[[], Desktop] = Desktop,
        painted: Callable[[], None] = lambda: None,
    ) -> None:
        self.root = root
        self._backend = backend
        self._opening = opening
        self._painted = painted
        self._presenter = Presenter(microphone_on=opening.microphone_on, speaker_on=opening.speaker_on)
        self._shown: ViewState | None = None
        self._ended = False
        self._quit_at: float | None = None
        self._touched_at = float("-inf")  # when a pointer button or wheel was last used in here
        self.failures = 0  # exceptions in callbacks
        self.chooser = Chooser(
            root,
            choices,
            self._presenter,
            submit=self._submit,
            report=self._report,
            changed=self._settings_changed,
        )
        self._safe = safe = SafeThread(backend.events, opening.open_safe)
        self._connector = Connector(
            self._presenter,
            lambda: self.page.connect,
            submit=self._submit,
            report=self._report,
            show_changed=self._show_changed,
            memory=Memory(
                opening.visited,
                wanted=lambda: choices.now.remember_servers,
                keep_key=self._keep_key,
                forget_key=safe.forget,
            ),
            visited=opening.visited,
            safe=safe,
        )
        self.composing = Composing(lambda: self.page.chat, self._submit, self._report)
        self._clipboard = Clipboard(root)
        self._attention = Attention()
        self._look = Look(root, choices.now, ask_desktop, opening.pictures)
        self._pump = Pump(root, backend.events, self._receive, self._rest)

    def run(self) -> int:
        """Build, show, and stay until closed. 1 if the session could not be ended in time."""
        self.build()
        self.root.mainloop()
        return 0 if self._ended else 1

    def build(self) -> None:
        """Make and show the window, and begin to listen to the backend."""
        root = self.root
        root.report_callback_exception = self._failed
        root.title(texts.APP)
        root.iconphoto(True, *self._look.theme.application_icons(small=True))  # noqa: FBT003 - Tk takes it by place only
        root.protocol("WM_DELETE_WINDOW", self.close)
        self.stage = self._set_stage()
        self._bind_keys()
        self._show()
        root.bind("<Map>", self._mapped)
        root.deiconify()
        self._begin()
        self._pump.run()
        when_painted(root, self._load)

    def _load(self) -> None:
        """The window can be seen: now comes what it could start without."""
        self._painted()
        self._safe.begin()
        Furnishing(self.root, load_libraries, self._furnish).begin()

    def _furnish(self) -> Iterator[None]:
        yield from self.stage.furnish()
        icons = []
        for icon in self._look.theme.application_icons():
            icons.append(icon)
            yield
        self.root.iconphoto(True, *icons)  # noqa: FBT003 - as above
        yield
        self._look.theme.keep_pictures()
        yield
        collector.pass_over()

    def close(self) -> None:
        """Ask the session to end; the window goes when it has, or when it takes too long."""
        if self._quit_at is not None:
            return
        self.composing.put_away()
        draft = bool(self.page.chat.draft.strip())
        warning = self._presenter.before_closing(draft=draft, kept=self.composing.kept)
        if warning is not None:
            self._report(warning)
            return
        self._quit_at = self._now() + _LEAVE_SECONDS
        self._presenter.quit_asked()
        self._submit(Quit())

    # --- building -------------------------------------------------------------------------------------------

    def _set_stage(self) -> Stage:
        opening = self._opening
        deeds = Deeds(
            ConnectActions(
                self._connector.connect,
                self._connector.disconnect,
                self._edited,
                _new_key,
                self._open_menu,
                self._connector.servers(),
                self._connector.remember_key,
                opening.named,
            ),
            mend=self._mend,
            dismiss=self._dismiss,
            send=self._send,
            edit=self.composing.edited,
            set_speaker=self._set_speaker,
            set_microphone=self._set_microphone,
            copy_invite=self._copy_invite,
            trust=self._connector.trust,
            tune=Tune(
                lambda member, decibels: self._submit(SetVolume(member, decibels)),
                lambda member, on: self._submit(SetMuted(member, on)),
            ),
        )
        fields = Fields(opening.server, opening.name, opening.phrase)
        return Stage(self.root, self._look, deeds, self._presenter.chat, fields, self._renew)

    def _keep_key(self, visit: Visit, key: str) -> None:
        self._connector.keep(visit, key)

    def _show_changed(self) -> None:
        self.stage.show_changed()

    @property
    def page(self) -> Page:
        """All views; another one after another theme was chosen."""
        return self.stage.page

    def _settings_changed(self, settings: Settings) -> None:
        self._connector.settings_changed(settings)
        self.stage.settings_changed(settings)

    def _renew(self) -> None:
        self._connector.renewed()
        self._shown = None
        self._show()

    def _bind_keys(self) -> None:
        bind_class_keys(self.root)
        self.root.bind("<FocusIn>", self._focused, add="+")
        self.root.bind("<FocusOut>", lambda _event: self.composing.put_away(), add="+")  # a held key is let go, too
        for touch in ("<Button>", "<MouseWheel>"):  # a wheel turns without the focus
            self.root.bind(touch, self._touched, add="+")
        for action in WITH_KEYS:
            self.root.bind(action.sequence, lambda _event, act=action.act: self._do_by_key(act))  # type: ignore[misc]
        self.root.bind("<Escape>", lambda _event: self.stage.close_sheet())

    def _do_by_key(self, act: Act) -> str:
        """The key was for us, and no other binding sees it."""
        if is_possible(act, self._presenter.state(self._now())):
            self.do(act)
        return "break"

    def do(self, act: Act) -> None:
        """What was chosen in the menu, or by its key."""
        deeds: dict[Act, Callable[[], object]] = {
            Act.CONNECT: self._connector.connect,
            Act.DISCONNECT: self._connector.disconnect,
            Act.NEW_KEY: self.page.connect.new_key,
            Act.COPY_INVITE: self._copy_invite,
            Act.INVITE: self._show_invite,
            Act.MICROPHONE: self.page.voice.microphone.invoke,
            Act.SPEAKER: self.page.voice.speaker.invoke,
            Act.SERVER: self.stage.go_to_server,
            Act.FIRST_NEW: self.page.chat.messages.go_to_unread,
            Act.FIND: self.stage.find,
            Act.NEXT_PANE: self.stage.next_pane,
            Act.MENU: self._open_menu,
            Act.SETTINGS: lambda: self.stage.show_settings(self.chooser),
            Act.KEYS: lambda: self.stage.show_keys(self.chooser.now.push_to_talk_key),
            Act.QUIT: self.close,
        }
        deeds[act]()

    def _open_menu(self) -> None:
        self.stage.close_sheet()
        self.menu = open_menu(
            self.page.connect.menu_button, self.stage.theme, self._presenter.state(self._now()), self.do
        )

    def _focused(self, event: tk.Event[tk.Misc]) -> None:
        self._call(self._now())
        if event.widget is self.root:  # the desktop's settings may have changed while one was in another window
            self.stage.follow_desktop()

    def _touched(self, _event: object) -> None:
        self._touched_at = self._now()

    def _mapped(self, event: tk.Event[tk.Misc]) -> None:
        """The window has come onto the screen: only from now on it can have the focus."""
        if event.widget is self.root:
            self.root.unbind("<Map>")
            self.root.after_idle(self._focus_first)

    def _focus_first(self) -> None:
        """The cursor where the next word has to be typed."""
        fields = self.page.connect.fields
        first = Part.SERVER if not fields.server else Part.NAME if not fields.name else Part.KEY
        self.root.focus_force()
        self.page.connect.focus_part(first)

    def _begin(self) -> None:
        self.chooser.begin(self._opening.visited.take_notes())
        if self._opening.speaker_on:
            self._submit(SetSpeaker(on=True))
        if self._opening.microphone_on:
            self._submit(SetMicrophone(on=True))
        if self._opening.connect:
            self._connector.connect()

    # --- what the user does ---------------------------------------------------------------------------------

    def _send(self, text: str) -> bool:
        self._presenter.edited(Part.TEXT)
        return self.composing.send(text)

    def _mend(self, remedy: Remedy) -> None:
        problem = self._presenter.state(self._now()).problem
        if remedy is Remedy.COPY_DETAILS and problem is not None:
            self._clipboard.put(problem.details)
        elif remedy is Remedy.CLOSE:
            self.close()
        else:
            self._connector.mend(remedy)

    def _set_microphone(self, on: bool) -> None:
        self._presenter.microphone_asked(on=on)
        self._submit(SetMicrophone(on))

    def _set_speaker(self, on: bool) -> None:
        self._presenter.speaker_asked(on=on)
        self._submit(SetSpeaker(on))

    def _edited(self, part: Part) -> None:
        self._presenter.edited(part)
        self._show()

    def _dismiss(self) -> None:
        self._presenter.dismissed()
        self._show()

    def _copy_invite(self) -> None:
        self._clipboard.lend(self._presenter.state(self._now()).invite)

    def _show_invite(self) -> None:
        state = self._presenter.state(self._now())
        self.stage.show_invite(state.invite, state.status.room_words, self._copy_invite)

    # --- what comes up, and what is shown -------------------------------------------------------------------

    def _receive(self, events: list[Event]) -> None:
        now, wall = self._now(), time.time()
        for event in events:
            self._presenter.receive(event, now, wall)
            self._attention.receive(event)
            self._connector.receive(event)
            self.stage.receive(event)
            self.composing.receive(event)
            if isinstance(event, SessionEnded):
                self._ended = True
        self._call(now)
        self._show()

    def _call(self, now: float) -> None:
        """For the user's attention, unless they are here."""
        if self._has_focus():
            self._attention.looked()
        setting = self.chooser.now.notifications
        if self._attention.rings(setting, now):
            self.root.bell()
        self.root.title(self._attention.title(setting))

    def _has_focus(self) -> bool:
        return bool(self.root.tk.call("focus", "-displayof", str(self.root)))  # `focus_displayof` fails on popdowns

    def _rest(self) -> None:
        """A few times a second: what changes by itself, and what the user has before the eyes."""
        self._show()
        if self._quit_at is not None:
            return
        self.composing.rest()
        self._connector.rest()
        untouched = self._now() - self._touched_at
        viewable = bool(self.page.winfo_viewable())
        messages = self.page.chat.messages
        glance = Glance(messages.lowest(), viewable, self._has_focus(), untouched, messages.unread_in_view())
        marked = self._presenter.glanced(glance)
        if marked is not None:
            self._submit(marked)

    def _show(self) -> None:
        """Bring the views to the presenter's state; cheap where nothing has changed."""
        now = self._now()
        if self._quit_at is not None and (self._ended or now >= self._quit_at):
            self._go()
            return
        state = self._presenter.state(now)
        self.page.chat.refresh()
        if state == self._shown:
            return
        before, self._shown = self._shown, state
        self.page.show(state)
        self._move_focus(before, state)

    def _move_focus(self, before: ViewState | None, state: ViewState) -> None:
        """Once in the room one writes; what is wrong with a field is mended there. Never away from a draft."""
        if before is None or self.stage.sheet is not None or self.root.focus_get() is self.page.chat.input:
            return
        if state.status.phase is Phase.ONLINE is not before.status.phase:
            self.page.chat.input.focus_set()
        elif state.problem and state.problem != before.problem and state.problem.part in self.page.connect.entries:
            self.page.connect.focus_part(state.problem.part)

    def _go(self) -> None:
        self._pump.stop()
        self._clipboard.close()
        if not self._ended:
            _log.warning("the session did not end within %d s; the window closes without it", _LEAVE_SECONDS)
        for timer in self.root.tk.splitlist(self.root.tk.call("after", "info")):
            self.root.tk.call("after", "cancel", timer)  # one that ran after the window is gone would complain
        self.root.quit()
        self.root.destroy()

    def _report(self, problem: ProblemReported) -> None:
        self._presenter.receive(problem, self._now(), time.time())
        self._show()

    def _submit(self, command: Command) -> None:
        self._backend.submit(command)
        self._show()

    def _failed(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """An exception in a callback: into the log with it, tell it, and live on."""
        self.failures += 1
        _log.error("a callback of the window failed", exc_info=(kind, error, trace))
        if self.failures == 1 or not isinstance(self._shown and self._shown.problem, Problem):
            self._presenter.receive(
                faults.reported(Part.GENERAL, "internal", texts.INTERNAL, error), self._now(), time.time()
            )

    @staticmethod
    def _now() -> float:
        return time.monotonic()


def _new_key() -> str:
    import secrets  # noqa: PLC0415 - loads OpenSSL, which the window starts without

    return generate(secrets.choice)
