"""The order and the look of lines, and that a widget which applies the changes shows just that."""

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from client.events import (
    LinesMissing,
    Missing,
    StatsReported,
    TextQueued,
    TextReceived,
    TextRefused,
    TextSeen,
    TextStored,
)
from client.ui import texts
from client.ui.excerpt import Excerpt, Insert, Remove, Replace
from client.ui.transcript import Delivery, Row, Transcript

NOON = 1_782_820_800.0  # 30 June 2026, 12:00 UTC


class Widget:
    """What the message area does with changes, without Tk."""

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        self.excerpt = Excerpt(transcript)
        self.rows: list[Row] = []

    def update(self) -> list[Row]:
        for change in self.excerpt.changes():
            match change:
                case Insert(index, rows):
                    self.rows[index:index] = rows
                case Replace(index, row):
                    self.rows[index] = row
                case Remove(index, count):
                    del self.rows[index : index + count]
        assert len(self.rows) == len(self.transcript)
        return self.rows

    def texts(self) -> list[str]:
        return [row.text for row in self.update()]


def begin() -> tuple[Transcript, Widget]:
    transcript = Transcript(UTC)
    return transcript, Widget(transcript)


def line(
    seq: int, text: str = "", *, who: str = "b1", at: float = NOON, own: bool = False, late: bool = False
) -> TextReceived:
    return TextReceived(f"post {seq}", who, "Ben", text or f"line {seq}", seq, at, own, late)


def test_late_lines_go_to_their_place() -> None:
    # would catch: history shown below what was said since
    transcript, widget = begin()
    for seq in (5, 2, 9, 3):
        transcript.received(line(seq, late=seq != 9))
    assert widget.texts() == ["line 2", "line 3", "line 5", "line 9"]


def test_my_line_waits_at_the_end_until_it_has_a_number() -> None:
    # would catch: an answer that arrives first shown below my waiting line, against the room's order
    transcript, widget = begin()
    transcript.queued(TextQueued("q", "mine", NOON), "a1", "Ann")
    transcript.received(line(1))
    transcript.notice("Cleo joined", NOON)
    assert widget.texts() == ["line 1", "Cleo joined", "mine"]
    assert widget.rows[2].delivery is Delivery.WAITING
    transcript.stored(TextStored("q", 2))
    transcript.received(line(3))
    assert widget.texts() == ["line 1", "Cleo joined", "mine", "line 3"]
    assert (widget.rows[2].delivery, widget.rows[2].note) == (Delivery.STORED, texts.STORED)


def test_a_number_lower_than_what_is_shown_moves_my_line() -> None:
    # would catch: a stored line that keeps the place it had while it waited
    transcript, widget = begin()
    transcript.queued(TextQueued("q1", "first", NOON), "a1", "Ann")
    transcript.queued(TextQueued("q2", "second", NOON), "a1", "Ann")
    transcript.stored(TextStored("q2", 4))
    assert widget.texts() == ["second", "first"]
    transcript.stored(TextStored("q1", 2))
    assert widget.texts() == ["first", "second"]


def test_my_own_line_comes_back_once() -> None:
    # would catch: every own line shown twice, or marked as late because it waited
    transcript, widget = begin()
    transcript.queued(TextQueued("post 7", "hello", NOON), "", "you")
    transcript.stored(TextStored("post 7", 7))
    transcript.received(line(7, "hello", who="a1", own=True, late=True))
    assert widget.texts() == ["hello"]
    assert (widget.rows[0].who, widget.rows[0].late, widget.rows[0].own) == ("a1", False, True)


def test_a_refused_line_stays_with_its_reason() -> None:
    transcript, widget = begin()
    transcript.queued(TextQueued("q", "too much", NOON), "a1", "Ann")
    transcript.refused(TextRefused("q", "room\nfull"))
    transcript.received(line(1))
    assert widget.texts() == ["too much", "line 1"]
    assert (widget.rows[0].delivery, widget.rows[0].note) == (Delivery.REFUSED, "not sent: room full")


def test_news_of_unknown_lines_change_nothing() -> None:
    # would catch: an exception for a line of a room that was left
    transcript, widget = begin()
    transcript.stored(TextStored("gone", 1))
    transcript.refused(TextRefused("gone", "why"))
    assert widget.texts() == []


def test_heads_days_and_times() -> None:
    # would catch: a head on every line, or none where the speaker, the day or the hour changes
    transcript, widget = begin()
    for seq, (who, at) in enumerate(
        [("b1", NOON), ("b1", NOON + 60), ("c1", NOON + 70), ("c1", NOON + 900), ("c1", NOON + 86_400)], 1
    ):
        transcript.received(line(seq, who=who, at=at))
    rows = widget.update()
    assert [row.head for row in rows] == [True, False, True, True, True]
    assert [row.day for row in rows] == ["Tuesday, 30 June 2026", "", "", "", "Wednesday, 1 July 2026"]
    assert rows[3].time == "12:15"


def test_a_line_that_comes_between_takes_the_head() -> None:
    # would catch: the line behind a late one still without its head, or the day twice
    transcript, widget = begin()
    transcript.received(line(1))
    transcript.received(line(3))
    assert [row.head for row in widget.update()] == [True, False]
    transcript.received(line(2, who="c1"))
    assert [row.head for row in widget.update()] == [True, True, True]
    transcript.received(line(0, who="c1"))
    assert [bool(row.day) for row in widget.update()] == [True, False, False, False]


def test_the_senders_clock_may_be_nonsense() -> None:
    # would catch: a stranger's clock that stops the message area
    transcript, widget = begin()
    for seq, at in enumerate((float("nan"), float("inf"), 1e18, -1e18), 1):
        transcript.received(line(seq, at=at))
    assert [row.time for row in widget.update()] == ["--:--"] * 4


def test_another_room_begins_empty_but_for_what_waits_for_it() -> None:
    # would catch: lines of one room shown in another, or the outbox's lines lost on the way in
    transcript, widget = begin()
    transcript.received(line(1))
    transcript.queued(TextQueued("again", "for both", NOON), "a1", "Ann")
    transcript.begin_attempt()
    transcript.queued(TextQueued("again", "for both", NOON), "", "you")
    transcript.queued(TextQueued("new", "waiting", NOON), "", "you")
    transcript.joined(same_room=False)
    assert widget.texts() == ["for both", "waiting"]


def test_a_copied_device_is_told() -> None:
    transcript, widget = begin()
    transcript.received(TextReceived("p", "b1", "Ben", "x", 1, NOON, False, False, copied_device=True))
    assert widget.update()[0].note == texts.COPIED_DEVICE


@given(st.permutations(list(range(1, 9))), st.integers(0, 8))
def test_any_order_of_arrival_ends_in_the_same_rows(order: list[int], own_at: int) -> None:
    shown = []
    for sequence in (order, sorted(order)):
        transcript, widget = begin()
        for place, seq in enumerate(sequence):
            if place == own_at:
                transcript.queued(TextQueued("post 20", "mine", NOON), "a1", "Ann")
            transcript.received(line(seq, who=f"w{seq % 2}", at=NOON + 40 * seq))
            widget.update()
        transcript.received(line(20, "mine", who="a1", own=True))
        shown.append(list(widget.update()))
    assert shown[0] == shown[1]


def test_my_line_tells_how_many_have_seen_it() -> None:
    # would catch: a count at somebody else's line, or one that makes the line wrap anew
    transcript, widget = begin()
    transcript.queued(TextQueued("q", "mine", NOON), "a1", "Ann")
    transcript.receive(TextStored("q", 2))
    transcript.receive(TextReceived("q", "a1", "Ann", "mine", 2, NOON, True, late=False))
    transcript.receive(line(1))
    assert (widget.update()[1].note, widget.rows[1].tip) == (texts.STORED, texts.TIP_STORED)
    transcript.receive(TextSeen(2, 1, 3))
    assert (widget.update()[1].note, widget.rows[1].delivery) == ("seen 1/3", Delivery.SEEN)
    assert widget.rows[1].tip == "Seen on 1 of 3 other devices"
    transcript.receive(TextSeen(2, 3, 3))
    assert (widget.update()[1].note, widget.rows[1].tip) == ("seen", "Seen on all 3 other devices")
    transcript.receive(TextSeen(2, 1, 1))
    assert widget.update()[1].tip == "Seen on the one other device"
    transcript.receive(TextSeen(2, 0, 2))
    assert (widget.update()[1].note, widget.rows[1].delivery) == (texts.STORED, Delivery.STORED)
    before = list(widget.update())
    for seq in (1, 3):
        transcript.receive(TextSeen(seq, 1, 1))
    transcript.receive(StatsReported({}))
    assert widget.update() == before


def test_a_warning_is_not_covered_by_a_count() -> None:
    transcript, widget = begin()
    transcript.received(TextReceived("p", "a1", "Ann", "x", 1, NOON, True, False, copied_device=True))
    transcript.seen(TextSeen(1, 1, 1))
    assert widget.update()[0].note == texts.COPIED_DEVICE


def missing(after: int, count: int, why: Missing = Missing.NOT_KEPT) -> LinesMissing:
    return LinesMissing(after, after + count + 1, count, why, *(("b1", "Ben") if why is Missing.DROPPED else ()))


def test_missing_lines_are_told_at_their_place_until_they_have_come() -> None:
    # would catch: a gap that is told twice, stays for ever, or stands where nothing is missing
    transcript, widget = begin()
    for seq in (9, 2):
        transcript.receive(line(seq))
    transcript.receive(missing(2, 37))
    transcript.receive(missing(0, 1))
    assert widget.texts() == [
        "1 line from here is not kept by the broker any more",
        "line 2",
        "37 lines from here are not kept by the broker any more",
        "line 9",
    ]
    transcript.receive(missing(2, 1_200))
    transcript.receive(missing(2, 1, Missing.DROPPED))
    assert widget.texts()[2:4] == [
        "1,200 lines from here are not kept by the broker any more",
        "The broker dropped 1 line of Ben",
    ]
    transcript.receive(missing(2, 2, Missing.DROPPED))
    assert widget.texts()[3] == "The broker dropped 2 lines of Ben"
    assert widget.rows[3].tip == texts.TIP_DROPPED
    for gone in (missing(2, 0), missing(0, 0), missing(2, 0, Missing.DROPPED), missing(5, 0)):
        transcript.receive(gone)
    assert widget.texts() == ["line 2", "line 9"]


def test_a_gap_has_no_day_and_ends_a_group() -> None:
    # would catch: the day told twice around a gap, or a first line behind it without its speaker
    transcript, widget = begin()
    transcript.received(line(1))
    transcript.missing(missing(1, 3))
    transcript.received(line(5))
    transcript.missing(missing(0, 2))
    rows = widget.update()
    assert [bool(row.day) for row in rows] == [False, True, False, False]
    assert [row.head for row in rows] == [False, True, False, True]
    assert [row.time for row in rows] == ["", "12:00", "", "12:00"]


def test_a_notice_behind_a_gap_comes_after_it() -> None:
    transcript, widget = begin()
    transcript.received(line(1))
    transcript.notice("Connection lost", NOON)
    transcript.missing(missing(1, 3))
    transcript.notice("Connected again", NOON)
    transcript.received(line(5))
    assert [text[:15] for text in widget.texts()] == [
        "line 1",
        "Connection lost",
        "3 lines from he",
        "Connected again",
        "line 5",
    ]


def test_a_name_in_a_gap_is_made_harmless() -> None:
    transcript, widget = begin()
    transcript.missing(LinesMissing(1, 5, 2, Missing.DROPPED, "b1", "\x1b[2J" + "W" * 99))
    assert "\x1b" not in widget.texts()[0]
    assert len(widget.texts()[0]) < 80


def test_what_was_refused_does_not_stay_below_what_is_said_later() -> None:
    transcript, widget = begin()
    transcript.queued(TextQueued("q", "mine", NOON), "a1", "Ann")
    transcript.received(line(1))
    transcript.refused(TextRefused("q", "too many"))
    transcript.received(line(2))
    assert widget.texts() == ["line 1", "mine", "line 2"]


def test_the_same_number_twice_keeps_both_lines() -> None:
    # would catch: a line lost where a broker's log was begun anew and its numbers come again
    transcript, widget = begin()
    transcript.received(line(1, "old"))
    transcript.received(TextReceived("other", "b1", "Ben", "new", 1, NOON, False, False))
    transcript.received(TextReceived("other", "b1", "Ben", "new", 1, NOON, False, False))
    assert widget.texts() == ["old", "new"]


def test_a_broker_that_numbers_anew_writes_below_what_was_there() -> None:
    transcript, widget = begin()
    later = replace(line(1, "c"), post="later", epoch=1)
    for event in (later, line(2, "b"), line(1, "a"), LinesMissing(1, 5, 3, Missing.NOT_KEPT)):
        transcript.receive(event)
    transcript.receive(LinesMissing(1, 5, 3, Missing.NOT_KEPT, epoch=1))
    gap = texts.not_kept(3)
    assert widget.texts() == ["a", gap, "b", "c", gap]
    transcript.receive(LinesMissing(1, 5, 0, Missing.NOT_KEPT))
    assert widget.texts() == ["a", "b", "c", gap]


def test_what_a_log_tells_before_the_room_is_joined_shows_which_room_it_is() -> None:
    # would catch: lines of one room shown among those of another while its broker cannot be reached
    transcript, widget = begin()
    transcript.received(line(1))
    transcript.notice("You left the room", NOON)
    transcript.begin_attempt()
    for seq in (1, 2):
        transcript.received(line(seq, late=True))
    assert widget.texts() == ["line 1", "You left the room", "line 2"]
    transcript.begin_attempt()
    transcript.received(replace(line(7, "another room"), post="other"))
    assert widget.texts() == ["another room"]
    transcript.joined(same_room=False)
    assert widget.texts() == ["another room"]
    transcript.received(line(8, "live"))
    assert widget.texts() == ["another room", "live"]
