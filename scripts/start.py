"""From a fresh clone to talking: `python3 scripts/start.py`.

It sets up `.venv`, starts a broker and opens a window connected to it, in a new room with a generated key (or the
one in $SECURE_CHAT_KEY), and prints the link that invites others. Without a screen it opens the text client; with
neither screen nor terminal it runs the demo. The broker ends with the window.
"""

import argparse
import getpass
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.flags import Flags, port
from scripts.setup.environment import ROOT, enter
from scripts.setup.window import has_screen, see_to_tk

_PORT = 9090
_BROKER_FLAGS = ("host", "voice-port", "banner-port", "public-address", "data", "log")
_CLIENT_FLAGS = ("mic", "speaker", "state-dir")
_NEXT = """
There is neither a screen nor a terminal here, so that was a demo and nothing is left running. What to start next:
  python3 scripts/start_broker.py        a broker, on a server: it prints how others reach it
  python3 scripts/launch_client.py       the window, on a computer with a screen
  python3 scripts/launch_client.py --text    the same conversation in a terminal"""


def _arguments() -> argparse.Namespace:
    parser = Flags(__doc__)
    parser.add_argument("--setup-only", action="store_true", help="install, and start nothing")
    parser.add_argument("--demo", action="store_true", help="show the main job without a screen and a sound card")
    parser.add_argument("--text", action="store_true", help="the text client, although there is a screen")
    parser.add_argument("--name", help="your name in the conversation")
    parser.add_argument("--port", type=port, help=f"of the broker; without it {_PORT}, or the next that is free")
    for flag in _BROKER_FLAGS:
        kind = port if flag.endswith("-port") else str
        parser.add_argument(f"--{flag}", type=kind, help="as for scripts/start_broker.py")
    for flag in _CLIENT_FLAGS:
        parser.add_argument(f"--{flag}", help="as for scripts/launch_client.py")
    return parser.parse_args()


def _given(arguments: argparse.Namespace, flags: tuple[str, ...]) -> list[str]:
    words = []
    for flag in flags:
        value = getattr(arguments, flag.replace("-", "_"))
        if value is not None:
            words += [f"--{flag}", value]
    return words


def _check(arguments: argparse.Namespace) -> None:
    """Let broker and client check what is meant for them, whatever is started. Raises `SecureChatError`."""
    from broker.config import read_settings
    from client.config import read_config

    read_settings(_given(arguments, ("port", *_BROKER_FLAGS)), os.environ, None)
    read_config(_given(arguments, ("name", *_CLIENT_FLAGS)), dict(os.environ), sys.stdin)


def _choose(arguments: argparse.Namespace) -> Callable[[argparse.Namespace], int]:
    """What to start here: the window, the text client or the demo."""
    if arguments.demo:
        return _demo
    if has_screen() and not arguments.text and see_to_tk():
        return lambda given: _converse(given, ["--connect"])
    if sys.stdin.isatty() and sys.stdout.isatty():
        return lambda given: _converse(given, ["--text"])
    return _demo_and_advice


def _demo(arguments: argparse.Namespace) -> int:
    from scripts.demo.play import play

    idle = _given(arguments, ("name", "port", *_BROKER_FLAGS, *_CLIENT_FLAGS))[::2]
    if idle:
        print(f"The demo starts a broker and members of its own: {', '.join(idle)} not used.")
    return play()


def _demo_and_advice(arguments: argparse.Namespace) -> int:
    if arguments.text:
        print("--text needs a terminal, and there is none here: this is the demo instead.")
    code = _demo(arguments)
    print(_NEXT)
    return code


def _converse(arguments: argparse.Namespace, how: list[str]) -> int:
    """A broker, and a client that is joined to it; the broker ends when the client does."""
    from common.crypto.phrase import generate
    from scripts.processes import NotStarted, free_port, own_address, start_broker

    chosen = arguments.port or str(free_port(_PORT))
    if chosen != str(_PORT) and not arguments.port:
        print(f"Port {_PORT} is taken, most likely by another broker: this one takes {chosen}.")
    try:
        broker = start_broker(["--port", chosen, *_given(arguments, _BROKER_FLAGS)], say=print)
    except NotStarted as error:
        print(f"Not started: {error}.", file=sys.stderr)
        return 2
    try:
        phrase = os.environ.get("SECURE_CHAT_KEY") or generate(secrets.choice)
        host = own_address() if broker.everywhere else broker.control.host  # the window's invite is for others too
        if broker.here_only and not arguments.public_address:
            print("This link leads into the room, from this computer only; the key is in it, behind the #:")
        else:
            print("Invite others with this link, by a way that only they can read; the key is in it, behind the #:")
        print(f"  {broker.invite(phrase, arguments.public_address or host)}")
        print("The broker ends when you close the conversation.", flush=True)
        name = arguments.name or getpass.getuser()
        command = [sys.executable, "-m", "client", *how, "--invite", str(broker.invite(None, host)), "--name", name]
        return _run(command + _given(arguments, _CLIENT_FLAGS), phrase)
    finally:
        broker.stop()


def _run(command: list[str], phrase: str) -> int:
    """The client, until it ends; Ctrl+C reaches it too, and it is given the time to leave the room."""
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "SECURE_CHAT_KEY": phrase}) as client:
        try:
            return client.wait()
        except KeyboardInterrupt:
            try:
                return client.wait(5)
            except subprocess.TimeoutExpired:
                return 130
        finally:
            if client.poll() is None:
                client.terminate()


def main() -> int:
    """Set up, then start what fits this machine."""
    arguments = _arguments()  # first: a wrong flag must not install anything
    enter("client", "window", "keyring", "voice", "demo", try_again=arguments.setup_only)
    from common.errors import SecureChatError
    from scripts.processes import end_in_order

    end_in_order()

    try:
        _check(arguments)
    except SecureChatError as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.setup_only:
        if has_screen():
            see_to_tk()
        print("Everything is set up. Start with: python3 scripts/start.py")
        return 0
    return _choose(arguments)(arguments)


if __name__ == "__main__":
    sys.exit(main())
