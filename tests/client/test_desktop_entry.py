"""The desktop's file, read as a desktop would."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from client.desktop_entry import FILE, desktop_entry


def parsed(*command: str, folder: str = "") -> configparser.SectionProxy:
    reader = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    reader.optionxform = str  # type: ignore[assignment,method-assign]
    reader.read_string(desktop_entry(command, folder))
    return reader["Desktop Entry"]


def test_what_desktops_need() -> None:
    entry = parsed("/bin/secure-chat")
    assert entry["Type"] == "Application"
    assert entry["Exec"] == "/bin/secure-chat %u"
    assert entry["MimeType"] == "x-scheme-handler/secure-chat;"
    assert entry["StartupWMClass"] == "SecureChat"  # or the window has no icon in the dock
    assert "Path" not in entry
    assert parsed("python", folder="/a b")["Path"] == "/a b"


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("/a b/c", '"/a b/c" %u'),
        ("100%", "100%% %u"),
        ('a"b', r'"a\\"b" %u'),
        ("$HOME;x", r'"\\$HOME;x" %u'),
        ("a\\b", r'"a\\\\b" %u'),
    ],
)
def test_a_path_is_one_word_and_runs_nothing(word: str, written: str) -> None:
    assert parsed(word)["Exec"] == written


def test_a_path_cannot_add_a_line() -> None:
    for path in ("a\nExec=evil", "a\x1b"):
        with pytest.raises(ValueError, match="control"):
            desktop_entry([path])
        with pytest.raises(ValueError, match="control"):
            desktop_entry(["x"], path)


@pytest.mark.skipif(not shutil.which("desktop-file-validate"), reason="desktop-file-utils are not installed")
def test_the_validator_has_nothing_to_say(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text(desktop_entry(["/a b/python", "-m", "client"], "/a b"))
    said = subprocess.run(["desktop-file-validate", str(path)], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
