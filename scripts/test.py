"""Everything that has to pass: `python3 scripts/test.py [what pytest takes]`.

Without arguments it sets up (Xvfb, a sound server and the like where it may), runs the checks of `check.py`, then
all tests, the random ones with all their tries: first on all processors, a file on one, then one by one
those that are about real time (marked `alone`). With arguments only pytest runs, with them:
`python3 scripts/test.py tests/common -x`.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.check import check
from scripts.setup import system_packages
from scripts.setup.environment import ROOT, enter
from scripts.setup.window import see_to_tk

_MOST_SECONDS = 30 * 60.0  # a test that hangs must not hold the machine; a slow one that is shared takes 12 minutes
_TOGETHER = ("-m", "not alone", "-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")
_ALONE = ("-m", "alone")


def _see_to_programs() -> None:
    """What the tests of window, sound and keyring need beside Python: installed where allowed, else said."""
    machine = system_packages.Machine.here()
    parts = (
        (system_packages.SCREEN_TESTS, ("Xvfb", "xdotool")),
        (system_packages.SOUND_TESTS, ("pulseaudio", "pactl")),
        (system_packages.KEYRING_TESTS, ("dbus-daemon", "gnome-keyring-daemon")),
    )
    for part, programs in parts:
        if sys.platform != "linux" or all(shutil.which(program) for program in programs):
            continue
        if not (system_packages.may_install(machine) and system_packages.install(part)):
            print(f"Missing for {part.purpose}, which are skipped: {system_packages.advice(part, machine)}")
    see_to_tk()


def _pytest(arguments: list[str], **environment: str) -> int:
    """Run pytest in a process group of its own, so that nothing of it survives the time limit or Ctrl+C."""
    command = [sys.executable, "-m", "pytest", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, start_new_session=sys.platform != "win32"
    ) as pytest:
        try:
            return pytest.wait(_MOST_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"The tests took more than {_MOST_SECONDS / 60:.0f} minutes: stopped.", file=sys.stderr)
            return 1
        finally:
            _end(pytest)


def _end(pytest: subprocess.Popen[bytes]) -> None:
    if pytest.poll() is not None:
        return
    if sys.platform == "win32":
        pytest.kill()
    else:
        os.killpg(pytest.pid, signal.SIGKILL)


def _all_tests() -> bool:
    """Whether all passed; those that bear company together first."""
    passed = True
    for title, which in (("== tests", _TOGETHER), ("== tests that run alone", _ALONE)):
        print(title, flush=True)
        passed &= _pytest([*which, "--durations=10"], SECURE_CHAT_TESTS="thorough") == 0
    return passed


def main() -> int:
    """0 if everything passed."""
    begun = time.monotonic()
    if sys.argv[1:]:
        return _pytest(sys.argv[1:])
    _see_to_programs()
    checked = check()
    tested = _all_tests()
    print(f"checks {'passed' if checked else 'FAILED'}, tests {'passed' if tested else 'FAILED'}", end=" ")
    print(f"after {time.monotonic() - begun:.0f} s")
    return 0 if checked and tested else 1


if __name__ == "__main__":
    if {"-h", "--help"} & set(sys.argv[1:]):  # first: it must not install anything
        print(f"{__doc__}\nWhat pytest takes is told by: python3 -m pytest --help, once everything is set up.")
        sys.exit(0)
    enter("client", "window", "keyring", "voice", "demo", "dev")
    sys.exit(main())
