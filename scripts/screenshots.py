"""Make the pictures of docs/images: the real window on an Xvfb of its own, fed with events.

    python scripts/screenshots.py            docs/images/{empty,conversation,error}.png
    python scripts/screenshots.py --icons    client/ui/icons/*.png

Needs Xvfb and ImageMagick (Debian: apt install xvfb imagemagick; fonts-inter for the face shown in the README).
"""

from __future__ import annotations

import argparse
import os
import queue
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from client.events import (  # noqa: E402
    BrokerMet,
    Command,
    ConnectionProgressed,
    Event,
    MicrophoneChanged,
    MicrophoneLevel,
    Part,
    Person,
    PersonJoined,
    ProblemReported,
    RoomJoined,
    RoomLeft,
    SpeakerChanged,
    TalkingChanged,
    TextQueued,
    TextReceived,
    TextSeen,
    TextStored,
)
from client.settings import Choices  # noqa: E402
from client.ui import drawing  # noqa: E402
from client.ui.app import Opening, Window, open_root  # noqa: E402

IMAGES = ROOT / "docs" / "images"
ICONS = ROOT / "client" / "ui" / "icons"
SHADOW = 28  # pixels around the window in the picture
READY = Opening("chat.example.org:9090", "Ann", "tiring-panning-garden-arrive-wasting-candied", connect=True)

ANN = Person("1", "7f31 ann", "Ann", own=True, confirmed=True, listening=True)
BEN = Person("2", "4e02 ben", "Ben", confirmed=True, listening=True)
CLEO = Person("3", "c9aa cleo", "Cleo", confirmed=True)
DANI = Person("4", "18d3 dani", "Dani")


class Stage:
    """A backend that only plays back events."""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def submit(self, command: Command) -> None:
        """Nothing is asked of a stage."""


def main() -> int:
    """Draw what was asked for."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    arguments.add_argument("--icons", action="store_true", help="draw the application icon instead")
    arguments.add_argument("--only", choices=sorted(SCENES), help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.icons:
        for size in (16, 24, 32, 48, 64, 128, 256):
            drawing.application_icon(size).save(ICONS / f"secure-chat-{size}.png", optimize=True)
        return 0
    if asked.only:
        shoot(asked.only)
        return 0
    return on_own_screen()


def on_own_screen() -> int:
    """Start Xvfb, and one process for each scene: Tk themes cannot be made twice in one."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-dpi", "96", "-nolisten", "tcp", "-screen", "0", "1280x900x24"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            display = f":{answer.readline().strip()}"
        for scene in SCENES:
            environment = os.environ | {"DISPLAY": display, "TZ": "UTC"}
            subprocess.run([sys.executable, __file__, "--only", scene], check=True, env=environment, timeout=120)
            print(f"docs/images/{scene}.png")
    finally:
        server.terminate()
        server.wait(20)
    return 0


def shoot(scene: str) -> None:
    """Play one scene and keep its picture."""
    opening, play = SCENES[scene]
    stage = Stage()
    window = Window(open_root(), stage, opening, Choices(None))
    window.build()
    root = window.root
    for event in play(time.time()):
        stage.events.put(event)
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        root.update()
        time.sleep(0.005)
    place = f"{root.winfo_width()}x{root.winfo_height()}+{root.winfo_rootx()}+{root.winfo_rooty()}"
    with tempfile.TemporaryDirectory() as folder:
        taken = Path(folder) / "window.png"
        subprocess.run(["import", "-window", "root", "-crop", place, "+repage", str(taken)], check=True, timeout=60)
        IMAGES.mkdir(parents=True, exist_ok=True)
        framed(Image.open(taken).convert("RGB")).save(IMAGES / f"{scene}.png", optimize=True)


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
    return image  # in all its colours: a palette would lose the soft tints


def empty(_now: float) -> list[Event]:
    """The first sight."""
    return []


def conversation(now: float) -> list[Event]:
    """Four people, two of them talking."""
    start = now - 1500

    def said(seq: int, who: Person, text: str, after: float, *, late: bool = False) -> TextReceived:
        return TextReceived(f"p{seq}", who.member, who.name, text, seq, start + after, who.own, late)

    reading = "Turn your speaker on, I want to read you the first page. It is longer than a line, so it wraps."
    return [
        BrokerMet("walnut-ferry-dapper-tulip", first_contact=False, invite="secure-chat://example"),
        RoomJoined(ANN.member, (ANN, BEN, CLEO), "otter lamp"),
        said(1, CLEO, "Is everyone in with the new key?", 0, late=True),
        said(2, BEN, "Yes. Cleo and I have compared the room words: otter lamp.", 40, late=True),
        PersonJoined(DANI),
        said(3, BEN, reading, 1200),
        TextQueued("q4", "Speaker is on. Go ahead, I am all ears 🎧", start + 1260),
        TextStored("q4", 4),
        TextSeen(4, 2, 3),
        TextQueued("q7", "One moment, I have to find my glasses.", start + 1265),
        TextStored("q7", 5),
        said(6, CLEO, "I only have text today, tell me how it ends.", 1290),
        TextQueued("q6", "We will write it down for you.", start + 1320),
        SpeakerChanged(on=True, device="Headphones"),
        MicrophoneChanged(on=True, device="Microphone"),
        MicrophoneLevel(0.16),
        TalkingChanged(BEN, on=True),
    ]


def error(_now: float) -> list[Event]:
    """A key that is easy to guess, at a broker that was never met."""
    sentence = (
        "This key is easy to guess, and this broker was never met before: whoever runs it could try keys "
        "until one fits. Use a longer key, or make a new one."
    )
    return [
        ConnectionProgressed("Looking for the broker…"),
        ProblemReported(Part.KEY, "weak_phrase", sentence),
        RoomLeft(sentence, None),
    ]


SCENES: dict[str, tuple[Opening, Callable[[float], list[Event]]]] = {
    "empty": (Opening(name="Ann"), empty),
    "conversation": (READY, conversation),
    "error": (Opening("chat.example.org:9090", "Ann", "summer2024", connect=True), error),
}

if __name__ == "__main__":
    sys.exit(main())
