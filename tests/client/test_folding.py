"""Lines are broken between words, and nothing of them is lost."""

from hypothesis import given
from hypothesis import strategies as st

from client.folding import folded


def test_a_line_that_fits_stays() -> None:
    assert folded("as it is", 8, len) == ["as it is"]
    assert folded("", 8, len) == [""]
    assert folded("\x1b[31mred\x1b[0m", 3, len) == ["\x1b[31mred\x1b[0m"]


def test_no_word_is_broken() -> None:
    # Would catch: a sentence torn in the middle of a word, and a link that cannot be copied.
    assert folded("12:30 Ann: one two three", 14, len) == ["12:30 Ann: one", "    two three"]
    assert folded("  one two three", 9, len) == ["  one two", "      three"]
    link = "secure-chat://" + "x" * 40
    assert folded(f"* See {link} now", 20, len) == ["* See", f"    {link}", "    now"]


@given(st.text("ab c", max_size=60), st.integers(8, 30))
def test_nothing_is_lost(line: str, columns: int) -> None:
    lines = folded(line, columns, len)
    assert "".join(lines).replace(" ", "") == line.replace(" ", "")
    assert all(len(row.rstrip()) <= columns or " " not in row.strip() for row in lines)
