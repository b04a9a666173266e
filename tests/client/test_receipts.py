"""What I have seen is told in time; what others have seen is counted right, whatever order it comes in."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from client.events import TextSeen
from client.receipts import Receipts
from common import limits
from common.crypto.sealing import SeenSignal

ME, ANN, BOB = b"me", b"ann", b"bob"


def post(number: int) -> bytes:
    return number.to_bytes(16, "big")


def opened(jitter: float = 0.0, *, tell: bool = True, lines: int = 0, own: bool = False) -> Receipts:
    receipts = Receipts(ME, lambda: jitter, tell=tell)
    receipts.opened(0, 0.0)
    for number in range(1, lines + 1):
        receipts.shown(post(number), (0, number), own=own)
    return receipts


def counted(receipts: Receipts, *here: bytes, now: float = 100.0) -> list[TextSeen]:
    return receipts.count(lambda: set(here), now)


# --- mine ---------------------------------------------------------------------------------------------------


def test_a_mark_is_told_within_the_spread() -> None:
    receipts = opened(jitter=1.0, lines=1)
    receipts.mark(post(1), 5.0)
    assert receipts.take_due(1, 5.24) is None
    assert receipts.take_due(1, 5.25) == SeenSignal(post(1))
    assert receipts.take_due(1, 9.0) is None  # said


def test_only_a_newer_line_is_news() -> None:
    receipts = opened(lines=3)
    receipts.mark(post(2), 5.0)
    assert receipts.take_due(1, 5.0) == SeenSignal(post(2))
    for older in (post(1), post(2), post(99)):  # scrolled up, the same, never shown
        receipts.mark(older, 20.0)
    assert receipts.take_due(1, 20.0) is None


def test_marks_between_two_signals_are_told_in_one() -> None:
    receipts = opened(lines=9)
    receipts.mark(post(1), 5.0)
    receipts.take_due(1, 5.0)
    for number in range(2, 10):
        receipts.mark(post(number), 5.1)
    assert receipts.take_due(1, 5.9) is None
    assert receipts.take_due(1, 6.0) == SeenSignal(post(9))


def test_who_came_is_told_once_it_knows_me() -> None:
    receipts = opened(lines=2)
    receipts.introduced(0.0)  # nothing seen yet
    receipts.mark(post(1), 5.0)
    receipts.take_due(1, 5.0)
    receipts.introduced(20.0)  # a refresh: everybody has been told
    assert receipts.take_due(1, 20.0) is None
    receipts.newcomer()
    assert receipts.take_due(1, 30.0) is None
    receipts.introduced(30.0)
    assert receipts.take_due(2, 30.0) == SeenSignal(post(1))
    receipts.newcomer()
    receipts.introduced(30.1)
    receipts.mark(post(2), 30.1)
    assert receipts.take_due(2, 30.9) is None
    receipts.newcomer()
    receipts.introduced(30.9)
    assert receipts.take_due(2, 31.0) == SeenSignal(post(2))


def test_a_rejoin_tells_again_and_a_lost_connection_nothing() -> None:
    receipts = opened(lines=1)
    receipts.mark(post(1), 5.0)
    receipts.closed()
    assert receipts.take_due(1, 9.0) is None
    receipts.opened(0, 10.0)
    receipts.introduced(10.0)
    assert receipts.take_due(1, 10.0) == SeenSignal(post(1))


def test_nobody_is_told_where_nobody_is() -> None:
    receipts = opened(lines=1)
    receipts.mark(post(1), 5.0)
    assert receipts.take_due(0, 5.0) is None
    assert receipts.take_due(1, 6.0) is None
    receipts.newcomer()
    receipts.introduced(7.0)
    assert receipts.take_due(1, 7.0) == SeenSignal(post(1))


def test_who_keeps_it_to_himself_says_nothing() -> None:
    receipts = opened(tell=False, lines=1)
    receipts.mark(post(1), 5.0)
    receipts.introduced(5.0)
    assert receipts.take_due(1, 50.0) is None


def test_one_can_change_ones_mind() -> None:
    # would catch: a line told as seen a moment after the user wanted that no more
    receipts = opened(lines=2)
    receipts.mark(post(1), 5.0)
    receipts.tell(False)
    receipts.newcomer()
    receipts.introduced(6.0)
    assert receipts.take_due(1, 50.0) is None
    receipts.tell(True)
    receipts.mark(post(2), 51.0)
    assert receipts.take_due(1, 55.0) == SeenSignal(post(2))


@given(st.lists(st.tuples(st.floats(0, 0.4), st.booleans()), max_size=60), st.floats(0, 1), st.integers(1, 499))
def test_whatever_happens_a_second_lies_between_two_signals(
    steps: list[tuple[float, bool]], jitter: float, others: int
) -> None:
    receipts = opened(jitter, lines=len(steps))
    now, said = 0.0, []
    for number, (pause, comes) in enumerate(steps, 1):
        now += pause
        receipts.mark(post(number), now)
        if comes:
            receipts.newcomer()
            receipts.introduced(now)
        if receipts.take_due(others, now) is not None:
            said.append(now)
    least = limits.SEEN_MIN_SECONDS * max(1.0, (others / limits.ROOM_MEMBERS) ** 2)
    assert all(after - before >= least - 1e-9 for before, after in pairwise(said))


# --- the others' --------------------------------------------------------------------------------------------


def test_a_line_and_all_above_it_are_seen() -> None:
    receipts = opened(lines=3, own=True)
    receipts.heard(ANN, post(2))
    assert counted(receipts, ANN, BOB) == [TextSeen(1, 1, 2), TextSeen(2, 1, 2)]
    assert counted(receipts, ANN, BOB) == []
    receipts.heard(BOB, post(3))
    assert counted(receipts, ANN, BOB, now=101) == [TextSeen(1, 2, 2), TextSeen(2, 2, 2), TextSeen(3, 1, 2)]
    receipts.heard(BOB, post(1))  # an older word, overtaken
    assert counted(receipts, ANN, BOB, now=102) == []


def test_only_my_lines_are_told_and_only_other_devices_count() -> None:
    receipts = opened(lines=2)
    receipts.shown(post(3), (0, 3), own=True)
    receipts.heard(ME, post(3))
    assert counted(receipts, ME, ANN, now=50) == []
    receipts.heard(ANN, post(3))
    assert counted(receipts, ME, ANN) == [TextSeen(3, 1, 1)]


def test_people_come_and_go() -> None:
    receipts = opened(lines=1, own=True)
    receipts.heard(ANN, post(1))
    assert counted(receipts, ANN) == [TextSeen(1, 1, 1)]
    receipts.people_changed()
    assert counted(receipts, ANN, BOB, now=101) == [TextSeen(1, 1, 2)]
    receipts.people_changed()
    assert counted(receipts, BOB, now=102) == []  # Ann has gone, and has seen it
    receipts.people_changed()
    assert counted(receipts, now=103) == [TextSeen(1, 1, 1)]


def test_a_post_that_is_still_on_its_way_counts_when_it_comes() -> None:
    receipts = opened(lines=1, own=True)
    receipts.heard(ANN, post(3))
    receipts.heard(BOB, post(3))
    receipts.heard(BOB, post(4))  # instead
    assert counted(receipts) == []
    receipts.shown(post(3), (0, 3), own=False)
    assert counted(receipts, now=101) == [TextSeen(1, 1, 1)]
    receipts.shown(post(4), (0, 4), own=True)
    assert counted(receipts, now=102) == [TextSeen(1, 2, 2), TextSeen(4, 1, 1)]


def test_a_word_about_a_known_post_ends_the_wait() -> None:
    receipts = opened(lines=1, own=True)
    receipts.heard(ANN, post(3))
    receipts.heard(ANN, post(1))
    assert counted(receipts) == [TextSeen(1, 1, 1)]
    assert receipts._awaited == {}


def test_counts_wait_for_the_others_to_settle_and_for_one_another() -> None:
    receipts = opened(lines=1, own=True)
    receipts.heard(ANN, post(1))
    assert counted(receipts, ANN, now=0.9) == []
    assert receipts.next_tick() == 1.0
    assert counted(receipts, ANN, now=1.0) == [TextSeen(1, 1, 1)]
    assert receipts.next_tick() == float("inf")
    receipts.heard(BOB, post(1))
    assert receipts.next_tick() == 1.25
    receipts.mark(post(1), 0.5)
    assert receipts.next_tick() == 0.5


def test_another_log_counts_anew() -> None:
    receipts = opened(lines=5, own=True)
    receipts.heard(ANN, post(5))
    counted(receipts, ANN)
    receipts.opened(1, 200.0)
    receipts.shown(post(9), (1, 1), own=True)
    receipts.shown(post(8), (0, 7), own=True)  # read late, from the log: nobody counts it any more
    receipts.people_changed()
    assert counted(receipts, ANN, now=300) == []  # what she saw came before it
    receipts.heard(ANN, post(9))
    assert counted(receipts, ANN, now=301) == [TextSeen(1, 1, 1, epoch=1)]


def test_only_my_newest_lines_are_counted() -> None:
    receipts = opened(lines=500, own=True)
    receipts.heard(ANN, post(500))
    assert [told.seq for told in counted(receipts, ANN)] == list(range(301, 501))
    receipts.shown(post(501), (0, 501), own=True)
    receipts.heard(ANN, post(501))
    assert [told.seq for told in counted(receipts, ANN, now=101)] == [501]
    assert len(receipts._told) == 200


def test_a_long_history_is_known_by_its_newest_posts_whatever_order_it_was_read_in() -> None:
    receipts = opened()
    for number in range(10_000, 0, -1):  # pages come newest first
        receipts.shown(post(number), (0, number), own=False)
    assert len(receipts._places) <= 8_192
    assert post(10_000) in receipts._places


def test_devices_without_end_are_not_counted_without_end() -> None:
    receipts = opened(lines=1, own=True)
    for number in range(600):
        receipts.heard(b"seen" + post(number), post(1))
        receipts.heard(b"waits" + post(number), post(77))
    assert len(receipts._seen) + len(receipts._awaits) == 1_000
    receipts.heard(b"seen" + post(0), post(78))  # one that is known is heard
    assert receipts._awaits[b"seen" + post(0)] == post(78)
