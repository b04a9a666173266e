"""What the operating system has to bring, and how one gets it there.

`advice` tells it in words for any platform; `install` does it with apt where that is allowed (as root, or with
a sudo that asks no password) and is the only place that changes the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SUDO_SECONDS = 10
_APT_SECONDS = 420


@dataclass(frozen=True, slots=True)
class Part:
    """Something that pip cannot bring: what it is for, and its packages for each package manager."""

    purpose: str
    apt: tuple[str, ...] = ()
    dnf: tuple[str, ...] = ()
    brew: tuple[str, ...] = ()
    windows: str = ""  # a sentence


VENV = Part(
    "a Python environment of its own", ("python3-venv",), windows="Install Python from python.org with pip ticked."
)
TK = Part(
    "the window (tkinter)",
    ("python3-tk",),
    ("python3-tkinter",),
    ("python-tk",),
    "Run the installer of Python again, choose Modify and tick “tcl/tk and IDLE”.",
)
TK_LIBRARY = Part("the window (Tk's library)", ("tk",), ("tk",), ("tcl-tk",), TK.windows)
SOUND = Part(
    "microphone and loudspeaker (PyAudio)",
    ("portaudio19-dev", "gcc", "libc6-dev", "python3-dev"),
    ("portaudio-devel", "gcc", "python3-devel"),
    ("portaudio",),
    "PyAudio has no ready wheel for this Python: use Python 3.13 or an older one, or build it with Visual C++.",
)
SCREEN_TESTS = Part("the tests of the window", ("xvfb", "xauth", "xdotool"), ("xorg-x11-server-Xvfb", "xdotool"))
KEYRING_TESTS = Part("the tests of the keyring", ("gnome-keyring", "dbus-daemon"), ("gnome-keyring", "dbus-daemon"))
SOUND_TESTS = Part("the tests of sound", ("pulseaudio", "pulseaudio-utils"), ("pulseaudio", "pulseaudio-utils"))


@dataclass(frozen=True, slots=True)
class Machine:
    """What advice depends on: `sys.platform`, which package manager there is, whose Python runs."""

    platform: str
    package_manager: str  # apt, dnf, brew or empty
    distribution_python: bool  # it belongs to the system, so system packages reach it
    minor: int = 11

    @classmethod
    def here(cls) -> Machine:
        """The machine and the Python that run this."""
        found = [name for name in ("apt-get", "dnf", "brew") if shutil.which(name)]
        prefix = Path(sys.base_prefix)
        return cls(
            sys.platform,
            found[0].removesuffix("-get") if found else "",
            sys.platform == "linux" and prefix == Path("/usr"),
            sys.version_info.minor,
        )


def advice(part: Part, machine: Machine) -> str:
    """The line that brings a part to this machine, or a sentence where there is no such line."""
    if machine.platform == "win32":
        return part.windows
    if part in {TK, VENV} and machine.platform == "linux" and not machine.distribution_python:
        return _advice_for_own_python(part)
    packages = {"apt": part.apt, "dnf": part.dnf, "brew": part.brew}.get(machine.package_manager, ())
    if not packages:
        return f"Install what your system calls {' '.join(part.apt)}."
    if machine.package_manager == "brew":
        packages = tuple(f"{name}@3.{machine.minor}" if name == "python-tk" else name for name in packages)
        return f"brew install {' '.join(packages)}"
    return f"sudo {machine.package_manager} install {' '.join(packages)}"


def _advice_for_own_python(part: Part) -> str:
    packages = " ".join(part.apt)
    return (
        f"This Python was not made by your system ({sys.base_prefix}), so no package can mend it: build it again "
        f"with Tk's headers there (apt: tk-dev), or use the system's (apt: {packages}) and start with /usr/bin/python3."
        if part is TK
        else f"This Python ({sys.base_prefix}) lacks venv: install it anew, or use /usr/bin/python3 with {packages}."
    )


def may_install(machine: Machine) -> bool:
    """Whether `install` is possible and allowed: apt, and root or a sudo that asks no password."""
    return machine.package_manager == "apt" and _privilege() is not None


def install(part: Part) -> bool:
    """Install a part with apt, without a question. False, with apt's last words printed, if it did not work."""
    privilege = _privilege()
    if privilege is None:
        return False
    print(f"  apt-get install {' '.join(part.apt)}: for {part.purpose}", flush=True)
    command = [*privilege, "apt-get", "-o", "DPkg::Lock::Timeout=120"]
    wanted = [*command, "install", "-y", "-qq", "--no-install-recommends", *part.apt]
    result = _run(wanted)
    if result.returncode:  # most often because the machine has no package lists yet
        _run([*command, "update", "-qq"])
        result = _run(wanted)
    if result.returncode:
        print("  apt-get did not manage it: " + " ".join(result.stdout.strip().splitlines()[-2:]))
    return result.returncode == 0


def _privilege() -> tuple[str, ...] | None:
    """The words to put in front of a command so that it may install packages; None where it may not."""
    if sys.platform == "win32":
        return None
    environment = ("env", "DEBIAN_FRONTEND=noninteractive")
    if os.geteuid() == 0:
        return environment
    if shutil.which("sudo") and _run(["sudo", "-n", "true"], _SUDO_SECONDS).returncode == 0:
        return ("sudo", "-n", *environment)
    return None


def _run(command: Sequence[str], seconds: float = _APT_SECONDS) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, stdout=str(error))
