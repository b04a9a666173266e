"""Lines for a person in a terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client import commands, events
from client.events import Part, Person
from client.faces import BadLine, KeyWish
from client.terminal_face import TerminalFace
from client.terminal_people import OF_A_PERSON
from client.ways_of_voice import LaneChanged, LaneReason, VoiceModeChanged, VoiceModeReason
from common.address import Address
from common.invite import Invite

ME = Person("s0", "m0", "Me", own=True, confirmed=True)
ANN = Person("s1", "m1", "Ann", confirmed=True, listening=True)
BOB = Person("s2", "m2", "Bob")
NOT_KEPT, DROPPED = events.Missing.NOT_KEPT, events.Missing.DROPPED
JOINED = events.RoomJoined("m0", (ME, ANN, BOB), "otter lamp")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("hello there\r\n", commands.SendText("hello there")),
        (" /mic on", commands.SendText(" /mic on")),
        ("//etc", commands.SendText("/etc")),
        ("/mic on\n", commands.SetMicrophone(on=True)),
        ("/mic off", commands.SetMicrophone(on=False)),
        ("/speaker  on ", commands.SetSpeaker(on=True)),
        ("/search  Old  words ", commands.SearchLog("Old  words")),
        ("/export my file.txt\n", commands.ExportLog("my file.txt")),
        ("/mic", commands.SetMicrophone(on=True)),
        ("/transmit always", commands.SetTransmit(commands.Transmit.ALWAYS)),
        ("/voice slim", commands.SetVoiceMode(commands.VoiceWish.SLIM)),
        ("/voice auto", commands.SetVoiceMode(commands.VoiceWish.AUTO)),
        ("/lanes 2", commands.SetLanes(commands.Lanes.TWO)),
        ("/lanes auto", commands.SetLanes(commands.Lanes.AUTO)),
        ("/mic use  USB  headset\n", commands.ChooseDevices(microphone="USB  headset")),
        ("/speaker use default", commands.ChooseDevices(speaker="default")),
        ("/devices", commands.AskDevices()),
        ("/echo", commands.TestEcho()),
        ("/stats", commands.AskStats()),
        ("/remember", KeyWish.REMEMBER),
        ("/forget", KeyWish.FORGET),
        ("/quit", commands.Quit()),
        ("  \n", None),
        ("/people", ["  You are in no room."]),
        ("/invite", ["You are in no room yet."]),
    ],
)
def test_what_is_typed(line: str, command: object) -> None:
    assert TerminalFace().command(line) == command


@pytest.mark.parametrize(
    "line",
    [
        "/",
        "/transmit push",
        "/voice loud",
        "/lanes 5",
        "/lanes",
        "/mic use",
        "/mic maybe",
        "/dance",
        "/quit now",
        "/ mic on",
        "/search ",
        "/export",
        "/" + "x" * 10_000,
    ],
)
def test_slashes_that_mean_nothing(line: str) -> None:
    with pytest.raises(BadLine, match=r"/help|Write /") as bad:
        TerminalFace().command(line)
    complaint = TerminalFace().complaint(str(bad.value))
    assert complaint.startswith("! ")
    assert len(complaint) < 200


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("/search", "Write /search WORDS: earlier lines of this room with these words."),
        ("/mic maybe", "Write /mic [on|off]: speak, or stop speaking."),
        (
            "/mic use",
            "Write /mic use NAME: take the microphone of this name, or a part of it; default: the system's own.",
        ),
        ("/quit now", "Write /quit: leave."),
        ("/peple", "/peple is not known: /people is. /help lists all."),
        ("/xyzzy", "/xyzzy is not known. /help lists all."),
    ],
)
def test_a_complaint_says_what_would_be_right(line: str, complaint: str) -> None:
    # would catch: a word that is known said to be unknown, and a slip of one letter that sends people to the help
    with pytest.raises(BadLine) as bad:
        TerminalFace().command(line)
    assert str(bad.value) == complaint


def test_every_word_that_is_known_has_its_line_in_the_help() -> None:
    # would catch: a command that is added without a line in the help: a complaint about it has nothing to say
    words = [word for word in TerminalFace().completions("/") if word not in {"/search", "/export", *OF_A_PERSON}]
    for word in words:
        with pytest.raises(BadLine, match=f"Write {word}"):
            TerminalFace().command(f"{word} not like this")


def test_what_waits_to_be_sent_is_told() -> None:
    # would catch: somebody who talks on into a lost connection, and nothing says that nobody has got it
    face = TerminalFace()
    face.lines(JOINED)
    assert face.lines(events.TextQueued("a", "x", 0.0)) == []
    face.lines(events.TextStored("a", 1))
    face.lines(events.RoomLeft("lost", 1.0))
    assert face.lines(events.TextQueued("b", "x", 0.0)) == [
        "* What you say is kept, and sent once you are in the room."
    ]
    assert face.lines(events.TextQueued("c", "y", 0.0)) == []
    assert face.status() == "not connected · 2 lines not sent yet · mic off · speaker off · /help"
    face.lines(events.TextRefused("b", "no"))
    assert "1 line not sent yet" in face.status()
    face.lines(events.TextStored("c", 2))
    assert "sent" not in face.status()


@given(st.text(max_size=40))
def test_any_line_is_something_or_a_bad_line(line: str) -> None:
    try:
        TerminalFace().command(line)
    except BadLine:
        assert line.startswith("/")


def test_help_names_every_word() -> None:
    lines = TerminalFace().command("/help")
    assert isinstance(lines, list)
    for word in ("/mic", "/speaker", "/people", "/invite", "/search", "/export", "/stats", "/quit", "//"):
        assert any(word in line for line in lines)


def test_a_switch_alone_is_turned() -> None:
    face = TerminalFace()
    face.lines(events.MicrophoneChanged(True, "m"))
    face.lines(events.SpeakerChanged(False))
    assert face.command("/mic") == commands.SetMicrophone(on=False)
    assert face.command("/speaker") == commands.SetSpeaker(on=True)


def test_the_lowest_line_tells_how_things_stand() -> None:
    face = TerminalFace()
    assert face.status() == "not connected · mic off · speaker off · /help"
    for event in (JOINED, events.MicrophoneChanged(True, "m")):
        face.lines(event)
    assert face.status() == "otter lamp, 3 here · mic on · speaker off · /help"
    for name, words in (("Ann", "Ann writing…"), ("Ben", "Ann and Ben writing…"), ("Cy", "several people writing…")):
        face.lines(events.WritingChanged(events.Person(name, name, name), on=True))
        assert face.status().split(" · ")[3] == words
    face.lines(events.RoomLeft("lost", 1.0))
    assert face.status().startswith("not connected")


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("/s", ["/search", "/speaker", "/stats"]),
        ("/vol", ["/volume "]),
        ("/vo", ["/voice", "/volume"]),
        ("/sta", ["/stats"]),
        ("/mic ", ["off", "on", "use "]),
        ("/lanes a", ["auto"]),
        ("/transmit v", ["voice"]),
        ("/voice l", ["low-delay"]),
        ("/people A", []),
        ("/mic on B", ["Bob"]),
        ("hello aN", ["Ann"]),
        ("hello ", []),
        ("Me", []),
        ("", []),
    ],
)
def test_completion(before: str, words: list[str]) -> None:
    face = TerminalFace()
    face.lines(JOINED)
    assert face.completions(before) == words


def test_devices() -> None:
    lines = TerminalFace().lines(events.DevicesListed(("USB",), ()))
    assert lines == ["  Microphones:", "    USB", "  Speakers:", "    none"]


def test_every_word_that_is_completed_is_in_the_help() -> None:
    face = TerminalFace()
    help_text = " ".join(face.command("/help") or [])  # type: ignore[arg-type]
    assert [word for word in face.completions("/") if word not in help_text and word != "/help"] == []


def test_joining() -> None:
    face = TerminalFace()
    (joined,) = face.lines(JOINED)
    assert "Ann, Bob" in joined
    assert "otter lamp" in joined
    assert face.command("/people") == [
        "  Me (yourself) m0",
        "  Ann (listening) m1",
        "  Bob (text only, unconfirmed) m2",
    ]
    (alone,) = TerminalFace().lines(events.RoomJoined("m0", (ME,), "otter lamp"))
    assert "mistyped key" in alone
    assert "otter lamp" in alone


def test_meeting_a_broker() -> None:
    face = TerminalFace()
    invite = str(Invite(Address("chat.example.org", 9090), bytes(32), 9091, 9092, "words"))
    (met,) = face.lines(events.BrokerMet("a-b-c-d", True, invite))
    assert "a-b-c-d" in met
    assert "secure-chat" not in met  # the link holds the key: only who asks for it sees it
    assert face.command("/invite") == [invite]
    assert face.lines(events.BrokerMet("a-b-c-d", False, invite)) == []
    face.lines(events.BrokerMet("a-b-c-d", False, invite.replace("chat.example.org", "127.0.0.1")))
    assert "this computer only" in face.command("/invite")[1]  # type: ignore[index]


def said(text: str, *, late: bool = False, copied: bool = False) -> str:
    event = events.TextReceived("p", "m1", "Ann", text, 7, 1_700_000_000.0, own=False, late=late, copied_device=copied)
    (line,) = TerminalFace().lines(event)
    return line


def test_lines_of_the_room() -> None:
    assert re.fullmatch(r"\d\d:\d\d Ann: hi", said("hi"))
    assert re.fullmatch(r"2023-11-1[45] \d\d:\d\d Ann \(this device is copied\): x", said("x", late=True, copied=True))
    # A line break must not begin what looks like somebody else's line.
    assert said("a\n12:00 Bob: b").splitlines()[1].startswith("    ")


def test_found_lines_cannot_be_taken_for_new_ones() -> None:
    line = events.TextReceived("p", "m1", "Ann", "tea\nfor two", 7, 1_700_000_000.0, own=True, late=False)
    head, found = TerminalFace().lines(events.LogSearched("tea", (line,), more=True))
    assert head == "* 1 line with “tea”, and there are older ones:"
    assert re.fullmatch(r"  2023-11-1[45] \d\d:\d\d Ann: tea\n      for two", found)


def test_times_at_the_ends_of_the_calendar() -> None:
    for sent_at in (0.0, 253_370_764_800.0):
        event = events.TextReceived("p", "m", "Ann", "x", 1, sent_at, own=False, late=True)
        assert TerminalFace().lines(event)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (events.ConnectionProgressed("Looking…"), "* Looking…"),
        (events.RoomLeft("you have left", None), "* Not connected: you have left."),
        (events.RoomLeft("Nothing there.", None), "* Not connected: Nothing there."),
        (events.RoomLeft("gone", 0.2), "* Not connected: gone. Trying again in 1 s."),
        (events.RoomLeft("gone", 7.6), "* Not connected: gone. Trying again in 8 s."),
        (events.PersonJoined(ANN), "* Ann has come."),
        (events.PersonLeft(ANN), "* Ann has gone."),
        (events.TalkingChanged(ANN, True), "* Ann is talking."),
        (events.TalkingChanged(ANN, False), "* Ann has stopped talking."),
        (events.AudienceChanged(2), "* 2 listening."),
        (events.AudienceChanged(0), "* Nobody is listening."),
        (events.TextRefused("p", "too many"), "* Not sent: too many"),
        (events.LinesMissing(3, 7, 1, NOT_KEPT), "* 1 line from before is not kept by the broker any more."),
        (events.LinesMissing(3, 7, 3000, NOT_KEPT), "* 3,000 lines from before are not kept by the broker any more."),
        (events.LinesMissing(3, 7, 1, DROPPED, "m1", "Ann"), "* The broker dropped 1 line of Ann."),
        (events.LinesMissing(3, 7, 0, DROPPED, "m1", "Ann"), "* Lines that were missing have come after all."),
        (events.LogExported("a.txt", 1), "* 1 line is in a.txt now."),
        (events.LogExported("a.txt", 7), "* 7 lines are in a.txt now."),
        (events.LogSearched("tea", (), more=False), "* No line has “tea”."),
        (events.MicrophoneChanged(True, "USB"), "* Microphone on: USB."),
        (events.MicrophoneChanged(False), "* Microphone off."),
        (events.SpeakerChanged(True, "USB"), "* Speaker on: USB."),
        (events.SpeakerChanged(False), "* Speaker off."),
        (events.EchoTestChanged(events.EchoStep.OVER), "* The echo test is over."),
        (events.MicrophoneEnded(), "* The file was spoken to its end."),
        (
            VoiceModeChanged(commands.VoiceMode.SLIM, VoiceModeReason.FULL),
            "* Slim voice: your network is narrow.",
        ),
        (
            VoiceModeChanged(commands.VoiceMode.LOW_DELAY, VoiceModeReason.GOOD),
            "* Voice with little delay: your network has room for it.",
        ),
        (LaneChanged(2, LaneReason.LOSS_UP), "* Voice goes two ways: your network loses packets."),
        (LaneChanged(4, LaneReason.LOSS_DOWN), "* Voice goes four ways: your network loses packets."),
        (LaneChanged(3, LaneReason.ASKED), "* Voice goes three ways."),
        (LaneChanged(2, LaneReason.ASKED), "* Voice goes two ways."),
        (LaneChanged(1, LaneReason.ASKED), "* Voice goes one way again."),
        (LaneChanged(1, LaneReason.FULL), "* Voice goes one way again: your network has no room for it."),
        (events.ProblemReported(Part.KEY, "x", "Hm."), "* Hm."),
    ],
)
def test_notes(event: events.Event, line: str) -> None:
    assert TerminalFace().lines(event) == [line]


def test_what_a_terminal_need_not_say() -> None:
    quiet: list[events.Event] = [events.PersonChanged(ANN), events.TextQueued("p", "x", 0.0), events.TextStored("p", 1)]
    quiet.append(events.TextSeen(1, 2, 3))
    face = TerminalFace()
    face.lines(JOINED)
    assert [face.lines(event) for event in quiet] == [[]] * 4


def test_counters_are_sorted() -> None:
    assert TerminalFace().lines(events.StatsReported({"texts": 2, "late": 1})) == ["  late: 1", "  texts: 2"]


def test_what_would_be_said_is_told_from_commands() -> None:
    # mistake: others are told that one writes while one types a command, which holds nothing for them
    face = TerminalFace()
    assert [face.is_message(typed) for typed in ("hi", "//hi", "/pe", "/people", " ", "")] == [True, True] + 4 * [False]
