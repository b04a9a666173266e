from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
import zmq
from zmq.utils import z85

from broker.keypair import KEY_FILE, FolderLock, keep, load, load_or_make, pair_of
from common.errors import BadSetting, StateLocked


def test_made_once_and_kept(tmp_path: Path) -> None:
    # Would catch another key at each start, halves that do not match, or a file that others can read.
    pair = load_or_make(tmp_path)
    assert load_or_make(tmp_path) == pair
    assert zmq.curve_public(z85.encode(pair.secret)) == z85.encode(pair.public)
    assert repr(pair.secret) not in repr(pair)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_start_that_was_killed_leaves_no_trace(tmp_path: Path) -> None:
    # Would catch a broker that can never start again after a loss of power at the wrong moment.
    (tmp_path / KEY_FILE).with_suffix(".new").write_text("half")
    load_or_make(tmp_path)


@pytest.mark.parametrize("text", [b"", b"nonsense\n", b"\xff\xfe", b"secure-chat-broker-key 1 " + b"A" * 42 + b"B\n"])
def test_damaged(tmp_path: Path, text: bytes) -> None:
    # Would catch a traceback, or a new key in place of one that could be restored.
    path = tmp_path / KEY_FILE
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(BadSetting, match="is damaged"):
        load_or_make(tmp_path)
    assert path.read_bytes() == text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_open_to_others(tmp_path: Path) -> None:
    # Would catch a key that everybody on the machine can copy.
    load_or_make(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(BadSetting, match="chmod 600"):
        load_or_make(tmp_path)


def test_unreadable(tmp_path: Path) -> None:
    # Would catch a traceback where the key is something else than a file.
    (tmp_path / KEY_FILE).mkdir(mode=0o700)
    with pytest.raises(BadSetting, match="cannot be read"):
        load_or_make(tmp_path)


def test_folder_is_made_for_its_owner_and_locked(tmp_path: Path) -> None:
    # Would catch two brokers in one folder, and a folder open to others.
    folder = tmp_path / "deep" / "data"
    with FolderLock(folder):
        if os.name == "posix":
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        with pytest.raises(StateLocked, match="Another broker"):
            FolderLock(folder)
    FolderLock(folder).close()
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSetting, match="cannot be used"):
        FolderLock(tmp_path / "file")


def test_a_key_that_is_brought_along(tmp_path: Path) -> None:
    # Would catch a restored broker that has another key, and a look that makes one.
    assert load(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    pair = pair_of(b"k" * 32)
    keep(tmp_path, pair.secret)
    assert load(tmp_path) == load_or_make(tmp_path) == pair
    with pytest.raises(BadSetting, match="cannot be written"):
        keep(tmp_path / "none", pair.secret)
