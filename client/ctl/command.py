"""`secure-chat ctl`: one line to a running client, one line back. Exit code 0, or 1 where it was not obeyed."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from client.ctl.line import (
    FOLDER_CHARACTERS,
    LINE_BYTES,
    Answer,
    BadCtlLine,
    How,
    Question,
    What,
    decode_answer,
    encode,
)
from client.ctl.place import UNIX, NoPlace, is_mine, make_folder, running
from client.flags import Flags

_PATIENCE: Final = 10.0  # seconds: a sound device may take a few to open
_DESCRIPTION: Final = (
    "Reaches a Secure Chat of yours that runs on this computer, so that a desktop can bind a global key. Where several"
    " run it is the one that was started last, unless --name or --state-dir says which."
)
_EPILOG: Final = """\
To hold a key to talk: bind its press to “secure-chat ctl talk on” and its release to “secure-chat ctl talk off”;
where a desktop knows no release, bind “secure-chat ctl talk toggle”. Programs (--json) are not reached.
"""


def parser() -> argparse.ArgumentParser:
    """The command line of `secure-chat ctl`."""
    flags = Flags(
        prog="secure-chat ctl",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = flags.add_subparsers(dest="what", metavar="COMMAND", required=True)
    for what, help_text in (
        (What.TALK, "be heard: the held key in push-to-talk, the microphone else"),
        (What.MICROPHONE, "the microphone"),
        (What.SPEAKER, "the speaker"),
    ):
        command = commands.add_parser(what.value, help=help_text, allow_abbrev=False)
        command.add_argument("how", choices=[how.value for how in How])
        _add_choice(command)
    status = commands.add_parser("status", help="how it stands", allow_abbrev=False)
    status.add_argument("--json", action="store_true", help="as one JSON object")
    _add_choice(status)
    return flags


def _add_choice(command: argparse.ArgumentParser) -> None:
    command.add_argument("--name", help="the client of this name")
    command.add_argument("--state-dir", metavar="DIR", type=Path, help="the client with this state folder")


def run(arguments: list[str], folder: Path) -> int:
    """Do what the arguments say; `folder` is where the sockets are."""
    flags = parser().parse_args(arguments)
    if not UNIX:
        return _failed("it needs Unix sockets, which this system's Python does not have.")
    question = Question(What(flags.what), How(getattr(flags, "how", How.TOGGLE)))
    try:
        make_folder(folder)
        chosen = _chosen(folder, flags.name, flags.state_dir)
        if chosen is None:
            return _failed(_nobody(flags.name, flags.state_dir))
        answer = ask(chosen, question)
    except (OSError, BadCtlLine):
        return _failed("the client has not answered; it may be of another version.")
    except NoPlace as error:
        return _failed(str(error))
    if answer.problem:
        return _failed(answer.problem)
    as_json = question.what is What.STATUS and flags.json
    sys.stdout.write(encode(answer).decode() if as_json else "".join(f"{line}\n" for line in _told(question, answer)))
    return 0


def ask(path: Path, question: Question) -> Answer:
    """Say it to the client behind a socket. Raises `OSError` and `BadCtlLine`."""
    line = b""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as opened:
        opened.settimeout(_PATIENCE)
        opened.connect(str(path))
        if not is_mine(opened):
            raise BadCtlLine("another user's")
        opened.sendall(encode(question))
        while b"\n" not in line and len(line) <= LINE_BYTES:
            part = opened.recv(LINE_BYTES)
            if not part:
                break
            line += part
    return decode_answer(line)


def _chosen(folder: Path, name: str | None, state_dir: Path | None) -> Path | None:
    wanted = None if state_dir is None else str(state_dir.resolve())[:FOLDER_CHARACTERS]
    for path, answer in _alive(folder):
        if name in {None, answer.name} and wanted in {None, answer.state_dir}:
            return path
    return None


def _alive(folder: Path) -> Iterator[tuple[Path, Answer]]:
    """The clients that answer, the newest first. What one left that was killed is cleared away."""
    for path in running(folder):
        try:
            yield path, ask(path, Question(What.STATUS))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except (OSError, BadCtlLine):
            continue


def _nobody(name: str | None, state_dir: Path | None) -> str:
    if name is None and state_dir is None:
        return "no Secure Chat of yours runs with a window or in a terminal: start one first."
    which = [f"the name “{name}”"] if name is not None else []
    which += [f"the state folder {state_dir}"] if state_dir is not None else []
    return f"no Secure Chat of yours runs with {' and '.join(which)}: secure-chat ctl status tells of the newest."


def _told(question: Question, answer: Answer) -> list[str]:
    microphone = f"Microphone {'on' if answer.microphone else 'off'}."
    speaker = f"Speaker {'on' if answer.speaker else 'off'}."
    if question.what is What.MICROPHONE:
        return [microphone]
    if question.what is What.SPEAKER:
        return [speaker]
    talking = "Talking." if answer.talking else "Not talking."
    if question.what is What.TALK:
        return [talking]
    room = f"in a room of {answer.people}, room words {answer.room_words}" if answer.room_words else "in no room"
    return [f"{answer.name}, {room}.", microphone, talking, speaker, f"Transmit: {answer.transmit}.", answer.state_dir]


def _failed(message: str) -> int:
    sys.stderr.write(f"secure-chat ctl: {message}\n")
    return 1
