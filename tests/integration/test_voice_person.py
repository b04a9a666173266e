"""How loud each person is, between real processes: what mute costs, what is recorded, what a restart remembers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from common.limits import SAMPLE_RATE
from tests.integration.client_process import ClientProcess
from tests.integration.conftest import People
from tests.integration.test_voice_rooms import LOUD, long_speech, loudness, recorded

TONE = 0.1  # of full scale, peak


def tone(folder: Path, seconds: float) -> Path:
    """A sound of one loudness, as a microphone."""
    path = folder / "tone.wav"
    times = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    soundfile.write(path, TONE * np.sin(2 * np.pi * 440 * times), SAMPLE_RATE)
    return path


def received(person: ClientProcess) -> int:
    return int(person.ask("stats")["voice_bytes_received"])


def wait_until_it_is_quiet(listener: ClientProcess, talker: ClientProcess, line: str) -> int:
    """What is under way when mute is asked for may still come; two lines later it has. Bytes received by then."""
    for number in range(2):
        talker.say(f"{line} {number}")
        listener.reads(f"{line} {number}")
    return received(listener)


def test_whoever_is_muted_costs_no_traffic_and_nobody_else_is_lost(people: People, tmp_path: Path) -> None:
    # Would catch a mute that only turns the sound down, one that mutes others too, and one that cannot be undone.
    ann = people.join("Ann", "--mic", str(long_speech(tmp_path, 20)), "--mic-on")
    ben = people.join("Ben", "--speaker-on")
    cem = people.join("Cem", "--speaker-on")
    device = ann.expect("joined")["member"]
    for listener in (ben, cem):
        listener.expect("talking", on=True, member=device)
    mark = ben.mark
    ben.do("mute", member=device, on=True)
    assert ben.expect("member_changed", after=mark, member=device)["muted"]
    ben.expect("talking", after=mark, on=False, member=device)
    before, others = wait_until_it_is_quiet(ben, ann, "muted"), received(cem)
    for number in range(3):  # each of them takes longer than many frames
        ann.say(f"still talking {number}")
        ben.reads(f"still talking {number}")
        cem.expect("text", text=f"still talking {number}")
    sent = ann.ask("stats")["voice_frames_sent"]
    while ann.ask("stats")["voice_frames_sent"] < sent + 100:
        pass  # a second of speech
    assert received(ben) == before
    assert received(cem) > others
    mark = ben.mark
    ben.do("mute", member=device, on=False)
    ben.expect("talking", after=mark, on=True, member=device)
    assert received(ben) > before


def test_a_connection_is_not_taken_for_deaf_where_only_the_muted_talk(people: People, tmp_path: Path) -> None:
    # Would catch a client that opens its voice connection again and again, or says that voice cannot be heard.
    ann = people.join("Ann", "--mic", str(long_speech(tmp_path, 20)), "--mic-on")
    dora = people.join("Dora")  # silent, and not muted: the connection stays
    ben = people.join("Ben", "--speaker-on")
    device = ann.expect("joined")["member"]
    ben.expect("talking", on=True, member=device)
    ben.do("mute", member=device, on=True)
    ben.expect("talking", on=False, member=device)
    sent = ann.ask("stats")["voice_frames_sent"]
    while ann.ask("stats")["voice_frames_sent"] < sent + 500:  # many Pongs
        pass
    assert ben.ask("stats")["voice_reopened"] == 0
    mark = ben.mark
    ann.quit()  # and what was given out before does not count when all that are left are heard
    ben.expect("member_left", after=mark, name="Ann")
    for number in range(3):
        dora.say(f"line {number}")
        ben.reads(f"line {number}")
    assert ben.ask("stats")["voice_reopened"] == 0
    assert not any(event["event"] == "error" for event in ben.events)


def test_volume_is_measured_in_what_is_played_and_remembered_over_a_restart(people: People, tmp_path: Path) -> None:
    # Would catch a volume that is shown and not heard, that has another sign or scale, or that a restart forgets.
    ann = people.join("Ann", "--mic", str(tone(tmp_path, 60)))
    device = ann.expect("joined")["member"]
    levels = []
    for run, decibels in enumerate((None, -20, None, 12)):  # None: as it was left by the run before
        heard = tmp_path / f"heard{run}.wav"
        ben = people.join("Ben", "--speaker", str(heard), "--speaker-on", folder="ben")
        if decibels is not None:
            ben.do("volume", member=device, decibels=decibels)
            ben.expect("member_changed", member=device, decibels=decibels)
        mark = ben.mark
        ann.do("mic", on=True)
        ben.expect("talking", after=mark, on=True, member=device)
        sent = ann.ask("stats")["voice_frames_sent"]
        while ann.ask("stats")["voice_frames_sent"] < sent + 80:
            pass
        ann.do("mic", on=False)
        ben.expect("talking", after=mark, on=False, member=device)
        gone = ann.mark
        assert ben.quit() == 0
        ann.expect("member_left", after=gone, name="Ben")
        came = loudness(recorded(heard))
        assert float(came.max()) > LOUD / 20
        levels.append(20 * np.log10(float(np.median(came[came > came.max() / 4]))))
    plain, softer, again, louder = levels
    assert abs(softer - plain + 20) < 0.5, levels
    assert abs(again - softer) < 0.5, levels
    assert abs(louder - plain - 12) < 0.5, levels
