from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from broker.__main__ import main
from broker.config import Command, Settings, read_command, read_settings
from broker.quota import Allowances
from common.errors import BadSetting


def read(*flags: str, **environment: str) -> Settings:
    return read_settings(flags, environment, None)


def test_defaults() -> None:
    # Would catch a broker that guests do not find at the port that everybody knows.
    settings = read()
    assert settings.host == "0.0.0.0"  # noqa: S104 - nothing is bound
    assert (settings.port, settings.voice_port, settings.banner_port) == (9090, 9091, 9092)
    assert settings.allowances == Allowances()
    assert settings.public_address is None
    assert settings.log.name == "all.log"
    assert "secure-chat-broker" in str(settings.folder)
    assert read_settings((), {}, Path("beside/all.log")).log == Path("beside/all.log")


def test_flags_win_over_environment_over_defaults() -> None:
    # Would catch the wrong order, which is seen only by who has set both.
    settings = read("--port", "1000", SECURE_CHAT_PORT="2000", SECURE_CHAT_VOICE_PORT="3000", SECURE_CHAT_DATA="")
    assert (settings.port, settings.voice_port, settings.banner_port) == (1000, 3000, 1002)


def test_port_zero_is_any_for_all_three() -> None:
    # Would catch a test that meets another broker at port 1.
    settings = read("--port", "0")
    assert settings.sources == {"port": "--port"}
    assert (settings.port, settings.voice_port, settings.banner_port) == (0, 0, 0)


def test_everything_can_be_set(tmp_path: Path) -> None:
    # Would catch a flag that is read and not kept.
    settings = read(
        *("--host", "[::]", "--public-address", "chat.example.org", "--data", str(tmp_path), "--log", "~/b.log"),
        *("--room-members", "500", "--joins-per-minute", "7", "--joins-per-minute-address", "8"),
        *("--connections-per-address", "9", "--bytes-per-second", "10", "--banner-port", "11"),
    )
    assert settings.host == "::"
    assert settings.public_address == "chat.example.org"
    assert settings.folder == tmp_path
    assert settings.log == Path.home() / "b.log"
    assert settings.allowances == Allowances(500, 7, 8)
    assert (settings.connections_per_address, settings.bytes_per_second, settings.banner_port) == (9, 10, 11)
    assert read("--host", "localhost").host == "127.0.0.1"
    assert read("--public-address", "2001:db8::7").public_address == "2001:db8::7"


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (("--port", "65536"), "--port is “65536”"),
        (("--port", "-1"), "--port"),
        (("--port", "٣"), "--port is “٣”"),
        (("--port", "1\n2"), "--port is “1\\n2”"),
        (("--port", "65534"), "--banner-port would be 65536"),
        (("--port", "7", "--voice-port", "7"), "--port and --voice-port name the same port, 7:"),
        (("--port", "7", "--banner-port", "8"), "the default of --voice-port and --banner-port name the same port, 8:"),
        (("--banner-port", "9090"), "the default of --port and --banner-port name the same port, 9090:"),
        (("--host", "example.org"), "--host is “example.org”"),
        (("--room-members", "501"), "from 1 to 500"),
        (("--joins-per-minute", "0"), "--joins-per-minute is “0”"),
        (("--public-address", "example.org:9090"), "without a port"),
        (("--data", ""), "--data is empty"),
        (("--history", "maybe"), "--history is “maybe”"),
        (("--keep-bytes", "99K"), "--keep-bytes is “99K”"),
        (("--keep-total", "1001G"), "from 100K to 1000G"),
        (("--keep-total", "much"), "--keep-total is “much”"),
        (("--nonsense",), "--nonsense"),
        (("--por", "1"), "--por"),
    ],
)
def test_wrong_values_are_named(flags: tuple[str, ...], named: str) -> None:
    # Would catch a complaint that does not say what to change.
    with pytest.raises(BadSetting) as caught:
        read(*flags)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "size"), [("100K", 102_400), ("3m", 3 * 2**20), ("2G", 2 * 2**30), ("200000", 200_000)]
)
def test_sizes(text: str, size: int) -> None:
    # Would catch a broker that keeps a thousandth of what was meant.
    kept = read("--keep-bytes", text).keep
    assert kept is not None
    assert kept.room_bytes == size


def test_a_wrong_variable_is_named_as_such() -> None:
    # Would catch a complaint about a flag that nobody gave.
    with pytest.raises(BadSetting, match="SECURE_CHAT_ROOM_MEMBERS is “many”"):
        read(SECURE_CHAT_ROOM_MEMBERS="many")


@pytest.mark.parametrize("installed", [True, False])
def test_version(installed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    # Would catch a --version that needs the program to be installed.
    def version(name: str) -> str:
        if not installed:
            raise importlib.metadata.PackageNotFoundError(name)
        return "9.9"

    monkeypatch.setattr("broker.config.version", version)
    with pytest.raises(SystemExit):
        read("--version")
    assert ("9.9" if installed else "from source") in capsys.readouterr().out


def test_commands(tmp_path: Path) -> None:
    # Would catch a command that asks another folder than the broker uses.
    assert read_command(["status"], {}) == Command("status", read().folder, as_json=False)
    assert read_command(["status", "--json", "--data", str(tmp_path)], {}) == Command("status", tmp_path, as_json=True)
    moved = Command("backup", read().folder, file=Path("~/b").expanduser())
    assert read_command(["backup", "~/b"], {}) == moved
    assert read_command(["restore", "b"], {}).file == Path("b").absolute()
    assert read_command(["status"], {"SECURE_CHAT_DATA": str(tmp_path)}).folder == tmp_path


@pytest.mark.parametrize(
    "wrong",
    [
        ["status", "--port", "1"],
        ["status", "more"],
        ["status", "--data"],
        ["status", "--data", ""],
        ["backup"],
        ["backup", ""],
        ["backup", "a\0b"],
        ["backup", "a", "b"],
        ["restore", "--json", "a"],
    ],
)
def test_commands_typed_wrong(wrong: list[str]) -> None:
    # Would catch a command that is carried out otherwise than meant.
    with pytest.raises(BadSetting):
        read_command(wrong, {})


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    # Would catch commands that nobody finds.
    for arguments in (["--help"], ["status", "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
        assert "status" in capsys.readouterr().out
