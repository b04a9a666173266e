from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import limits
from common.address import Address
from common.errors import BadInvite
from common.invite import Invite, is_invite, parse_invite

KEY = bytes(range(32))
K = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
LINK = f"secure-chat://chat.example:9090/?k={K}#acorn-badge-cable-dance-eagle-fable"


def test_the_link_is_frozen() -> None:
    invite = Invite(Address("chat.example", 9090), KEY, 9091, 9092, "acorn-badge-cable-dance-eagle-fable")
    assert str(invite) == LINK
    assert parse_invite(LINK) == invite
    assert parse_invite(f"  {LINK.replace('secure-chat', 'Secure-Chat')}\n") == invite


def test_the_phrase_is_not_in_the_repr() -> None:
    # A repr ends in logs and tracebacks.
    assert "acorn" not in repr(parse_invite(LINK))


def test_other_ports_and_no_phrase() -> None:
    invite = Invite(Address("::1", 5000), KEY, 1, 2, None)
    assert str(invite) == f"secure-chat://[::1]:5000/?k={K}&v=1&b=2"
    assert parse_invite(str(invite)) == invite


def test_ports_left_out_stand_beside_the_control_port() -> None:
    invite = parse_invite(f"secure-chat://h/?k={K}")
    assert (invite.address.port, invite.voice_port, invite.banner_port) == (9090, 9091, 9092)
    last = parse_invite(f"secure-chat://h:65535/?k={K}")
    assert (last.voice_port, last.banner_port) == (65_535, 65_535)


def test_names_of_later_versions_are_passed_over() -> None:
    assert parse_invite(f"secure-chat://h/?k={K}&zz=1#x").phrase == "x"


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("https://h/?k=" + K, "not an invite link"),
        ("secure-chat://" + "h" * 9_000, "not an invite link"),
        (f"secure-chat://h/?k={K}#%FF", "damaged"),
        (f"secure-chat://h/?k={K}#\ud800", "damaged"),  # half a surrogate pair, from a broken paste
        (f"secure-chat://h/?k={K}&v", "damaged"),
        (f"secure-chat://h/?k={K}" + "&x=1" * 9, "damaged"),
        (f"secure-chat://[::1/?k={K}", "damaged"),
        (f"secure-chat:///?k={K}", "server in the invite link is wrong"),
        (f"secure-chat:h?k={K}", "server in the invite link is wrong"),
        (f"secure-chat://user@h/?k={K}", "server in the invite link is wrong"),
        (f"secure-chat://h:99999/?k={K}", "server in the invite link is wrong"),
        (f"secure-chat://{'a' * 60}.{'a' * 60}!/?k={K}", "server in the invite link is wrong"),
        ("secure-chat://h/#x", "lacks the broker's key"),
        ("secure-chat://h/?k=#x", "damaged"),
        (f"secure-chat://h/?k={K[:-1]}", r"\(k=\) is damaged"),
        (f"secure-chat://h/?k={K}&k={K}", "“k” twice"),
        (f"secure-chat://h/?k={K}&v=0", "voice port"),
        (f"secure-chat://h/?k={K}&b=x", "banner port"),
        (f"secure-chat://h/?k={K}#" + "a" * (limits.PHRASE_BYTES + 1), "too long"),
    ],
)
def test_wrong_links(link: str, reason: str) -> None:
    with pytest.raises(BadInvite, match=reason):
        parse_invite(link)


def test_what_is_meant_as_a_link() -> None:
    assert is_invite(" SECURE-CHAT://broken")
    assert not is_invite("secure-chat.example:9090")


def test_signs_of_links_in_a_phrase_are_quoted() -> None:
    phrase = "100%41 #1 & ?k=v+/:"
    assert parse_invite(str(Invite(Address("h", 1), KEY, 2, 3, phrase))).phrase == phrase


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_any_phrase_round_trips(phrase: str) -> None:
    # A `#`, `%` or blank that is not quoted would lead to another room.
    invite = Invite(Address("h", 1), KEY, 2, 3, phrase)
    assert parse_invite(str(invite)) == invite


@given(st.text(max_size=60), st.integers(0, len(LINK)), st.integers(0, 5))
def test_mutated_links_are_refused_or_read(noise: str, at: int, cut: int) -> None:
    try:
        invite = parse_invite(LINK[:at] + noise + LINK[at + cut :])
    except BadInvite:
        return
    assert parse_invite(str(invite)) == invite
