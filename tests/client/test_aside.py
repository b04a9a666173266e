"""Files that cannot be read are put aside, and none that was put aside earlier is lost by that."""

from __future__ import annotations

from pathlib import Path

import pytest

from client.aside import reason, set_aside


def test_a_second_broken_file_leaves_the_first_where_it_is(tmp_path: Path) -> None:
    # would catch: what was set aside yesterday is gone today
    path = tmp_path / "list.json"
    for text, name in (("1", "list.json.broken"), ("2", "list.json.broken-2"), ("3", "list.json.broken-3")):
        path.write_text(text)
        said = set_aside(path, "The list", ValueError("line 1\nis wrong."), "a new one is begun")
        assert said == f"The list could not be read (line 1): it was renamed to {name}, a new one is begun."
        assert path.with_name(name).read_text() == text
        assert not path.exists()


def test_one_that_cannot_even_be_renamed_is_told(tmp_path: Path) -> None:
    said = set_aside(tmp_path / "gone", "It", PermissionError(13, "not allowed"), "defaults hold now")
    assert said == f"{tmp_path / 'gone'} cannot be used (not allowed), nor be renamed (No such file or directory): " + (
        "defaults hold now."
    )


@pytest.mark.parametrize(
    ("error", "said"), [(OSError("odd."), "odd"), (OSError(2, "No."), "No"), (ValueError("x"), "x")]
)
def test_a_reason_is_one_line_without_a_full_stop(error: Exception, said: str) -> None:
    assert reason(error) == said


def test_bytes_that_are_no_text_are_said_to_be_that() -> None:
    # Mistake: "'utf-8' codec can't decode byte 0x86" in the middle of a sentence for people.
    assert reason(UnicodeDecodeError("utf-8", b"\x86", 0, 1, "invalid start byte")) == "it is no text"
