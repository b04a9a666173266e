from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from client.voice.device import Block, silence
from client.voice.wav_device import WavMicrophone, WavSpeaker
from common.errors import DeviceError
from tests.client.voice.fakes import level


def spoken(microphone: WavMicrophone, start: float) -> Block:
    blocks = []
    now = start
    while not microphone.ended:
        now += 0.01
        block = microphone.read(now)
        assert block is not None
        assert block.size == 480
        assert microphone.read(now) is None  # mistake: to speak faster than real time
        blocks.append(block)
    return np.concatenate(blocks)


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"),
    [(48_000, 1, "PCM_16"), (16_000, 2, "FLOAT"), (44_100, 6, "PCM_24"), (8_000, 1, "PCM_U8")],
)
def test_any_rate_and_any_channels_are_spoken_in_real_time(
    tmp_path: Path, rate: int, channels: int, subtype: str
) -> None:
    time = np.arange(rate) / rate
    tone = 0.4 * np.sin(2 * np.pi * 500 * time)
    path = tmp_path / "tone.wav"
    soundfile.write(path, np.stack([tone] * channels, axis=1), rate, subtype)
    microphone = WavMicrophone(path, 10.0)
    assert (microphone.name, microphone.ready) == ("tone.wav", True)
    assert microphone.read(10.0) is None
    assert microphone.due(10.0) == pytest.approx(0.01)
    sound = spoken(microphone, 10.0)
    assert abs(sound.size - 48_000) <= 480
    wanted = 0.4 * np.sin(2 * np.pi * 500 * np.arange(40_000) / 48_000)
    assert float(np.max(np.abs(sound[2_000:40_000] - wanted[2_000:]))) < 0.02
    assert microphone.read(99.0) is None
    microphone.close()


def test_wild_samples_are_tamed(tmp_path: Path) -> None:
    # Mistake: infinity in a float file would become noise at full scale, or poison every filter behind.
    path = tmp_path / "wild.wav"
    soundfile.write(path, np.array([np.inf, -np.inf, np.nan, 1e30, 0.0] * 200, np.float32), 48_000, "FLOAT")
    sound = spoken(WavMicrophone(path, 0.0), 0.0)
    assert np.all(np.isfinite(sound))
    assert np.all(np.abs(sound) <= 1.0)


def test_an_empty_file_ends_at_once(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    soundfile.write(path, np.zeros(0), 48_000)
    assert spoken(WavMicrophone(path, 0.0), 0.0).size == 480


@pytest.mark.parametrize("content", [b"", b"This is no sound at all.", b"RIFF\x24\x00\x00\x00WAVEfmt "])
def test_a_file_that_is_no_wav_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.wav"
    path.write_bytes(content)
    with pytest.raises(DeviceError, match=r"letter.wav is not a sound file"):
        WavMicrophone(path, 0.0)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"no file gone.wav"):
        WavMicrophone(tmp_path / "gone.wav", 0.0)
    with pytest.raises(DeviceError, match="not a sound file"):
        WavMicrophone(tmp_path, 0.0)
    with pytest.raises(DeviceError, match="cannot be written"):
        WavSpeaker(tmp_path / "gone" / "out.wav", 0.0)


def test_a_file_that_breaks_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, np.zeros(48_000), 48_000)
    microphone = WavMicrophone(path, 0.0)

    def fail(*_: object, **__: object) -> None:
        raise OSError("the stick was pulled out")

    monkeypatch.setattr(microphone._file, "read", fail)
    with pytest.raises(DeviceError):
        microphone.read(0.01)


def test_a_recording_is_what_was_played(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    speaker = WavSpeaker(path, 0.0)
    assert speaker.wanted(0.03) == 3
    for value in (0.1, -0.5, 1.0):
        speaker.write(level(value))
    assert speaker.wanted(0.03) == 0
    assert speaker.due(0.03) == pytest.approx(0.01)
    speaker.finish()
    sound, rate = soundfile.read(path)
    assert (rate, sound.shape) == (48_000, (1440,))
    assert np.allclose(sound[[0, 500, 1000]], [0.1, -0.5, 1.0], atol=1e-4)
    assert soundfile.info(path).subtype == "PCM_16"


def test_the_header_is_right_before_the_end(tmp_path: Path) -> None:
    # Mistake: sizes written at close only: a killed program leaves a file that nobody opens.
    path = tmp_path / "out.wav"
    speaker = WavSpeaker(path, 0.0)
    assert soundfile.info(path).frames == 0
    for _ in range(250):
        speaker.write(level(0.1))
    assert soundfile.info(path).frames == 200 * 480
    speaker.finish()
    assert soundfile.info(path).frames == 250 * 480


def test_while_the_speaker_is_off_there_is_silence_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    speaker = WavSpeaker(path, 0.0)
    speaker.write(level(0.5))
    speaker.close()
    assert soundfile.info(path).frames == 480
    speaker.resume(1.0)
    assert speaker.wanted(1.0) == 0
    assert speaker.wanted(1.01) == 1
    speaker.write(level(-0.5))
    speaker.finish()
    sound, _ = soundfile.read(path)
    assert sound.size == 101 * 480
    assert sound[0] == pytest.approx(0.5, abs=1e-4)
    assert not sound[480:48_000].any()
    assert sound[48_000] == pytest.approx(-0.5, abs=1e-4)


def test_a_full_disk_is_one_sentence_and_closing_is_quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speaker = WavSpeaker(tmp_path / "out.wav", 0.0)

    def fail(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(speaker._wave, "writeframes", fail)
        for _ in range(99):
            speaker.write(silence())
        with pytest.raises(DeviceError, match="space on the disk"):
            speaker.write(silence())
        speaker.close()
    speaker.finish()


def test_a_recording_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client.voice.wav_device._LONGEST_BLOCKS", 1)
    speaker = WavSpeaker(tmp_path / "out.wav", 0.0)
    speaker.write(silence())
    with pytest.raises(DeviceError, match="full"):
        speaker.write(silence())
    speaker.finish()


def test_hours_of_silence_are_not_written_at_once_and_more_than_a_file_holds_is_told(tmp_path: Path) -> None:
    # Mistake: an hour off is 345 MB at once, and a day ends the voice.
    speaker = WavSpeaker(tmp_path / "long.wav", 0.0)
    speaker.close()
    speaker.resume(100.0)
    assert (tmp_path / "long.wav").stat().st_size == pytest.approx(100 * 96_000, rel=0.01)
    with pytest.raises(DeviceError, match="six hours"):
        speaker.resume(24 * 3_600.0)
    speaker.finish()
