"""The real PyAudio on a real sound server whose card exists in memory only.

Each test runs its client in a process of its own: PortAudio is led to the server by the environment, and a crash
in it must not end the other tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from client.voice.urgency import take_precedence
from tests.integration.sound_server import NEEDED, SoundServer

ROOT = Path(__file__).parents[2]
SPEECH = ROOT / "tests" / "sounds" / "speech.wav"

# What the client in the other process does. `wait` returns the first report of a kind; nothing is timed.
CLIENT = """
import json, os, queue, subprocess, sys, time
from client.events import *
from client.voice.engine import VoiceEngine
from client.voice.reports import TalkHeard
from common.crypto.sframe import FrameOpener, FrameSealer

KEY = bytes(32)
speech, heard = sys.argv[1:3]

class Client:
    def __init__(self, microphone, speaker, to=None):
        self.reports = queue.Queue()
        self.engine = VoiceEngine(
            microphone=microphone, speaker=speaker, report=self.reports.put,
            send=lambda frame: to and to.engine.receive(frame, time.monotonic()),
        )
        self.engine.start()
    def wait(self, kind, on=None):
        while True:
            report = self.reports.get(timeout=40)
            if type(report) is kind and (on is None or report.on == on):
                return report
    def until(self, fits):
        reports = []
        while not reports or not fits(reports[-1]):
            reports.append(self.reports.get(timeout=40))
        return reports
def pactl(*words):
    return subprocess.run(["pactl", *words], capture_output=True, text=True, check=True).stdout.strip()
def plug(name):
    # A card of which what is played can be heard at its microphone.
    sink = pactl("load-module", "module-null-sink", f"sink_name={name}", f"sink_properties=device.description={name}")
    source = pactl("load-module", "module-remap-source", f"source_name=mic-{name}", f"master={name}.monitor",
                   f"source_properties=device.description=Mic-{name}")
    return sink, source
def unplug(modules):
    for module in reversed(modules):
        pactl("unload-module", module)
def done(*clients, **more):
    for client in clients:
        client.engine.close()
    print(json.dumps(more), flush=True)
"""

LOOP = """
# Bob hears Ann on his card, and a third one takes down what comes out of that card.
tape = Client("none", heard)
ears = Client("default", "none", to=tape)
bob = Client("none", "default")
ann = Client(speech, "none", to=bob)
tape.engine.enter(b"VroomTT", FrameSealer(KEY)); tape.engine.add_speaker(b"EE", FrameOpener(KEY), True)
ears.engine.enter(b"VroomEE", FrameSealer(KEY)); ears.engine.set_audience(True)
bob.engine.enter(b"VroomBB", FrameSealer(KEY)); bob.engine.add_speaker(b"AA", FrameOpener(KEY), True)
ann.engine.enter(b"VroomAA", FrameSealer(KEY)); ann.engine.set_audience(True)
bob.engine.set_speaker(True); speaker = bob.wait(SpeakerChanged)
tape.engine.set_speaker(True); tape.wait(SpeakerChanged)
ears.engine.set_microphone(True); microphone = ears.wait(MicrophoneChanged)
tape.wait(TalkHeard, True)  # the card's own sound arrives
ann.engine.set_microphone(True)
ann.wait(MicrophoneEnded)
bob.wait(TalkHeard, False)
ears.engine.set_microphone(False)
tape.wait(TalkHeard, False)
stats = bob.engine.stats()
done(ann, bob, ears, tape, on=[speaker.on, microphone.on], names=[speaker.device, microphone.device],
     sent=ann.engine.stats()["voice_frames_sent"], played=stats["played"],
     urgent=[stats["voice_urgent"], tape.engine.stats()["voice_urgent"]])
"""

TROUBLE = """
both = Client("default", os.environ["SPEAKER"])
both.engine.set_speaker(True); both.wait(SpeakerChanged, True)
both.engine.set_microphone(True); both.wait(MicrophoneChanged, True)
print("on", flush=True)
problems = [both.wait(ProblemReported), both.wait(ProblemReported)]
print("lost", flush=True)
back, seen = set(), []
while len(back) < 2:
    report = both.reports.get(timeout=40)
    seen.append(report)
    if isinstance(report, (MicrophoneChanged, SpeakerChanged)):
        assert report.on, report
        back.add(type(report))
both.engine.set_microphone(False); both.engine.set_speaker(False)
seen += both.until(lambda r: r == SpeakerChanged(False))
done(both, parts=sorted(p.part for p in problems), messages=[p.message for p in problems],
     missing=[str(r) for r in seen if isinstance(r, ProblemReported)])
"""

CHOICE = """
plug("One"); two = plug("Two")
pactl("set-default-sink", "One"); pactl("set-default-source", "mic-One")
both = Client("default", "default")
both.engine.set_speaker(True); first = both.until(lambda r: r == SpeakerChanged(True, "One"))
both.engine.set_microphone(True); both.until(lambda r: r == MicrophoneChanged(True, "Mic-One"))
both.engine.list_devices(); listed = both.wait(DevicesListed)
pactl("set-default-sink", "Two"); both.until(lambda r: r == SpeakerChanged(True, "Two"))
pactl("set-default-source", "mic-Two"); both.until(lambda r: r == MicrophoneChanged(True, "Mic-Two"))
pactl("set-default-sink", "One"); both.until(lambda r: r == SpeakerChanged(True, "One"))
both.engine.choose_devices("Mic-Two", "two"); chosen = both.until(lambda r: r == SpeakerChanged(True, "Two"))
unplug(two); both.until(lambda r: isinstance(r, ProblemReported) and "“two” is not here: " in r.message)
two = plug("Two"); back = both.until(lambda r: r == SpeakerChanged(True, "Two"))
both.engine.choose_devices("default", "default"); both.until(lambda r: r == SpeakerChanged(True, "One"))
problems = [r for r in first + chosen + back if isinstance(r, ProblemReported)]
done(both, microphones=listed.microphones, speakers=listed.speakers,
     problems=[str(problem) for problem in problems if problem.part is Part.SPEAKER])
"""

ECHO = """
plug("One"); pactl("set-default-sink", "One"); pactl("set-default-source", "mic-One")
alone = Client("default", "default")
alone.engine.test_echo()
before = alone.until(lambda r: r == EchoTestChanged(EchoStep.LISTEN))
alone.until(lambda r: r == EchoTestChanged(EchoStep.OVER))
alone.engine.set_speaker(True); alone.wait(SpeakerChanged, True)
alone.engine.test_echo(); refused = alone.wait(ProblemReported)
done(alone, steps=[r.step for r in before if isinstance(r, EchoTestChanged)],
     levels=sum(isinstance(r, MicrophoneLevel) for r in before), refused=refused.message)
"""

ABSENT = """
both = Client("default", "default")
both.engine.set_speaker(True); first = both.wait(ProblemReported); both.wait(SpeakerChanged, False)
both.engine.set_microphone(True); second = both.wait(ProblemReported); both.wait(MicrophoneChanged, False)
done(both, messages=[first.message, second.message])
"""


@pytest.fixture
def server() -> Iterator[SoundServer]:
    pytest.importorskip("pyaudio", reason="this test needs PyAudio: pip install pyaudio")
    if not SoundServer.available():
        pytest.skip(f"this test needs a sound server: {NEEDED}")
    with tempfile.TemporaryDirectory() as folder, SoundServer(Path(folder)) as server:
        yield server


def begin(script: str, environment: dict[str, str], heard: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT + script, str(SPEECH), str(heard)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str], *, quiet: bool = True) -> dict[str, object]:
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    if quiet:
        assert errors == ""  # mistake: a hundred lines of ALSA on the user's terminal
    assert "Traceback" not in errors
    answer = json.loads(output.splitlines()[-1])
    assert isinstance(answer, dict)
    return answer


def test_speech_through_a_card_is_understood(server: SoundServer, tmp_path: Path) -> None:
    import numpy as np
    import soundfile
    import soxr
    from pystoi import stoi

    answer = end(begin(LOOP, server.environment(), tmp_path / "heard.wav"))
    assert answer["on"] == [True, True]
    assert answer["names"] == ["Card", "Monitor of Card"]
    with ThreadPoolExecutor(1) as thread:  # which alone is changed, where that is allowed
        assert answer["urgent"] == [thread.submit(take_precedence).result(), False]
    sent, played = answer["sent"], answer["played"]
    assert isinstance(sent, int)
    assert isinstance(played, int)
    assert sent > 500
    assert played >= 0.95 * sent  # the last may still wait, and a machine that stands still skips some
    sound, rate = soundfile.read(tmp_path / "heard.wav")
    said, said_rate = soundfile.read(SPEECH)
    said = soxr.resample(said, said_rate, rate)
    size = 1 << (sound.size + said.size).bit_length()
    likeness = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(said, size)), size)
    lag = int(np.argmax(likeness[: sound.size]))
    part = sound[lag : lag + said.size]
    # Coded twice, over a card that shares the machine with everything else: understood is enough here.
    assert stoi(said[: part.size], part, rate) > 0.75


@pytest.mark.parametrize("speaker", ["default", "Card"])
def test_a_sound_server_that_dies_and_comes_back(server: SoundServer, tmp_path: Path, speaker: str) -> None:
    process = begin(TROUBLE, {**server.environment(), "SPEAKER": speaker}, tmp_path / "heard.wav")
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    server.stop()
    assert process.stdout.readline() == "lost\n"
    server.start()
    answer = end(process, quiet=False)  # PortAudio's own thread writes some lines as its stream breaks
    assert answer["parts"] == ["microphone", "speaker"]
    assert "stopped working" in str(answer["messages"])
    assert answer["missing"] == []  # mistake: what was chosen is opened past the server, and said not to be there


def test_devices_are_chosen_followed_and_come_back(server: SoundServer, tmp_path: Path) -> None:
    answer = end(begin(CHOICE, server.environment(), tmp_path / "heard.wav"), quiet=False)
    assert answer["microphones"] == ["Mic-One", "Mic-Two"]  # and no monitors
    assert answer["speakers"] == ["Card", "One", "Two"]
    assert answer["problems"] == []


def test_an_echo_test_needs_no_room(server: SoundServer, tmp_path: Path) -> None:
    answer = end(begin(ECHO, server.environment(), tmp_path / "heard.wav"))
    assert answer["steps"] == ["speak", "listen"]
    assert answer["levels"] == 30
    assert "off before" in str(answer["refused"])


def test_without_any_card_both_stay_off_with_a_sentence(tmp_path: Path) -> None:
    nowhere = {"PULSE_SERVER": f"unix:{tmp_path / 'nobody'}", "HOME": str(tmp_path)}
    answer = end(begin(ABSENT, nowhere, tmp_path / "heard.wav"))
    messages = answer["messages"]
    assert isinstance(messages, list)
    speaker, microphone = messages
    assert "speaker" in str(speaker)
    assert "microphone" in str(microphone)
