"""The rig's card: a PulseAudio of its own with one null sink, whose channels are everybody's mouths and ears.

All of them are rendered in one thread and recorded at once, so a delay is a difference of sample numbers on one
clock. A person's microphone hears that person's mouth. A program finds its devices by PULSE_SOURCE and PULSE_SINK.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final

import numpy as np
import soundfile

from scripts.rig.signals import RATE, Sound

NEEDED: Final = {
    "pulseaudio": "pulseaudio",
    "pactl": "pulseaudio-utils",
    "parec": "pulseaudio-utils",
    "paplay": "pulseaudio-utils",
    "gcc": "gcc libc6-dev",
}
_PATIENCE: Final = 15.0
_WARM_UP: Final = 0.5  # seconds until the recorder runs
_TAIL: Final = 3.0  # parec hands its data over in pieces of up to two seconds


class NotReady(Exception):
    """The rig cannot be set up; says what is missing."""


def missing(needed: Mapping[str, str]) -> str:
    """The line that installs what of these programs (to Debian's packages) is missing, empty if nothing is."""
    lacking = sorted({package for program, package in needed.items() if shutil.which(program) is None})
    return f"apt-get install --no-install-recommends {' '.join(lacking)}" if lacking else ""


@contextmanager
def own_card(period: int) -> Iterator[tuple[Path, SoundCard]]:
    """A card for as long as this lasts, and a folder of its own. Raises `NotReady`."""
    with tempfile.TemporaryDirectory(prefix="rig-") as name:
        folder = Path(name)
        card_folder = folder / "card"
        card_folder.mkdir()
        with SoundCard(card_folder, period=period) as card:
            yield folder, card


class SoundCard:
    """A context manager. `folder` is short: the path of a socket has 108 characters at most."""

    def __init__(self, folder: Path, people: str = "AB", period: int = 480) -> None:
        """`people` have one letter each; `period` is what the card moves at once, in samples."""
        self._folder = folder
        self._people = people
        self._period = period
        self._socket = folder / "server.socket"
        self._daemon: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> SoundCard:
        lacking = missing(NEEDED)
        if lacking:
            raise NotReady(lacking)
        script = self._folder / "rig.pa"
        script.write_text("\n".join(self._modules()) + "\n", encoding="utf-8")
        own = dict.fromkeys(("HOME", "PULSE_RUNTIME_PATH", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"), str(self._folder))
        period = {"LD_PRELOAD": str(self._fixed_period()), "RIG_PERIOD_US": str(round(self._period / RATE * 1e6))}
        command = ["pulseaudio", "-n", "-F", str(script), "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
        command += ["--disable-shm=yes", "--log-target=stderr", "--log-level=notice", "--realtime=yes"]
        environment = {name: value for name, value in os.environ.items() if name != "PULSE_SERVER"}
        with (self._folder / "card.log").open("wb") as log:
            self._daemon = subprocess.Popen(command, env=environment | own | period, stdout=log, stderr=log)
        try:
            self._wait()
        except NotReady:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the daemon."""
        if self._daemon is not None and self._daemon.poll() is None:
            self._daemon.terminate()
            try:
                self._daemon.wait(5)
            except subprocess.TimeoutExpired:
                self._daemon.kill()
                self._daemon.wait()

    def environment(self, person: str = "") -> dict[str, str]:
        """What leads a program to this card, and makes it somebody."""
        place = {"PULSE_SERVER": f"unix:{self._socket}"}
        return place | ({"PULSE_SOURCE": f"mic{person}", "PULSE_SINK": f"ear{person}"} if person else {})

    def say(self, person: str, sound: Sound) -> dict[str, Sound]:
        """Have somebody say this; what all mouths and ears (`A mouth`, `A ear`, …) had meanwhile, on one clock."""
        recording = self._folder / "recording.raw"
        channels = [f"{one} {part}" for one in self._people for part in ("mouth", "ear")]
        command = ["parec", "-d", "card.monitor", "--raw", "--format=s16le", f"--rate={RATE}"]
        command += [f"--channels={len(channels)}", "--no-remap", "--no-remix", f"--channel-map={self._map()}"]
        with recording.open("wb") as file:
            recorder = subprocess.Popen(command, env=os.environ | self.environment(), stdout=file)
            try:
                time.sleep(_WARM_UP)
                self.play(person, sound)
                time.sleep(_TAIL)
            finally:
                recorder.send_signal(signal.SIGTERM)
                recorder.wait()
        samples = np.fromfile(recording, "<i2").astype(np.float64) / 32_768
        recording.unlink()
        whole = samples[: samples.size // len(channels) * len(channels)].reshape(-1, len(channels))
        return {name: whole[:, number] for number, name in enumerate(channels)}

    def play(self, person: str, sound: Sound) -> None:
        """Have somebody say this, to its end."""
        said = self._folder / f"said by {person}.wav"
        soundfile.write(said, sound, RATE, subtype="PCM_16")
        player = ["paplay", f"--device=mouth{person}", str(said)]
        subprocess.run(player, env=os.environ | self.environment(), check=True)

    def _map(self) -> str:
        return ",".join(f"aux{number}" for number in range(2 * len(self._people)))

    def _modules(self) -> list[str]:
        everybody = f"channels={2 * len(self._people)} channel_map={self._map()}"
        lines = [f"load-module module-null-sink sink_name=card rate={RATE} format=s16le norewinds=1 {everybody}"]
        for number, person in enumerate(self._people):
            one = "channels=1 channel_map=mono remix=no master_channel_map=aux"
            lines += [
                f"load-module module-remap-sink sink_name=mouth{person} master=card {one}{2 * number}",
                f"load-module module-remap-sink sink_name=ear{person} master=card {one}{2 * number + 1}",
                f"load-module module-remap-source source_name=mic{person} master=card.monitor {one}{2 * number}",
            ]
        return [*lines, f"load-module module-native-protocol-unix auth-anonymous=1 socket={self._socket}"]

    def _fixed_period(self) -> Path:
        library = self._folder / "period.so"
        source = Path(__file__).with_name("period.c")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"], check=True)
        return library

    def _wait(self) -> None:
        until = time.monotonic() + _PATIENCE
        while (listed := self._ask("list", "sinks")) is None or "Name: card\n" not in listed:
            if time.monotonic() > until or (self._daemon is not None and self._daemon.poll() is not None):
                raise NotReady(f"pulseaudio did not start: {(self._folder / 'card.log').read_text(errors='replace')}")
            time.sleep(0.05)
        period = float(listed.split("Name: card\n")[1].split("configured ")[1].split(" usec")[0]) / 1e6
        if abs(period - self._period / RATE) > 5e-4:
            raise NotReady(f"the card moves {period * 1_000:.1f} ms at once: its period could not be fixed")

    def _ask(self, *words: str) -> str | None:
        asked = subprocess.run(
            ["pactl", *words], env=os.environ | self.environment(), capture_output=True, text=True, check=False
        )
        return asked.stdout if asked.returncode == 0 else None
