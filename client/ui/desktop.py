"""What the desktop wants of its windows: dark or light, high contrast. Reading its answers is pure; `ask` asks.

Asked are the desktop portal (GNOME, KDE and others over D-Bus), GNOME's own settings, and the files of KDE and GTK;
on macOS and Windows their settings. Whatever does not answer counts as "says nothing".
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from configparser import ConfigParser

_SECONDS: Final = 1.0  # for a desktop that does not answer
_PORTAL: Final = (
    *("gdbus", "call", "--session", "--timeout", "1", "--dest", "org.freedesktop.portal.Desktop"),
    *("--object-path", "/org/freedesktop/portal/desktop", "--method", "org.freedesktop.portal.Settings.ReadAll"),
    "['org.freedesktop.appearance', 'org.gnome.desktop.a11y.interface']",
)
_GNOME: Final = ("gsettings", "list-recursively", "org.gnome.desktop.interface")
_MACOS: Final = ("defaults", "read", "-g", "AppleInterfaceStyle")
_MACOS_CONTRAST: Final = ("defaults", "read", "com.apple.universalaccess", "increaseContrast")
_HALF_BRIGHT: Final = 128 * 3  # of red, green and blue together


class Desktop(Struct, frozen=True):
    """None: nothing is known."""

    dark: bool | None = None
    contrast: bool | None = None

    def over(self, other: Desktop) -> Desktop:
        """What is known here, and of `other` where nothing is known."""
        return Desktop(
            other.dark if self.dark is None else self.dark,
            other.contrast if self.contrast is None else self.contrast,
        )


def palette_name(theme: str, desktop: Desktop) -> str:
    """The palette for a theme as in the settings: `light`, `dark` or `contrast`."""
    if theme != "system":
        return theme
    return "contrast" if desktop.contrast else "dark" if desktop.dark else "light"


def from_portal(answer: str) -> Desktop:
    """What `gdbus call … ReadAll` prints. A colour scheme of 0 is no preference, 1 dark, 2 light."""
    scheme = re.search(r"'color-scheme': <(?:uint32 )?(\d+)>", answer)
    dark = {"1": True, "2": False}.get(scheme.group(1)) if scheme else None
    contrast = re.search(r"'(?:contrast|high-contrast)': <(?:(?:uint32 )?1|true)>", answer)
    known = contrast or re.search(r"'(?:contrast|high-contrast)'", answer)
    return Desktop(dark, bool(contrast) if known else None)


def from_theme_name(name: str) -> Desktop:
    """A GTK theme tells by its name: `Adwaita-dark`, `Adwaita:dark`, `HighContrast`, `HighContrastInverse`."""
    name = name.strip().strip("'\"").lower()
    if not name:
        return Desktop()
    return Desktop(bool(re.search(r"[-:_ ]dark|inverse", name)) or None, "highcontrast" in name or None)


def from_gnome(answer: str) -> Desktop:
    """What `gsettings list-recursively` prints."""
    values = dict(re.findall(r"^\S+ (color-scheme|gtk-theme) (.*)$", answer, re.MULTILINE))
    scheme = values.get("color-scheme", "").strip("'")
    dark = {"prefer-dark": True, "prefer-light": False}.get(scheme)
    return Desktop(dark).over(from_theme_name(values.get("gtk-theme", "")))


def from_kde(text: str) -> Desktop:
    """KDE's `kdeglobals`: the ground of its windows, or the name of its colours."""
    if not text:
        return Desktop()
    ini = _ini(text)
    ground = ini.get("Colors:Window", "BackgroundNormal", fallback="")
    parts = [int(part) for part in ground.split(",") if part.strip().isdigit()]
    if len(parts) == 3:
        return Desktop(sum(parts) < _HALF_BRIGHT)
    return Desktop("dark" in ini.get("General", "ColorScheme", fallback="").lower() or None)


def from_gtk(text: str) -> Desktop:
    """GTK's `settings.ini`."""
    if not text:
        return Desktop()
    ini = _ini(text)
    named = from_theme_name(ini.get("Settings", "gtk-theme-name", fallback=""))
    wants = ini.get("Settings", "gtk-application-prefer-dark-theme", fallback="").lower() in {"1", "true"}
    return Desktop(wants or None).over(named)


def _ini(text: str) -> ConfigParser:
    """What can be read of a file that others have written."""
    import configparser  # noqa: PLC0415 - most desktops have answered before, and the window waits for this

    ini = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        ini.read_string(text)
    except configparser.Error:
        ini.clear()
    return ini


def ask(
    environment: Mapping[str, str] = os.environ,
    platform: str = sys.platform,
    run: Callable[[tuple[str, ...]], str] | None = None,
) -> Desktop:
    """Ask the desktop. Takes some tens of milliseconds where it answers, two seconds at most."""
    run = run or _output
    if platform == "darwin":
        contrast = run(_MACOS_CONTRAST).strip() == "1"
        return Desktop("dark" in run(_MACOS).lower(), contrast)
    if platform == "win32":
        return _ask_windows()
    known = from_theme_name(environment.get("GTK_THEME", ""))
    if _has_bus(environment):  # without one, gdbus would start one
        known = known.over(from_portal(run(_PORTAL)))
        if known.dark is None:
            known = known.over(from_gnome(run(_GNOME)))
    folder = Path(environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME", "/"), ".config"))
    if "KDE" in environment.get("XDG_CURRENT_DESKTOP", ""):
        known = known.over(from_kde(_content(folder / "kdeglobals")))
    return known.over(from_gtk(_content(folder / "gtk-3.0" / "settings.ini")))


def _has_bus(environment: Mapping[str, str]) -> bool:
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    return bool(environment.get("DBUS_SESSION_BUS_ADDRESS")) or bool(runtime and Path(runtime, "bus").exists())


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _output(command: tuple[str, ...]) -> str:
    import subprocess  # noqa: PLC0415 - most windows start where there is nobody to ask

    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def _ask_windows() -> Desktop:
    import winreg  # noqa: PLC0415 - only Windows has it

    def value(path: str, name: str) -> object:
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:  # type: ignore[attr-defined,unused-ignore]
                return winreg.QueryValueEx(key, name)[0]  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return None

    light = value(r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize", "AppsUseLightTheme")
    flags = str(value(r"Control Panel\Accessibility\HighContrast", "Flags") or "0")
    return Desktop(None if light is None else not light, bool(int(flags) & 1) if flags.isdigit() else None)
