from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from client.asking import weak_phrase_meant, with_phrase, with_server
from client.config import Config
from client.visited import Visit
from common.banner import encode_key
from common.errors import BadSetting

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


def chosen(*answers: str, name_given: bool = False) -> Config:
    visits = (
        Visit("home:9090", "Ann H."),
        Visit("work:9000", "Ann W.", link=f"secure-chat://work:9000/?k={encode_key(bytes(32))}&v=7"),
    )
    left = list(answers)
    asked = with_server(replace(config(""), name_given=name_given), visits, lambda _question: left.pop(0))
    assert not left
    return asked


def test_a_server_that_was_visited_is_offered() -> None:
    # would fail if a person had to type the address each time
    assert (chosen("").server, chosen("").name) == ("home:9090", "Ann H.")
    assert (chosen("2").server[:19], chosen("2").name) == ("secure-chat://work:", "Ann W.")
    assert chosen("2", name_given=True).name == "Ann"
    assert (chosen("other.example").server, chosen("other.example").name) == ("other.example", "Ann")
    assert chosen("0", "3", "no such host!", " 1 ").server == "home:9090"


def test_without_a_list_the_server_must_be_said() -> None:
    assert with_server(config("host"), ()).server == "host"
    with pytest.raises(BadSetting, match="Which broker"):
        with_server(config(""), ())
