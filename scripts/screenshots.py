"""Make the pictures of docs/images: the real window on an Xvfb of its own, fed with events.

    python scripts/screenshots.py [NAME …]   all pictures, or those whose name begins so
    python scripts/screenshots.py --icons    client/ui/icons/*.png

Needs Xvfb, pngquant and two fonts; says how Debian calls what is missing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageGrab

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from client.commands import Command  # noqa: E402
from client.events import RoomJoined  # noqa: E402
from client.inbox import Inbox  # noqa: E402
from client.settings import Choices  # noqa: E402
from client.ui import drawing  # noqa: E402
from client.ui.app import Window, open_root  # noqa: E402
from scripts.scenes import SCENES  # noqa: E402

IMAGES = ROOT / "docs" / "images"
ICONS = ROOT / "client" / "ui" / "icons"
SHADOW = 28  # pixels around the window in the picture
PROGRAMS = ("Xvfb", "pngquant", "fc-list")
FONTS = ("Inter", "Noto Color Emoji")
INSTALL = "apt install xvfb pngquant fontconfig fonts-inter fonts-noto-color-emoji"
_DARK = ("empty", "conversation", "error", "settings", "menu", "changed")
# Name of the picture: scene, theme, dots per inch.
PICTURES = {
    **{scene: (scene, "light", 96) for scene in SCENES},
    **{
        f"{scene}-dark": (scene, "dark", 96)
        for scene in ("empty", "conversation", "error", "settings", "menu", "changed", "volume")
    },
    **{
        f"{scene}-contrast": (scene, "contrast", 96)
        for scene in ("conversation", "error", "settings", "menu", "changed", "volume")
    },
    **{f"{scene}-192dpi": (scene, "light", 192) for scene in ("conversation", "settings", "volume")},
}


class Stage:
    """A backend that only plays back events."""

    def __init__(self) -> None:
        self.events = Inbox()

    def submit(self, command: Command) -> None:
        """Nothing is asked of a stage."""


def main() -> int:
    """Draw what was asked for."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("names", metavar="NAME", nargs="*", help="pictures whose name begins so; without, all")
    arguments.add_argument("--icons", action="store_true", help="draw the application icon instead")
    arguments.add_argument("--shoot", choices=sorted(PICTURES), help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.icons:
        for size in (16, 24, 32, 48, 64, 128, 256):
            drawing.application_icon(size).save(ICONS / f"secure-chat-{size}.png", optimize=True)
        return 0
    if asked.shoot:
        shoot(asked.shoot)
        return 0
    lacking = missing()
    if lacking:
        print(f"Missing: {', '.join(lacking)}. Debian has them: {INSTALL}", file=sys.stderr)
        return 1
    on_own_screens([name for name in PICTURES if not asked.names or name.startswith(tuple(asked.names))])
    return 0


def missing() -> list[str]:
    """Programs and fonts without which the pictures would not look like those in the repository."""
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    if "fc-list" in lacking:
        return [*lacking, *FONTS]
    listed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=True, timeout=60).stdout
    families = {family for line in listed.splitlines() for family in line.split(",")}
    return [*lacking, *(name for name in FONTS if name not in families)]


def on_own_screens(names: list[str]) -> None:
    """One process for each picture: Tk ends with its screen."""
    for dpi in (96, 192):
        with screen(dpi) as display:
            for name in names:
                if PICTURES[name][2] == dpi:
                    environment = os.environ | {"DISPLAY": display, "TZ": "UTC"}
                    subprocess.run(
                        [sys.executable, __file__, "--shoot", name], check=True, env=environment, timeout=120
                    )
                    size = (IMAGES / f"{name}.png").stat().st_size
                    print(f"docs/images/{name}.png {size // 1024} KiB")


@contextmanager
def screen(dpi: int) -> Iterator[str]:
    """An Xvfb with so many dots per inch; the name of its display."""
    reading, writing = os.pipe()
    size = f"{1280 * dpi // 96}x{900 * dpi // 96}x24"
    command = [
        "Xvfb",
        "-displayfd",
        str(writing),
        "-dpi",
        str(dpi),
        "-nolisten",
        "tcp",
        "-noreset",
        "-screen",
        "0",
        size,
    ]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            yield f":{answer.readline().strip()}"
    finally:
        server.terminate()
        server.wait(20)


def shoot(name: str) -> None:
    """Play one scene and keep its picture."""
    scene_name, theme, _ = PICTURES[name]
    scene = SCENES[scene_name]
    stage = Stage()
    window = Window(open_root(), stage, scene.opening, Choices(None, {"theme": theme, **scene.settings}))
    window.build()
    root = window.root
    if scene.size:
        root.geometry(scene.size)
    if scene.focused:
        wait(window, 0.3)
        root.focus_force()
        root.update()
    for event in scene.play(time.time()):
        stage.events.put(event)
        if scene.focused and isinstance(event, RoomJoined):
            wait(window, 0.6)  # it is seen that somebody looks
    wait(window, 1.2)
    scene.act(window)
    wait(window, 0.5)
    left, top = root.winfo_rootx(), root.winfo_rooty()
    place = (left, top, left + root.winfo_width(), top + root.winfo_height())
    taken = ImageGrab.grab(place, xdisplay=os.environ["DISPLAY"])
    IMAGES.mkdir(parents=True, exist_ok=True)
    picture = IMAGES / f"{name}.png"
    framed(taken.convert("RGB")).save(picture)
    # To 256 colours, where nobody sees the difference: Pillow's own way there loses the soft tints.
    small = ["pngquant", "--force", "--ext", ".png", "--speed", "1", "--quality", "85-100", str(picture)]
    subprocess.run(small, check=True, timeout=60)


def wait(window: Window, seconds: float) -> None:
    """Let the window go on for a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        window.root.update()
        time.sleep(0.005)


def framed(picture: Image.Image) -> Image.Image:
    """The window with round corners and a soft shadow, as a desktop would show it."""
    wide, high = picture.size
    mask = Image.new("L", (wide * 2, high * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle([0, 0, wide * 2 - 1, high * 2 - 1], 24, fill=255)
    mask = mask.resize(picture.size, Image.Resampling.LANCZOS)
    size = (wide + 2 * SHADOW, high + 2 * SHADOW)
    shade = Image.new("L", size, 0)
    shade.paste(mask.point(lambda value: value * 0.38), (SHADOW, SHADOW + 6))
    shade = shade.filter(ImageFilter.GaussianBlur(11))
    image = Image.new("RGBA", size, (20, 22, 40, 0))
    image.putalpha(shade)
    image.paste(picture, (SHADOW, SHADOW), mask)
    return image


if __name__ == "__main__":
    sys.exit(main())
