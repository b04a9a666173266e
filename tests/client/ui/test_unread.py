"""The mark above what came while nobody looked."""

from __future__ import annotations

from client.ui.transcript import BEGINNING, Place
from client.ui.unread import Unread


def at(number: int) -> Place:
    return (number, 0, number)


def looking(number: int) -> Unread:
    unread = Unread()
    unread.looked(at(number), at_end=True)
    return unread


def test_what_comes_before_the_eyes_is_not_new() -> None:
    # mistake: a mark above each line that one reads as it comes
    unread = looking(5)
    assert not unread.came(at(6), late=False)
    assert (unread.after, unread.count) == (None, 0)


def test_away_or_scrolled_up_it_is_marked_and_counted() -> None:
    for leave in (Unread.away, lambda unread: unread.looked(at(3), at_end=False)):
        unread = looking(5)
        assert not unread.came(at(6), late=False)
        leave(unread)
        assert unread.came(at(7), late=False)
        assert unread.came(at(8), late=False)
        assert (unread.after, unread.count) == (at(6), 2)


def test_the_mark_goes_when_the_end_was_seen_and_something_is_written() -> None:
    # mistake: a mark that goes before one has read on to the end, or never
    unread = looking(5)
    assert not unread.wrote()
    unread.away()
    unread.came(at(6), late=False)
    assert not unread.wrote()
    unread.looked(at(6), at_end=True)
    assert (unread.after, unread.count) == (at(5), 1)  # it stays while one reads
    assert not unread.came(at(7), late=False)
    assert unread.wrote()
    assert unread.after is None


def test_the_next_absence_moves_the_mark() -> None:
    unread = looking(5)
    unread.away()
    unread.came(at(6), late=False)
    unread.looked(at(6), at_end=True)
    unread.away()
    assert unread.came(at(7), late=False)
    assert (unread.after, unread.count) == (at(6), 1)


def test_what_was_missed_is_new_however_it_comes() -> None:
    # Pages come newest first, and one may look at the end meanwhile.
    unread = Unread()
    unread.known(at(100))
    unread.looked(at(100), at_end=True)
    for number in (141, 142):
        assert unread.came(at(number), late=True)
    unread.looked(at(142), at_end=True)
    assert unread.came(at(120), late=True)
    assert (unread.after, unread.count) == (at(100), 3)
    assert not unread.came(at(90), late=True)


def test_a_way_to_the_mark_is_offered_until_it_was_seen() -> None:
    # mistake: a button that comes back whenever one scrolls away from a mark that one has long seen, or never again
    unread = Unread()
    offers = []
    unread.known(at(1))
    for happens in (
        lambda: None,
        lambda: unread.came(at(2), late=False),
        unread.met,
        lambda: unread.came(at(3), late=False),  # under the same mark
        lambda: unread.looked(at(3), at_end=True),
        unread.away,
        lambda: unread.came(at(4), late=False),
        lambda: unread.looked(at(4), at_end=True),
        unread.wrote,
    ):
        happens()
        offers.append(unread.offered)
    assert offers == [False, True, False, False, False, False, True, True, False]


def test_a_newcomer_has_missed_nothing() -> None:
    # mistake: "2,000 new messages since you were away" for somebody who was never there
    unread = Unread()
    unread.looked(BEGINNING, at_end=True)
    assert not unread.came(at(7), late=True)
    unread.away()
    assert unread.came(at(8), late=False)  # nobody looks yet
    assert (unread.after, unread.count) == (at(7), 1)  # mistake: above all that was said before
    unread.begin()
    assert (unread.after, unread.count) == (None, 0)


def test_the_first_line_of_an_empty_room_is_read_as_it_comes() -> None:
    unread = Unread()
    unread.looked(BEGINNING, at_end=True)
    assert not unread.came(at(1), late=False)
