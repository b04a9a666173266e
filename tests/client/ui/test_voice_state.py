"""The toggles: asked for, true, and the words between."""

from client.commands import VoiceMode
from client.events import (
    AudienceChanged,
    HoldChanged,
    MicrophoneChanged,
    MicrophoneEnded,
    MicrophoneLevel,
    Part,
    ProblemReported,
    SessionEnded,
    SpeakerChanged,
    SpeechChanged,
)
from client.ui import texts
from client.ui.voice_state import Voice
from client.ways_of_voice import LaneChanged, LaneReason, VoiceModeChanged, VoiceModeReason


def test_both_are_off_at_first() -> None:
    # would catch: a microphone that is open without having been asked for
    shown = Voice().shown(online=True)
    assert not shown.microphone_down
    assert not shown.speaker_down
    assert (shown.microphone_note, shown.speaker_note) == ("", "")


def test_a_pressed_toggle_is_down_at_once_and_says_that_it_opens() -> None:
    voice = Voice()
    voice.ask_microphone(on=True)
    voice.ask_speaker(on=True)
    shown = voice.shown(online=True)
    assert shown.microphone_down
    assert not shown.microphone_on
    assert (shown.microphone_note, shown.speaker_note) == (texts.OPENING, texts.OPENING)
    voice.receive(MicrophoneChanged(True, "mic"))
    voice.receive(SpeakerChanged(True, "speaker"))
    shown = voice.shown(online=True)
    assert shown.microphone_on
    assert (shown.microphone_note, shown.speaker_note) == ("", "")


def test_a_device_that_does_not_open_lets_the_toggle_up() -> None:
    # would catch: a toggle that stays sunken over a microphone that never opened
    voice = Voice(microphone_wanted=True, speaker_wanted=True)
    voice.receive(ProblemReported(Part.MICROPHONE, "microphone", "none"))
    voice.receive(ProblemReported(Part.SPEAKER, "speaker", "none"))
    shown = voice.shown(online=True)
    assert not shown.microphone_down
    assert not shown.speaker_down


def test_words_while_there_is_no_room() -> None:
    voice = Voice(microphone_wanted=True)
    assert voice.shown(online=False).microphone_note == texts.ON_AFTER_CONNECTING


def test_a_microphone_that_is_open_without_a_room_is_not_said_to_start_later() -> None:
    # would catch: "Starts once you are connected" over a microphone whose bars move
    voice = Voice()
    voice.receive(MicrophoneChanged(True, "Headset"))
    assert voice.shown(online=False).microphone_note == texts.SENT_AFTER_CONNECTING


def test_what_is_used_is_named() -> None:
    # would catch: a microphone that moved to another device without a word
    voice = Voice()
    assert voice.shown(online=True).devices == ""
    voice.receive(MicrophoneChanged(True, "Headset"))
    assert voice.shown(online=True).devices == "Microphone: Headset"
    voice.receive(SpeakerChanged(True, "Headset"))
    assert voice.shown(online=True).devices == "Headset"
    voice.receive(SpeakerChanged(True, "Screen"))
    assert voice.shown(online=True).devices == "Microphone: Headset\nSpeaker: Screen"
    voice.receive(MicrophoneChanged(False))
    assert voice.shown(online=True).devices == "Speaker: Screen"
    voice.receive(SpeakerChanged(True, "Evil\n\u202eline" + "x" * 99))
    name = voice.shown(online=True).devices
    assert len(name) < 60
    assert "\u202e" not in name
    assert "\n" not in name


def test_a_device_that_is_lost_says_so_until_it_is_back() -> None:
    # would catch: "Microphone on", and its last level, over a microphone that was pulled out
    voice = Voice()
    voice.receive(MicrophoneChanged(True, "Headset"))
    voice.receive(SpeakerChanged(True, "Headset"))
    voice.receive(MicrophoneLevel(0.5))
    voice.receive(ProblemReported(Part.MICROPHONE, "no_front_end", "a library is missing"))
    assert voice.shown(online=True).microphone_on
    for part in (Part.MICROPHONE, Part.SPEAKER):
        voice.receive(ProblemReported(part, part.value, "it stopped working"))
    shown = voice.shown(online=True)
    assert (shown.microphone_down, shown.speaker_down) == (True, True)
    assert not shown.microphone_on
    assert not shown.speaker_on
    assert shown.lost_note == f"{texts.MICROPHONE_LOST}\n{texts.SPEAKER_LOST}"
    assert (shown.microphone_note, shown.speaker_note, shown.warns) == ("", "", True)
    assert (shown.level, shown.devices) == (0.0, "")
    voice.receive(MicrophoneChanged(True, "Built in"))
    voice.receive(SpeakerChanged(True, "Built in"))
    shown = voice.shown(online=True)
    assert (shown.lost_note, shown.warns, shown.devices) == ("", False, "Built in")
    voice.receive(AudienceChanged(0))
    voice.receive(ProblemReported(Part.SPEAKER, "speaker", "it stopped working"))
    assert voice.shown(online=True).lost_note == texts.SPEAKER_LOST  # mistake: hidden by what the microphone says
    voice.receive(ProblemReported(Part.MICROPHONE, "microphone", "it stopped working"))
    voice.receive(MicrophoneChanged(False))  # it never came back
    shown = voice.shown(online=True)
    assert not shown.microphone_down
    assert shown.lost_note == texts.SPEAKER_LOST


def test_nobody_is_listening() -> None:
    # would catch: talking to nobody without being told; or the warning before it is known
    voice = Voice()
    voice.receive(MicrophoneChanged(True))
    assert voice.shown(online=True).microphone_note == ""
    voice.receive(AudienceChanged(0))
    assert voice.shown(online=True).microphone_note == texts.NOBODY_LISTENS
    voice.receive(AudienceChanged(2))
    assert voice.shown(online=True).microphone_note == ""


def test_the_level_is_bounded_and_ends_with_the_microphone() -> None:
    # would catch: a meter that stays up after the microphone was closed
    voice = Voice()
    voice.receive(MicrophoneLevel(0.5))
    assert voice.shown(online=True).level == 0.0
    voice.receive(MicrophoneChanged(True))
    voice.receive(MicrophoneLevel(7.0))
    assert voice.shown(online=True).level == 1.0
    voice.receive(MicrophoneEnded())
    assert voice.shown(online=True).level == 0.0
    voice.receive(MicrophoneLevel(0.5))
    voice.receive(MicrophoneChanged(False))
    voice.receive(SessionEnded())
    assert voice.shown(online=True).level == 0.0


def test_talking_while_muted() -> None:
    # would catch: a long speech that nobody hears since the key was not held
    voice = Voice()
    voice.push_key = "F8"
    voice.receive(SpeechChanged(True))
    assert voice.shown(online=True).microphone_note == ""  # the microphone is off
    voice.receive(MicrophoneChanged(True))
    shown = voice.shown(online=True)
    assert (shown.microphone_note, shown.warns) == (texts.hold_to_talk("F8"), False)
    voice.receive(AudienceChanged(0))
    voice.receive(SpeechChanged(True))
    shown = voice.shown(online=True)
    assert (shown.microphone_note, shown.warns) == (texts.talking_while_muted("F8"), True)
    voice.receive(HoldChanged(True))  # by the key, or by `secure-chat ctl talk on`
    assert voice.shown(online=True).microphone_note == texts.NOBODY_LISTENS
    voice.receive(AudienceChanged(1))
    assert voice.shown(online=True).microphone_note == ""
    voice.receive(HoldChanged(False))
    voice.receive(SpeechChanged(False))
    assert voice.shown(online=True).microphone_note == texts.hold_to_talk("F8")
    voice.push_key = ""
    voice.receive(SpeechChanged(True))
    assert voice.shown(online=True).microphone_note == ""


def test_further_lanes_are_told_while_one_is_in_a_room() -> None:
    voice = Voice()
    voice.receive(LaneChanged(2, LaneReason.LOSS_UP))
    assert voice.shown(online=True).network_note == texts.SECOND_LANE_LOSS
    assert voice.shown(online=False).network_note == ""
    voice.receive(LaneChanged(4, LaneReason.LOSS_UP))  # all at once: a third alone is only ever asked for
    assert voice.shown(online=True).network_note == texts.FOUR_LANES_LOSS
    for count, note in ((3, texts.THIRD_LANE), (4, texts.FOUR_LANES)):
        voice.receive(LaneChanged(count, LaneReason.ASKED))
        assert voice.shown(online=True).network_note == note
    voice.receive(LaneChanged(2, LaneReason.ASKED))  # whose network loses nothing must not be told so
    assert voice.shown(online=True).network_note == texts.SECOND_LANE
    voice.receive(LaneChanged(1, LaneReason.GOOD))
    assert voice.shown(online=True).network_note == ""


def test_a_narrow_network_is_told_and_a_wish_is_not() -> None:
    # Would catch a note that stays when the voice has its little delay again.
    voice = Voice()
    voice.receive(VoiceModeChanged(VoiceMode.SLIM, VoiceModeReason.FULL))
    assert voice.shown(online=True).network_note == texts.SLIM_VOICE
    assert not voice.shown(online=False).network_note
    voice.receive(VoiceModeChanged(VoiceMode.SLIM, VoiceModeReason.ASKED))
    assert not voice.shown(online=True).network_note
