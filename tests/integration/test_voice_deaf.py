"""A voice connection that falls silent without closing, between real processes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from common.invite import Invite
from tests.integration.broker_process import BrokerProcess
from tests.integration.client_process import ClientProcess
from tests.integration.conftest import PHRASE, People
from tests.integration.relay import Relay
from tests.integration.test_voice_rooms import long_speech


def test_a_listener_that_went_deaf_hears_again_and_text_never_stops(
    broker: BrokerProcess, people: People, tmp_path: Path
) -> None:
    # Would catch a client that waits for a connection to break which never will.
    with closing(Relay(broker.voice)) as relay:
        invite = Invite(broker.control, broker.key, relay.port, broker.banner.port, None)
        flags = ("--mic", "none", "--speaker", str(tmp_path / "heard.wav"), "--speaker-on")
        with closing(ClientProcess("Ben", PHRASE, tmp_path / "ben", *flags, where=("--invite", str(invite)))) as ben:
            ben.expect("joined")
            ann = people.join("Ann", "--mic", str(long_speech(tmp_path, 20)), "--mic-on")
            ben.expect("talking", on=True)
            assert ben.ask("stats")["voice_reopened"] == 0
            assert relay.connections == 1
            mark = ben.mark
            relay.silence()
            ben.expect("talking", after=mark, on=False)
            ann.say("do you hear me?")
            ben.reads("do you hear me?")
            ben.expect("talking", after=mark, on=True)
            stats = ben.ask("stats")
            assert stats["voice_reopened"] == 1
            assert stats["reconnects"] == 0
            assert relay.connections == 2
            assert not any(event["event"] in {"disconnected", "error"} for event in ben.events)
