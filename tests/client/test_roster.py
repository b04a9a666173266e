"""Who is in the room: a hello can be repeated, so proves no presence; nobody pushes out or doubles another."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client import roster as rosters
from client.events import Person
from client.roster import Member, Roster
from common.crypto.keys import device_fingerprint, session_id
from common.crypto.sealing import HelloBody


class VoiceKeys:
    """A key source that costs nothing."""

    def voice_base(self, session_id: bytes) -> bytes:
        return session_id * 2


def public() -> bytes:
    return Ed25519PrivateKey.generate().public_key().public_bytes_raw()


MY_SESSION = public()
H1, H2, H3 = b"\0\1", b"\0\2", b"\0\3"


@pytest.fixture
def roster() -> Roster:
    return Roster(session_id(MY_SESSION), "Me", VoiceKeys())


def hello(name: str = "Ann", device: bytes | None = None, session: bytes | None = None) -> HelloBody:
    return HelloBody(
        device or public(), session or public(), bytes(32), name, bytes(64)
    )  # the proof was checked before


def added(roster: Roster, handle: bytes, said: HelloBody) -> Member:
    member, replaced = roster.add(handle, said)
    assert member is not None
    assert replaced is None
    return member


def test_somebody_comes_and_goes(roster: Roster) -> None:
    said = hello("Ann\u202e")
    member = added(roster, H1, said)
    assert roster.get(H1) is member
    assert list(roster) == [member]
    assert len(roster) == 1
    assert roster.session_ids() == (session_id(said.session),)
    assert member.person() == Person(session_id(said.session).hex(), device_fingerprint(said.device), "Ann")
    assert roster.remove(H1) is member
    assert roster.remove(H1) is None  # the broker says so twice
    assert roster.get(H1) is None
    assert len(roster) == 0


def test_session_ids_are_sorted(roster: Roster) -> None:
    for handle in (H1, H2, H3):
        added(roster, handle, hello())
    assert list(roster.session_ids()) == sorted(roster.session_ids())


def test_equal_names_are_told_apart(roster: Roster) -> None:
    assert added(roster, H1, hello("Ann")).shown_name == "Ann"
    assert added(roster, H2, hello("Ann\u200b")).shown_name == "Ann (2)"  # looks the same, so it is the same
    assert added(roster, H3, hello("Me")).shown_name == "Me (2)"  # mine stays mine


def test_my_own_hello_come_back_adds_nobody(roster: Roster) -> None:
    assert roster.add(H1, hello(session=MY_SESSION)) == (None, None)
    assert len(roster) == 0


def test_a_repeated_hello_does_not_push_its_owner_out(roster: Roster) -> None:
    said = hello()
    member = added(roster, H1, said)
    assert roster.add(H2, said) == (None, None)
    assert roster.get(H1) is member
    assert roster.get(H2) is None


def test_a_session_belongs_to_the_device_that_came_with_it_first(roster: Roster) -> None:
    said = hello()
    added(roster, H1, said)
    roster.remove(H1)
    # Ann's voice must not be heard under the name of somebody who copied her session's public key.
    assert roster.add(H2, hello("Eve", session=said.session)) == (None, None)
    assert added(roster, H3, said).shown_name == "Ann"


def test_a_handle_that_is_given_to_another_frees_it_first(roster: Roster) -> None:
    ann = added(roster, H1, hello("Ann"))
    bob, replaced = roster.add(H1, hello("Bob"))
    assert replaced is ann
    assert bob is not None
    assert list(roster) == [bob]
    refused, replaced = roster.add(H1, hello(session=MY_SESSION))
    assert refused is None
    assert replaced is bob


def test_replay_windows_outlive_a_stay_but_confirmation_does_not(roster: Roster) -> None:
    said = hello()
    member = added(roster, H1, said)
    assert member.session.signals.accept(5)
    member.session.confirmed = True
    opener = member.session.opener
    roster.remove(H1)
    again = added(roster, H2, said)
    assert again.session.opener is opener
    assert not again.session.signals.accept(5)  # yesterday's signal must not count today
    assert not again.session.confirmed
    assert not again.person().confirmed


def test_a_lost_connection_clears_the_room(roster: Roster) -> None:
    ann, bob = added(roster, H1, hello("Ann")), added(roster, H2, hello("Bob"))
    ann.session.confirmed = True
    assert roster.clear() == [ann, bob]
    assert not ann.session.confirmed
    assert len(roster) == 0
    assert roster.clear() == []


def test_lines_get_the_name_that_their_sender_has_here(roster: Roster) -> None:
    device = public()
    added(roster, H1, hello("Ann"))
    added(roster, H2, hello("Ann", device))
    assert roster.name_of_device(device, "whatever") == "Ann (2)"
    # Of somebody who has left it is the name in the line, but nobody speaks under the name of one who is here.
    assert roster.name_of_device(public(), "Bob\u202e") == "Bob"
    assert roster.name_of_device(public(), "Ann") == "Ann (3)"
    assert roster.name_of_device(public(), "Me") == "Me (2)"
    roster.remove(H1)
    assert roster.name_of_device(public(), "Ann") == "Ann (4)"  # nor of one who has gone


def test_a_copied_device_is_told_apart_from_its_owner(roster: Roster) -> None:
    device = public()
    assert added(roster, H1, hello("Ann", device)).shown_name == "Ann"
    assert added(roster, H2, hello("Ann", device)).shown_name == "Ann (2)"


def test_invented_sessions_are_forgotten_but_not_those_that_matter(
    roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rosters, "_UNCONFIRMED_KEPT", 3)
    proved = hello("Proved")
    member = added(roster, H1, proved)
    member.session.confirmed = True
    roster.remove(H1)
    here = hello("Here")
    added(roster, H2, here)
    for _ in range(10):
        added(roster, H3, hello("Invented"))
        roster.remove(H3)
    assert len(roster._sessions) == 2 + 3
    assert added(roster, H1, proved).session is member.session
