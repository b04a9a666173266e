"""Make `.venv` beside the project, install from the lock file into it, and go on inside it.

`enter` is called at the top of every script with the parts that it needs. A stamp in `.venv` tells that nothing
is to be done, so that only the first run takes time. Standard library only, and nothing of the program.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NoReturn

from scripts.setup import system_packages
from scripts.setup.lock_file import only_one
from scripts.setup.requirements import Locked, direct_names, parse_lock, requirements, subset
from scripts.setup.system_packages import Machine

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
_STAMP = VENV / "secure-chat.stamp"
_PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
_ENTERED = "SECURE_CHAT_SETUP_DONE"
_HEADER = Path("/usr/include/portaudio.h")
_BUILD_TOOL = "setuptools"  # PyAudio is built with the locked one, not with whatever the index has today


def enter(*extras: str, try_again: bool = False) -> None:
    """Return inside `.venv`, with the broker's packages and those of these extras installed.

    Outside it, or where packages are missing, this makes and fills `.venv` and starts the script again in it.
    `voice` (PyAudio) may fail to install: that is told, with the line that mends it, and is no error; it is not
    tried in each run, but with `try_again` or after the lock file changed.
    """
    wanted = set(extras)
    if os.environ.pop(_ENTERED, ""):  # this is the second start, all that can be done has been done
        return
    if _inside() and not try_again and not _missing(wanted):
        return
    with only_one(ROOT / ".venv.lock"):
        _make_venv()
        if try_again:
            _forget_failures()
        if _missing(wanted):
            _fill(wanted | set(_stamp().extras))
    _start_again()


def has(extra: str) -> bool:
    """Whether a part that may fail, `voice`, is there."""
    return extra in _stamp().extras


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What was installed: fingerprint of the lock file, Python's version, extras, extras that failed."""

    lock: str = ""
    python: str = ""
    extras: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def _inside() -> bool:
    return (
        Path(sys.prefix).resolve() == VENV and _stamp().python == f"{sys.version_info.major}.{sys.version_info.minor}"
    )


def _fingerprint() -> str:
    """Changes whenever other packages are to be installed."""
    lock = (ROOT / "requirements.lock").read_bytes() + (ROOT / "setup.cfg").read_bytes()
    return hashlib.sha256(lock).hexdigest()


def _stamp() -> _Stamp:
    try:
        fields = json.loads(_STAMP.read_text(encoding="utf-8"))
        return _Stamp(fields["lock"], fields["python"], tuple(fields["extras"]), tuple(fields["failed"]))
    except (OSError, ValueError, KeyError, TypeError):
        return _Stamp()


def _write(stamp: _Stamp) -> None:
    _STAMP.write_text(json.dumps(asdict(stamp)) + "\n", encoding="utf-8")


def _forget_failures() -> None:
    if _stamp().failed:
        _write(replace(_stamp(), failed=()))


def _missing(wanted: set[str]) -> set[str]:
    """What is to be installed: extras, and `broker` where nothing is there or the lock file has changed."""
    stamp = _stamp()
    if stamp.lock != _fingerprint():
        return wanted | {"broker"}
    return wanted - set(stamp.extras) - set(stamp.failed)


def _make_venv() -> None:
    """See to it that `.venv` has a Python that runs."""
    stamp = _stamp()
    if _PYTHON.exists() and (version := _ask_version()) and stamp.python in {"", version}:
        return
    if VENV.exists():
        if not (VENV / "pyvenv.cfg").exists():
            _stop(f"{VENV} is in the way and is not a Python environment. Move it away and run this again.")
        if Path(sys.prefix) == VENV:
            _stop("The Python behind .venv has changed. Remove .venv and run this with your system's python3.")
        print("The Python behind .venv is gone or has changed: making it anew.")
        shutil.rmtree(VENV)
    _see_to_pip()
    print(f"Making .venv with Python {sys.version.split()[0]} ({sys.executable})", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)  # half an environment would look like a whole one to the next run
        last = (made.stdout + made.stderr).strip().splitlines()[-3:]
        _stop(
            "\n".join(
                [
                    "This Python could not make an environment:",
                    *last,
                    _remedy(system_packages.VENV),
                    "Then run this again.",
                ]
            )
        )


def _ask_version() -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        return subprocess.run([_PYTHON, "-c", code], capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def _see_to_pip() -> None:
    specs = [importlib.util.find_spec(name) for name in ("ensurepip", "venv")]
    if all(spec and spec.origin for spec in specs):  # an empty folder that was left of one has no origin
        return
    machine = Machine.here()
    print("This Python cannot make environments (Debian keeps that in a package of its own).")
    if not (machine.distribution_python and system_packages.may_install(machine)):
        _stop(f"Run this line, then this script again:\n  {_remedy(system_packages.VENV)}")
    if not system_packages.install(system_packages.VENV):
        _stop("Install python3-venv and run this again.")


def _remedy(part: system_packages.Part) -> str:
    return system_packages.advice(part, Machine.here())


def _fill(extras: set[str]) -> None:
    """Install the locked packages of these extras, PyAudio last, and write the stamp."""
    _STAMP.unlink(missing_ok=True)
    config = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    locked = parse_lock((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    packages = subset(locked, direct_names(config, sorted(extras - {"voice"})))
    names = {package.name for package in packages}
    print(
        f"Installing {len(names)} packages from requirements.lock into .venv (the first time takes a minute)",
        flush=True,
    )
    if not _pip_install(requirements(packages)):
        _stop("Is the network there? Run this again: it goes on where it stopped.")
    failed = {"voice"} & extras
    if failed:
        _install_front_end(locked, direct_names(config, ["voice"]) - {"pyaudio"})
        failed = set() if _install_sound(locked) else failed
    _write(_Stamp(_fingerprint(), _ask_version(), tuple(sorted(extras - failed)), tuple(failed)))


def _pip_install(text: str, *flags: str, quiet: bool = False) -> bool:
    """Install exactly these files, checked by their hashes; what pip said is shown if it fails."""
    with tempfile.TemporaryDirectory(prefix="secure-chat-") as folder:
        file = Path(folder, "requirements.txt")
        file.write_text(text, encoding="utf-8")
        command = [str(_PYTHON), "-m", "pip", "install", "--require-hashes", "--no-input", "--no-deps"]
        command += ["--disable-pip-version-check", "--no-warn-script-location", "--progress-bar", "off"]
        with subprocess.Popen(
            [*command, *flags, "-r", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as pip:
            said = _follow(pip.stdout or ())
    if pip.returncode and not quiet:
        print("pip did not manage it. Its last words:\n  " + "\n  ".join(said[-8:]))
    return pip.returncode == 0


def _follow(lines: Iterable[str]) -> list[str]:
    """Show on a terminal, in one line, what pip is at; keep what it said."""
    said = []
    for line in lines:
        said.append(line.rstrip())
        if sys.stdout.isatty() and line.startswith(("Collecting", "Downloading", "Installing", "Building")):
            print(f"\r\033[K  {line.strip()[:70]}", end="", flush=True)
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
    return said


def _install_front_end(locked: tuple[Locked, ...], names: frozenset[str]) -> None:
    """What takes echo and noise away: there may be none for a rare kind of machine, and voice works without."""
    print("Installing what takes echo and noise out of a voice", flush=True)
    if not _pip_install(requirements(subset(locked, names)), quiet=True):
        print("  There is none for this machine: voice works, with its echoes.")


def _install_sound(locked: tuple[Locked, ...]) -> bool:
    """PyAudio has no wheel for Linux and macOS: it is built here, which needs PortAudio's headers and a compiler."""
    print("Installing PyAudio (microphone and loudspeaker)", flush=True)
    machine = Machine.here()
    lacking = machine.package_manager == "apt" and not (_HEADER.exists() and shutil.which("gcc"))
    if lacking and system_packages.may_install(machine):
        system_packages.install(system_packages.SOUND)
    tool, pyaudio = (requirements(subset(locked, [name])) for name in (_BUILD_TOOL, "pyaudio"))
    if _pip_install(tool) and _pip_install(pyaudio, "--no-build-isolation", quiet=True):
        return True
    print("  PyAudio cannot be built here; text works without it. To speak and hear, run these two lines:")
    print(f"    {_remedy(system_packages.SOUND)}\n    python3 scripts/start.py --setup-only")
    return False


def _start_again() -> NoReturn:
    """The same script with the same arguments, in the Python of `.venv`."""
    command = [str(_PYTHON), *sys.argv]
    os.environ[_ENTERED] = "1"
    sys.stdout.flush()
    if sys.platform == "win32":  # there os.execv returns to the shell at once and both would read the keyboard
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(command[0], command)


def _stop(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(1)
