"""The programs whose delay is measured: ours, and Mumble where Debian's packages of it are installed.

Before them the rig's own zero point: PulseAudio's own tools copy the microphone to the loudspeaker and ask for a
period each, which is about the least that a program can have on this card.

Each is a context manager that returns once B hears A.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from common.invite import Invite
from scripts.person import Person
from scripts.processes import free_port, start_broker, stop
from scripts.rig.sound_card import NotReady, SoundCard, missing

_PHRASE: Final = "banjo-clover-oxidize-pelican-sixtyfold-wharf"  # of a room that lives as long as a run
_SETTLE: Final = 4.0  # seconds: jitter buffers learn, joins' sounds are over
_PATIENCE: Final = 20.0
MUMBLE_NEEDS: Final = {"mumble": "mumble", "murmurd": "mumble-server", "Xvfb": "xvfb", "openssl": "openssl"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where each of them runs: what is put before its command, and the server's address."""

    speaker: Sequence[str] = ()
    listener: Sequence[str] = ()
    server: Sequence[str] = ()
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Running:
    """A program while B hears A: the ids of its processes by name, and what its listener counts and says of the delay.

    `told` gives moments (monotonic) and ms, each from then on (None: not known); ours tells.
    """

    processes: Mapping[str, int]
    counters: Callable[[], Mapping[str, Any]] = dict
    told: Callable[[], Sequence[tuple[float, float | None]]] = tuple


@dataclass(frozen=True, slots=True)
class Setting:
    """A way to run a program: its name in the table, and its flags or settings."""

    program: str  # "card", "ours" or "mumble"
    name: str
    speaks: tuple[str, ...] = ()  # flags of ours, for who speaks
    both: tuple[str, ...] = ()  # and for both
    settings: Mapping[str, object] = field(default_factory=dict)  # of Mumble
    listener: str = "client"  # of ours: the module that listens


ZERO: Final = Setting("card", "straight through")
OURS: Final = (
    Setting("ours", "front end off", ("--transmit", "always", "--processing", "none", "--voice", "low-delay")),
    Setting("ours", "front end on", ("--transmit", "voice", "--voice", "low-delay")),
)
SLIM: Final = Setting("ours", "slim", ("--transmit", "always", "--processing", "none", "--voice", "slim"))
BUSY: Final = Setting("ours", "busy", OURS[0].speaks, listener="scripts.rig.busy_client")


def with_lanes(setting: Setting, lanes: str) -> Setting:
    """Ours, told how many lanes to use; all others as they are."""
    if setting.program != "ours":
        return setting
    return replace(setting, name=f"{setting.name}, lanes: {lanes}", both=("--lanes", lanes))


_COMMON: Final = {
    "audio/input": "PulseAudio",
    "audio/output": "PulseAudio",
    "audio/transmit": 0,
    "lastupdate": 2,
    **dict.fromkeys(("tts/enable", "ui/usage", "ui/updatecheck", "ui/plugincheck", "ui/askonquit"), "false"),
    **dict.fromkeys(("ui/hidetray", "shortcut/enable"), "false"),
}
# The defaults of Mumble's settings, and the ends of the sliders in its window.
MUMBLE: Final = (
    Setting("mumble", "default"),
    Setting(
        "mumble",
        "best",
        settings={
            "audio/quality": 96_000,
            "audio/outputdelay": 1,
            "net/framesperpacket": 1,
            "net/jitterbuffer": 1,
            "audio/noisesupress": 0,
            "audio/loudness": 20_000,
        },
    ),
)


@contextmanager
def running(setting: Setting, card: SoundCard, place: Place, folder: Path) -> Iterator[Running]:
    """The program, with A speaking and B listening."""
    run = {"card": _straight, "ours": _ours, "mumble": _mumble}[setting.program]
    with run(setting, card, place, folder) as started:
        time.sleep(_SETTLE)
        yield started


@contextmanager
def _straight(
    setting: Setting,  # noqa: ARG001 - there is one
    card: SoundCard,
    place: Place,  # noqa: ARG001 - it knows no network
    folder: Path,
) -> Iterator[Running]:
    form = ["--raw", "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=10"]
    environment = {**os.environ, **card.environment()}
    with ExitStack() as stack, (folder / "straight.log").open("wb") as log:
        microphone = subprocess.Popen(
            ["parec", "-d", "micA", *form], env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
        stack.callback(stop, microphone)
        command = ["pacat", "-p", "-d", "earB", *form]
        speaker = subprocess.Popen(command, env=environment, stdin=microphone.stdout, stderr=log, text=True)
        stack.callback(stop, speaker)
        if microphone.stdout is not None:
            microphone.stdout.close()
        yield Running({"speaker": microphone.pid, "listener": speaker.pid})


@contextmanager
def _ours(setting: Setting, card: SoundCard, place: Place, folder: Path) -> Iterator[Running]:
    flags = ["--host", place.host, "--port", "0", "--data", str(folder / "data")]
    with ExitStack() as stack:
        broker = start_broker(flags, say=lambda _: None, log=folder / "all.log", before=place.server)
        stack.callback(broker.stop)
        invite = str(Invite(broker.control, broker.key, broker.voice.port, broker.banner.port, None))

        def person(name: str, before: Sequence[str], module: str, *more: str) -> Person:
            # A service that hands no HOME on would have PulseAudio's client look for a server of its own.
            one = Person(
                name,
                invite,
                _PHRASE,
                folder / name,
                ("--mic", "default", "--speaker", "default", *setting.both, *more),
                folder / f"{name}.errors",
                card.environment(name),
                before,
                module=module,
            )
            stack.callback(one.leave)
            one.wait("joined")
            return one

        listener = person("B", place.listener, setting.listener, "--speaker-on")
        speaker = person("A", place.speaker, "client", "--mic-on", *setting.speaks)
        listener.wait("speaker", lambda event: event["on"])
        speaker.wait("mic", lambda event: event["on"])
        processes = {"broker": broker.process.pid, "speaker": speaker.pid, "listener": listener.pid}
        yield Running(
            processes,
            listener.stats,
            lambda: [(event["arrived"], event["ms"]) for event in listener.events if event["event"] == "delay"],
        )


@contextmanager
def _mumble(setting: Setting, card: SoundCard, place: Place, folder: Path) -> Iterator[Running]:
    lacking = missing(MUMBLE_NEEDS)
    if lacking:
        raise NotReady(lacking)
    with ExitStack() as stack:
        display = _display(stack)
        certificate = _certificate(folder, "server")
        port = free_port(64_700)
        settings = f"database={folder}/murmur.sqlite\nlogfile=\nhost={place.host}\nport={port}\nbandwidth=72000\n"
        settings += f"sslCert={certificate}.crt\nsslKey={certificate}.key\nbonjour=false\nuname=root\nallowping=true\n"
        (folder / "murmur.ini").write_text(settings, encoding="utf-8")
        log = folder / "murmur.log"
        command = [*place.server, "murmurd", "-fg", "-ini", str(folder / "murmur.ini")]
        server = _start(stack, command, log, dict(os.environ))
        _await(log, "Server listening")
        clients = {}
        for name, before in (("B", place.listener), ("A", place.speaker)):
            home = _mumble_home(folder / name, setting, name, certificate, (place.host, port))
            own = dict.fromkeys(("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(home))
            environment = os.environ | card.environment(name) | own | {"DISPLAY": display, "LC_ALL": "C.UTF-8"}
            command = [*before, "mumble", "-m", f"mumble://{name}@{place.host}:{port}/?version=1.2.0"]
            clients[name] = _start(stack, command, folder / f"{name}.log", environment)
            _await(log, f":{name}(-1)> Authenticated")
        yield Running({"broker": server.pid, "speaker": clients["A"].pid, "listener": clients["B"].pid})


def _start(
    stack: ExitStack, command: Sequence[str], log: Path, environment: Mapping[str, str]
) -> subprocess.Popen[str]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, env=environment, stdout=file, stderr=file, text=True, stdin=subprocess.DEVNULL
        )
    stack.callback(stop, process)
    return process


def _display(stack: ExitStack) -> str:
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1000x700x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL, text=True)
    stack.callback(stop, process)
    os.close(writing)
    with os.fdopen(reading) as told:
        return f":{told.readline().strip()}"


def _await(log: Path, words: str) -> None:
    until = time.monotonic() + _PATIENCE
    while words not in log.read_text(errors="replace"):
        if time.monotonic() > until:
            raise NotReady(f"Mumble's server never said “{words}”: {log.read_text(errors='replace')[-400:]}")
        time.sleep(0.1)


def _certificate(folder: Path, name: str) -> Path:
    place = folder / name
    making = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}"]
    _openssl(*making, "-keyout", f"{place}.key", "-out", f"{place}.crt")
    packing = ["pkcs12", "-export", "-inkey", f"{place}.key", "-in", f"{place}.crt", "-name", name]
    _openssl(*packing, "-passout", "pass:", "-out", f"{place}.p12")
    return place


def _openssl(*words: str) -> bytes:
    return subprocess.run(["openssl", *words], check=True, capture_output=True).stdout


def _mumble_home(home: Path, setting: Setting, name: str, server: Path, address: tuple[str, int]) -> Path:
    """A home in which Mumble asks nothing: settings, a certificate, and the server's accepted beforehand."""
    for part in ("Mumble", "Mumble/Mumble", "Documents"):
        (home / part).mkdir(parents=True)
    home.chmod(0o700)
    devices = {"pulseaudio/input": f"mic{name}", "pulseaudio/output": f"ear{name}"}
    wanted: dict[str, object] = {**_COMMON, **setting.settings, **devices}
    wanted |= {"audio/mute": "false" if name == "A" else "true"}
    groups: dict[str, list[str]] = {}
    for key, value in wanted.items():
        group, _, short = key.rpartition("/")
        groups.setdefault(group or "General", []).append(f"{short}={value}")
    lines = [line for group, kept in groups.items() for line in (f"[{group}]", *kept, "")]
    (home / "Mumble/Mumble.conf").write_text("\n".join(lines), encoding="utf-8")
    own = _certificate(home, name)
    own.with_suffix(".p12").rename(home / "Documents/MumbleAutomaticCertificateBackup.p12")
    digest = hashlib.sha1(_openssl("x509", "-in", f"{server}.crt", "-outform", "DER")).hexdigest()  # noqa: S324 - its own
    database = sqlite3.connect(home / "Mumble/Mumble/mumble.sqlite")
    database.execute("CREATE TABLE `cert` (`id` INTEGER PRIMARY KEY, `hostname` TEXT, `port` INTEGER, `digest` TEXT)")
    database.execute("INSERT INTO cert(hostname, port, digest) VALUES (?, ?, ?)", (*address, digest))
    database.commit()
    database.close()
    return home
