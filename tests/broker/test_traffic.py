from __future__ import annotations

from broker.traffic import (
    HELD_BYTES,
    HELD_BYTES_NETWORK,
    UNFINISHED_BYTES,
    UNFINISHED_PER_SECOND,
    Holdings,
    Scale,
    Traffic,
)
from common import limits
from common.kernel import Kernel

RATE = 5_000_000


def scale(holdings: Holdings | None = None, network: str = "192.0.2.1") -> Scale:
    return Scale(network, RATE, RATE, holdings or Holdings(), 0.0)


def test_a_flood_is_noticed() -> None:
    # Would catch a guard that lets one connection have the line for itself.
    weighed = scale()
    assert weighed.weigh(Kernel(0, RATE, 0), Traffic(taken=RATE), 1.0) == ""
    assert weighed.weigh(Kernel(0, 2 * RATE, 0), Traffic(taken=2 * RATE), 2.0) == ""
    assert weighed.weigh(Kernel(0, 4 * RATE, 0), Traffic(taken=4 * RATE), 3.0) == "sends too much"


def test_messages_that_never_end_are_noticed_however_slowly_they_come() -> None:
    # Would catch a broker whose memory grows by all that a patient stranger sends in one message.
    weighed = scale()
    sent, reason, second = 0, "", 0
    while not reason:
        second += 1
        sent += 100_000
        reason = weighed.weigh(Kernel(0, sent, 0), Traffic(), float(second))
    assert reason == "does not end its messages"
    assert sent - 100_000 <= UNFINISHED_BYTES + second * UNFINISHED_PER_SECOND < sent


def test_an_honest_connection_stays_for_months() -> None:
    # Would catch heartbeats, which are never messages, that add up until their sender is cut.
    weighed = scale()
    taken = received = 0
    for minute in range(10, 60 * 24 * 60, 10):
        received += 600 * (4_700 + 60)  # voice with its envelopes, and heartbeats
        taken += 600 * 4_700
        assert weighed.weigh(Kernel(received // 2, received, 0), Traffic(taken=taken), minute * 60.0) == ""


def test_one_that_takes_a_byte_now_and_then_holds_no_more_than_its_share() -> None:
    # Would catch a reader that is never quite still, and fills us with pages for it.
    weighed = scale()
    given, second, reason = 0, 0, ""
    while not reason:
        second += 1
        given += 262_144
        reason = weighed.weigh(Kernel(second, 100, 65_536), Traffic(taken=100, given=given), float(second))
    assert reason == "takes too little of what is sent to it"
    assert given - 262_144 <= HELD_BYTES + second < given


def test_what_was_taken_long_ago_pays_for_nothing() -> None:
    # Would catch envelopes that libzmq adds being saved up as leave to hold more.
    holdings = Holdings()
    weighed = scale(holdings)
    assert weighed.weigh(Kernel(50_000_000, 0, 0), Traffic(given=1_000_000), 1.0) == ""
    assert weighed.weigh(Kernel(50_000_000, 0, 1), Traffic(given=9_000_000), 2.0) == ""
    assert holdings["192.0.2.1"] == 8_000_000
    assert weighed.weigh(Kernel(50_000_000, 0, 1), Traffic(given=9_500_000), 3.0) != ""


def test_many_connections_of_one_address_share_what_is_held_for_them() -> None:
    # Would catch five hundred connections of one address that hold eight megabytes each.
    holdings = Holdings()
    each = HELD_BYTES // 2
    few = [scale(holdings) for _ in range(HELD_BYTES_NETWORK // each)]
    assert not any(weighed.weigh(Kernel(0, 0, 1), Traffic(given=each), 1.0) for weighed in few)
    assert scale(holdings).weigh(Kernel(0, 0, 1), Traffic(given=1), 1.0) == "takes too little of what is sent to it"
    assert scale(holdings, "192.0.2.2").weigh(Kernel(0, 0, 1), Traffic(given=each), 1.0) == ""
    for weighed in few:
        weighed.gone()
    assert holdings["192.0.2.1"] == 1


def test_one_that_takes_nothing_goes_in_time_even_where_nobody_counts_messages() -> None:
    # Would catch a listener on the voice port that stays for ever.
    weighed = scale()
    assert weighed.weigh(Kernel(10, 0, 500), None, 1.0) == ""
    assert weighed.weigh(Kernel(10, 0, 500), None, limits.BEHIND_SECONDS) == ""
    assert weighed.weigh(Kernel(10, 0, 500), None, 1.0 + limits.BEHIND_SECONDS) == "takes nothing of what is sent to it"
    assert weighed.weigh(Kernel(11, 0, 500), None, 30.0) == ""
