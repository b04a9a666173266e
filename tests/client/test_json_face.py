"""The program's interface: each command, each event, and whatever else comes in on a line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from client import commands, events
from client.events import Part, Person
from client.faces import BadLine
from client.json_face import JsonFace
from client.ways_of_voice import LaneChanged, LaneReason, VoiceModeChanged, VoiceModeReason

ME = Person("s0", "m0", "Me", own=True, confirmed=True)
ANN = Person("s1", "m1", "Ann", confirmed=True, listening=True)
PEOPLE = [
    {"name": "Me", "member": "m0", "own": True, "confirmed": True, "listening": False, "delay_ms": None},
    {"name": "Ann", "member": "m1", "own": False, "confirmed": True, "listening": True, "delay_ms": None},
]
JOINED = events.RoomJoined("m0", (ME, ANN), "otter lamp")
LINE = events.TextReceived("p", "m1", "Ann", "hi\nthere", 7, 1_700_000_000.25, own=False, late=False)


def told(event: events.Event, face: JsonFace | None = None) -> list[dict[str, Any]]:
    lines = (face or JsonFace()).lines(event)
    assert not [line for line in lines if "\n" in line]  # one object a line
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ('{"do":"say","text":"hi"}\n', commands.SendText("hi")),
        ('{"do":"say","text":"hi","more":1}', commands.SendText("hi")),
        ('{"do":"mic","on":true}', commands.SetMicrophone(on=True)),
        ('{"do":"speaker","on":false}', commands.SetSpeaker(on=False)),
        ('{"do":"stats"}', commands.AskStats()),
        ('{"do":"writing"}', commands.TellWriting()),
        ('{"do":"volume","member":"m1","decibels":-6}', commands.SetVolume("m1", -6.0)),
        ('{"do":"mute","member":"m1","on":true}', commands.SetMuted("m1", on=True)),
        ('{"do":"devices"}', commands.AskDevices()),
        ('{"do":"choose","microphone":"Headset"}', commands.ChooseDevices("Headset", "default")),
        ('{"do":"echo_test"}', commands.TestEcho()),
        ('{"do":"voice","mode":"slim"}', commands.SetVoiceMode(commands.VoiceWish.SLIM)),
        ('{"do":"voice","mode":"auto"}', commands.SetVoiceMode(commands.VoiceWish.AUTO)),
        ('{"do":"search","words":"tea"}', commands.SearchLog("tea")),
        ('{"do":"export","path":"a.txt"}', commands.ExportLog("a.txt")),
        ('{"do":"quit"}', commands.Quit()),
        ("\r\n", None),
    ],
)
def test_commands(line: str, command: commands.Command | None) -> None:
    assert JsonFace().command(line) == command


@pytest.mark.parametrize(
    "line",
    [
        '{"do":"volume","member":"m1"}',
        '{"do":"volume","member":"m1","decibels":true}',
        '{"do":"volume","member":"m1","decibels":12.5}',
        '{"do":"volume","member":"m1","decibels":NaN}',
        '{"do":"volume","decibels":1}',
        '{"do":"mute","member":"","on":true}',
        '{"do":"mute","member":"m1"}',
        "x",
        "1",
        "[]",
        "null",
        "{}",
        '{"do":null}',
        '{"do":[]}',  # no key of a table: a TypeError ended the reading thread
        '{"do":{"a":1}}',
        '{"do":"say"}',
        '{"do":"say","text":""}',
        '{"do":"say","text":7}',
        '{"do":"search","words":""}',
        '{"do":"search","words":["tea"]}',
        '{"do":"export"}',
        '{"do":"mic"}',
        '{"do":"choose","microphone":7}',
        '{"do":"mic","on":1}',
        '{"do":"voice","mode":"loud"}',
        '{"do":"speaker","on":"true"}',
        '{"do":"quit","do":"stats"}',  # which of the two is meant?
        '{"do":"say","text":"a","text":"b"}',
        '{"do":"dance"}',
        '{"do":"' + "x" * 10_000 + '"}',
        '{"do":"\\ud800"}',
        "[" * 100_000,
        '{"do":' * 5_000 + "1" + "}" * 5_000,
        "1" * 5_000,
        '{"do":"say","text":"unfinished',
        "\x00",
        "\ufeff{}",
    ],
)
def test_bad_lines_say_so(line: str) -> None:
    face = JsonFace()
    with pytest.raises(BadLine) as bad:
        face.command(line)
    complaint = face.complaint(str(bad.value))
    answer = json.loads(complaint)
    assert (answer["event"], answer["code"]) == ("error", "bad_line")
    assert len(complaint) < 500


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.just("say") | st.just("mic"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["do", "text", "on", "x"]), inner, max_size=4)
    ),
    max_leaves=6,
)


@given(st.one_of(st.text(max_size=80), _JSON.map(json.dumps)))
@example('{"do":"say","text":"\\ud800"}')
def test_any_line_is_a_command_an_answer_or_a_bad_line(line: str) -> None:
    try:
        asked = JsonFace().command(line)
    except BadLine as bad:
        str(bad).encode()
        return
    assert asked is None or isinstance(asked, list | commands.Command)


def test_members_are_answered_at_once() -> None:
    face = JsonFace()
    face.lines(JOINED)
    answer = face.command('{"do":"members"}')
    assert isinstance(answer, list)
    assert [json.loads(line) for line in answer] == [{"event": "members", "members": ["Me", "Ann"], "people": PEOPLE}]


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (
            JOINED,
            {"event": "joined", "member": "m0", "members": ["Me", "Ann"], "people": PEOPLE, "room_words": "otter lamp"},
        ),
        (events.RoomLeft("gone", 1.5), {"event": "disconnected", "reason": "gone", "retry_in": 1.5}),
        (events.RoomLeft("gone", None), {"event": "disconnected", "reason": "gone", "retry_in": None}),
        (
            events.BrokerMet("a-b-c-d", True, "link"),
            {"event": "broker", "words": "a-b-c-d", "first_contact": True},
        ),
        (events.PersonJoined(ANN), {"event": "member_joined", "name": "Ann", "member": "m1", "confirmed": True}),
        (
            events.PersonChanged(ANN),
            {"event": "member_changed", "name": "Ann", "member": "m1", "confirmed": True, "listening": True},
        ),
        (events.PersonLeft(ANN), {"event": "member_left", "name": "Ann", "member": "m1"}),
        (events.WritingChanged(ANN, True), {"event": "writing", "name": "Ann", "member": "m1", "on": True}),
        (events.TalkingChanged(ANN, True), {"event": "talking", "name": "Ann", "member": "m1", "on": True}),
        (events.DelayEstimated(ANN, 45), {"event": "delay", "name": "Ann", "member": "m1", "ms": 45}),
        (events.AudienceChanged(2), {"event": "listening", "count": 2}),
        (
            LINE,
            {
                "event": "text",
                "from": "Ann",
                "member": "m1",
                "text": "hi\nthere",
                "seq": 7,
                "time": "2023-11-14T22:13:20.250+00:00",
            },
        ),
        (events.TextStored("p", 7), {"event": "sent", "seq": 7}),
        (events.TextRefused("p", "too many"), {"event": "error", "code": "text_refused", "message": "too many"}),
        (events.TextSeen(7, 1, 2), {"event": "seen", "seq": 7, "count": 1, "of": 2}),
        (
            events.LinesMissing(3, 9, 5, events.Missing.NOT_KEPT),
            {"event": "missing", "after": 3, "before": 9, "count": 5, "why": "not_kept"},
        ),
        (
            events.LinesMissing(3, 9, 1, events.Missing.DROPPED, "m1", "Ann"),
            {
                "event": "missing",
                "after": 3,
                "before": 9,
                "count": 1,
                "why": "dropped",
                "from": "Ann",
                "member": "m1",
            },
        ),
        (events.LogSearched("tea", (), more=True), {"event": "found", "words": "tea", "lines": [], "more": True}),
        (events.LogExported("a.txt", 7), {"event": "exported", "path": "a.txt", "count": 7}),
        (events.MicrophoneChanged(True, "USB"), {"event": "mic", "on": True, "device": "USB"}),
        (events.SpeakerChanged(False), {"event": "speaker", "on": False, "device": ""}),
        (events.MicrophoneEnded(), {"event": "mic_ended"}),
        (
            LaneChanged(2, LaneReason.LOSS_UP),
            {"event": "lanes", "count": 2, "why": "loss_up"},
        ),
        (
            VoiceModeChanged(commands.VoiceMode.SLIM, VoiceModeReason.FULL),
            {"event": "voice", "mode": "slim", "why": "full"},
        ),
        (events.DevicesListed(("USB",), ()), {"event": "devices", "microphones": ["USB"], "speakers": []}),
        (events.EchoTestChanged(events.EchoStep.SPEAK), {"event": "echo_test", "step": "speak"}),
        (events.SpeechChanged(True), {"event": "speech", "on": True}),
        (events.HoldChanged(False), {"event": "hold", "on": False}),
        (events.StatsReported({"texts": 3}), {"event": "stats", "texts": 3}),
        (
            events.ProblemReported(Part.KEY, "weak_phrase", "Hm."),
            {"event": "error", "code": "weak_phrase", "message": "Hm.", "part": "key"},
        ),
    ],
)
def test_events(event: events.Event, fields: dict[str, Any]) -> None:
    assert told(event) == [fields]


@pytest.mark.parametrize(
    "event",
    [
        events.ConnectionProgressed("Looking…"),
        events.TextQueued("p", "hi", 0.0),
        events.MicrophoneLevel(0.5),
        events.SessionEnded(),
    ],
)
def test_what_only_windows_show(event: events.Event) -> None:
    assert told(event) == []


def test_late_and_copied_lines_are_marked() -> None:
    late = events.TextReceived("p", "m1", "Ann", "x", 1, 0.0, own=False, late=True, copied_device=True)
    (fields,) = told(late)
    assert fields["late"] is True
    assert fields["copied_device"] is True
    assert fields["time"] == "1970-01-01T00:00:00.000+00:00"


def test_found_lines_look_like_lines() -> None:
    (found,) = told(events.LogSearched("hi", (LINE,), more=False))
    assert [{"event": "text", **line} for line in found["lines"]] == told(LINE)


def test_half_a_surrogate_pair_can_be_written() -> None:
    # A path that is not UTF-8 comes as such; standard output would refuse it.
    (line,) = JsonFace().lines(events.ProblemReported(Part.MICROPHONE, "no_file", "no \udcff.wav ü"))
    assert json.loads(line)["message"] == "no ?.wav ü"
    line.encode()


def test_what_was_chosen_for_somebody_is_told_where_it_is_special() -> None:
    quiet = Person("s1", "m1", "Ann", confirmed=True, decibels=-6.0, muted=True)
    (changed,) = told(events.PersonChanged(quiet))
    assert (changed["decibels"], changed["muted"]) == (-6.0, True)
    (plain,) = told(events.PersonChanged(ANN))
    assert not {"decibels", "muted"} & plain.keys()
