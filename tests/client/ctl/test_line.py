"""What ctl and a client say to each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.ctl.line import Answer, BadCtlLine, How, Question, What, decode_answer, decode_question, encode

ANSWER = Answer("Ann", "/s", "otter lamp", 2, True, False, True, "voice")


def test_there_and_back() -> None:
    for what in What:
        question = Question(what, How.OFF)
        assert encode(question).endswith(b"\n")
        assert decode_question(encode(question)) == question
    assert decode_answer(encode(ANSWER)) == ANSWER


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"{}", b'{"what":"dance"}', b'{"what":"mic","how":1}', b'{"what":"mic","x":1}', b"\xff"]
)
def test_bad_lines(line: bytes) -> None:
    with pytest.raises(BadCtlLine):
        decode_question(line)
    with pytest.raises(BadCtlLine):
        decode_answer(line)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_line_or_a_bad_one(line: bytes) -> None:
    for decode in (decode_question, decode_answer):
        try:
            decode(line)
        except BadCtlLine:
            continue
