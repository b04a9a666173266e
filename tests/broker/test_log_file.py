from __future__ import annotations

import re
from pathlib import Path

import pytest

from broker.log_file import LogFile
from common.errors import BadSetting


def test_lines_have_their_time(tmp_path: Path) -> None:
    # Would catch lines that are lost at the end, or that repeat those of an earlier log.
    for _ in range(2):
        log = LogFile(tmp_path / "deep" / "all.log")
        log.write("joined 100%s")
        log.close()
    lines = (tmp_path / "deep" / "all.log").read_text().splitlines()
    assert len(lines) == 2
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} joined 100%s", line) for line in lines)


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    # Would catch addresses of members in a file that every user of the machine can read.
    path = tmp_path / "all.log"
    path.touch(mode=0o644)
    LogFile(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    # Would catch a traceback at start.
    with pytest.raises(BadSetting, match="Choose another by --log"):
        LogFile(tmp_path)
