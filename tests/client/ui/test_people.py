"""The list of people."""

from msgspec.structs import replace

from client.events import (
    AudienceChanged,
    DelayEstimated,
    Person,
    PersonChanged,
    PersonJoined,
    PersonLeft,
    TalkingChanged,
)
from client.ui import texts
from client.ui.people import People, PersonState

ANN = Person("s1", "f1", "Ann", own=True, confirmed=True)
BEN = Person("s2", "f2", "ben", confirmed=True)
CLEO = Person("s3", "f3", "Cleo")


def states(people: People) -> dict[str, PersonState]:
    return {row.name: row.state for row in people.rows(microphone_on=False)}


def test_myself_first_then_by_name() -> None:
    # would catch: an order by capitals, or my row lost among the others
    people = People()
    people.begin((replace(ANN, name="Zoe"), CLEO, BEN))
    assert [row.name for row in people.rows(microphone_on=False)] == ["Zoe", "ben", "Cleo"]


def test_each_state_has_its_words() -> None:
    # would catch: somebody unconfirmed shown as talking or listening
    people = People()
    people.begin((ANN, BEN, CLEO))
    people.receive(PersonChanged(replace(BEN, listening=True)))
    people.receive(PersonChanged(replace(CLEO, listening=True)))
    people.receive(TalkingChanged(CLEO, True))
    assert states(people) == {
        "Ann": PersonState.TEXT_ONLY,
        "ben": PersonState.LISTENING,
        "Cleo": PersonState.UNCONFIRMED,
    }
    people.receive(PersonChanged(replace(CLEO, confirmed=True)))
    assert states(people)["Cleo"] is PersonState.TALKING
    people.receive(TalkingChanged(CLEO, False))
    assert states(people)["Cleo"] is PersonState.TEXT_ONLY
    assert people.others_listening() == 1


def test_my_open_microphone_is_told() -> None:
    people = People()
    people.begin((ANN, BEN))
    assert [row.words for row in people.rows(microphone_on=True)] == [texts.MICROPHONE_OPEN, texts.TEXT_ONLY]
    assert people.rows(microphone_on=False, speaker_on=True)[0].words == texts.LISTENING
    people.receive(TalkingChanged(ANN, True))
    assert people.rows(microphone_on=True)[0].words == texts.TALKING


def test_coming_and_going() -> None:
    # would catch: a talker that has left and comes back as talking, or leaving twice as an exception
    people = People()
    people.begin((ANN,))
    people.receive(PersonJoined(BEN))
    people.receive(TalkingChanged(BEN, True))
    people.receive(PersonLeft(BEN))
    people.receive(PersonLeft(BEN))
    people.receive(AudienceChanged(0))
    people.receive(PersonJoined(BEN))
    assert states(people)["ben"] is PersonState.TEXT_ONLY
    assert len(people) == 2
    own = people.own()
    assert own is not None
    assert own.name == "Ann"
    people.begin(())
    assert people.own() is None


def test_what_was_chosen_for_somebody_is_told() -> None:
    # would catch: a muted person who seems to talk; words that are wider than the list
    people = People()
    quiet, soft = replace(BEN, muted=True, decibels=3.0), replace(BEN, session="s9", member="f9", decibels=-6.0)
    people.begin((quiet, soft))
    people.receive(TalkingChanged(quiet, on=True))
    people.receive(DelayEstimated(quiet, 50))
    by_session = {row.session: row for row in people.rows(microphone_on=False)}
    assert by_session[quiet.session].state is PersonState.MUTED
    assert by_session["s9"].words.endswith(" · −6 dB")
    people.receive(TalkingChanged(soft, on=True))
    people.receive(DelayEstimated(soft, 50))
    (row,) = [row for row in people.rows(microphone_on=False) if row.session == "s9"]
    assert row.words == "talking · 50 ms"
