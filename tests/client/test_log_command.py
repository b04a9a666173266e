"""`secure-chat log`: kept lines of a room, found by what this computer knows of the broker."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest

from client import log_command
from client.log import Log
from client.log_request import LogRequest, read_log_request
from client.store import Store
from common.crypto.keys import device_fingerprint, device_signer
from common.crypto.sealing import BodySealer, PostBody, Text
from common.errors import BadSetting, StateLocked
from tests.fakes.link import BROKER_KEY, room_keys

KEYS, OTHER_ROOM = room_keys(), b"o" * 16
SERVER = "host:9090"


@pytest.fixture(autouse=True)
def _cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_command, "stretch", lambda phrase, key: room_keys(phrase) if key == BROKER_KEY else None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state folder that knows a broker, and three lines of its room."""
    folder = tmp_path / "state"
    store = Store(folder)
    store.set_pin(SERVER, BROKER_KEY)
    device = device_signer(store.device_secret(), KEYS.room_id)
    log = Log(KEYS, store.log(KEYS.room_id))
    log.begin(b"L" * 16)
    for counter, text in enumerate(("one", "two\nlines", "ONE more"), 1):
        body = PostBody(device.public_key().public_bytes_raw(), "Ann", counter, 0, Text(text))
        log.keep(body, counter, BodySealer(KEYS).seal_post(body, device))
    log.commit(b"")
    store.log(OTHER_ROOM).begin(b"M" * 16)
    store.log(OTHER_ROOM).commit()
    store.close()
    return folder


def asked(folder: Path, *arguments: str, phrase: str = "a room for tests") -> LogRequest:
    what, *rest = arguments
    flags = ["--server", SERVER, "--state-dir", str(folder)]
    return read_log_request([what, *flags, *rest], {"SECURE_CHAT_KEY": phrase}, io.StringIO())


def test_search(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert log_command.run(asked(folder, "search", "one")) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("): one")
    assert second.endswith("): ONE more")
    assert log_command.run(asked(folder, "search", "nothing", "like", "it")) == 1
    assert capsys.readouterr().out == ""


def test_more_than_the_newest_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("client.archive.FOUND", 1)
    assert log_command.run(asked(folder, "search", "one")) == 0
    assert "newest 1" in capsys.readouterr().err


def test_export_to_a_file_and_to_the_screen(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.txt"
    assert log_command.run(asked(folder, "export", str(path))) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line.partition(": ")[2] or line for line in lines] == ["one", "two", "    lines", "ONE more"]
    with pytest.raises(BadSetting, match="already"):
        log_command.run(asked(folder, "export", str(path)))
    assert "3" in capfd.readouterr().err
    assert log_command.run(asked(folder, "export")) == 0
    assert capfd.readouterr().out.splitlines() == lines


def test_the_sender_is_named_by_device(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    store = Store(folder)
    device = device_signer(store.device_secret(), KEYS.room_id).public_key().public_bytes_raw()
    store.close()
    log_command.run(asked(folder, "export", "-"))
    assert f"Ann ({device_fingerprint(device)}): one" in capfd.readouterr().out


def test_a_full_disk_is_said(folder: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    request = asked(folder, "export", "-")
    with pytest.MonkeyPatch.context() as patched, Path("/dev/full").open("w") as full:
        patched.setattr("sys.stdout", full)
        with pytest.raises(BadSetting, match="cannot be written"):
            log_command.run(request)


def test_another_key_opens_another_log(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert log_command.run(asked(folder, "export", phrase="another")) == 0
    assert capfd.readouterr().out == ""


def test_a_changed_line_is_passed_over(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    store = Store(folder)
    store.log_file()._database.run("UPDATE line SET token = ? WHERE seq = 1", b"forged")
    store.close()
    assert log_command.run(asked(folder, "export")) == 0
    assert len(capfd.readouterr().out.splitlines()) == 3


def test_delete_takes_one_room_out_for_good(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert log_command.run(asked(folder, "delete")) == 0
    assert "3" in capsys.readouterr().out
    assert log_command.run(asked(folder, "search", "one")) == 1
    store = Store(folder)
    assert store.log(OTHER_ROOM).latest() is not None
    assert store.log(KEYS.room_id).latest() is None
    store.close()


def test_delete_all_needs_no_key(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "log.sqlite3").read_bytes()
    request = read_log_request(["delete", "--all", "--state-dir", str(folder)], {}, io.StringIO())
    assert log_command.run(request) == 0
    assert "3" in capsys.readouterr().out
    assert b"gAAAAA" in before
    assert all(b"gAAAAA" not in path.read_bytes() for path in folder.glob("log*"))


def test_what_is_wrong_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="never been in a room"):
        log_command.run(read_log_request(["export", "--server", "x:1", "--state-dir", str(folder)], _key(), _stdin()))
    with pytest.raises(BadSetting, match="no state folder"):
        log_command.run(asked(tmp_path / "nowhere", "export"))
    with pytest.raises(BadSetting, match="too high"):
        log_command.run(
            read_log_request(["export", "--server", "x:65535", "--state-dir", str(folder)], _key(), _stdin())
        )
    with pytest.raises(BadSetting, match="Which broker"):
        read_log_request(["delete"], _key(), _stdin())
    store = Store(folder)
    with pytest.raises(StateLocked, match="close it"):
        log_command.run(asked(folder, "export"))
    store.close()


def test_a_key_in_an_argument_is_warned_of() -> None:
    link = "secure-chat://host:9090/?k=" + "A" * 43
    assert not read_log_request(["delete", "--invite", link], _key(), _stdin()).warning
    assert "read" in read_log_request(["delete", "--invite", link + "#a-key"], _key(), _stdin()).warning


def _key() -> dict[str, str]:
    return {"SECURE_CHAT_KEY": "a room for tests"}


def _stdin() -> io.StringIO:
    return io.StringIO()
