"""Where a key comes from, and what a server may be: the same for all commands that take them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from client.given import check_complete, read_phrase, read_server
from common.address import Address
from common.errors import BadSetting
from common.invite import Invite

LINK = str(Invite(Address("chat.example", 9090), bytes(range(32)), 9091, 9092, "the-phrase"))
OPEN_LINK = LINK.partition("#")[0]


def test_the_key_is_taken_out_of_the_environment() -> None:
    environment = {"SECURE_CHAT_KEY": "a phrase", "HOME": "/home/ann"}
    assert read_phrase(None, environment, io.StringIO()) == "a phrase"
    assert environment == {"HOME": "/home/ann"}
    assert read_phrase(None, environment, io.StringIO()) == ""


def test_a_key_file_wins_over_the_environment_and_takes_the_key_out_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"\xef\xbb\xbffrom file\r\nsecond line\r\n")
    environment = {"SECURE_CHAT_KEY": "from environment"}
    # The whole file as the key would be another room than the same key typed.
    assert read_phrase(str(file), environment, io.StringIO()) == "from file"
    assert environment == {}


def test_the_key_from_standard_input_leaves_the_rest_to_be_read() -> None:
    stdin = io.StringIO('\ufefffrom input\n{"do":"quit"}\n')
    assert read_phrase("-", {}, stdin) == "from input"
    assert stdin.read() == '{"do":"quit"}\n'


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfek\0e\0y\0", b"caf\xe9", b"k" * 1_100, b"k" * 100_000])
def test_key_files_that_hold_no_key(tmp_path: Path, content: bytes) -> None:
    # A key that is cut, or whose broken bytes are replaced, would open a room where nobody is.
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(BadSetting, match="--key-file"):
        read_phrase(str(file), {}, io.StringIO())


def test_a_server_is_what_was_given_for_it() -> None:
    assert read_server(None, None, io.StringIO()) == ""
    assert read_server("h:9", None, io.StringIO()) == "h:9"
    assert read_server(LINK, None, io.StringIO()) == LINK
    stdin = io.StringIO(f"{LINK}\nrest")
    assert read_server(None, "-", stdin) == LINK
    assert stdin.read() == "rest"


def test_what_is_missing_is_said_where_nobody_can_be_asked() -> None:
    for server, phrase in (("h", "k"), (LINK, ""), (OPEN_LINK, "k")):
        check_complete(server, phrase, can_ask=False)
    for server, phrase in (("", ""), ("h", ""), (OPEN_LINK, "")):
        check_complete(server, phrase, can_ask=True)
        with pytest.raises(BadSetting, match="--server" if not server else "--key-file"):
            check_complete(server, phrase, can_ask=False)
