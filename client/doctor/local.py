"""The checks of this computer alone: versions, state folder, clock, sound."""

from __future__ import annotations

import ctypes
import importlib.util
import platform
import stat
import sys
import threading
import time  # noqa: TID251 - a command: it waits for sound cards
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from client.commands import VoiceMode
from client.config import VERSION
from client.doctor.findings import Finding, bad, good, skipped, warning
from client.store import Store
from client.transport import library_version
from client.voice.codec import Encoder
from client.voice.counters import Counters
from client.voice.device import DeviceAbsent, Microphone, Speaker
from client.voice.devices import NONE, ChosenDevices
from client.voice.urgency import REMEDY, take_precedence
from common.errors import DeviceError, LocalError, StateLocked

_OPEN_SECONDS: Final = 6.0  # a sound server may take two, and is given up by then
_TIME_ERROR: Final = 5  # adjtimex(2): nothing keeps this clock right
_BUILT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_D = TypeVar("_D", Microphone, Speaker)


def check_versions() -> Iterator[Finding]:
    """What this program runs on."""
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield good("versions", f"Secure Chat {VERSION}, {python}, {library_version()}")
    if importlib.util.find_spec("tkinter") is None or importlib.util.find_spec("PIL") is None:
        yield warning(
            "window",
            "this Python has no tkinter or no Pillow: only --text and --json work",
            "install python3-tk (Debian, Ubuntu) or python3-tkinter (Fedora), and pip install pillow tkinter-tooltip",
        )
    try:
        for mode in VoiceMode:
            Encoder(mode)
        yield good("codec", "Opus is there")
    except DeviceError as error:
        yield bad("codec", "there is no Opus: voice cannot work", str(error))


def check_state(folder: Path, look: Callable[[Store], None]) -> Iterator[Finding]:
    """The state folder; `look` is given the open store, to ask it what else is wanted."""
    if not folder.exists():
        yield good("state", f"{folder} is not there yet: it is made when you connect for the first time")
        return
    try:
        with closing(Store(folder)) as store:
            look(store)
    except StateLocked:
        yield warning("state", f"{folder} is in use by a Secure Chat that runs: what it knows was not looked at")
        return
    except LocalError as error:
        yield bad("state", str(error), "free some space, give the folder back to your user, or choose one: --state-dir")
        return
    others = sorted(path.name for path in (folder, *folder.iterdir()) if _open_to_others(path))
    if others:
        yield bad("state", f"others can read {', '.join(others)} of {folder}", f"chmod -R go= {folder}")
    else:
        yield good("state", f"{folder} can be written, and by nobody else")


def _open_to_others(path: Path) -> bool:
    return sys.platform != "win32" and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def check_clock(now: datetime, state: int | None) -> Finding:
    """The time that others will read beside your lines. `state` is what adjtimex says, None if it cannot be asked."""
    says = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    remedy = "set the clock, and have it kept right (timedatectl set-ntp true)"
    if now < _BUILT:
        return bad("clock", f"{says}: that is long over", remedy)
    if state == _TIME_ERROR:
        return warning("clock", f"{says}, and nothing keeps it right: others may read wrong times", remedy)
    return good("clock", says)


def kernel_clock_state() -> int | None:
    """What Linux says of its clock (adjtimex(2)), None elsewhere."""
    if sys.platform != "linux":
        return None
    buffer = ctypes.create_string_buffer(512)  # struct timex has 208 bytes; modes = 0: only ask
    return int(ctypes.CDLL(None).adjtimex(buffer))


def check_urgency(*, allowed: bool) -> Finding:
    """Whether the voice may go before other programs."""
    if allowed:
        return good("priority", "voice goes before other programs")
    return good("priority", f"voice waits its turn like any program; where it breaks on a busy computer, {REMEDY}")


def urgency_allowed() -> bool:
    """Tried on a thread of its own."""
    answer: list[bool] = []
    trying = threading.Thread(target=lambda: answer.append(take_precedence()))
    trying.start()
    trying.join()
    return answer == [True]


def check_devices(microphone: str, speaker: str) -> Iterator[Finding]:
    """Open the microphone and the speaker that would be used, one after the other, and close them.

    A computer without sound is none that is broken: writing works there, and many are meant for that alone.
    """
    if importlib.util.find_spec("pyaudio") is None and {microphone, speaker} != {NONE}:
        yield warning(
            "sound",
            "PyAudio is missing: text works, voice does not",
            "pip install pyaudio (Debian, Ubuntu: before it apt-get install gcc python3-dev portaudio19-dev)",
        )
        return
    woken = threading.Event()
    devices = ChosenDevices(microphone, speaker, woken.set, time.monotonic, Counters())
    try:
        yield _opened("microphone", microphone, devices.microphone, lambda device, now: device.read(now), woken)
        yield _opened("speaker", speaker, devices.speaker, lambda device, now: device.wanted(now), woken)
    finally:
        devices.close()


def _opened(
    what: str, choice: str, open_it: Callable[[float], _D], use: Callable[[_D, float], object], woken: threading.Event
) -> Finding:
    """A device tells what is wrong with it when it is opened, or used."""
    if choice == NONE:
        return skipped(what, "none is wanted")
    try:
        device = open_it(time.monotonic())
        until = time.monotonic() + _OPEN_SECONDS
        try:
            while not device.ready and time.monotonic() < until:
                woken.wait(0.1)
                woken.clear()
                use(device, time.monotonic())
        finally:
            device.close()
    except DeviceAbsent as error:
        return warning(what, "there is none; text works", str(error))
    except DeviceError as error:
        return bad(what, "none can be used; text works", str(error))
    if not device.ready:
        return bad(what, f"it did not open in {_OPEN_SECONDS:.0f} seconds; text works", "is the sound server stuck?")
    return good(what, f"“{device.name}” opens")
