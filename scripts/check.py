"""Format, lint, types and import contracts: `python3 scripts/check.py`; `--fix` mends what a machine can mend."""

import argparse
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.setup.environment import ROOT, enter

_PYTHON = (sys.executable, "-m")
_FIXES = ((*_PYTHON, "ruff", "format"), (*_PYTHON, "ruff", "check", "--fix"))
_CHECKS = (
    ("format", (*_PYTHON, "ruff", "format", "--check")),
    ("lint", (*_PYTHON, "ruff", "check")),
    ("types", (*_PYTHON, "mypy")),
    ("import contracts", (str(Path(sys.executable).with_name("lint-imports")), "--config", "setup.cfg")),
)


def _run(command: tuple[str, ...]) -> bool:
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def check() -> bool:
    """Run all checks, each one even if the one before it failed; say what came out."""
    failed = []
    for name, command in _CHECKS:
        print(f"== {name}", flush=True)
        if not _run(command):
            failed.append(name)
    print(f"checks failed: {', '.join(failed)}" if failed else "checks: all passed", flush=True)
    return not failed


if __name__ == "__main__":
    enter("client", "window", "keyring", "voice", "demo", "dev")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fix", action="store_true", help="format, and mend what ruff can mend, before checking")
    if parser.parse_args().fix:
        for fix in _FIXES:
            _run(fix)
    sys.exit(0 if check() else 1)
