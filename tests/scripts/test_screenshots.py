"""The pictures of docs/images: all that the script makes are there, and the documents show no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("tkinter")

from scripts import screenshots


def test_every_picture_is_there_and_small() -> None:
    # mistake: a scene was added and never taken, or a picture is as large as a photograph
    stored = {path.stem: path.stat().st_size for path in screenshots.IMAGES.glob("*.png")}
    assert stored.keys() == screenshots.PICTURES.keys()
    assert {name: size for name, size in stored.items() if size > 120_000} == {}


def test_documents_show_pictures_that_there_are_and_all_of_them() -> None:
    # mistake: a picture was renamed, or is made and looked at by nobody
    used = set()
    for document in (screenshots.ROOT / "README.md", *screenshots.ROOT.glob("docs/*.md")):
        for shown in re.findall(r"\]\(([^)]*\.png)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / shown).is_file(), f"{document.name}: {shown}"
            used.add((document.parent / shown).resolve())
    assert set(screenshots.IMAGES.resolve().glob("*.png")) <= used


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert screenshots.missing() == [*screenshots.PROGRAMS, *screenshots.FONTS]
    for program, script in (("fc-list", "echo 'Inter,Inter Thin'"), ("Xvfb", ""), ("pngquant", "")):
        path = tmp_path / program
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    assert screenshots.missing() == ["Noto Color Emoji"]
