from __future__ import annotations

import os
from pathlib import Path

import pytest

from broker.actions import Note
from broker.allowed import AllowedKeys, parse_keys
from common.banner import encode_key
from common.errors import BadSetting

ANN, BEN = bytes(range(32)), bytes(range(1, 33))


def test_keys_notes_and_empty_lines() -> None:
    text = f"# of our club\n\n{encode_key(ANN)}  Ann's laptop\n  {encode_key(BEN)}\n"
    assert parse_keys(text) == {ANN, BEN}
    assert parse_keys("") == frozenset()


def test_a_wrong_line_is_named() -> None:
    # Would catch a friend who is locked out by a typing error that nobody can find.
    with pytest.raises(BadSetting, match="line 2"):
        parse_keys(f"{encode_key(ANN)}\nAnn {encode_key(ANN)}\n")


def test_a_change_counts_at_once_and_a_broken_one_not_at_all(tmp_path: Path) -> None:
    # Would catch a broker that has to be started anew for each friend, and one that a slip opens or closes for all.
    path, told = tmp_path / "keys", list[Note]()
    path.write_text(encode_key(ANN))
    allowed = AllowedKeys(path, told.append)
    assert ANN in allowed
    assert BEN not in allowed
    path.write_text(f"{encode_key(ANN)}\n{encode_key(BEN)}\n")
    assert BEN in allowed
    path.write_text("nonsense")
    assert ANN in allowed
    assert BEN in allowed
    path.write_bytes(b"\xff")
    assert ANN in allowed
    path.unlink()
    assert ANN in allowed
    path.write_text(encode_key(BEN))
    os.utime(path, ns=(1, 1))
    assert ANN not in allowed
    reasons = [note.reason for note in told]
    assert reasons[0] == "2 keys are let in from now on"
    assert sum("still count" in reason for reason in reasons) == 3
    assert reasons[-1] == "1 keys are let in from now on"


def test_a_file_that_is_not_there_or_wrong_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="cannot be read"):
        AllowedKeys(tmp_path / "none", lambda _: None)
    (tmp_path / "wrong").write_text("who?")
    with pytest.raises(BadSetting, match="wrong: line 1"):
        AllowedKeys(tmp_path / "wrong", lambda _: None)
