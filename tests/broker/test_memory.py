from __future__ import annotations

from pathlib import Path

from broker.memory import GROWN_BYTES, Growth, memory_bytes


def test_memory(tmp_path: Path) -> None:
    # Would catch a broker that cannot say how it is where there is no /proc.
    assert memory_bytes(tmp_path / "none") is None
    for text in ("", "1", "1 x"):
        (tmp_path / "statm").write_text(text)
        assert memory_bytes(tmp_path / "statm") is None
    (tmp_path / "statm").write_text("9 2 1")
    assert (memory_bytes(tmp_path / "statm") or 0) % 2 == 0


def test_growth_is_what_came_since_all_were_looked_at() -> None:
    # Would catch a guard that never looks at one who waited before it sent, or that looks at all of them all the time.
    growth = Growth(50)
    assert not growth.grew(50 + GROWN_BYTES - 1)
    assert growth.grew(50 + GROWN_BYTES)
    growth.looked(50 + GROWN_BYTES)
    assert not growth.grew(50 + GROWN_BYTES)
    assert not growth.grew(10)
    growth.looked(10)
    assert growth.grew(10 + GROWN_BYTES)


def test_no_growth_where_the_system_does_not_say() -> None:
    assert not Growth(None).grew(2**40)
    assert not Growth(1).grew(None)
