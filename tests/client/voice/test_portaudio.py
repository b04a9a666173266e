from __future__ import annotations

import pytest

from client.voice.portaudio import HOST_API, Facts, found, label, names

DEVICES: list[Facts] = [
    {"name": "USB pulse box", HOST_API: "MME"},
    {"name": "pulse", HOST_API: "MME"},
    {"name": "pulse", HOST_API: "WASAPI"},
    {"name": "pulse", HOST_API: "WASAPI"},
]


def test_a_device_is_called_by_name_and_host_api() -> None:
    assert label(DEVICES[0]) == "USB pulse box, MME"
    assert names(DEVICES) == ("USB pulse box, MME", "pulse, MME", "pulse, WASAPI")


@pytest.mark.parametrize(
    ("wish", "index"), [("pulse", 1), ("usb", 0), ("BOX", 0), ("Pulse, wasapi", 2), ("wasapi", 2), ("Webcam", None)]
)
def test_a_device_is_found_by_its_name_or_a_part_of_it(wish: str, index: int | None) -> None:
    assert found(DEVICES, wish) is (None if index is None else DEVICES[index])
