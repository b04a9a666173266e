"""Sentences of the window that say how many, or whom: the ones that no other part of the tests reads."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from client.ui import texts


def test_words_to_compare() -> None:
    assert texts.room("otter lamp") == "Room otter lamp"
    assert texts.broker("one two three four", first_contact=True) == "New broker: compare one two three four"
    assert texts.broker("one two three four", first_contact=False) == "Broker one two three four"


@pytest.mark.parametrize(("count", "said"), [(1, "1 new message  ↓"), (1_001, "1,001 new messages  ↓")])
def test_new_messages_below(count: int, said: str) -> None:
    assert texts.new_below(count) == said


def test_one_message_is_not_several() -> None:
    assert texts.unsent(1, draft=False).startswith("1 of your messages is not sent yet; it is kept")
    assert texts.unsent(2, draft=False).startswith("2 of your messages are not sent yet; they are kept")


def test_who_a_row_is() -> None:
    assert texts.tip_person("Ann", "ab12", "listening") == "Ann: listening\nDevice ab12"


_NOT_WORDS = {"secure-chat", "locale", "Secure Chat"}


def _untranslated(node: ast.AST) -> list[str]:
    """The words below this node that no translator would ever see."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "_n"}:
        return []
    if isinstance(node, ast.Dict):
        return [word for value in node.values for word in _untranslated(value)]
    if isinstance(node, (ast.FunctionDef, ast.Module)):
        return [word for below in node.body for word in _untranslated(below)]
    if isinstance(node, ast.Expr):  # a docstring
        return []
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value] if any(letter.isalpha() for letter in node.value) else []
    return [word for below in ast.iter_child_nodes(node) for word in _untranslated(below)]


def test_every_sentence_can_be_translated() -> None:
    # would catch: a sentence that stays English in every language
    tree = ast.parse(Path(texts.__file__).read_text(encoding="utf-8"))
    assert set(_untranslated(tree)) - _NOT_WORDS == set()
    assert _untranslated(ast.parse('a = "Word"; b = _("Word"); c = {"key": "Value"}')) == ["Word", "Value"]
