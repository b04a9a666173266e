"""Mumble as people run it, where Debian's packages of it are installed: a server of its own, and clients on a card.

Its window needs a screen, and it asks much when it starts for the first time: it is given an Xvfb and answers.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from scripts.processes import free_port, stop
from scripts.rig.sound_card import NotReady, SoundCard, missing

NEEDS: Final = {"mumble": "mumble", "murmurd": "mumble-server", "Xvfb": "xvfb", "openssl": "openssl"}
SERVER: Final = "server"
_PATIENCE: Final = 20.0
_COMMON: Final = {
    "audio/input": "PulseAudio",
    "audio/output": "PulseAudio",
    "audio/transmit": 0,
    "lastupdate": 2,
    **dict.fromkeys(("tts/enable", "ui/usage", "ui/updatecheck", "ui/plugincheck", "ui/askonquit"), "false"),
    **dict.fromkeys(("ui/hidetray", "shortcut/enable"), "false"),
}


class Someone(NamedTuple):
    """A client: its name, whose microphone and ear of the card it has, and what is put before its command."""

    name: str
    end: str
    speaks: bool
    before: Sequence[str] = ()


@contextmanager
def room(
    people: Sequence[Someone],
    settings: Mapping[str, object],
    card: SoundCard,
    folder: Path,
    *,
    server: Sequence[str] = (),
    host: str = "127.0.0.1",
) -> Iterator[dict[str, int]]:
    """All of them in one room, in this order: the ids of their processes and the server's.

    `settings` are Mumble's own, for each client; `server` is put before the server's command. Raises `NotReady`.
    """
    lacking = missing(NEEDS)
    if lacking:
        raise NotReady(lacking)
    with ExitStack() as stack:
        display = _display(stack)
        certificate = _certificate(folder, "server")
        port = free_port(64_700)
        ini = f"database={folder}/murmur.sqlite\nlogfile=\nhost={host}\nport={port}\nbandwidth=72000\n"
        ini += f"sslCert={certificate}.crt\nsslKey={certificate}.key\nbonjour=false\nuname=root\nallowping=true\n"
        ini += "autobanAttempts=0\n"  # all of them come from one address
        (folder / "murmur.ini").write_text(ini, encoding="utf-8")
        log = folder / "murmur.log"
        command = [*server, "murmurd", "-fg", "-ini", str(folder / "murmur.ini")]
        ids = {SERVER: _start(stack, command, log, dict(os.environ)).pid}
        _await(log, "Server listening")
        for one in people:
            home = _home(folder / one.name, settings, one, certificate, (host, port))
            own = dict.fromkeys(("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(home))
            environment = os.environ | card.environment(one.end) | own | {"DISPLAY": display, "LC_ALL": "C.UTF-8"}
            command = [*one.before, "mumble", "-m", f"mumble://{one.name}@{host}:{port}/?version=1.2.0"]
            ids[one.name] = _start(stack, command, folder / f"{one.name}.log", environment).pid
            _await(log, f":{one.name}(-1)> Authenticated")
        yield ids


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


def _home(home: Path, settings: Mapping[str, object], one: Someone, server: Path, address: tuple[str, int]) -> Path:
    """A home in which Mumble asks nothing: settings, a certificate, and the server's accepted beforehand."""
    for part in ("Mumble", "Mumble/Mumble", "Documents"):
        (home / part).mkdir(parents=True)
    home.chmod(0o700)
    devices = {"pulseaudio/input": f"mic{one.end}", "pulseaudio/output": f"ear{one.end}"}
    wanted: dict[str, object] = {**_COMMON, **settings, **devices}
    wanted |= {"audio/mute": "false" if one.speaks else "true"}
    groups: dict[str, list[str]] = {}
    for key, value in wanted.items():
        group, _, short = key.rpartition("/")
        groups.setdefault(group or "General", []).append(f"{short}={value}")
    lines = [line for group, kept in groups.items() for line in (f"[{group}]", *kept, "")]
    (home / "Mumble/Mumble.conf").write_text("\n".join(lines), encoding="utf-8")
    own = _certificate(home, one.name)
    own.with_suffix(".p12").rename(home / "Documents/MumbleAutomaticCertificateBackup.p12")
    digest = hashlib.sha1(_openssl("x509", "-in", f"{server}.crt", "-outform", "DER")).hexdigest()  # noqa: S324 - its own
    database = sqlite3.connect(home / "Mumble/Mumble/mumble.sqlite")
    database.execute("CREATE TABLE `cert` (`id` INTEGER PRIMARY KEY, `hostname` TEXT, `port` INTEGER, `digest` TEXT)")
    database.execute("INSERT INTO cert(hostname, port, digest) VALUES (?, ?, ?)", (*address, digest))
    database.commit()
    database.close()
    return home
