"""Flags, environment and key: each wrong one is named in a sentence; the key comes from where it does not show."""

from __future__ import annotations

import getpass
import io
from pathlib import Path

import pytest

from client.config import Config, read_config
from common.address import Address
from common.errors import BadSetting
from common.invite import Invite

LINK = str(Invite(Address("chat.example", 9090), bytes(range(32)), 9091, 9092, "the-phrase"))
OPEN_LINK = str(Invite(Address("chat.example", 9090), bytes(range(32)), 9091, 9092, None))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def read(*arguments: str, key: str | None = None, stdin: str = "") -> Config:
    environment = {} if key is None else {"SECURE_CHAT_KEY": key}
    return read_config(list(arguments), environment, io.StringIO(stdin))


def test_nothing_said_opens_an_empty_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "ann\u202e")
    config = read()
    assert (config.mode, config.server, config.name, config.phrase) == ("window", "", "ann", "")
    assert config.given == {}
    assert [config.microphone_on, config.speaker_on, config.connect, config.state_folder_given] == [False] * 4
    assert config.forget_broker is None
    assert config.state_folder.name == "secure-chat"


def test_everything_said() -> None:
    config = read(
        *("--json", "--server", "[::1]:9", "--name", " Ann "),
        *("--state-dir", "here", "--mic", "in.wav", "--speaker", "out.wav", "--mic-on", "--speaker-on", "--connect"),
        key="a phrase",
    )
    assert config == Config(
        *("json", "[::1]:9", "Ann", "a phrase", Path("here"), True, True, True, True, None),
        given={
            "microphone": "in.wav",
            "speaker": "out.wav",
            "transmit": "always",
            **dict.fromkeys(("echo", "noise", "high_pass", "gain"), False),
        },
    )
    assert "a phrase" not in repr(config)
    assert read("--text", "--server", "h", key="k").mode == "text"
    assert read("--no-receipts").given == {"receipts": False}
    assert read("--no-typing").given == {"typing": False}
    assert read("--lanes", "2").given == {"lanes": "2"}
    assert read("--voice", "slim").given == {"voice_mode": "slim"}


def test_files_are_sent_as_they_are_unless_somebody_says_otherwise() -> None:
    # would catch: a recording that is cut up, and a person's card that sends all the time
    assert "transmit" not in read("--mic", "none").given  # silence is not to be sent
    assert read("--mic", "IN.WAV").given["noise"] is False
    assert "transmit" not in read("--mic", "USB").given
    said = read("--mic", "in.wav", "--transmit", "push", "--processing", "echo, high-pass").given
    assert said["transmit"] == "push"
    assert (said["echo"], said["noise"], said["high_pass"], said["gain"]) == (True, False, True, False)
    assert read("--processing", "none").given["echo"] is False
    with pytest.raises(BadSetting, match="“reverb”"):
        read("--processing", "echo,reverb")


def test_settings_are_kept_for_people_and_beside_a_state_folder_that_was_named() -> None:
    # would catch: a bot that behaves otherwise because of what its owner chose in the window
    assert read("--json", "--server", "h", key="k").settings_file is None
    assert read("--state-dir", "here").settings_file == Path("here/settings.toml")
    kept = read("--text", "--server", "h", key="k").settings_file
    assert kept is not None
    assert kept.name == "settings.toml"
    assert kept.parent.name == "secure-chat"


def test_a_key_is_remembered_for_a_person_at_a_terminal_only() -> None:
    # would catch: a script whose key is put into somebody's keyring, a flag that does nothing without a word
    terminal = Terminal()
    assert read_config(["--text", "--server", "h", "--remember-key"], {}, terminal).remember_key
    assert not read_config(["--text", "--server", "h"], {}, terminal).remember_key
    for arguments, stdin in ((["--text"], io.StringIO()), (["--json"], terminal), ([], terminal)):
        with pytest.raises(BadSetting, match="--remember-key is for people"):
            read_config([*arguments, "--server", "h", "--remember-key"], {"SECURE_CHAT_KEY": "k"}, stdin)


def test_the_log_is_kept_unless_it_is_turned_off() -> None:
    assert read_config(["--no-log"], {}, io.StringIO()).given == {"keep_log": False}
    assert read_config([], {"SECURE_CHAT_NO_LOG": "1"}, io.StringIO()).given == {"keep_log": False}
    assert read_config([], {"SECURE_CHAT_NO_LOG": "0"}, io.StringIO()).given == {}


def test_invites() -> None:
    assert read("--invite", LINK).server == LINK
    assert read("--invite", "-", stdin=LINK + "\n").server == LINK
    assert read("--json", "--invite", LINK).phrase == ""  # the one in the link will do
    assert read("--json", "--server", LINK).server == LINK
    assert read("--json", "--invite", OPEN_LINK, key="k").phrase == "k"
    assert read(LINK).server == LINK  # as a desktop hands it over
    assert "--invite -" in read(LINK).warning
    with pytest.raises(BadSetting, match="neither a command nor") as bad:
        read("clover")  # it might be the key
    assert "clover" not in str(bad.value)


@pytest.mark.parametrize("flag", ["--invite", "--server"])
def test_a_key_that_everybody_can_read_is_warned_of(flag: str) -> None:
    # Would catch a phrase in the process list, and nobody says so.
    assert "--invite -" in read("--text", flag, LINK).warning
    assert read("--text", flag, OPEN_LINK, key="other").warning == ""
    assert read("--text", "--invite", "-", stdin=LINK + "\n").warning == ""


def test_a_person_at_a_terminal_may_come_without_a_key() -> None:
    assert read_config(["--text", "--server", "h"], {}, Terminal()).phrase == ""


def test_showing_a_key_needs_no_server_and_no_key() -> None:
    assert read("--text", "--show-key").show_key
    assert read("--json", "--server", "h", "--lasting-key", key="k").lasting_key


def test_forgetting_a_broker_needs_no_server_and_no_key() -> None:
    assert read("--json", "--forget-broker", "host:1").forget_broker == "host:1"


@pytest.mark.parametrize(
    ("arguments", "key", "stdin", "part"),
    [
        (["--json"], "k", "", "Which broker"),
        (["--text"], "k", "", "Which broker"),
        (["--json", "--server", "h"], None, "", "key is missing"),
        (["--text", "--server", "h"], "", "", "key is missing"),
        (["--json", "--invite", OPEN_LINK], None, "", "key is missing"),
        (["--server", "a b"], None, "", "--server: "),
        (["--server", "h:0"], None, "", "--server: "),
        (["--server", "secure-chat://h"], None, "", "--server: "),
        (["--invite", "h:9090"], None, "", "--invite: "),
        (["--invite", ""], None, "", "--invite: "),
        (["--invite", LINK[:-30]], None, "", "--invite: "),
        (["--invite", "-"], None, "", "--invite -: there is nothing"),
        (["--invite", "-"], None, "x" * 9_000, "--invite -: the first line is too long"),
        (["--invite", "-", "--key-file", "-"], None, "", "cannot both"),
        (["--name", " "], None, "", "--name: "),
        (["--name", "x" * 65], None, "", "--name: "),
        (["--name", "\udcff"], None, "", "--name: "),
        (["--key-file", "-"], None, "", "--key-file -: there is nothing"),
        (["--key-file", "-"], None, " \nkey\n", "--key-file -: there is nothing"),
        (["--key-file", "-"], None, "k\ufffd\n", "--key-file -: the first line is not text"),
        (["--key-file", "-"], None, "k" * 1_025, "--key-file -: The encryption key is too long"),
        ([], "k" * 1_025, "", "SECURE_CHAT_KEY: The encryption key is too long"),
        ([], "k\udcff", "", "SECURE_CHAT_KEY: "),
        (["--key-file", "/dev/null/key"], None, "", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str], key: str | None, stdin: str, part: str) -> None:
    with pytest.raises(BadSetting) as bad:
        read(*arguments, key=key, stdin=stdin)
    assert part in str(bad.value)
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--bogus"],
        ["--mic"],
        ["--text", "--json"],
        ["--server", "h", "--invite", "x"],
        [LINK, "extra"],
        ["--serv", "h"],
    ],
)
def test_wrong_flags_end_the_program_with_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read(*arguments)
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("secure-chat: ")
    assert said.err.count("\n") == 1


def test_help_names_no_way_to_pass_the_key_as_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read("--help")
    assert ended.value.code == 0
    assert "--key-file" in capsys.readouterr().out


def test_a_computer_without_users_has_a_guest(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert read().name == "Guest"
