"""The watch over a sound server that is made up here; tests/integration/test_audio_device.py has a real one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from client.voice import sound_server
from client.voice.cards import Card
from client.voice.sound_server import TAG, SoundServer

PATIENCE = 20.0


class PulseError(Exception): ...


class PulseDisconnected(Exception): ...


class PulseLoopStop(Exception): ...


class Daemon:
    """What `import pulsectl` gives, and the server behind it."""

    def __init__(self) -> None:
        self.up = True
        self.sinks = [SimpleNamespace(index=7, name="usb", description="Headset")]
        self.sources = [
            SimpleNamespace(index=3, name="usb.monitor", description="Monitor of Headset", monitor_of_sink_name="usb"),
            SimpleNamespace(index=4, name="usb.mic", description="Headset", monitor_of_sink_name=None),
        ]
        self.inputs = [
            SimpleNamespace(index=20, sink=7, proplist={TAG: "1-0"}),
            SimpleNamespace(index=21, sink=7, proplist={}),
            SimpleNamespace(index=22, sink=99, proplist={TAG: "1-1"}),  # its card has just gone
        ]
        self.moved: list[tuple[int, int]] = []
        self.news = threading.Event()
        self.listening = threading.Event()
        self.callback: Callable[[object], None] = lambda _: None

    def Pulse(self, *_: object, **__: object) -> Daemon:  # noqa: N802 - as the library calls it
        return self

    def __enter__(self) -> Daemon:
        return self

    def __exit__(self, *_: object) -> None: ...

    def connect(self) -> None:
        if not self.up:
            raise PulseError

    def server_info(self) -> SimpleNamespace:
        return SimpleNamespace(default_sink_name="usb", default_source_name="usb.mic")

    def sink_list(self) -> list[SimpleNamespace]:
        return self.sinks

    def source_list(self) -> list[SimpleNamespace]:
        return self.sources

    def sink_input_list(self) -> list[SimpleNamespace]:
        return self.inputs

    def source_output_list(self) -> list[SimpleNamespace]:
        return []

    def sink_input_move(self, index: int, sink: int) -> None:
        self.moved.append((index, sink))

    source_output_move = sink_input_move

    def event_mask_set(self, *_: str) -> None: ...

    def event_callback_set(self, callback: Callable[[object], None]) -> None:
        self.callback = callback

    def event_listen(self, *, timeout: float) -> None:
        assert timeout > 0
        self.listening.set()
        assert self.news.wait(PATIENCE)
        self.news.clear()
        if not self.up:
            raise PulseDisconnected
        try:
            self.callback(object())
        except PulseLoopStop:
            return

    def event_listen_stop(self) -> None:
        self.news.set()


class Bench:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.daemon = Daemon()
        module = ModuleType("pulsectl")
        vars(module).update(
            Pulse=self.daemon.Pulse,
            PulseError=PulseError,
            PulseDisconnected=PulseDisconnected,
            PulseLoopStop=PulseLoopStop,
        )
        monkeypatch.setitem(sys.modules, "pulsectl", module)
        monkeypatch.setattr(sound_server, "PAUSE_SECONDS", 0.0)
        monkeypatch.setattr(sound_server, "RETRY_SECONDS", 0.0)
        self.looks = threading.Semaphore(0)
        self.server = SoundServer(self.looks.release)

    def watched(self) -> SoundServer:
        self.server.watch()
        assert self.looks.acquire(timeout=PATIENCE)
        assert self.daemon.listening.wait(PATIENCE)
        return self.server

    def changed(self) -> None:
        self.daemon.news.set()
        assert self.looks.acquire(timeout=PATIENCE)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    bench = Bench(monkeypatch)
    yield bench
    bench.server.close()


def test_cards_defaults_and_our_own_streams(bench: Bench) -> None:
    view = bench.watched().view
    assert view is not None
    assert view.speakers.labels == view.microphones.labels == ("Headset",)
    assert (view.microphones.default, view.speakers.default) == ("usb.mic", "usb")
    assert view.speakers.used == {"1-0": "usb"}
    assert bench.server.watch() is view  # mistake: another watcher for each stream


def test_a_change_is_seen(bench: Bench) -> None:
    server = bench.watched()
    bench.daemon.sinks = []
    bench.changed()
    assert server.view is not None
    assert server.view.speakers.labels == ()


def test_a_server_that_goes_and_comes_back(bench: Bench) -> None:
    server = bench.watched()
    bench.daemon.up = False
    bench.changed()
    assert server.view is None
    bench.daemon.up = True
    while server.view is None:
        assert bench.looks.acquire(timeout=PATIENCE)


def test_whoever_opens_a_stream_waits_for_a_server_that_is_just_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Mistake: a chosen device that is opened past the server in that moment, and never led there.
    monkeypatch.setattr(sound_server, "RETRY_SECONDS", 10 * PATIENCE)
    server = bench.watched()
    bench.daemon.up = False
    bench.changed()
    assert server.view is None
    bench.daemon.up = True
    assert server.watch() is not None


def test_our_stream_is_led_to_a_card(bench: Bench) -> None:
    server = bench.watched()
    server.lead("1-0", Card("usb", "Headset"))
    bench.changed()
    assert bench.daemon.moved == [(20, 7)]
    server.lead("1-9", Card("usb", "Headset"))  # a stream that is gone
    bench.changed()
    assert bench.daemon.moved == [(20, 7)]


def test_without_the_library_there_is_no_server(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pulsectl", None)
    assert bench.server.watch() is None
    bench.server.lead("1-0", Card("usb", "Headset"))


def test_one_that_was_never_asked_ends_too() -> None:
    SoundServer(lambda: None).close()
