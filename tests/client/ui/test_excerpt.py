"""Which rows are built: few, those around what is looked at, and in the end just what the transcript says."""

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.events import TextQueued, TextReceived
from client.ui.excerpt import ABOVE, BELOW, STEP, Excerpt, Insert, Remove, Replace
from client.ui.transcript import Row, Source, Transcript

NOON = 1_782_820_800.0


class Widget:
    """A message area without Tk."""

    def __init__(self) -> None:
        self.transcript = Transcript(UTC)
        self.excerpt = Excerpt(self.transcript)
        self.rows: list[Row] = []
        self.work = 0  # rows written or removed

    def say(self, *seqs: int) -> None:
        for seq in seqs:
            text = TextReceived(f"p{seq}", f"w{seq // 4 % 3}", "Ben", f"{seq}", seq, NOON + seq, False, late=True)
            self.transcript.received(text)

    def update(self) -> None:
        for change in self.excerpt.changes():
            match change:
                case Insert(index, rows):
                    self.rows[index:index] = rows
                    self.work += len(rows)
                case Replace(index, row):
                    assert self.rows[index].key == row.key
                    self.rows[index] = row
                    self.work += 1
                case Remove(index, count):
                    assert len(self.rows) >= index + count
                    del self.rows[index : index + count]
                    self.work += count

    def finish(self) -> list[str]:
        """Update until nothing is left to do; the texts of what is built."""
        self.update()
        while self.excerpt.unfinished:
            self.update()
        begin, built, total = self.excerpt.span()
        assert total == len(self.transcript)
        assert self.rows == [self.transcript.row(source) for source in self.transcript.sources(begin, begin + built)]
        assert built <= ABOVE.most + BELOW.most
        return [row.text for row in self.rows]


@pytest.fixture
def widget() -> Widget:
    return Widget()


def numbers(begin: int, end: int) -> list[str]:
    return [str(number) for number in range(begin, end)]


def test_nothing_is_built_of_nothing(widget: Widget) -> None:
    assert widget.finish() == []
    assert widget.excerpt.follows
    widget.excerpt.look_at("gone")
    assert widget.excerpt.follows
    widget.excerpt.jump(3)
    assert widget.finish() == []
    widget.say(1)
    assert widget.excerpt.below() == 1


def test_a_short_room_is_built_whole(widget: Widget) -> None:
    widget.say(*range(1, 51))
    assert widget.finish() == numbers(1, 51)
    assert widget.excerpt.span() == (0, 50, 50)
    assert widget.excerpt.reaches_end


def test_only_the_end_is_built_while_the_view_follows(widget: Widget) -> None:
    # would catch: a window that slows down with the length of the room
    for begin in range(1, 4_001, 20):
        widget.say(*range(begin, begin + 20))
        widget.update()
    built = widget.finish()
    assert built[-1] == "4000"
    assert BELOW.least <= len(built) <= BELOW.most
    assert widget.work < 2.1 * 4_000


def test_what_comes_in_out_of_sight_costs_nothing(widget: Widget) -> None:
    widget.say(*range(5_001, 7_001))
    widget.finish()
    before = widget.work
    for begin in range(4_801, 0, -200):
        widget.say(*range(begin, begin + 200))
        widget.update()
    assert widget.work == before
    assert widget.excerpt.span()[2] == 7_000


def test_pages_below_what_was_shown_are_built_once(widget: Widget) -> None:
    # would catch: rows made for every page of a long absence, to be thrown away at the next
    widget.say(*range(1, 2_001))
    widget.finish()
    before = widget.work
    for begin in range(6_801, 2_000, -200):
        widget.say(*range(begin, begin + 200))
        widget.update()
    assert widget.finish()[-1] == "7000"
    assert widget.work - before < 3 * BELOW.most


def test_what_is_read_stays_built_whatever_comes(widget: Widget) -> None:
    # would catch: a reader whose line goes away under the eyes
    widget.say(*range(1_000, 2_000))
    widget.finish()
    widget.excerpt.look_at(widget.rows[10].key)
    top = widget.rows[10].text
    built = widget.finish()
    assert ABOVE.least <= built.index(top) <= ABOVE.most
    widget.say(*range(1, 1_000), *range(2_000, 5_000))
    built = widget.finish()
    assert ABOVE.least <= built.index(top) <= ABOVE.most
    assert BELOW.least <= len(built) - built.index(top) <= BELOW.most
    assert widget.excerpt.top() == built.index(top)
    assert not widget.excerpt.reaches_end
    assert widget.excerpt.below() == 3_000


@pytest.mark.parametrize(("old", "new"), [(170, 230), (230, 170)])
def test_a_mark_that_moves_past_the_reader_moves_nothing_else(widget: Widget, old: int, new: int) -> None:
    # Would catch that all lines between its old place and its new one are taken out and built again.
    widget.say(*range(1, 301))
    widget.transcript.divide((old, 0, 0), 1)
    widget.finish()
    widget.excerpt.look_at("p200")
    widget.finish()
    widget.work = 0
    widget.transcript.divide((new, 0, 0), 2)
    widget.finish()
    assert widget.work == 4  # the mark itself, and the heads of lines that stood behind it


def test_a_hole_that_fills_before_the_readers_eyes(widget: Widget) -> None:
    # would catch: thousands of rows built because they all come in between two that are visible
    widget.say(*range(1, 101), *range(3_000, 3_100))
    widget.finish()
    widget.excerpt.look_at("p90")
    widget.finish()
    for begin in range(2_800, 100, -200):
        widget.say(*range(begin, begin + 200))
        widget.update()
    built = widget.finish()
    assert built[widget.excerpt.top()] == "90"
    assert len(built) <= ABOVE.most + BELOW.most


def test_new_lines_at_the_end_are_built_while_one_reads_near_it(widget: Widget) -> None:
    widget.say(*range(1, 101))
    widget.finish()
    widget.excerpt.look_at("p50")
    widget.say(101)
    assert widget.finish()[-1] == "101"
    assert widget.excerpt.below() == 1
    widget.transcript.queued(TextQueued("q", "mine", NOON), "", "you")
    assert widget.excerpt.below() == 1
    widget.excerpt.follow()
    assert widget.excerpt.below() == 0


def test_jumps(widget: Widget) -> None:
    widget.say(*range(1, 3_001))
    widget.finish()
    for index in (1_500, 0, 2_999, 123_456):
        widget.excerpt.jump(index)
        widget.update()
        assert len(widget.rows) <= 2 * STEP + ABOVE.most + BELOW.most
        top = min(index, 2_999)
        assert widget.rows[widget.excerpt.top()].text == str(top + 1)
        assert widget.finish()[widget.excerpt.top()] == str(top + 1)
    widget.excerpt.jump(100)
    widget.finish()
    widget.excerpt.follow()
    widget.update()
    assert widget.excerpt.unfinished
    assert widget.rows[-1].text == "3000"
    assert len(widget.finish()) >= BELOW.least


def test_nothing_to_do_costs_nothing(widget: Widget, monkeypatch: pytest.MonkeyPatch) -> None:
    widget.say(*range(1, 10))
    widget.finish()
    monkeypatch.setattr(Transcript, "sources", lambda *_: pytest.fail("looked at the rows again"))
    assert widget.excerpt.changes() == []


def test_nor_does_a_turn_of_the_wheel_among_what_is_built(widget: Widget, monkeypatch: pytest.MonkeyPatch) -> None:
    # Mistake: every turn of a wheel looks at hundreds of rows, and the voice thread waits for that.
    widget.say(*range(1, 3_001))
    for index in (1_500, 1_499):
        widget.excerpt.jump(index)
        widget.finish()
    looked: list[tuple[int, int]] = []
    sources = Transcript.sources

    def look(transcript: Transcript, begin: int, end: int) -> list[Source]:
        looked.append((begin, end))
        return sources(transcript, begin, end)

    monkeypatch.setattr(Transcript, "sources", look)
    for index in range(1_498, 1_450, -1):
        widget.excerpt.jump(index)
        widget.update()
    assert looked == []
    for index in range(1_450, 1_000, -1):
        widget.excerpt.jump(index)
        widget.update()
    assert 1 <= len(looked) <= 20
    assert widget.finish()[widget.excerpt.top()] == "1002"


def test_a_row_that_is_gone_is_no_place_to_look_at(widget: Widget) -> None:
    widget.say(*range(1, 400))
    widget.finish()
    widget.excerpt.look_at("p380")
    widget.transcript.begin_attempt()
    widget.transcript.joined(same_room=False)
    assert widget.finish() == []
    widget.say(5)
    assert widget.finish() == ["5"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["say", "look", "jump", "follow", "mine"]), st.integers(0, 2_000)),
        max_size=25,
    )
)
def test_whatever_happens_the_widget_shows_a_part_of_the_transcript(deeds: list[tuple[str, int]]) -> None:
    widget = Widget()
    for number, (deed, value) in enumerate(deeds):
        if deed == "say":
            widget.say(*range(value, value + 90))
        elif deed == "look" and widget.rows:
            widget.excerpt.look_at(widget.rows[value % len(widget.rows)].key)
        elif deed == "jump":
            widget.excerpt.jump(value)
        elif deed == "follow":
            widget.excerpt.follow()
        elif deed == "mine":
            widget.transcript.queued(TextQueued(f"q{number}", "mine", NOON), "", "you")
        if value % 3:
            widget.update()
    widget.finish()
