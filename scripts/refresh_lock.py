"""Write `requirements.lock` anew from setup.cfg: `python3 scripts/refresh_lock.py [--upgrade]`.

One file for all parts of the program and all platforms, with hashes. Without `--upgrade` only what setup.cfg asks
for anew is changed. uv, which resolves for other platforms than this one, is fetched into a folder of its own for it:
`.venv` cannot be filled while the lock file lacks what setup.cfg asks for.
"""

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.setup.environment import ROOT

_UV = "uv==0.13.9"
_COMMAND = (
    "pip",
    "compile",
    "setup.cfg",
    "--all-extras",
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
)
_QUIET_ABOUT_THIS_MACHINE = ("--no-config", "--no-emit-index-url", "--no-emit-find-links")


def main() -> int:
    """Resolve, and refuse a file that names a place where packages come from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that setup.cfg allows")
    upgrade = ["--upgrade"] if parser.parse_args().upgrade else []
    lock = ROOT / "requirements.lock"
    before = lock.read_text(encoding="utf-8")
    words = [*_COMMAND, *_QUIET_ABOUT_THIS_MACHINE, *upgrade, "-q", "-o", lock.name]
    named = ["--custom-compile-command", "python3 scripts/refresh_lock.py"]
    with tempfile.TemporaryDirectory(prefix="secure-chat-lock-") as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        subprocess.run([python, "-m", "pip", "install", "-q", _UV], check=True)
        subprocess.run([python, "-m", "uv", *words, "--python", sys.executable, *named], cwd=ROOT, check=True)
    if "://" in lock.read_text(encoding="utf-8"):
        lock.write_text(before, encoding="utf-8")
        print("The new lock file names a package index or a file of this machine: left as it was.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
