from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from client.asking import kept_key, weak_phrase_meant, with_phrase, with_server
from client.config import Config
from client.safe import Safe
from client.visited import Visit
from common.banner import encode_key
from common.errors import BadSetting
from tests.client.test_safe import MemoryRing

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
    asked, _ = with_server(replace(config(""), name_given=name_given), visits, lambda _question: left.pop(0))
    assert not left
    return asked


def test_a_server_that_was_visited_is_offered() -> None:
    # would fail if a person had to type the address each time
    assert (chosen("").server, chosen("").name) == ("home:9090", "Ann H.")
    assert (chosen("2").server[:19], chosen("2").name) == ("secure-chat://work:", "Ann W.")
    assert chosen("2", name_given=True).name == "Ann"
    assert (chosen("other.example").server, chosen("other.example").name) == ("other.example", "Ann")
    assert chosen("0", "3", "no such host!", " 1 ").server == "home:9090"


STAYS = (
    Visit("other:9090", "Ann", room="crane fig"),
    Visit("Home:9090", "Ann", room="otter lamp"),
    Visit("home:9090", "Ann"),
)


@pytest.mark.parametrize(
    ("server", "visit"),
    [
        ("home", STAYS[1]),
        (f"secure-chat://HOME/?k={encode_key(bytes(32))}", STAYS[1]),
        ("elsewhere", None),
        ("home:9091", None),
    ],
)
def test_the_newest_visit_of_a_server_is_found_however_it_is_written(server: str, visit: Visit | None) -> None:
    assert with_server(config(server), STAYS)[1] == visit
    assert with_server(config(""), STAYS, lambda _question: "3")[1] == STAYS[2]
    assert with_server(config(""), STAYS, lambda _question: server)[1] == visit


def test_a_list_says_whose_key_is_remembered() -> None:
    asked: list[str] = []
    with_server(config(""), STAYS, answering("", asked))
    assert "1  other:9090 as Ann, room crane fig, whose key is remembered\n" in asked[0]
    assert "3  home:9090 as Ann\n" in asked[0]


def test_a_remembered_key_comes_out_of_the_keyring_where_none_was_given() -> None:
    # would catch: a key that is asked for though it was remembered, one that wins over the one that was given
    ring = MemoryRing()
    told: list[str] = []
    safe = Safe(ring)
    safe.keep(STAYS[1], STRONG)

    def found(asked: Config, visit: Visit | None = STAYS[1]) -> str:
        return kept_key(asked, visit, lambda: safe, told.append)

    assert found(config("home")) == STRONG
    assert found(config("home", phrase="given")) == ""
    assert found(config(f"secure-chat://home/?k={encode_key(bytes(32))}#{STRONG}")) == ""
    assert found(config("home"), None) == found(config("home"), STAYS[2]) == ""
    assert told == []
    assert found(config("other"), STAYS[0]) == ""  # somebody has deleted it there
    ring.locked = True
    assert found(config("home")) == ""
    assert kept_key(config("home"), STAYS[1], lambda: None, told.append) == ""
    assert ["unlock" in sentence for sentence in told] == [False, True, False]


def test_without_a_list_the_server_must_be_said() -> None:
    assert with_server(config("host"), ()) == (config("host"), None)
    with pytest.raises(BadSetting, match="Which broker"):
        with_server(config(""), ())
