"""The three fields and the command they make."""

import pytest
from msgspec.structs import replace

from client.commands import Connect
from client.events import Part
from client.ui.form import Fields, Strength, connect_command, problem_of, strength_of, typed
from common.address import Address
from common.invite import Invite

KEY = bytes(range(32))
INVITE = Invite(Address("192.0.2.7", 9000), KEY, 9001, 9002, "six good words")


def test_an_invite_fills_server_and_key() -> None:
    # would catch: the long link left in the field, or the phrase in it not taken over
    fields = typed(Fields(server=f"  {INVITE} ", name="Ann"))
    assert (fields.server, fields.name, fields.phrase) == ("192.0.2.7:9000", "Ann", "six good words")
    assert fields.invite == INVITE


def test_an_invite_without_a_phrase_leaves_the_key() -> None:
    bare = replace(INVITE, phrase=None)
    assert typed(Fields(str(bare), "Ann", "mine")).phrase == "mine"


def test_a_damaged_invite_stays_and_is_told() -> None:
    # would catch: half a link taken for an address
    fields = typed(Fields("secure-chat://192.0.2.7:9000/?k=zzz#words", "Ann", "a key", INVITE))
    assert fields.invite is None
    problem = problem_of(fields)
    assert problem is not None
    assert (problem.part, problem.code) == (Part.SERVER, "bad_invite")


def test_another_server_forgets_the_invite() -> None:
    # would catch: one broker's key expected of another
    fields = typed(Fields(str(INVITE), "Ann"))
    assert typed(replace(fields, name="Bea")).invite == INVITE
    assert typed(replace(fields, server="192.0.2.8:9000")).invite is None


def test_the_command_carries_the_brokers_key_but_the_typed_phrase() -> None:
    # would catch: the broker's key of the invite lost, or an edited key overruled by the link
    fields = replace(typed(Fields(str(INVITE), " Ann ")), phrase="edited")
    command = connect_command(fields)
    assert command == Connect(str(replace(INVITE, phrase=None)), "Ann", "edited")
    assert "edited" not in repr(command)


def test_the_command_of_a_plain_address() -> None:
    fields = Fields(" [::1]:9090 ", "Ann", " key ")
    assert connect_command(fields, accept_weak_phrase=True) == Connect("[::1]:9090", "Ann", " key ", True)


@pytest.mark.parametrize(
    ("fields", "part", "code"),
    [
        (Fields("", "Ann", "key"), Part.SERVER, "bad_address"),
        (Fields("host:port", "Ann", "key"), Part.SERVER, "bad_address"),
        (Fields("host", " ", "key"), Part.NAME, "bad_name"),
        (Fields("host", "Ä" * 33, "key"), Part.NAME, "bad_name"),
        (Fields("host", "Ann", " "), Part.KEY, "bad_phrase"),
        (Fields("host", "Ann", "x" * 1025), Part.KEY, "bad_phrase"),
        (Fields("host", "\ud800", "key\ud800"), Part.KEY, "bad_phrase"),
    ],
)
def test_each_problem_names_its_field(fields: Fields, part: Part, code: str) -> None:
    problem = problem_of(fields)
    assert problem is not None
    assert (problem.part, problem.code) == (part, code)
    assert problem.message.endswith(".")


def test_good_fields_have_no_problem() -> None:
    assert problem_of(Fields("host", "Ann", "key")) is None
    assert problem_of(Fields(str(INVITE), "Ann", "key")) is None


def test_strength_has_four_classes() -> None:
    assert strength_of(0.0, "") is Strength.NONE
    assert strength_of(12.0, "x") is Strength.WEAK
    assert strength_of(55.0, "x") is Strength.FAIR
    assert strength_of(77.0, "x") is Strength.STRONG
