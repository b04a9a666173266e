"""The order of posts: each shown once, what is missing asked for once at a time, newest first, nothing forgotten."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from client.timeline import HISTORY_POSTS, SCREENFUL, Timeline
from common import limits
from common.errors import Malformed
from common.messages import Fetch, Page, StoredPost
from tests.thoroughness import tries


def posts(*numbers: int) -> tuple[StoredPost, ...]:
    """A broker's posts in the order given; each names the number below it."""
    return tuple(StoredPost(number, number - 1, b"token") for number in numbers)


def page(*numbers: int, more: bool = False) -> Page:
    return Page(posts(*numbers), 1, more)


def seqs(found: list[StoredPost]) -> list[int]:
    return [post.seq for post in found]


def joined(newest: int) -> Timeline:
    timeline = Timeline()
    timeline.joined(newest)
    return timeline


def test_an_empty_room_asks_for_nothing() -> None:
    timeline = joined(0)
    assert timeline.fetch(0.0) is None
    assert timeline.next_tick() is None
    assert timeline.live(1, 0)
    assert timeline.live(2, 1)
    assert not timeline.live(2, 1)  # again, or late
    assert timeline.newest == 2
    assert timeline.fetch(0.0) is None


def test_a_newcomer_reads_back_page_by_page() -> None:
    timeline = joined(500)
    assert timeline.newest == 500
    assert timeline.fetch(0.0) == Fetch(after=None, before=501, limit=SCREENFUL)  # what the screen shows comes first
    assert timeline.fetch(1.0) is None  # one question at a time
    assert seqs(timeline.page(page(*range(301, 501), more=True))) == list(range(301, 501))
    assert timeline.fetch(1.0) == Fetch(after=None, before=301, limit=limits.PAGE_POSTS)
    assert seqs(timeline.page(page(*range(300, 0, -1)))) == list(range(1, 301))  # in rising order, however they come
    assert timeline.fetch(1.0) is None


def test_reading_back_ends_at_the_budget() -> None:
    timeline = joined(100_000)
    asked = 0
    now = 0.0
    while (question := timeline.fetch(now)) is not None:
        assert question.before is not None
        got = timeline.page(page(*range(question.before - question.limit, question.before), more=True))
        asked += len(got)
    assert asked == HISTORY_POSTS  # a newcomer must not download a year


def test_a_hole_between_live_posts_is_read() -> None:
    timeline = joined(0)
    timeline.live(1, 0)
    assert timeline.live(5, 4)
    assert timeline.fetch(0.0) == Fetch(after=None, before=5, limit=SCREENFUL)
    assert seqs(timeline.page(page(1, 2, 3, 4))) == [2, 3, 4]  # 1 was there before


def test_numbers_may_have_holes_of_their_own() -> None:
    timeline = joined(0)
    timeline.live(10, 0)
    assert timeline.live(20, 10)  # the broker says that nothing is between: nothing is missing
    assert timeline.fetch(0.0) is None
    timeline.live(50, 40)
    timeline.fetch(0.0)
    found = timeline.page(Page((StoredPost(30, 20, b"t"), StoredPost(40, 30, b"t")), 1, more=True))
    assert seqs(found) == [30, 40]
    assert timeline.fetch(0.0) is None  # 30 names 20, which I have: `more` is about older ones


def test_pages_that_nobody_asked_for_are_dropped() -> None:
    timeline = joined(3)
    assert timeline.page(page(1, 2, 3)) == []
    timeline.fetch(0.0)
    assert seqs(timeline.page(page(1, 2, 3))) == [1, 2, 3]
    assert timeline.page(page(1, 2, 3)) == []
    assert timeline.fetch(0.0) is None


def test_an_unanswered_question_is_asked_again() -> None:
    timeline = joined(3)
    question = timeline.fetch(0.0)
    assert timeline.next_tick() == 10.0
    assert timeline.fetch(9.9) is None
    assert timeline.fetch(10.0) == question


def test_a_refused_question_is_asked_again_when_the_broker_said() -> None:
    timeline = joined(3)
    question = timeline.fetch(0.0)
    timeline.postpone(3.0)
    assert timeline.next_tick() == 3.0
    assert timeline.fetch(2.9) is None
    assert timeline.fetch(3.0) == question


def test_an_answer_counts_though_a_newer_hole_has_opened() -> None:
    # The first version threw such an answer away and waited ten seconds to ask again.
    timeline = joined(3)
    timeline.fetch(0.0)
    timeline.live(10, 9)
    assert seqs(timeline.page(page(1, 2, 3, more=False))) == [1, 2, 3]
    assert timeline.fetch(0.1) == Fetch(after=None, before=10, limit=SCREENFUL)


def test_the_rest_of_an_old_hole_waits_for_a_newer_one() -> None:
    timeline = joined(500)
    timeline.fetch(0.0)
    timeline.live(510, 509)
    timeline.page(page(*range(301, 501), more=True))
    assert timeline.fetch(0.0) == Fetch(after=None, before=510, limit=SCREENFUL)
    timeline.page(page(*range(320, 510), more=True))
    assert timeline.fetch(0.0) == Fetch(after=None, before=301, limit=limits.PAGE_POSTS)


def test_a_belated_second_answer_closes_no_other_hole() -> None:
    timeline = joined(3)
    timeline.fetch(0.0)
    timeline.fetch(10.0)  # asked again: two answers are on their way
    assert len(timeline.page(page(1, 2, 3))) == 3
    timeline.live(10, 9)
    timeline.fetch(10.5)
    assert timeline.page(page(1, 2, 3)) == []
    # Had it been taken for the answer, 4 to 9 would never be read.
    assert seqs(timeline.page(page(3, 4, 5, 6, 7, 8, 9))) == [4, 5, 6, 7, 8, 9]


def test_a_page_from_above_is_no_answer() -> None:
    timeline = joined(3)
    timeline.fetch(0.0)
    assert timeline.page(page(2, 3, 4)) == []
    assert timeline.next_tick() == 10.0


def test_what_is_not_kept_any_more_is_given_up() -> None:
    timeline = joined(3)
    timeline.fetch(0.0)
    assert timeline.page(Page((), 4, more=False)) == []
    assert timeline.fetch(100.0) is None


def test_a_new_connection_asks_again_and_for_what_came_meanwhile() -> None:
    timeline = joined(3)
    timeline.fetch(0.0)  # its answer is lost with the connection
    timeline.joined(6)
    assert timeline.fetch(0.1) == Fetch(after=None, before=7, limit=SCREENFUL)
    timeline.page(page(3, 4, 5, 6))
    assert timeline.fetch(0.1) == Fetch(after=None, before=4, limit=SCREENFUL)


def test_another_log_counts_anew() -> None:
    timeline = joined(1_000)
    timeline.begin(b"")
    assert timeline.newest == 0
    timeline.joined(2)
    assert timeline.newest == 2
    assert timeline.fetch(0.0) == Fetch(after=None, before=3, limit=SCREENFUL)
    timeline.page(page(1, 2))
    assert timeline.fetch(0.0) is None  # nothing of the old log is asked for


def test_a_later_run_goes_on_from_the_notes() -> None:
    timeline = joined(500)
    timeline.fetch(0.0)
    timeline.page(page(*range(451, 501), more=True))
    timeline.opened()
    timeline.fetch(0.0)
    timeline.page(page(*range(251, 451), more=True))  # not opened: it dies with this run
    timeline.live(510, 509)
    later = Timeline()
    later.begin(timeline.notes())
    assert later.newest == 510
    assert later.notes() == timeline.notes()
    later.joined(510)
    assert later.fetch(0.0) == Fetch(after=None, before=510, limit=SCREENFUL)
    later.page(page(*range(501, 510)))
    question = later.fetch(0.0)
    assert question is not None
    assert question.before == 451
    later.page(page(*range(251, 451)))
    question = later.fetch(0.0)
    assert question is not None
    assert question.before == 251
    later.page(page(*range(1, 251)))
    assert later.fetch(0.0) is None


def test_whoever_was_away_reads_everything() -> None:
    # Would catch the newcomer's budget on one who has missed more than that.
    timeline = joined(0)
    later = Timeline()
    later.begin(timeline.notes())
    later.joined(5_000)
    read: set[int] = set()
    while (question := later.fetch(0.0)) is not None:
        assert question.before is not None
        low = max(1, question.before - question.limit)
        read.update(seqs(later.page(page(*range(low, question.before), more=low > 1))))
    assert read == set(range(1, 5_001))


def lost(timeline: Timeline) -> list[tuple[int, int]]:
    return [(span.low, span.high) for span in timeline.take_lost()]


def away(known: int, newest: int) -> Timeline:
    timeline = joined(known)
    while timeline.fetch(0.0) is not None:
        timeline.page(page())
    timeline.joined(newest)
    return timeline


def test_what_is_kept_no_longer_is_told_once_it_is_sure() -> None:
    timeline = away(10, 500)
    timeline.fetch(0.0)
    timeline.page(page(*range(451, 501), more=True))
    assert lost(timeline) == []
    timeline.fetch(0.0)
    timeline.page(Page(posts(*range(301, 451)), 301, more=False))
    assert lost(timeline) == [(10, 301)]
    assert lost(timeline) == []
    assert not timeline.complete(5, 400)
    assert timeline.complete(10, 10)
    later = Timeline()
    later.begin(timeline.notes())
    assert lost(later) == [(10, 301)]  # its line is shown in each run


def test_a_broker_without_history_leaves_one_gap() -> None:
    timeline = away(10, 500)
    timeline.fetch(0.0)
    assert timeline.page(Page((), 0, more=False)) == []
    assert lost(timeline) == [(10, 501)]


def test_a_page_that_jumps_has_a_gap_inside() -> None:
    timeline = away(10, 20)
    timeline.fetch(0.0)
    timeline.page(page(11, 12, 18, 19, 20))
    assert lost(timeline) == [(12, 18)]


def test_a_newcomer_has_missed_nothing() -> None:
    timeline = joined(500)
    timeline.fetch(0.0)
    timeline.page(Page(posts(*range(400, 501)), 400, more=False))
    assert lost(timeline) == []
    timeline.suspect()
    timeline.fetch(0.0)
    timeline.page(page())
    assert lost(timeline) == []  # nothing was left out after all


def test_what_was_given_up_long_ago_was_not_read_all_the_same() -> None:
    # Would catch an honest broker without history that is accused of dropping lines, after a hundred absences.
    timeline = joined(0)
    for absence in range(2, 200):
        timeline.joined(absence * 10)
        timeline.fetch(absence * 100.0)
        timeline.page(page())
    assert not timeline.complete(5, 15)
    assert not timeline.complete(1_895, 1_899)
    assert len(timeline._lost) <= 100


def test_invented_gaps_are_bounded() -> None:
    timeline = joined(0)
    for number in range(10, 5_000, 10):
        timeline.live(number, number - 1)
        timeline.fetch(0.0)
        timeline.page(page())
    assert len(lost(timeline)) == 100


def test_who_knows_lines_of_an_earlier_numbering_reads_until_he_meets_them() -> None:
    timeline = Timeline()
    timeline.joined(9_000, known_before=True)
    read = 0
    while (question := timeline.fetch(0.0)) is not None:
        assert question.before is not None
        got = timeline.page(page(*range(question.before - question.limit, question.before), more=True))
        timeline.opened()
        read += len(got)
        if question.before < 6_000:
            timeline.fetch(0.0)  # the next question is out before the page is opened
            timeline.enough()
    assert 3_000 < read < 3_500
    assert lost(timeline) == []


def test_what_was_not_opened_is_not_complete() -> None:
    timeline = away(10, 20)
    assert not timeline.complete(9, 12)
    timeline.fetch(0.0)
    assert not timeline.complete(9, 12)
    timeline.page(page(*range(11, 21)))
    assert not timeline.complete(9, 12)
    timeline.opened()
    assert timeline.complete(9, 12)


def test_before_the_first_join_there_is_nothing_to_note() -> None:
    assert Timeline().notes() == b""


@pytest.mark.parametrize("notes", [b"garbage", b"\x93\x01\x91\x95\x00\x00\x00\xff\xc2\x90", b"\x93\x01\xc0\x90"])
def test_notes_that_somebody_has_changed_are_refused(notes: bytes) -> None:
    timeline = Timeline()
    with pytest.raises(Malformed):
        timeline.begin(notes)
    assert timeline.newest == 0
    timeline.joined(3)
    assert timeline.fetch(0.0) is not None


def test_after_falling_behind_everything_above_is_read() -> None:
    timeline = joined(0)
    timeline.live(1, 0)
    timeline.suspect()
    assert timeline.fetch(0.0) == Fetch(after=None, before=limits.MAX_INTEGER, limit=SCREENFUL)
    assert seqs(timeline.page(page(1, 2, 3))) == [2, 3]
    assert timeline.newest == 3
    assert timeline.live(4, 3)
    assert timeline.fetch(0.0) is None


def test_numbers_at_the_end_of_the_range() -> None:
    # An evil broker's number plus one must still fit into a Fetch.
    timeline = joined(limits.MAX_INTEGER)
    question = timeline.fetch(0.0)
    assert question is not None
    assert question.before == limits.MAX_INTEGER
    timeline.suspect()
    assert timeline.page(page()) == []
    assert timeline.fetch(0.0) is None


def test_invented_holes_cost_little_and_lose_nothing() -> None:
    timeline = joined(0)
    for number in range(10, 10_000, 10):
        timeline.live(number, number - 1)
    asked: list[tuple[int, int]] = []
    while (question := timeline.fetch(0.0)) is not None:
        assert question.before is not None
        low = max(0, question.before - question.limit)
        asked.append((low, question.before))
        timeline.page(page(*range(low, question.before), more=low > 0))
    assert len(asked) < 150
    missing = {number for number in range(10, 9_990) if number % 10}
    assert missing <= {number for low, before in asked for number in range(low, before)}


class Broker(RuleBasedStateMachine):
    """An honest broker over a network that loses connections and posts, to a program that is killed and comes back."""

    @initialize(kept=st.integers(0, 30))
    def begin(self, kept: int) -> None:
        self.timeline = Timeline()
        self.log = kept
        self.now = 0.0
        self.shown: set[int] = set()
        self.unopened: list[set[int]] = []  # what a page has brought, and a kill would take
        self.question: Fetch | None = None
        self.missed = False
        self.connected = False

    @precondition(lambda self: not self.connected)
    @rule()
    def join(self) -> None:
        self.timeline.joined(self.log)
        self.connected, self.question, self.missed = True, None, False

    @rule()
    def lose(self) -> None:
        self.connected = False

    @rule(gets_it=st.booleans())
    def post(self, gets_it: bool) -> None:
        self.log += 1
        if not self.connected:
            return
        if gets_it:
            assert self.timeline.live(self.log, self.log - 1)
            self.shown.add(self.log)
            self.missed = False  # it shows the hole by naming the number before it
        else:
            self.missed = True

    @precondition(lambda self: self.connected and self.missed)
    @rule()
    def tell_that_it_is_behind(self) -> None:
        self.timeline.suspect()
        self.missed = False

    @rule(pause=st.sampled_from([0.0, 1.0, 11.0]))
    def ask(self, pause: float) -> None:
        self.now += pause
        if not self.connected:
            return
        question = self.timeline.fetch(self.now)
        if question is not None:
            assert self.question is None or pause == 11.0 or self.now >= 10.0, "two questions at once"
            self.question = question

    @precondition(lambda self: self.connected and self.question is not None)
    @rule(most=st.integers(1, 5))
    def answer(self, most: int) -> None:
        assert self.question is not None
        assert self.question.before is not None
        highest = min(self.log, self.question.before - 1)
        low = max(0, highest - min(most, self.question.limit))
        got = seqs(self.timeline.page(page(*range(low + 1, highest + 1), more=low > 0)))
        assert got == sorted(got)
        if got:
            self.unopened.append(set(got))
        self.question = None

    @rule()
    def open(self) -> None:
        while self.unopened:
            self.shown |= self.unopened.pop(0)
            self.timeline.opened()

    @rule()
    def kill(self) -> None:
        notes = self.timeline.notes()
        self.timeline = Timeline()
        self.timeline.begin(notes)
        self.connected = False
        self.unopened.clear()

    @invariant()
    def the_newest_is_known(self) -> None:
        if hasattr(self, "timeline") and self.connected and not self.missed:
            assert self.timeline.newest <= self.log

    def teardown(self) -> None:
        """In the end, with a working connection, every line was read."""
        if not hasattr(self, "timeline"):
            return
        self.connected = False
        self.join()
        self.open()
        for _ in range(200):
            self.ask(11.0)
            if self.question is None:
                break
            self.answer(5)
            self.open()
        assert self.timeline.take_lost() == []
        assert self.timeline.complete(0, self.log + 1)
        assert self.shown == set(range(1, self.log + 1))


TestBroker = Broker.TestCase
TestBroker.settings = settings(max_examples=tries(40), stateful_step_count=25)
