"""The thread of a running client that obeys `secure-chat ctl`."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from client import commands, events
from client.commands import Transmit
from client.ctl.line import LINE_BYTES, Answer, BadCtlLine, Question, decode_question, encode
from client.ctl.place import is_mine, listen
from client.ctl.standing import Standing
from client.inbox import Inbox

_PATIENCE: Final = 2.0  # seconds for the other side to say its line
_DEVICE_SECONDS: Final = 4.0  # for a sound device to open
_log = logging.getLogger(__name__)


class Listener(threading.Thread):
    """Obeys one question after the other, so that a key's release is never obeyed before its press.

    Only this user's programs get in (`client.ctl.place`), so none is guarded against taking its two seconds.
    """

    def __init__(
        self,
        folder: Path,
        standing: Standing,
        inbox: Inbox,
        submit: Callable[[commands.Command], None],
        transmit: Callable[[], Transmit],
    ) -> None:
        """Listens from now on; answers once started. `transmit` tells the mode that holds. Raises `NoPlace`."""
        super().__init__(name="ctl", daemon=True)
        self._standing = standing
        self._submit = submit
        self._transmit = transmit
        self._changed = threading.Condition()
        self._closing = False
        self._listener, self.path = listen(folder)
        inbox.tell(self._note)

    def run(self) -> None:
        """Answer until `close`."""
        while not self._closing:
            try:
                opened, _ = self._listener.accept()
            except OSError:
                _log.warning("secure-chat ctl cannot reach this client any more", exc_info=True)
                return
            with opened, suppress(OSError):  # whoever asked has gone
                opened.settimeout(_PATIENCE)
                if not self._closing and is_mine(opened):
                    self._serve(opened)

    def named(self, name: str) -> None:
        """The user's name is another one now; from any thread."""
        with self._changed:
            self._standing.named(name)

    def close(self) -> None:
        """End the thread; nobody finds this client any more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self.is_alive():
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bell:
                bell.connect(str(self.path))
            self.join(_DEVICE_SECONDS)
        with suppress(OSError):
            self.path.unlink()
        self._listener.close()

    def _note(self, event: events.Event) -> None:
        with self._changed:
            self._standing.note(event)
            self._changed.notify_all()

    def _serve(self, opened: socket.socket) -> None:
        line = b""
        while b"\n" not in line:
            part = opened.recv(LINE_BYTES)
            line += part
            if not part or len(line) > LINE_BYTES:
                return
        try:
            question = decode_question(line)
        except BadCtlLine as error:
            _log.warning("secure-chat ctl said what this version does not know: %s", error)
            return
        opened.sendall(encode(self._obeyed(question)))

    def _obeyed(self, question: Question) -> Answer:
        with self._changed:
            transmit = self._transmit()
            on = self._standing.wanted(question, transmit)
            commands = self._standing.commands(question, transmit)
        for command in commands:
            self._submit(command)
        with self._changed:
            self._changed.wait_for(
                lambda: self._closing or self._standing.settled(question, transmit, on=on), _DEVICE_SECONDS
            )
            return self._standing.answer(question, transmit, on=on)
