from __future__ import annotations

from client.commands import Connect
from client.config import Config
from client.events import BrokerMet, KeyFound, ProblemReported
from client.target import Target
from client.ui.app import Opening
from client.ui.form import Fields
from common.discreet import Discreet
from common.invite import Invite


class Kept(Discreet, frozen=True):
    server: str
    phrase: str


def test_what_is_secret_is_not_printed_and_the_rest_is() -> None:
    # would catch: a key in a log or a traceback, or a report that says nothing at all
    assert repr(Kept("here", "banjo clover")) == "Kept(server='here')"
    assert f"{[Kept('here', 'banjo clover')]!r}" == "[Kept(server='here')]"


def test_it_still_counts_where_two_are_compared() -> None:
    # would catch: two connections that differ in the key alone taken for the same
    assert Kept("here", "banjo") != Kept("here", "clover")
    assert hash(Kept("here", "banjo")) == hash(Kept("here", "banjo"))


def test_all_that_carry_a_secret_are_of_this_kind() -> None:
    # would catch: one that became an ordinary value again
    for kind in (Connect, Config, BrokerMet, KeyFound, ProblemReported, Target, Fields, Invite, Opening):
        assert issubclass(kind, Discreet)
