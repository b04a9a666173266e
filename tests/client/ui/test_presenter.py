"""Events in, what the window says out."""

from datetime import UTC

import pytest
from msgspec.structs import replace

from client.commands import MarkSeen
from client.events import (
    AudienceChanged,
    BrokerMet,
    ConnectionProgressed,
    Event,
    MicrophoneChanged,
    Part,
    Person,
    PersonChanged,
    PersonJoined,
    PersonLeft,
    ProblemReported,
    RoomJoined,
    RoomLeft,
    SessionEnded,
    SpeakerChanged,
    StatsReported,
    TextQueued,
    TextReceived,
    TextRefused,
    TextStored,
)
from client.ui import texts
from client.ui.excerpt import Insert, Remove
from client.ui.presenter import Presenter
from client.ui.transcript import Row
from client.ui.view_state import Glance, Phase, Remedy, ViewState

ANN = Person("s1", "f1", "Ann", own=True, confirmed=True)
BEN = Person("s2", "f2", "Ben", confirmed=True)
MET = BrokerMet("four-words-of-key", True, "secure-chat://x/#secret")
JOINED = RoomJoined("f1", (ANN, BEN), "otter lamp")
WALL = 1_782_820_800.0


class Driven:
    """A presenter on a clock that the test turns."""

    def __init__(self) -> None:
        self.presenter = Presenter(UTC)
        self.now = 100.0
        self.lines: list[str] = []

    def __call__(self, *events: Event) -> ViewState:
        for event in events:
            self.presenter.receive(event, self.now, WALL)
        for change in self.presenter.chat.changes():
            if isinstance(change, Insert):
                self.lines[change.index : change.index] = [row.text for row in change.rows]
            elif isinstance(change, Remove):
                del self.lines[change.index : change.index + change.count]
        return self.presenter.state(self.now)

    def joined(self) -> ViewState:
        self.presenter.connect_asked()
        return self(MET, JOINED)


@pytest.fixture
def driven() -> Driven:
    return Driven()


def test_at_first_only_connect_makes_sense(driven: Driven) -> None:
    state = driven()
    assert (state.can_connect, state.can_disconnect, state.can_send) == (True, False, False)
    assert (state.status.text, state.status.phase) == (texts.NOT_CONNECTED, Phase.OFFLINE)
    assert (state.empty_title, state.people_note) == (texts.EMPTY_TITLE, texts.PEOPLE_EMPTY)


def test_connecting_says_its_step_and_can_be_ended(driven: Driven) -> None:
    # would catch: Connect still enabled during an attempt, so that it is begun twice
    driven.presenter.connect_asked()
    state = driven()
    assert (state.can_connect, state.can_disconnect, state.status.text) == (False, True, texts.CONNECTING)
    assert state.empty_title == texts.WAITING_TITLE
    assert driven(ConnectionProgressed("Looking for the broker…")).status.text == "Looking for the broker…"


def test_in_the_room(driven: Driven) -> None:
    state = driven.joined()
    assert (state.can_connect, state.can_disconnect, state.can_send) == (False, True, True)
    status = state.status
    assert (status.text, status.room_words, status.broker_words) == (texts.CONNECTED, "otter lamp", "four-words-of-key")
    assert status.broker_is_new
    assert [row.name for row in state.people] == ["Ann", "Ben"]
    assert (state.people_note, state.empty_title) == ("", texts.QUIET_TITLE)
    assert state.invite == MET.invite
    assert "secret" not in repr(state)


def test_a_broker_that_is_away_for_a_while_is_no_fault_of_the_address(driven: Driven) -> None:
    # Mistake: a red ring around an address that worked a second ago, and the question whether it is right.
    driven.joined()
    problem = driven(RoomLeft("it stopped", 1.0), ProblemReported(Part.SERVER, "unreachable", "Is it right?")).problem
    assert problem is not None
    assert (problem.part, problem.text) == (Part.GENERAL, texts.BROKER_AWAY)
    assert driven(JOINED).problem is None


def test_what_was_set_aside_stays_told_until_it_was_read(driven: Driven) -> None:
    # Mistake: with --connect the bar about a broken file is gone before anybody can read it.
    driven(ProblemReported(Part.GENERAL, "settings", "settings.toml was renamed."))
    state = driven.joined()
    assert state.problem is not None
    assert state.problem.text == "settings.toml was renamed."
    driven.presenter.disconnect_asked(WALL)
    assert driven().problem is not None
    driven.presenter.dismissed()
    assert driven().problem is None


def test_an_earlier_run_of_mine_that_ends_looks_like_nobody_else(driven: Driven) -> None:
    # Mistake: after a crash "Ann (2) left" reads like somebody who took my name.
    driven.joined()
    ghost = Person("s3", "f1", "Ann (2)", confirmed=True)
    driven(PersonJoined(ghost), PersonLeft(ghost), PersonLeft(BEN))
    assert driven.lines[-3:] == [texts.SELF_JOINED, texts.SELF_LEFT, texts.left("Ben")]


def test_a_broker_stays_new_until_the_program_is_started_anew(driven: Driven) -> None:
    # would catch: a warning that a break of the network takes away, though nobody has compared the words
    driven.joined()
    known = replace(MET, first_contact=False)  # it was pinned at the first contact
    assert driven(RoomLeft("", 1.0), known, replace(JOINED, again=True)).status.broker_is_new
    driven.presenter.disconnect_asked(WALL)
    driven.presenter.connect_asked()
    assert driven(known, JOINED).status.broker_is_new
    driven.presenter.connect_asked()
    assert not driven(replace(known, words="other-words-of-key"), JOINED).status.broker_is_new


def test_alone_says_why_that_may_be(driven: Driven) -> None:
    # would catch: a mistyped key that looks like a room in which nobody is yet
    driven.joined()
    state = driven(PersonLeft(BEN))
    assert state.people_note == (
        "Nobody else is here with this key. A mistyped key looks just like this: compare the room words, otter lamp."
    )
    assert driven(PersonJoined(BEN)).people_note == ""
    assert driven.lines == ["Ben left", "Ben joined"]


def test_the_countdown(driven: Driven) -> None:
    # would catch: a retry that looks like the end, or a countdown to minus one
    driven.joined()
    state = driven(RoomLeft("the broker stopped", 2.5))
    assert (state.status.phase, state.status.text) == (Phase.RETRYING, "Retrying in 3 s · the broker stopped")
    assert (state.can_disconnect, state.can_send, state.people) == (True, True, ())
    assert driven.lines == ["Connection lost: the broker stopped"]
    driven.now += 1.0
    assert driven().status.text == "Retrying in 2 s · the broker stopped"
    driven.now += 2.0
    assert driven().status.text == texts.RETRYING_NOW
    state = driven(ConnectionProgressed(""), MET, replace(JOINED, again=True))
    assert state.status.phase is Phase.ONLINE
    assert driven.lines[-1] == texts.CONNECTED_AGAIN


def test_a_loss_without_a_reason(driven: Driven) -> None:
    driven.joined()
    assert driven(RoomLeft("", 3.0)).status.text == "Retrying in 3 s"
    assert driven.lines == [texts.CONNECTION_LOST]
    driven(RoomLeft("still nothing", 4.0))
    assert driven.lines == [texts.CONNECTION_LOST]


def test_disconnect_is_shown_at_once_and_ends_what_is_on_its_way(driven: Driven) -> None:
    # would catch: a late event that opens the room again after Disconnect
    driven.joined()
    driven.presenter.disconnect_asked(WALL)
    state = driven(ConnectionProgressed("…"), MET, JOINED, PersonJoined(BEN), PersonLeft(BEN), RoomLeft("left", None))
    assert (state.status.phase, state.people, state.problem) == (Phase.OFFLINE, (), None)
    assert (state.can_connect, state.can_send, state.invite) == (True, False, "")
    assert driven.lines == [texts.YOU_LEFT]


def test_disconnect_ends_an_attempt(driven: Driven) -> None:
    driven.presenter.connect_asked()
    driven.presenter.disconnect_asked(WALL)
    assert driven().status.phase is Phase.OFFLINE
    assert driven.lines == []


def test_an_end_without_a_retry_says_why(driven: Driven) -> None:
    driven.joined()
    state = driven(RoomLeft("the broker refused", None))
    assert state.status.phase is Phase.OFFLINE
    assert state.problem is not None
    assert state.problem.text == "the broker refused"
    driven.joined()
    assert driven(ProblemReported(Part.GENERAL, "refused_full", "full"), RoomLeft("x", None)).problem is not None
    driven.joined()
    assert driven(RoomLeft("", None)).problem is None


def test_a_problem_marks_its_part_until_that_is_edited(driven: Driven) -> None:
    driven.presenter.connect_asked()
    state = driven(ProblemReported(Part.SERVER, "bad_address", "No such\nhost."))
    assert state.problem is not None
    assert (state.problem.part, state.problem.text, state.problem.remedy) == (Part.SERVER, "No such host.", None)
    assert state.status.phase is Phase.OFFLINE  # would catch: "Connecting…" for ever
    driven.presenter.edited(Part.NAME)
    assert driven().problem is not None
    driven.presenter.edited(Part.SERVER)
    assert driven().problem is None


def test_the_bar_can_be_closed(driven: Driven) -> None:
    driven(ProblemReported(Part.GENERAL, "x", "x"))
    driven.presenter.dismissed()
    assert driven().problem is None


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("weak_phrase", Remedy.CONNECT_ANYWAY),
        ("bad_phrase", Remedy.NEW_KEY),
        ("key_changed", Remedy.COMPARE),  # leads to the page that says what is wrong
    ],
)
def test_remedies(driven: Driven, code: str, remedy: Remedy | None) -> None:
    driven.presenter.connect_asked()
    problem = driven(ProblemReported(Part.KEY, code, "…")).problem
    assert problem is not None
    assert problem.remedy is remedy


def test_try_again_only_where_nothing_tries(driven: Driven) -> None:
    unreachable = ProblemReported(Part.SERVER, "unreachable", "…")
    driven.presenter.connect_asked()
    problem = driven(unreachable).problem
    assert problem is not None
    assert problem.remedy is None
    driven.presenter.disconnect_asked(WALL)
    problem = driven(unreachable).problem
    assert problem is not None
    assert problem.remedy is Remedy.TRY_AGAIN


def test_joining_forgets_the_problems_of_connecting_only(driven: Driven) -> None:
    driven.presenter.connect_asked()
    assert driven(ProblemReported(Part.SERVER, "unreachable", "…"), JOINED).problem is None
    assert driven(ProblemReported(Part.GENERAL, "refused_busy", "…"), JOINED).problem is None
    for lasting in (
        ProblemReported(Part.MICROPHONE, "microphone", "…"),
        ProblemReported(Part.GENERAL, "internal", "…"),
    ):
        assert driven(lasting, JOINED).problem is not None


def test_toggles_forget_their_problem(driven: Driven) -> None:
    driven(ProblemReported(Part.MICROPHONE, "microphone", "…"))
    driven.presenter.microphone_asked(on=True)
    assert driven().problem is None
    assert driven().voice.microphone_down
    driven(ProblemReported(Part.SPEAKER, "speaker", "…"))
    driven.presenter.speaker_asked(on=True)
    assert driven().problem is None
    assert driven(SpeakerChanged(True)).voice.speaker_down


@pytest.mark.parametrize(
    ("part", "code", "back", "over"),
    [
        (Part.MICROPHONE, "microphone", MicrophoneChanged(True, "Headset"), True),
        (Part.MICROPHONE, "microphone_missing", MicrophoneChanged(True, "Headset"), True),
        (Part.SPEAKER, "speaker", SpeakerChanged(True, "Headset"), True),
        (Part.SPEAKER, "speaker", SpeakerChanged(False), False),
        (Part.SPEAKER, "speaker", MicrophoneChanged(True, "Headset"), False),
        (Part.MICROPHONE, "no_front_end", MicrophoneChanged(True, "Headset"), False),
    ],
)
def test_a_device_that_is_back_is_not_said_to_be_lost(
    driven: Driven, part: Part, code: str, back: MicrophoneChanged | SpeakerChanged, over: bool
) -> None:
    # would catch: "stopped working; trying to open it again" over voice that works
    assert (driven(ProblemReported(part, code, "…"), back).problem is None) is over


def test_nobody_listening_follows_the_people_there_on_joining(driven: Driven) -> None:
    driven.joined()
    assert driven(MicrophoneChanged(True)).voice.microphone_note == texts.NOBODY_LISTENS
    driven.presenter.connect_asked()
    people = (ANN, replace(BEN, listening=True))
    assert driven(replace(JOINED, people=people)).voice.microphone_note == ""
    assert driven(AudienceChanged(0)).voice.microphone_note == texts.NOBODY_LISTENS


def test_lines_of_the_room(driven: Driven) -> None:
    driven.joined()
    state = driven(
        TextQueued("q", "mine", WALL),
        TextReceived("p", "f2", "Ben", "yours", 1, WALL, False, False),
        TextStored("q", 2),
        TextQueued("r", "never", WALL),
        TextRefused("r", "full"),
        StatsReported({}),
    )
    assert driven.lines == ["yours", "mine", "never"]
    assert state.empty_title == ""


def test_another_room_begins_empty_and_the_same_one_goes_on(driven: Driven) -> None:
    # would catch: words of one room read in another
    driven.presenter.connect_asked()
    driven(TextQueued("out", "from the outbox", WALL), JOINED, TextQueued("q", "here", WALL))
    driven.presenter.disconnect_asked(WALL)
    driven.joined()
    assert driven.lines == [texts.YOU_LEFT, "from the outbox", "here"]
    driven.presenter.disconnect_asked(WALL)
    driven.presenter.connect_asked()
    driven(replace(JOINED, room_words="cedar moon"))
    assert driven.lines == []


def test_hostile_words_of_broker_and_room(driven: Driven) -> None:
    # would catch: a broker whose reason or words turn the status line around
    driven.presenter.connect_asked()
    state = driven(BrokerMet("a\u202eb" * 90, False, ""), replace(JOINED, room_words="x\ny"))
    assert state.status.room_words == "x y"
    assert len(state.status.broker_words) <= 60
    assert "\u202e" not in state.status.broker_words
    driven(PersonChanged(replace(BEN, name="\x1b" * 99)))
    assert all("\x1b" not in row.name for row in driven().people)


def test_closing(driven: Driven) -> None:
    driven.joined()
    driven.presenter.quit_asked()
    state = driven(SessionEnded())
    assert (state.status.text, state.problem) == (texts.LEAVING, None)
    assert (state.can_connect, state.can_disconnect, state.can_send) == (False, False, False)


def test_a_backend_that_ends_by_itself_is_told(driven: Driven) -> None:
    driven.joined()
    state = driven(SessionEnded())
    assert state.problem is not None
    assert state.problem.text == texts.ENDED
    assert state.can_connect


def test_the_newest_line_in_view_is_marked_once(driven: Driven) -> None:
    # would catch: lines called seen that nobody had before the eyes, or a mark for each look
    driven.joined()
    driven(
        TextReceived("p1", "f2", "Ben", "one", 1, WALL, False, False),
        TextReceived("p2", "f2", "Ben", "two", 2, WALL, False, False),
        TextQueued("q", "mine", WALL),
    )
    look = Glance("p1", viewable=True, focused=True, untouched=1e9)
    assert driven.presenter.glanced(replace(look, viewable=False)) is None
    assert driven.presenter.glanced(replace(look, focused=False)) is None
    assert driven.presenter.glanced(replace(look, lowest="")) is None
    assert driven.presenter.glanced(look) == MarkSeen("p1")
    assert driven.presenter.glanced(look) is None
    # My own line below is no line to be marked, but the one of somebody else above it is.
    assert driven.presenter.glanced(replace(look, lowest="q", focused=False, untouched=3.0)) == MarkSeen("p2")
    assert driven.presenter.glanced(replace(look, lowest="q")) is None
    driven.presenter.disconnect_asked(WALL)
    driven(TextReceived("p3", "f2", "Ben", "three", 3, WALL, False, False))
    assert driven.presenter.glanced(replace(look, lowest="p3")) is None


def test_a_room_without_lines_of_others_marks_nothing(driven: Driven) -> None:
    driven.joined()
    driven(TextQueued("q", "mine", WALL))
    assert driven.presenter.glanced(Glance("q", viewable=True, focused=True, untouched=0.0)) is None


def test_marks_begin_anew_with_each_stay(driven: Driven) -> None:
    # would catch: silence for ever in a log whose numbers have begun anew
    driven.joined()
    driven(TextReceived("p9", "f2", "Ben", "nine", 9, WALL, False, False))
    look = Glance("p9", viewable=True, focused=True, untouched=0.0)
    assert driven.presenter.glanced(look) == MarkSeen("p9")
    driven(RoomLeft("gone", 1.0), replace(JOINED, again=True))
    assert driven.presenter.glanced(look) == MarkSeen("p9")


def test_writing_leads_to_the_end(driven: Driven) -> None:
    driven.joined()
    driven(TextReceived("p1", "f2", "Ben", "one", 1, WALL, False, False))
    driven.presenter.chat.look_at("p1")
    assert not driven.presenter.chat.follows
    driven(TextQueued("q", "mine", WALL))
    assert driven.presenter.chat.follows


def test_what_is_unsent_is_told_once_before_the_window_goes(driven: Driven) -> None:
    # Would catch a draft that is lost without a word, and a window that cannot be closed.
    driven.joined()
    assert driven.presenter.before_closing(draft=False) is None
    driven(TextQueued("q", "mine", WALL), TextQueued("r", "never", WALL), TextRefused("r", "no"))
    told = driven.presenter.before_closing(draft=True)
    assert told is not None
    assert told.message == texts.unsent(1, draft=True)
    assert "1 of your messages" in told.message
    assert "lost" in told.message
    assert driven.presenter.before_closing(draft=True) is None


def test_what_the_broker_has_holds_nobody_up(driven: Driven) -> None:
    driven.joined()
    driven(TextQueued("q", "mine", WALL), TextStored("q", 1))
    assert driven.presenter.before_closing(draft=False) is None
    assert "lost" not in texts.unsent(2, draft=False)


def test_what_came_while_nobody_looked_stands_under_a_mark(driven: Driven) -> None:
    # mistake: coming back to a full screen without knowing where one stopped to read
    look = Glance("p1", viewable=True, focused=True, untouched=0.0)
    driven.joined()
    driven(said(1))
    driven.presenter.glanced(look)
    driven.presenter.glanced(replace(look, focused=False, untouched=99.0))
    driven(said(2), said(3))
    mark = texts.new_since_away(2)
    assert [row.text for row in shown(driven)][-3] == mark
    driven.presenter.glanced(replace(look, lowest="p3"))
    driven(TextQueued("q", "mine", WALL))
    assert mark not in [row.text for row in shown(driven)]


def said(seq: int) -> TextReceived:
    return TextReceived(f"p{seq}", "f2", "Ben", f"line {seq}", seq, WALL, own=False, late=False)


def shown(driven: Driven) -> list[Row]:
    """All lines as they look now."""
    transcript = driven.presenter._transcript
    return [transcript.row(source) for source in transcript.sources(0, len(transcript))]
