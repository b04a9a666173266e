from __future__ import annotations

from client.voice.counters import Counters


def test_a_snapshot_has_what_programs_ask_for() -> None:
    counters = Counters(late=2)
    snapshot = counters.snapshot()
    assert {"voice_frames_sent", "voice_bytes_sent", "late", "concealed", "replayed", "refused"} <= snapshot.keys()
    counters.late = 5
    assert snapshot["late"] == 2  # mistake: a live view, whose numbers change while they are printed
