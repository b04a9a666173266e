"""A private PulseAudio with one card that exists in memory only: what is played there can be recorded there."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

NEEDED = "apt-get install pulseaudio pulseaudio-utils libasound2-plugins"
PATIENCE = 20.0
CARD = "sink_name=card rate=48000 format=s16le channels=1 sink_properties=device.description=Card"


class SoundServer:
    """Started on entering, ended on leaving. `environment` leads the programs of this process to it."""

    def __init__(self, folder: Path) -> None:
        # The folder is to be a short one: the path of a socket has 108 characters at most.
        self._folder = folder
        self._socket = folder / "server.socket"
        self._server: subprocess.Popen[bytes] | None = None

    @staticmethod
    def available() -> bool:
        """Whether its programs are installed."""
        return all(shutil.which(program) for program in ("pulseaudio", "pactl"))

    def environment(self) -> dict[str, str]:
        return {"PULSE_SERVER": f"unix:{self._socket}", "HOME": str(self._folder)}

    def __enter__(self) -> SoundServer:
        self.start()
        return self

    def start(self) -> None:
        """Begin, or begin again after `stop`; wait until it answers."""
        home = {"HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "PULSE_RUNTIME_PATH"}
        with (self._folder / "server.log").open("wb") as log:
            self._server = subprocess.Popen(
                [
                    "pulseaudio",
                    "-n",
                    "--daemonize=no",
                    "--exit-idle-time=-1",
                    "--use-pid-file=no",
                    "--disable-shm=yes",
                    "--realtime=no",
                    "--high-priority=no",
                    "--log-target=stderr",
                    "-L",
                    f"module-null-sink {CARD}",
                    "-L",
                    f"module-native-protocol-unix auth-anonymous=1 socket={self._socket}",
                ],
                env={**os.environ, **dict.fromkeys(home, str(self._folder))},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > deadline or self._server.poll() is not None:
                self.stop()
                raise RuntimeError((self._folder / "server.log").read_text(encoding="utf-8", errors="replace"))
            time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it, as a crash of a real one would."""
        if self._server is not None and self._server.poll() is None:
            self._server.kill()
            self._server.wait(PATIENCE)

    def _answers(self) -> bool:
        asked = subprocess.run(
            ["pactl", "info"],
            env={**os.environ, **self.environment()},
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
        return asked.returncode == 0
