from dataclasses import replace

import numpy as np
import pytest

from scripts.bench.figures import Run, by_second, delays_of, figures_of

MS = 1_000_000
S = 1_000_000_000


def a_run() -> Run:
    """Two seconds of one talker at 100 frames a second, two listeners, 1 ms each; a warm-up second before."""
    sent = np.arange(0, 3 * S, 10 * MS)
    return Run(
        sent=sent,
        lateness=np.zeros_like(sent),
        heard_sent=np.concatenate([sent, sent]),
        delay=np.full(2 * len(sent), MS),
        window=(S, 3 * S),
        listeners=2,
        planned=200.0,
        seconds=2.0,
        broker_cpu=0.4,
        load_shares=(0.2, 0.3),
        machine_share=0.5,
        memory_per_member=102_400.0,
    )


def test_percentiles_in_milliseconds() -> None:
    delays = delays_of(np.arange(101) * MS)
    assert delays is not None
    assert (delays.p50, delays.p95, delays.p99, delays.max) == pytest.approx((50, 95, 99, 100))


def test_nothing_heard_has_no_percentiles() -> None:
    # mistake: numpy is asked for the percentile of nothing and the bench ends in a traceback
    assert delays_of(np.array([], dtype=np.int64)) is None
    silent = figures_of(replace(a_run(), heard_sent=np.array([], np.int64), delay=np.array([], np.int64)))
    assert (silent.delays, silent.broker_us_per_delivery, silent.lost) == (None, None, 400)


def test_only_frames_of_the_window_count() -> None:
    # mistake: frames of the warm-up, for which not everybody was subscribed, are called lost or delivered
    figures = figures_of(a_run())
    assert (figures.sent, figures.expected, figures.delivered, figures.lost) == (200, 400, 400, 0)
    assert figures.broker_cpu_share == pytest.approx(0.2)
    assert figures.broker_us_per_delivery == pytest.approx(1_000)
    assert figures.broker_kib_per_member == pytest.approx(100)
    assert figures.limits == ()


def test_a_slow_warm_up_does_not_spoil_the_delays() -> None:
    run = a_run()
    run.delay[run.heard_sent < S] = 900 * MS
    figures = figures_of(run)
    assert figures.delays is not None
    assert figures.delays.max == pytest.approx(1)


def test_seconds_are_counted_from_the_window_on() -> None:
    run = a_run()
    run.delay[run.heard_sent >= 2 * S] = 5 * MS
    assert [(number, delays.p50) for number, delays in by_second(run)] == [(0, 1.0), (1, 5.0)]


def test_a_load_that_was_not_steady_is_told() -> None:
    # mistake: figures of a generator at its limit are taken for the broker's
    run = a_run()
    slow = replace(
        run, lateness=np.full_like(run.lateness, 6 * MS), planned=300.0, load_shares=(0.1, 0.9), machine_share=0.97
    )
    told = figures_of(slow).limits
    assert len(told) == 4
    assert "6.0 ms" in told[0]
    assert "200 frames of 300" in told[1]
    assert "90%" in told[2]
    assert "97%" in told[3]
