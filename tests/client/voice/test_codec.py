from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.commands import VoiceMode
from client.voice import codec
from client.voice.codec import Decoder, Encoder, libopus
from client.voice.device import Block, silence
from client.voice.packet import SLIM_SAMPLES, VoicePacket, decode, encode
from common.errors import DeviceError, Malformed


def tone(blocks: int) -> list[Block]:
    time = np.arange(blocks * 480) / 48_000
    return np.split((0.4 * np.sin(2 * np.pi * 440 * time)).astype(np.float32), blocks)


def test_a_tone_survives_at_a_constant_size() -> None:
    encoder, decoder = Encoder(VoiceMode.LOW_DELAY), Decoder()
    packets = [encoder.encode(block) for block in tone(50)]
    # Mistake: variable bit rate, whose sizes leak speech through the seal. 96 kbit/s are 120 bytes.
    assert {len(packet) for packet in packets} == {120}
    assert {len(encoder.encode(silence()))} == {120}
    heard = np.concatenate([decoder.decode(packet) for packet in packets])
    delay = 120  # 2.5 ms of look-ahead: mistake, an application with 6.5
    wanted = np.concatenate(tone(50))
    error = heard[4800:] - wanted[4800 - delay : -delay]
    assert np.sqrt(np.mean(error**2)) < 0.02


def test_slim_a_tone_survives_at_a_constant_size() -> None:
    encoder, decoder = Encoder(VoiceMode.SLIM), Decoder()
    sound = [np.concatenate(tone(80)[start : start + 4]) for start in range(0, 80, 4)]
    noise: Block = np.random.default_rng(1).standard_normal(SLIM_SAMPLES).astype(np.float32)
    packets = [encoder.encode(part) for part in sound]
    # Mistake: sizes that tell silence, voice and noise apart. 24 kbit/s are 120 bytes in 40 ms.
    assert {len(encoder.encode(part)) for part in (silence(SLIM_SAMPLES), noise, sound[0], noise)} == {120}
    assert {len(packet) for packet in packets} == {120}
    heard = np.concatenate([decoder.decode(packet) for packet in packets])
    delay = 312  # 6.5 ms of look-ahead
    wanted = np.concatenate(sound)
    assert np.corrcoef(heard[9_600:], wanted[9_600 - delay : -delay])[0, 1] > 0.9
    assert np.std(heard[9_600:]) == pytest.approx(np.std(wanted), rel=0.1)


def test_packets_say_forty_milliseconds() -> None:
    packet = VoicePacket(1, Encoder(VoiceMode.SLIM).encode(silence(SLIM_SAMPLES)), slim=True)
    assert decode(encode(packet)) == packet


def test_one_decoder_follows_from_mode_to_mode() -> None:
    # Would catch a gap, or a click louder than the tone, where a speaker changes.
    coders = {mode: Encoder(mode) for mode in VoiceMode}
    decoder, heard = Decoder(), []
    for begin in range(0, 160, 4):
        mode = VoiceMode.SLIM if begin % 80 < 40 else VoiceMode.LOW_DELAY
        if begin % 40 == 0:
            coders[mode].reset()
        part = tone(160)[begin : begin + 4]
        sounds = [np.concatenate(part)] if mode is VoiceMode.SLIM else part
        heard += [decoder.decode(coders[mode].encode(sound)) for sound in sounds]
    whole = np.concatenate(heard)[4_800:]
    loudness = np.sqrt(np.mean(whole[: whole.size // 480 * 480].reshape(-1, 480) ** 2, axis=1))
    assert loudness.min() > 0.5 * np.median(loudness)
    assert np.abs(whole).max() < 0.6
    assert np.abs(np.diff(whole)).max() < 0.1  # a tone of 440 Hz has 0.023


def test_packets_say_ten_milliseconds() -> None:
    packet = VoicePacket(1, Encoder(VoiceMode.LOW_DELAY).encode(silence()))
    assert decode(encode(packet)) == packet


def test_loss_is_concealed_from_what_was_heard() -> None:
    encoder, decoder = Encoder(VoiceMode.LOW_DELAY), Decoder()
    for block in tone(20):
        decoder.decode(encoder.encode(block))
    made_up = decoder.conceal(480)
    assert made_up.size == 480
    assert 0.05 < float(np.sqrt(np.mean(made_up**2))) < 0.6


@pytest.mark.parametrize("samples", [1, 100, 480, 960, 1_920])
def test_concealment_of_any_size(samples: int) -> None:
    assert Decoder().conceal(samples).size == samples


def test_reset_forgets_the_past() -> None:
    encoder = Encoder(VoiceMode.LOW_DELAY)
    first = encoder.encode(tone(1)[0])
    encoder.encode(tone(2)[1])
    encoder.reset()
    assert encoder.encode(tone(1)[0]) == first


def test_a_block_of_another_size_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="480"):
        Encoder(VoiceMode.LOW_DELAY).encode(silence(481))


decoder = Decoder()


@given(st.binary(min_size=1, max_size=200))
def test_garbage_decodes_to_bounded_sound_or_is_malformed(packet: bytes) -> None:
    try:
        block = decoder.decode(packet)
    except Malformed:
        return
    assert 0 < block.size <= 1_920
    assert np.all(np.abs(block) <= 1.0)


def test_a_packet_longer_than_the_buffer_is_malformed() -> None:
    with pytest.raises(Malformed):
        decoder.decode(bytes([3 << 3]) + bytes(50))  # 60 ms


class TestWithoutLibrary:
    @pytest.fixture(autouse=True)
    def _fresh(self) -> object:
        libopus.cache_clear()
        yield
        libopus.cache_clear()

    def test_the_system_library_is_taken_where_the_wheel_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        bundled = codec._bundled()
        assert bundled is not None
        monkeypatch.setattr(codec, "_bundled", lambda: None)
        monkeypatch.setattr("ctypes.util.find_library", lambda _name: bundled)
        assert Decoder().conceal(480).size == 480

    def test_none_at_all_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
        monkeypatch.setattr("ctypes.util.find_library", lambda _name: None)
        with pytest.raises(DeviceError, match="pip install opuslib-next-bundled"):
            Encoder(VoiceMode.LOW_DELAY)

    def test_another_library_of_that_name_is_passed_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        libc = ctypes.CDLL(None)
        monkeypatch.setattr(codec, "_bundled", lambda: "/nowhere/libopus.so")
        monkeypatch.setattr("ctypes.util.find_library", lambda _name: "libc")
        monkeypatch.setattr(ctypes, "CDLL", _loader(libc))
        with pytest.raises(DeviceError):
            Decoder()

    def test_a_library_that_does_not_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Broken:
            def opus_encoder_create(self, *_: object) -> None: ...

            def opus_decoder_create(self, *_: object) -> None: ...

        monkeypatch.setattr(codec, "libopus", Broken)
        with pytest.raises(DeviceError, match="did not start"):
            Encoder(VoiceMode.SLIM)
        with pytest.raises(DeviceError, match="did not start"):
            Decoder()

    def test_calls_that_fail(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Failing:
            def opus_encoder_create(self, *_: object) -> int:
                return 1

            opus_decoder_create = opus_encoder_create

            def opus_encoder_ctl(self, *_: object) -> int:
                return 0

            opus_encoder_destroy = opus_decoder_destroy = opus_encoder_ctl

            def opus_encode_float(self, *_: object) -> int:
                return -1

            opus_decode_float = opus_encode_float

        monkeypatch.setattr(codec, "libopus", Failing)
        with pytest.raises(DeviceError, match="could not encode"):
            Encoder(VoiceMode.LOW_DELAY).encode(silence())
        assert not Decoder().conceal(480).any()


def _loader(library: ctypes.CDLL) -> object:
    def load(name: str) -> ctypes.CDLL:
        if name == "libc":
            return library
        raise OSError(name)

    return load
