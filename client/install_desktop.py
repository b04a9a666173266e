"""`secure-chat install-desktop`: an entry in the desktop's menu, its icons, and secure-chat:// links that open it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from client.desktop_entry import FILE, NAME, desktop_entry
from client.flags import Flags
from common.errors import LocalError

_DESCRIPTION: Final = (
    "Puts Secure Chat into your desktop's menu, with its icon, and lets it open secure-chat:// links. It writes into"
    " your own folders only. For desktops that follow freedesktop.org (Linux, BSD)."
)
_SIZES: Final = (16, 24, 32, 48, 64, 128, 256)
_PATIENCE: Final = 30.0


class NotInstalled(LocalError):
    """The message says why."""


def run(arguments: list[str], data: Path) -> int:
    """Install or remove; `data` is the user's folder for such files (`~/.local/share`). Raises `NotInstalled`."""
    flags = Flags(prog="secure-chat install-desktop", description=_DESCRIPTION, allow_abbrev=False)
    flags.add_argument("--remove", action="store_true", help="take all of it away again")
    remove = flags.parse_args(arguments).remove
    if sys.platform in {"win32", "darwin"}:
        raise NotInstalled("install-desktop is for desktops that follow freedesktop.org; this system has other ways.")
    try:
        changed = _remove(data) if remove else _install(data)
    except (OSError, ValueError) as error:
        raise NotInstalled(f"install-desktop: {error}.") from error
    _refresh(data)
    sys.stdout.write("".join(f"{'removed' if remove else 'written'}: {path}\n" for path in changed))
    if remove and not changed:
        sys.stdout.write("Nothing was installed.\n")
    return 0


def start_command() -> tuple[list[str], str]:
    """What starts the window from anywhere, and the folder that it has to be started in (empty: any)."""
    script = Path(sys.executable).with_name(NAME)
    if script.is_file():
        return [str(script)], ""
    return [sys.executable, "-m", "client"], str(Path(__file__).resolve().parents[1])


def _install(data: Path) -> list[Path]:
    entry = _entry(data)
    entry.parent.mkdir(parents=True, exist_ok=True)
    entry.write_text(desktop_entry(*start_command()), encoding="utf-8")
    drawn = resources.files("client") / "ui" / "icons"
    for size, path in _icons(data):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((drawn / f"{NAME}-{size}.png").read_bytes())
    return [entry, *(path for _, path in _icons(data))]


def _remove(data: Path) -> list[Path]:
    there = [path for path in (_entry(data), *(path for _, path in _icons(data))) if path.exists()]
    for path in there:
        path.unlink()
    return there


def _entry(data: Path) -> Path:
    return data / "applications" / FILE


def _icons(data: Path) -> list[tuple[int, Path]]:
    return [(size, data / f"icons/hicolor/{size}x{size}/apps/{NAME}.png") for size in _SIZES]


def _refresh(data: Path) -> None:
    """Desktops that keep an index read it anew; one without these programs has none."""
    _try(["update-desktop-database", str(data / "applications")])
    _try(["gtk-update-icon-cache", "--ignore-theme-index", "--quiet", str(data / "icons" / "hicolor")])


def _try(command: Sequence[str]) -> None:
    if shutil.which(command[0]):
        subprocess.run(command, check=False, capture_output=True, timeout=_PATIENCE)
