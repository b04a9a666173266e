from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from client.events import Part, ProblemReported, SpeakerChanged
from client.voice.counters import Counters
from client.voice.device import Block, DeviceUnfit
from client.voice.packet import VoicePacket, encode
from client.voice.playback import Playback, PlayClock
from client.voice.receiver import TALK_ENDS_SECONDS
from client.voice.reopening import WAITS
from client.voice.reports import MediaHeard, Report, TalkHeard
from client.voice.talker import VoiceDecoder
from common.errors import DeviceError
from tests.client.voice.fakes import LOST, OPUS_10MS, FakeDecoder, FakeDevices, FakeSeal, FakeSpeaker

AL, BO = b"AL", b"BO"


def frame(member: bytes, number: int, value: float = 0.25, *, room: bytes = b"room", end: bool = False) -> bytes:
    packet = VoicePacket(number * 480, OPUS_10MS + np.float32(value).tobytes(), end)
    return b"V" + room + member + b"%08d" % number + bytes(16) + encode(packet)


@dataclass
class Ear:
    devices: FakeDevices = field(default_factory=FakeDevices)
    counters: Counters = field(default_factory=Counters)
    heard: list[Block] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    codec: bool = True

    def __post_init__(self) -> None:
        self.playback = Playback(self.devices, self.decoder, self.heard.append, self.reports.append, self.counters)
        self.playback.enter(b"room")

    def decoder(self) -> VoiceDecoder:
        if not self.codec:
            raise DeviceError("Voice needs a codec.")
        return FakeDecoder()

    def told(self) -> list[Report]:
        told, self.reports[:] = list(self.reports), []
        return told

    def on(self) -> Ear:
        self.playback.switch(True, 1.0)
        self.playback.step(1.0)
        self.told()
        return self

    def play(self, start: float, count: int) -> list[float]:
        """The last sample of each block."""
        speaker = self.devices.speakers[-1]
        speaker.played = []
        for index in range(count):
            speaker.wants = 1
            self.playback.step(start + 0.01 * index)
        return [round(float(block[-1]), 3) for block in speaker.played]


def test_on_and_off_are_told_once_the_device_is_open() -> None:
    ear = Ear()
    assert ear.playback.step(1.0) is None
    ear.playback.switch(True, 1.0)
    ear.playback.switch(True, 1.0)
    [speaker] = ear.devices.speakers
    speaker.ready = False
    ear.playback.step(1.0)
    assert ear.told() == []
    speaker.ready = True
    assert ear.playback.step(1.1) == 0.004
    assert ear.told() == [SpeakerChanged(on=True, device="fake speaker")]
    ear.playback.switch(False, 2.0)
    ear.playback.switch(False, 2.0)
    assert speaker.closed
    assert ear.told() == [SpeakerChanged(on=False)]


def test_two_speakers_are_mixed_and_told() -> None:
    ear = Ear().on()
    for member in (AL, BO):
        ear.playback.add(member, FakeSeal(), confirmed=True)
        for number in range(3):
            ear.playback.take(frame(member, number), 2.0 + number * 0.01)
    assert ear.told() == [TalkHeard(AL, on=True), TalkHeard(BO, on=True)]
    assert ear.play(2.022, 3) == [0.5, 0.5, 0.5]
    assert len(ear.heard) == 3  # for echo cancelling
    assert ear.playback.started == 2.022


def test_the_end_of_a_talk_and_silence_are_told() -> None:
    ear = Ear().on()
    ear.playback.add(AL, FakeSeal(), confirmed=True)
    ear.playback.take(frame(AL, 0), 2.0)
    ear.playback.take(frame(AL, 1, end=True), 2.01)
    assert ear.told() == [TalkHeard(AL, on=True)]
    ear.playback.step(2.12)
    assert ear.told() == [TalkHeard(AL, on=False)]
    ear.playback.take(frame(AL, 2), 3.0)
    ear.playback.step(3.0 + TALK_ENDS_SECONDS + 0.01)
    assert ear.told() == [TalkHeard(AL, on=True), TalkHeard(AL, on=False)]


def test_frames_of_strangers_other_rooms_and_garbage_are_counted_drops() -> None:
    ear = Ear().on()
    ear.playback.add(AL, FakeSeal(), confirmed=True)
    ear.playback.take(frame(BO, 0), 2.0)
    ear.playback.take(frame(AL, 0, room=b"roof"), 2.0)
    ear.playback.take(b"V", 2.0)
    ear.playback.take(b"VroomAL" + bytes(40), 2.0)
    assert (ear.counters.stray, ear.counters.refused) == (2, 2)
    assert ear.told() == []


def test_unconfirmed_voice_waits() -> None:
    ear = Ear().on()
    ear.playback.add(AL, FakeSeal(), confirmed=False)
    ear.playback.take(frame(AL, 0), 2.0)
    ear.playback.take(frame(AL, 1), 2.01)
    assert ear.play(2.012, 1) == [0.0]
    ear.playback.confirm(AL, 2.015)
    assert ear.told() == [TalkHeard(AL, on=True)]
    assert ear.play(2.022, 2) == [0.25, 0.25]
    ear.playback.confirm(BO, 2.05)  # left before it was confirmed: nothing to do


def test_with_the_speaker_off_nothing_waits_but_talking_is_told() -> None:
    ear = Ear()
    ear.playback.add(AL, FakeSeal(), confirmed=True)
    ear.playback.take(frame(AL, 0), 2.0)
    assert ear.playback.step(2.0) == pytest.approx(0.1)
    assert ear.told() == [TalkHeard(AL, on=True)]
    ear.playback.step(2.4)
    assert ear.told() == [TalkHeard(AL, on=False)]
    assert ear.playback.step(2.4) is None
    ear.on()
    assert ear.play(2.5, 2) == [0.0, 0.0]  # mistake: old voice that comes out when the speaker is switched on


def test_speakers_that_leave_fall_silent() -> None:
    ear = Ear().on()
    ear.playback.add(AL, FakeSeal(), confirmed=True)
    ear.playback.take(frame(AL, 0), 2.0)
    ear.playback.leave()
    assert ear.told() == [TalkHeard(AL, on=True), TalkHeard(AL, on=False)]
    ear.playback.take(frame(AL, 1), 2.01)
    assert ear.counters.stray == 1
    assert ear.play(2.03, 1) == [0.0]


def test_a_device_that_was_stuck_is_served_in_steps() -> None:
    ear = Ear().on()
    ear.devices.speakers[0].wants = 70
    ear.playback.step(2.0)
    assert len(ear.devices.speakers[0].played) == 50


def test_a_card_that_can_wait_does_so_for_a_packet_that_is_a_little_late() -> None:
    # Would catch made-up voice where the real one comes 5 ms later, and a card that waits for what never comes.
    ear = Ear().on()
    ear.playback.add(AL, FakeSeal(), confirmed=True)
    [speaker] = ear.devices.speakers
    for number in range(2):
        ear.playback.take(frame(AL, number), 2.0 + 0.01 * number)
    assert ear.play(2.021, 2) == [0.25] * 2
    speaker.patient, speaker.wants, speaker.played = True, 1, []
    assert ear.playback.step(2.041) == 0.004
    assert speaker.played == []
    ear.playback.take(frame(AL, 2), 2.044)
    ear.playback.step(2.046)
    assert [float(block[-1]) for block in speaker.played] == [0.25]
    speaker.patient = False  # from now on the card needs something each time
    assert -0.25 in ear.play(2.051, 3)
    speaker.patient, speaker.wants, speaker.played = True, 1, []
    ear.playback.step(2.081)  # it is more than a little late: nobody waits for it again
    assert len(speaker.played) == 1


def test_without_a_codec_the_speaker_stays_off_with_a_sentence() -> None:
    ear = Ear(codec=False)
    ear.playback.switch(True, 1.0)
    assert ear.told() == [ProblemReported(Part.SPEAKER, "speaker", "Voice needs a codec."), SpeakerChanged(on=False)]
    assert ear.devices.speakers == []


def test_a_lost_speaker_is_opened_again_or_given_up() -> None:
    ear = Ear().on()
    ear.devices.speakers[0].broken = LOST
    assert ear.playback.step(2.0) is not None
    assert ear.told() == [ProblemReported(Part.SPEAKER, "speaker", "It stopped working.")]
    ear.playback.step(2.0 + WAITS[0] + 1e-9)
    assert ear.told() == [SpeakerChanged(on=True, device="fake speaker")]
    ear.devices.speakers[1].broken = LOST
    ear.devices.missing = True
    now = 3.0
    while (wait := ear.playback.step(now)) is not None:
        now += wait
    assert ear.told() == [
        ProblemReported(Part.SPEAKER, "speaker", "It stopped working."),
        ProblemReported(Part.SPEAKER, "speaker", "There is no speaker."),
        SpeakerChanged(on=False),
    ]


def test_another_device_is_told_and_one_that_stands_in_is_a_problem() -> None:
    ear = Ear().on()
    [speaker] = ear.devices.speakers
    speaker.name, speaker.missing = "Screen", "Headset"
    ear.playback.step(1.1)
    ear.playback.step(1.2)
    assert ear.told() == [
        SpeakerChanged(on=True, device="Screen"),
        ProblemReported(
            Part.SPEAKER, "speaker_missing", "The speaker “Headset” is not here: Screen is used in its place."
        ),
    ]


def test_a_choice_counts_at_once_while_the_speaker_is_on() -> None:
    ear = Ear()
    ear.playback.renew(0.5)
    assert ear.devices.speakers == []
    ear.on()
    ear.playback.renew(2.0)
    first, second = ear.devices.speakers
    assert first.closed
    assert not second.closed
    ear.playback.step(2.0)
    assert ear.told() == [SpeakerChanged(on=True, device="fake speaker")]


def test_a_speaker_that_holds_too_little_is_opened_anew_without_a_word() -> None:
    ear = Ear().on()
    ear.devices.speakers[0].broken = DeviceUnfit()
    ear.playback.step(2.0)
    assert len(ear.devices.speakers) == 2
    ear.playback.step(2.1)
    assert ear.told() == [SpeakerChanged(on=True, device="fake speaker")]


def test_a_speaker_that_we_open_anew_and_that_fails_is_tried_again() -> None:
    # Mistake: a sound server that dies at that moment, and a speaker that is off for good.
    ear = Ear().on()
    ear.devices.speakers[0].broken = DeviceUnfit()
    ear.playback.step(2.0)
    ear.devices.speakers[1].broken = DeviceError("It could not be opened.")
    ear.playback.step(2.1)
    assert ear.told()[-1] == ProblemReported(Part.SPEAKER, "speaker", "It could not be opened.")
    assert ear.playback.on
    ear.playback.step(2.1 + WAITS[0])
    ear.playback.step(2.2 + WAITS[0])
    assert ear.told() == [SpeakerChanged(on=True, device="fake speaker")]
    ear.devices.speakers[2].broken = DeviceError("Out of order.")  # by itself: that is the end
    ear.playback.step(30.0)
    assert ear.told()[-1] == SpeakerChanged(on=False)


def test_off_while_it_is_tried_again_is_off() -> None:
    ear = Ear().on()
    ear.devices.speakers[0].broken = LOST
    ear.playback.step(2.0)
    ear.playback.close()
    assert ear.told()[-1] == SpeakerChanged(on=False)
    assert ear.playback.step(9.0) is None
    ear.playback.close()


def test_measures_are_the_worst_of_all_speakers() -> None:
    ear = Ear().on()
    assert ear.playback.measures() == {"jitter_ms": 0.0, "buffer_ms": 0.0}
    ear.playback.add(AL, FakeSeal(), confirmed=True)
    ear.playback.add(BO, FakeSeal(), confirmed=True)
    ear.playback.take(frame(AL, 0), 2.0)
    ear.playback.take(frame(AL, 1), 2.015)
    assert ear.playback.measures() == {"jitter_ms": 5.0, "buffer_ms": 20.0}


def test_when_more_lanes_bring_voice_late_packets_of_before_are_forgotten() -> None:
    ear = Ear().on()
    ear.playback.add(AL, FakeSeal(), confirmed=True)
    ear.playback.take(frame(AL, 0), 2.0)
    ear.playback.take(frame(AL, 1), 2.06)
    ear.playback.set_lanes(1, 2.1)
    assert ear.playback.measures()["jitter_ms"] == 50.0  # no other than it was
    ear.playback.set_lanes(2, 2.1)
    assert ear.playback.measures()["jitter_ms"] == 0.0


class TestPlayClock:
    def test_bursts_are_evened_out(self) -> None:
        clock = PlayClock()
        times = [clock.tick(5.0 + 0.02 * (index // 2)) for index in range(400)]
        steps = np.diff(times[200:])
        assert float(np.max(np.abs(steps - 0.01))) < 0.001
        assert abs(times[-1] - (5.0 + 0.01 * 399)) < 0.012

    def test_it_never_runs_ahead_of_what_can_have_come(self) -> None:
        # Mistake: of a burst the later half would ask for packets that come only after it, and be made up.
        clock = PlayClock()
        moments = [5.0 + 0.04 * (index // 4) for index in range(800)]
        ahead = [clock.tick(moment) - moment for moment in moments]
        assert max(ahead) < 0.002501
        assert min(ahead[400:]) > -0.0305  # and no later than it has to be

    def test_a_device_that_stood_still_starts_the_clock_anew(self) -> None:
        clock = PlayClock()
        clock.tick(5.0)
        assert clock.tick(6.0) == 6.0


def test_when_a_speaker_is_heard_is_told_with_what_the_card_still_holds() -> None:
    ear = Ear().on()
    ear.playback.add(AL, FakeSeal(), confirmed=True)
    for number in range(70):
        ear.playback.take(frame(AL, number), 2.0 + 0.01 * number)
        ear.play(2.0 + 0.01 * number, 1)
    [told] = [one for one in ear.told() if isinstance(one, MediaHeard)]
    assert told.member == AL
    delay = told.at - told.media_time / 48_000 - 2.0
    assert delay == pytest.approx(FakeSpeaker.latency + 0.02, abs=0.011)


def test_a_speaker_is_heard_as_loud_as_is_wanted() -> None:
    # mistake: the volume of one changes nothing, or that of somebody who is not here ends the thread
    heard = []
    for gain in (1.0, 0.5):
        ear = Ear().on()
        ear.playback.add(AL, FakeSeal(), confirmed=True)
        ear.playback.tune(AL, gain)
        ear.playback.tune(BO, 0.25)
        for number in range(4):
            ear.playback.take(frame(AL, number), 1.0)
        heard.append(ear.play(1.02, 6))
    assert any(heard[0])
    assert heard[1] == pytest.approx([one / 2 for one in heard[0]], abs=0.002)


def test_a_muted_speaker_is_neither_opened_nor_shown_and_comes_back() -> None:
    # mistake: in a large room, where all voices come over one topic, muted ones are heard, or cost as much as if
    ear = Ear().on()
    ear.playback.add(AL, FakeSeal(), confirmed=True)
    ear.playback.take(frame(AL, 0), 1.0)
    assert ear.told() == [TalkHeard(AL, on=True)]
    ear.playback.tune(AL, 0.0)
    ear.playback.take(frame(AL, 1), 1.01)
    ear.playback.step(1.01)
    assert ear.told() == [TalkHeard(AL, on=False)]
    assert ear.counters.muted == 1
    ear.play(1.02, 3)
    assert ear.playback.measures()["buffer_ms"] == 0.0  # what waited is gone
    ear.playback.tune(AL, 1.0)
    ear.playback.take(frame(AL, 2), 1.1)
    assert ear.told() == [TalkHeard(AL, on=True)]


def test_a_volume_that_was_chosen_before_holds_from_the_first_sample() -> None:
    # mistake: whoever is to be heard softly begins each time with a crack at full volume
    ear = Ear().on()
    ear.playback.add(AL, FakeSeal(), confirmed=True)
    ear.playback.tune(AL, 0.1)
    ear.playback.tune(b"??", 0.1)  # of somebody who has just gone
    for number in range(3):
        ear.playback.take(frame(AL, number), 2.0 + number * 0.01)
    ear.play(2.022, 3)
    assert max(float(np.abs(block).max()) for block in ear.devices.speakers[-1].played) == pytest.approx(0.025)


def test_what_waits_for_somebody_to_be_confirmed_is_not_heard_after_mute() -> None:
    ear = Ear().on()
    ear.playback.add(AL, FakeSeal(), confirmed=False)
    for number in range(3):
        ear.playback.take(frame(AL, number), 2.0 + number * 0.01)
    ear.playback.tune(AL, 0.0)
    ear.playback.confirm(AL, 2.03)
    assert ear.play(2.04, 3) == [0.0, 0.0, 0.0]
    assert ear.told() == []


def test_voices_that_are_too_loud_together_are_bent_and_not_cut() -> None:
    ear = Ear().on()
    for member in (AL, BO):
        ear.playback.add(member, FakeSeal(), confirmed=True)
        ear.playback.tune(member, 4.0)
        for number in range(3):
            ear.playback.take(frame(member, number, 0.9), 2.0 + number * 0.01)
    assert all(0.9 < level <= 1.0 for level in ear.play(2.022, 3))


@pytest.mark.parametrize("where", ["put", "block"])
def test_a_fault_by_what_one_speaker_sends_silences_nobody_else(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Would catch one odd packet that ends the voice of a whole room.
    def fault(*_: object) -> None:
        raise IndexError("of our own")

    ear = Ear().on()
    for member in (AL, BO):
        ear.playback.add(member, FakeSeal(), confirmed=True)
    ear.playback.take(frame(AL, 0), 2.0)
    talker = ear.playback._voices[AL].talker  # the fault is put where only a talker of this speaker has it
    monkeypatch.setattr(talker, where, fault)
    ear.play(2.0, 1)
    for number in range(1, 6):
        for member in (AL, BO):
            ear.playback.take(frame(member, number), 2.0 + number * 0.01)
    assert max(ear.play(2.06, 4)) == pytest.approx(0.25, abs=0.01)
    assert ear.counters.refused >= 4
    ear.told()
    assert ear.playback.on


def test_nor_does_a_fault_by_what_waited_until_a_speaker_was_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> None:
        raise IndexError("of our own")

    ear = Ear().on()
    ear.playback.add(AL, FakeSeal(), confirmed=False)
    ear.playback.take(frame(AL, 0), 2.0)
    monkeypatch.setattr("client.voice.playback.Talker.put", fault)
    ear.playback.confirm(AL, 2.01)
    monkeypatch.undo()
    ear.playback.take(frame(AL, 1), 2.02)
    assert ear.counters.refused == 1
    assert ear.told() == []
