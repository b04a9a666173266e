"""Voice over a link that carries less than it: the talker makes it slim by itself, and opens no second lane."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile

from common.invite import Invite
from common.limits import SAMPLE_RATE
from scripts.person import Person
from scripts.processes import start_broker
from scripts.rig.link import Link, Network

pytestmark = [pytest.mark.alone, pytest.mark.skipif(bool(Link.missing()), reason=Link.missing())]

PHRASE = "banjo-clover-oxidize-pelican-sixtyfold-wharf"
SECONDS = 60


def test_a_full_way_up_makes_the_voice_slim(tmp_path: Path) -> None:
    # Would catch an `auto` that no measured delay ever reaches, and copies on a link that has no room for the first.
    noise = np.random.default_rng(3).normal(0, 0.1, SECONDS * SAMPLE_RATE)
    soundfile.write(tmp_path / "noise.wav", noise, SAMPLE_RATE)
    with ExitStack() as stack:
        link = stack.enter_context(Link(Network(delay=10, kbit=120, queue=400), seed=1))
        broker = start_broker(
            ["--host", link.far_address, "--port", "0", "--data", str(tmp_path / "data")],
            say=lambda _: None,
            log=tmp_path / "all.log",
            before=link.far,
        )
        stack.callback(broker.stop)
        invite = str(Invite(broker.control, broker.key, broker.voice.port, broker.banner.port, None))

        def join(name: str, before: tuple[str, ...], *flags: str) -> Person:
            person = Person(name, invite, PHRASE, tmp_path / name, flags, tmp_path / f"{name}.errors", {}, before)
            stack.callback(person.leave)
            person.wait("joined")
            return person

        ben = join("Ben", link.far, "--speaker", str(tmp_path / "heard.wav"), "--speaker-on")
        said = str(tmp_path / "noise.wav")
        ann = join("Ann", link.near, "--mic", said, "--transmit", "always", "--processing", "none")
        ann.wait("listening", lambda event: event["count"] == 1)
        ann.do("mic", on=True)
        told = ann.wait("voice", lambda event: event["mode"] == "slim", seconds=30)
        assert told["why"] == "full"
        until = time.monotonic() + 30
        while not ann.stats()["slim"]:  # changed where it is soft, or after a while
            assert time.monotonic() < until, "the voice is not made slim"
        before = ben.stats()["voice_frames_received"]
        while ben.stats()["voice_frames_received"] < before + 100:
            assert time.monotonic() < until, "no more voice comes through"
        stats = ann.stats()
        assert (stats["lanes"], stats["lane_opened"]) == (1, 0)
