from __future__ import annotations

import threading

import psutil

from scripts.bench.thread_shares import PARTS, by_part, seconds, zero_point


def test_threads_are_told_apart_by_name_and_by_how_busy_they_are() -> None:
    # Mistake: a library's thread that is taken for one of ours, or one that is counted nowhere.
    taken = {
        1: ("python", 0.2),
        2: ("ZMQbg/IO/0", 3.0),
        3: ("python", 7.0),
        4: ("threaded-ml", 1.0),
        5: ("tokio-rt-worker", 0.1),
        6: ("python", 20.0),
        7: ("threaded-ml", 1.5),
        8: ("ZMQbg/Reaper", 0.5),
    }
    parts = by_part(taken)
    assert list(parts) == list(PARTS)
    assert parts == {"voice": 20.0, "network": 7.0, "libzmq": 3.5, "libpulse": 2.5, "other threads": 0.2 + 0.1}


def test_a_process_with_too_few_threads_has_all_parts() -> None:
    assert by_part({1: ("python", 2.0)}) == {**dict.fromkeys(PARTS, 0.0), "voice": 2.0}


def test_the_threads_of_a_real_process_have_names_and_times() -> None:
    zero_point()
    found = seconds(psutil.Process())
    name, used = found[threading.main_thread().native_id or 0]
    assert name
    assert used > 0.0
