"""`secure-chat doctor` as a user runs it, against real brokers that are well, gone, changed, private or half shut."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from client.doctor.findings import Mark
from client.store import Store
from common.address import Address
from common.banner import encode_key
from common.crypto.keys import connection_key, lasting_connection_secret
from common.invite import Invite
from scripts.soaking.relay import Relay
from tests.integration.broker_process import ROOT, BrokerProcess, own_port

PHRASE = "banjo-clover-oxidize-pelican-sixtyfold-wharf"


class Patient:
    """A state folder, and what doctor says of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code = 0
        self.remedies: dict[str, str] = {}
        self.says: dict[str, str] = {}

    def see(self, *flags: str, phrase: str = "", device: str = "none", **variables: str) -> dict[str, str]:
        """Run it. Each check with its mark."""
        environment = {**os.environ, **({"SECURE_CHAT_KEY": phrase} if phrase else {}), **variables}
        command = [sys.executable, "-m", "client", "doctor", "--json", "--state-dir", str(self.folder), *flags]
        command += ["--mic", device, "--speaker", device]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert "Traceback" not in done.stderr
        found = [json.loads(line) for line in done.stdout.splitlines()]
        self.code = done.returncode
        self.says = {one["check"]: one["says"] for one in found}
        self.remedies = {one["check"]: one["remedy"] for one in found}
        return {one["check"]: one["mark"] for one in found}


@pytest.fixture
def patient(tmp_path: Path) -> Patient:
    return Patient(tmp_path / "state")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    started = three_ports(BrokerProcess(tmp_path))
    yield started
    started.kill()


def three_ports(broker: BrokerProcess) -> BrokerProcess:
    """Started on ports that follow each other, as users know only the first."""
    broker.start(port=own_port())
    return broker


def test_all_is_well(broker: BrokerProcess, patient: Patient) -> None:
    found = patient.see("--server", str(broker.control), phrase=PHRASE)
    assert Mark.BAD not in found.values()
    assert found["join"] == found["voice"] == found["room"] == Mark.GOOD
    assert found["key"] == Mark.WARNING  # never met
    assert patient.says["voice"].startswith("50 of 50")
    assert patient.code == 0
    assert not patient.folder.exists()  # it leaves nothing behind


def test_an_invite_vouches_for_the_key_and_names_the_room(broker: BrokerProcess, patient: Patient) -> None:
    invite = Invite(broker.control, broker.key, broker.voice.port, broker.banner.port, PHRASE)
    found = patient.see("--invite", str(invite))
    assert found["key"] == found["room"] == Mark.GOOD
    words = patient.says["room"]
    patient.see("--server", str(broker.control), phrase=PHRASE)
    assert patient.says["room"] == words


def test_a_broker_that_is_down(patient: Patient) -> None:
    # Would catch a doctor that stops at the first fault: each port is named.
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = patient.see("--server", f"127.0.0.1:{port}")
    assert [found[f"{name} port"] for name in ("banner", "control", "voice")] == [Mark.BAD] * 3
    assert found["join"] == Mark.SKIPPED
    assert patient.code == 1
    assert all(patient.remedies[f"{name} port"] for name in ("banner", "control", "voice"))


def test_a_name_that_is_none(patient: Patient) -> None:
    assert patient.see("--server", "no-such-host.invalid")["address"] == Mark.BAD


def test_a_voice_port_that_is_shut(broker: BrokerProcess, patient: Patient) -> None:
    # Would catch a firewall rule for one port that doctor takes for three.
    with socket.create_server(("127.0.0.1", 0)) as taken:
        shut = taken.getsockname()[1]
    invite = Invite(broker.control, broker.key, shut, broker.banner.port, None)
    found = patient.see("--invite", str(invite))
    assert found["control port"] == found["banner port"] == Mark.GOOD
    assert found["voice port"] == Mark.BAD
    assert patient.code == 1


def test_something_else_on_the_voice_port(broker: BrokerProcess, patient: Patient) -> None:
    # Would catch a port that answers TCP and no Secure Chat.
    with closing(Relay(Address("127.0.0.1", broker.banner.port))) as relay:
        invite = Invite(broker.control, broker.key, relay.address.port, broker.banner.port, None)
        found = patient.see("--invite", str(invite))
    assert found["join"] == Mark.GOOD
    assert found["voice"] == Mark.BAD


def test_a_changed_key_stops_it(broker: BrokerProcess, patient: Patient) -> None:
    # Would catch a doctor that enters a broker whose key is another.
    with closing(Store(patient.folder)) as store:
        store.set_pin(str(broker.control), b"k" * 32)
    found = patient.see("--server", str(broker.control))
    assert found["key"] == Mark.BAD
    assert "STOP" in patient.says["key"]
    assert found["join"] == Mark.SKIPPED
    assert "joined" not in broker.log.read_text(encoding="utf-8")


def test_a_private_broker(patient: Patient, tmp_path: Path) -> None:
    with closing(Store(patient.folder)) as store:
        own = encode_key(connection_key(lasting_connection_secret(store.device_secret())))
    allowed = tmp_path / "allowed"
    allowed.write_text(f"{own}\n", encoding="utf-8")
    broker = three_ports(BrokerProcess(tmp_path, "--allow-keys", str(allowed)))
    try:
        found = patient.see("--server", str(broker.control))
        assert found["join"] == Mark.BAD
        assert "--lasting-key" in patient.remedies["join"]
        found = patient.see("--server", str(broker.control), "--lasting-key")
        assert found["join"] == Mark.GOOD
        assert found["voice"] == Mark.SKIPPED
    finally:
        broker.kill()


def test_without_a_broker_this_computer_is_looked_at(patient: Patient) -> None:
    found = patient.see()
    assert found["broker"] == Mark.SKIPPED
    assert patient.code == 0


def _has_cards() -> bool:
    cards = Path("/proc/asound/cards")
    return sys.platform != "linux" or (cards.exists() and "no soundcards" not in cards.read_text())


@pytest.mark.skipif(_has_cards(), reason="this computer has a sound card")
def test_a_computer_without_sound_can_write(patient: Patient, tmp_path: Path) -> None:
    # Would catch an exit code that says of every server and container that writing does not work there.
    found = patient.see(device="default", PULSE_SERVER=f"unix:{tmp_path / 'none'}")
    sound = [check for check in ("sound", "microphone", "speaker") if found.get(check) == Mark.WARNING]
    assert sound in (["microphone", "speaker"], ["sound"])  # the latter without PyAudio
    assert all(patient.remedies[check] for check in sound)
    assert Mark.BAD not in found.values()
    assert patient.code == 0
