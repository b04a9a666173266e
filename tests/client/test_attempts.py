"""When the next attempt comes, and what may bring it forward."""

from __future__ import annotations

from client.attempts import Attempts


def attempts() -> Attempts:
    return Attempts(lambda: 0.0)


def test_a_lost_stay_is_tried_again_after_a_growing_pause() -> None:
    tries = attempts()
    assert tries.next_tick() == float("inf")
    assert tries.lost(10.0, 0.0) == 0.25
    assert tries.next_tick() == 10.25
    assert not tries.take_due(10.2)
    assert tries.take_due(10.25)
    assert not tries.take_due(11.0)  # said once
    assert tries.next_tick() == float("inf")
    assert tries.lost(11.0, 0.0) == 0.5


def test_joining_and_calling_off_end_the_back_off() -> None:
    tries = attempts()
    for end in (tries.joined, tries.called_off):
        tries.lost(0.0, 0.0)
        tries.lost(0.0, 0.0)
        end()
        assert tries.lost(0.0, 0.0) == 0.25
    tries.called_off()
    assert tries.next_tick() == float("inf")


def test_a_broker_has_so_long_to_let_me_in() -> None:
    tries = attempts()
    assert not tries.given_up(100.0)
    tries.connecting(10.0)
    assert tries.next_tick() == 18.0
    assert not tries.given_up(17.9)
    assert tries.given_up(18.0)
    tries.joined()
    assert not tries.given_up(100.0)


def test_answers_of_attempts_that_were_called_off_do_not_count() -> None:
    tries = attempts()
    first = tries.begun()
    assert first == tries.number
    tries.lost(0.0, 0.0)
    assert first != tries.number
    second = tries.begun()
    tries.called_off()
    assert second != tries.number


def test_a_waiting_attempt_is_brought_forward_but_not_before_the_broker_said() -> None:
    tries = attempts()
    for _ in range(6):
        tries.lost(0.0, 0.0)
    tries.bring_forward(0.1)
    assert tries.take_due(0.1)
    assert tries.lost(0.2, 0.0) == 0.25  # afresh
    tries.lost(1.0, 5.0)
    tries.bring_forward(2.0)
    assert tries.next_tick() == 6.0
    tries.called_off()
    tries.bring_forward(7.0)
    assert not tries.waiting
    tries.lost(8.0, 0.0)
    assert [tries.waiting] == [True]
