"""What was typed is checked before anything goes out, and the part that is wrong is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.commands import Connect
from client.events import Part
from client.target import AttemptFailed, Target, read_target
from common.address import Address
from common.invite import Invite
from common.words import word_list

KEY = bytes(range(32))
STRONG = "-".join(word_list()[100:700:100])
LINK = str(Invite(Address("chat.example", 9000), KEY, 9007, 9009, STRONG))


def test_an_address() -> None:
    target = read_target(Connect("chat.example", "Ann", "a phrase"))
    assert target == Target(Address("chat.example", 9090), 9092, None, None, "Ann", "a phrase")
    assert "a phrase" not in repr(target)  # reprs end up in logs


def test_an_invite_fills_everything_and_its_phrase_wins() -> None:
    target = read_target(Connect(f" {LINK} ", " Ann ", "another", accept_weak_phrase=True))
    assert target == Target(Address("chat.example", 9000), 9009, KEY, 9007, "Ann", STRONG, accept_weak_phrase=True)


def test_an_invite_without_a_phrase_takes_the_typed_one() -> None:
    link = str(Invite(Address("chat.example", 9000), KEY, 9001, 9002, None))
    assert read_target(Connect(link, "Ann", "typed")).phrase == "typed"


@pytest.mark.parametrize(
    ("server", "name", "phrase", "part", "code"),
    [
        ("", "Ann", "x", Part.SERVER, "bad_address"),
        ("a b", "Ann", "x", Part.SERVER, "bad_address"),
        ("host:65534", "Ann", "x", Part.SERVER, "bad_address"),  # the banner would be at 65536
        ("secure-chat://chat.example/", "Ann", "x", Part.SERVER, "bad_invite"),
        ("host", " ", "x", Part.NAME, "bad_name"),
        ("host", "x" * 65, "x", Part.NAME, "bad_name"),
        ("host", "Ann", " ", Part.KEY, "bad_phrase"),
        ("host", "Ann", "x" * 1025, Part.KEY, "bad_phrase"),
        ("host", "Ann", "\ud800", Part.KEY, "bad_phrase"),
    ],
)
def test_the_wrong_part_is_named(server: str, name: str, phrase: str, part: Part, code: str) -> None:
    with pytest.raises(AttemptFailed) as failed:
        read_target(Connect(server, name, phrase))
    assert (failed.value.part, failed.value.code, failed.value.retry) == (part, code, False)
    assert str(failed.value)


_TYPED = st.one_of(
    st.text(max_size=60),
    st.builds("secure-chat:{}".format, st.text(max_size=60)),
    st.builds(lambda cut, put: LINK[:cut] + put + LINK[cut + 1 :], st.integers(0, len(LINK)), st.text(max_size=3)),
    st.builds("[{}]:{}".format, st.text(":%abc123", max_size=20), st.integers()),
)


@given(_TYPED, st.text(max_size=80), st.text(max_size=80))
def test_nothing_but_a_declared_error_comes_out(server: str, name: str, phrase: str) -> None:
    try:
        target = read_target(Connect(server, name, phrase))
    except AttemptFailed:
        return
    assert 1 <= target.address.port <= 65535
    assert 1 <= target.banner_port <= 65535


@pytest.mark.parametrize(
    ("phrase", "pin", "key", "accept"),
    [(STRONG, None, None, False), ("cat", KEY, None, False), ("cat", None, KEY, False), ("cat", None, None, True)],
)
def test_a_key_goes_to_brokers_that_are_known_or_learn_nothing_from_it(
    phrase: str, pin: bytes | None, key: bytes | None, accept: bool
) -> None:
    Target(Address("host", 1), 3, key, None, "Ann", phrase, accept).check_phrase_against(pin)


def test_the_key_that_was_compared_counts_more_than_link_and_pin() -> None:
    # Would catch a user who has compared the words, and is sent to the old key all the same.
    target = read_target(Connect(LINK, "Ann", "cat", compared_key=bytes(32)))
    assert target.expected_key(None) == target.expected_key(KEY) == bytes(32)
    assert read_target(Connect(LINK, "Ann", "cat")).expected_key(bytes(32)) == KEY
    assert read_target(Connect("host", "Ann", "cat")).expected_key(KEY) == KEY
    read_target(Connect("host", "Ann", "cat", compared_key=KEY)).check_phrase_against(None)  # no stranger any more


def test_a_weak_key_at_an_unknown_broker_is_asked_about() -> None:
    with pytest.raises(AttemptFailed, match="connect anyway") as failed:
        Target(Address("host", 1), 3, None, None, "Ann", "cat").check_phrase_against(None)
    assert (failed.value.part, failed.value.code, failed.value.retry) == (Part.KEY, "weak_phrase", False)
