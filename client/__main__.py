"""`secure-chat`, or `python -m client`: the window, or the same session as text."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import platformdirs
from msgspec.structs import replace

from client.commands import Lanes, Quit, SetProcessing, TellWriting, Transmit, VoiceWish
from client.config import Config, read_config
from client.ctl.place import NoPlace, runtime_folder
from client.faults import watch_threads
from client.given import default_folder
from client.inbox import Inbox
from client.late import LateSession
from client.store import Store
from client.visited import Visited
from common.address import parse_address
from common.banner import encode_key
from common.errors import BadSetting, LocalError, StateLocked

if TYPE_CHECKING:
    from client.console import Console
    from client.faces import Face
    from client.memory import Memory
    from client.network import Network
    from client.settings import Choices

_USAGE: Final = 2  # exit code for what the caller did wrong
_PROFILES: Final = 9
_log: Final = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> int:
    """Run the client; returns its exit code."""
    logging.basicConfig(level=logging.WARNING, format="secure-chat: %(levelname)s: %(message)s")
    _speak_utf8()
    try:
        return _obey(sys.argv[1:] if arguments is None else arguments)
    except LocalError as error:
        print(f"secure-chat: {error}", file=sys.stderr)
        return _USAGE
    except (KeyboardInterrupt, EOFError):  # Ctrl+C, or Ctrl+D at a question
        return 130
    finally:
        _finish_output()


def _obey(arguments: list[str]) -> int:
    if arguments[:1] == ["log"]:
        from client import log_command  # noqa: PLC0415
        from client.log_request import read_log_request  # noqa: PLC0415

        request = read_log_request(arguments[1:], os.environ, sys.stdin)
        _warn(request.warning)
        return log_command.run(request)
    if arguments[:1] == ["ctl"]:
        from client.ctl import command as ctl  # noqa: PLC0415

        return ctl.run(arguments[1:], runtime_folder(os.environ, default_folder()))
    if arguments[:1] == ["install-desktop"]:
        from client import install_desktop  # noqa: PLC0415

        return install_desktop.run(arguments[1:], platformdirs.user_data_path())
    if arguments[:1] == ["doctor"]:
        from client.doctor import command  # noqa: PLC0415
        from client.doctor.request import read_doctor_request  # noqa: PLC0415

        asked = read_doctor_request(arguments[1:], os.environ, sys.stdin)
        _warn(asked.warning)
        return command.run(asked)
    config = read_config(arguments, os.environ, sys.stdin)
    if config.show_key:
        return _show_key(config)
    return _run(config) if config.forget_broker is None else _forget(config, config.forget_broker)


def _warn(warning: str) -> None:
    if warning:
        sys.stderr.write(f"{warning}\n")


def _run(config: Config) -> int:
    # Loaded only now, so that --help and wrong flags answer at once.
    from client.settings import Choices  # noqa: PLC0415

    _warn(config.warning)
    if config.mode == "window":
        with _told_on_the_screen():
            store = _open_store(config)
        return _run_window(config, store, Choices(config.settings_file, config.given))
    store = _open_store(config)
    from client.asking import weak_phrase_meant  # noqa: PLC0415
    from client.memory import Memory  # noqa: PLC0415
    from client.safe import open_safe  # noqa: PLC0415
    from client.terminal_keys import TerminalKeys  # noqa: PLC0415

    # A program means the key that it passes; a person at a terminal is asked, as the window asks.
    accept_weak_phrase = config.mode == "json"
    can_ask = config.mode == "text" and sys.stdin.isatty()
    choices = Choices(config.settings_file, config.given)
    if config.remember_key and not choices.now.remember_servers:
        raise BadSetting("--remember-key: servers are not remembered (the setting remember_servers), nor are keys.")
    found = ""
    visited = Visited(config.visited_file)
    if can_ask:
        config, found = _completed(config, visited)
        accept_weak_phrase = weak_phrase_meant(config, store.pin)
    network = _network(config, store, choices, Inbox())
    keys = TerminalKeys(network.events, open_safe, found)
    memory = Memory(
        visited, wanted=lambda: can_ask and choices.now.remember_servers, keep_key=keys.keep, forget_key=keys.forget
    )
    watch_threads(network.events.put)
    with _reached_by_ctl(config, store, network, choices):
        network.start()
        _warn("\n".join(choices.take_notes()))
        with closing(keys):
            return _run_text(config, network, memory, accept_weak_phrase=accept_weak_phrase, can_ask=can_ask)


@contextmanager
def _told_on_the_screen() -> Iterator[None]:
    """What keeps the window from being opened stands on the screen too: an icon has no terminal."""
    try:
        yield
    except LocalError as error:
        with suppress(ImportError):  # without Tk there is the terminal
            from client.ui.no_window import say_why  # noqa: PLC0415

            say_why(str(error))
        raise


def _completed(config: Config, visited: Visited) -> tuple[Config, str]:
    """With what a person at a terminal is asked, and what was remembered: the latter's key, if it was that."""
    from client.asking import kept_key, with_phrase, with_server  # noqa: PLC0415
    from client.safe import open_safe  # noqa: PLC0415

    visits = visited.all()
    _warn("\n".join(visited.take_notes()))  # before the question that the list was for
    config, visit = with_server(config, visits)
    found = kept_key(config, visit, open_safe, _warn)
    if found:
        return replace(config, phrase=found, remember_key=True), found  # it stays there
    return with_phrase(config), ""


def _network(config: Config, store: Store, choices: Choices, inbox: Inbox) -> Network:
    from client.network import Network  # noqa: PLC0415
    from client.stays import Habits  # noqa: PLC0415

    chosen = choices.now
    return Network(
        store,
        inbox,
        microphone=chosen.microphone,
        speaker=chosen.speaker,
        habits=Habits(chosen.receipts, chosen.typing, chosen.keep_log, config.lasting_key),
        transmit=Transmit(chosen.transmit),
        lanes=Lanes(chosen.lanes),
        processing=SetProcessing(chosen.echo, chosen.noise, chosen.high_pass, chosen.gain),
        voice=VoiceWish(chosen.voice_mode),
    )


@contextmanager
def _reached_by_ctl(
    config: Config, store: Store, network: Network | LateSession, choices: Choices
) -> Iterator[Callable[[str], None]]:
    """Obey `secure-chat ctl` meanwhile. Programs have a line of their own; where there can be no socket, none is.

    Gives what to call when the user's name is another one.
    """
    from client.ctl.listener import Listener  # noqa: PLC0415
    from client.ctl.standing import Standing  # noqa: PLC0415

    if config.mode == "json":
        yield _nobody_listens
        return
    standing = Standing(config.name, str(store.folder.resolve()))
    place = runtime_folder(os.environ, default_folder())
    try:
        listener = Listener(place, standing, network.events, network.submit, lambda: Transmit(choices.now.transmit))
    except NoPlace as error:
        _log.info("secure-chat ctl will not reach this client: %s", error)
        yield _nobody_listens
        return
    listener.start()
    with closing(listener):
        yield listener.named


def _nobody_listens(_name: str) -> None:
    """In place of a listener."""


def _run_window(config: Config, store: Store, choices: Choices) -> int:
    try:
        _find("PIL")  # loaded only when something has to be drawn
        from client.ui.app import Opening, run_window  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name not in {"tkinter", "_tkinter", "PIL"}:
            raise
        from client.ui import texts  # noqa: PLC0415

        raise BadSetting(texts.NO_TKINTER) from error
    from client.safe import open_safe  # noqa: PLC0415

    visited = Visited(config.visited_file)
    visits = visited.all() if choices.now.remember_servers else ()
    if visits and not config.server:
        name = config.name if config.name_given else visits[0].name
        config = replace(config, server=visits[0].where, name=name)
    session = LateSession(lambda inbox: _network(config, store, choices, inbox))
    watch_threads(session.events.put)
    with _reached_by_ctl(config, store, session, choices) as named:
        fields = (config.server, config.name, config.phrase)
        switches = (config.connect, config.microphone_on, config.speaker_on)
        opening = Opening(*fields, *switches, open_safe, visited, named, config.pictures_folder)
        return run_window(session, opening, choices, session.begin)


def _find(library: str) -> None:
    if find_spec(library) is None:
        raise ModuleNotFoundError(name=library)


def _run_text(config: Config, network: Network, memory: Memory, *, accept_weak_phrase: bool, can_ask: bool) -> int:
    from client.text_ui import TextUI  # noqa: PLC0415

    signal.signal(signal.SIGTERM, lambda *_: network.submit(Quit()))
    signal.signal(signal.SIGINT, lambda *_: network.submit(Quit()))
    face, console = _face_and_console(config, network)
    with closing(console):
        ui = TextUI(config, network, face, console, memory, accept_weak_phrase=accept_weak_phrase, can_ask=can_ask)
        return ui.run()


def _face_and_console(config: Config, network: Network) -> tuple[Face, Console]:
    """For programs; for pipes, screen readers and terminals that can only add lines; for all other terminals."""
    from client.console import Streams  # noqa: PLC0415
    from client.json_face import JsonFace  # noqa: PLC0415
    from client.terminal_face import TerminalFace  # noqa: PLC0415

    if config.mode == "json":
        return JsonFace(), Streams(sys.stdin, sys.stdout)
    in_terminal = sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if config.plain or not in_terminal:
        return TerminalFace(), Streams(sys.stdin, sys.stdout)
    from client.ink import Ink, colours_wanted  # noqa: PLC0415
    from client.prompt import PromptConsole  # noqa: PLC0415

    terminal = TerminalFace(Ink(colours_wanted(os.environ)))

    def typed(text: str) -> None:
        if terminal.is_message(text):
            network.submit(TellWriting())

    return terminal, PromptConsole(terminal.completions, terminal.status, typed)


def _open_store(config: Config) -> Store:
    """The state folder. A second client of the same person gets a profile of its own, unless a folder was named."""
    if config.state_folder_given:
        return Store(config.state_folder)
    further = (config.state_folder / f"profile-{number}" for number in range(2, _PROFILES + 1))
    for folder in (config.state_folder, *further):
        with suppress(StateLocked):
            return Store(folder)
    raise StateLocked(f"{_PROFILES} Secure Chats run already: close one, or choose a folder with --state-dir.")


def _forget(config: Config, server: str) -> int:
    try:
        address = str(parse_address(server))
    except LocalError as error:
        raise BadSetting(f"--forget-broker: {error}") from error
    store = Store(config.state_folder)
    forgotten = store.forget_pin(address)
    visited = Visited(config.visited_file)
    visited.forget_server(address)  # a remembered link would hold its key
    _warn("\n".join(visited.take_notes()))
    store.close()
    print(f"The key of {address} is forgotten." if forgotten else f"No key was known for {address}.")
    return 0


def _show_key(config: Config) -> int:
    from common.crypto.keys import connection_key, lasting_connection_secret  # noqa: PLC0415

    store = Store(config.state_folder)
    print(encode_key(connection_key(lasting_connection_secret(store.device_secret()))))
    store.close()
    return 0


def _speak_utf8() -> None:
    """JSON and names are UTF-8 whatever the terminal's settings say; what is not never ends the program."""
    sys.stdin = sys.stdin or io.StringIO()  # closed by whoever started us
    sys.stdout = sys.stdout or io.StringIO()
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _finish_output() -> None:
    """Write out what is left; where nobody takes it the interpreter would complain about that at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
