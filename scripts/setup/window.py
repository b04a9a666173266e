"""Whether a window can be shown here: a screen, and a Python that has Tk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from scripts.setup import system_packages
from scripts.setup.system_packages import TK, TK_LIBRARY, Machine


def has_screen(platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process was started where windows can be shown."""
    if platform in {"win32", "darwin"}:
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def see_to_tk() -> bool:
    """Whether this Python has Tk. Where it has not: install it if that is allowed and helps, else say what would."""
    problem = _ask_for_tk()
    if not problem:
        return True
    machine = Machine.here()
    part = TK_LIBRARY if "shared object" in problem else TK
    print("This Python cannot show windows: it lacks tkinter.")
    apt_reaches_it = machine.distribution_python or part is TK_LIBRARY
    if apt_reaches_it and system_packages.may_install(machine) and system_packages.install(part) and not _ask_for_tk():
        return True
    print(f"  {system_packages.advice(part, machine)}")
    return False


def _ask_for_tk() -> str:
    """What goes wrong when tkinter is imported; asked in a process of its own, so that it can be asked again."""
    asked = subprocess.run([sys.executable, "-c", "import tkinter"], capture_output=True, text=True, check=False)
    return asked.stderr if asked.returncode else ""
