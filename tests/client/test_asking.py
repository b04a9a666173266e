from collections.abc import Callable
from pathlib import Path

from client.asking import weak_phrase_meant, with_phrase
from client.config import Config
from common.banner import encode_key

STRONG = "trickily-unpiloted-marathon-gently-easily-ether"


def config(server: str = "127.0.0.1", phrase: str = "") -> Config:
    return Config("text", server, "Ann", phrase, Path(), False, False, False, False, None)


def answering(answer: str, asked: list[str]) -> Callable[[str], str]:
    def ask(question: str) -> str:
        asked.append(question)
        return answer

    return ask


def test_a_missing_key_is_asked_for_and_a_given_one_is_not() -> None:
    asked: list[str] = []
    assert with_phrase(config(), answering("typed", asked)).phrase == "typed"
    assert with_phrase(config(phrase="given"), answering("typed", asked)).phrase == "given"
    assert (
        with_phrase(config(f"secure-chat://h/?k={encode_key(bytes(32))}#{STRONG}"), answering("x", asked)).phrase == ""
    )
    assert len(asked) == 1


def test_only_a_weak_key_at_an_unknown_broker_is_asked_about() -> None:
    # would fail if a person could hand a guessable key to a stranger without a word
    asked: list[str] = []
    unknown, known = (lambda _address: None), (lambda _address: bytes(32))
    assert weak_phrase_meant(config(phrase="hunter2"), unknown, answering("yes", asked))
    assert not weak_phrase_meant(config(phrase="hunter2"), unknown, answering("", asked))
    assert len(asked) == 2
    assert not weak_phrase_meant(config(phrase="hunter2"), known, answering("yes", asked))
    assert not weak_phrase_meant(config(phrase=STRONG), unknown, answering("yes", asked))
    assert not weak_phrase_meant(config("no such host!", "hunter2"), unknown, answering("yes", asked))
    assert len(asked) == 2
