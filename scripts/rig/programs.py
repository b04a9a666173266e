"""The programs whose delay is measured: ours, and Mumble where Debian's packages of it are installed.

Before them the rig's own zero point: PulseAudio's own tools copy the microphone to the loudspeaker and ask for a
period each, which is about the least that a program can have on this card.

Each is a context manager that returns once B hears A.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from common.invite import Invite
from scripts.person import Person
from scripts.processes import start_broker, stop
from scripts.rig.mumble import SERVER, Someone, room
from scripts.rig.sound_card import SoundCard

_PHRASE: Final = "banjo-clover-oxidize-pelican-sixtyfold-wharf"  # of a room that lives as long as a run
_SETTLE: Final = 4.0  # seconds: jitter buffers learn, joins' sounds are over


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
    people = [
        Someone("B", "B", speaks=False, before=place.listener),
        Someone("A", "A", speaks=True, before=place.speaker),
    ]
    with room(people, setting.settings, card, folder, server=place.server, host=place.host) as ids:
        yield Running({"broker": ids[SERVER], "speaker": ids["A"], "listener": ids["B"]})
