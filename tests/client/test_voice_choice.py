"""When voice is slim, if that is left to the program."""

from __future__ import annotations

from client.commands import VoiceMode, VoiceWish
from client.lanes import Uplink
from client.voice_choice import VoiceChoice
from client.ways_of_voice import VoiceModeChanged, VoiceModeReason

SLIM_FULL = VoiceModeChanged(VoiceMode.SLIM, VoiceModeReason.FULL)
BACK = VoiceModeChanged(VoiceMode.LOW_DELAY, VoiceModeReason.GOOD)


def turn(choice: VoiceChoice, uplink: Uplink, now: float) -> VoiceModeChanged | None:
    """Of somebody who never stops talking."""
    return choice.turn(uplink, now, spoken=now)


def back_after(choice: VoiceChoice, begin: float) -> float:
    """Seconds of a good way up until there is little delay again."""
    return next(float(s) for s in range(4_000) if turn(choice, Uplink.GOOD, begin + s) == BACK)


def test_slim_while_the_way_up_is_full_and_a_minute_longer() -> None:
    choice = VoiceChoice()
    assert (choice.mode, turn(choice, Uplink.GOOD, 0.0)) == (VoiceMode.LOW_DELAY, None)
    modes = [choice.mode]
    assert turn(choice, Uplink.FULL, 1.0) == SLIM_FULL
    modes.append(choice.mode)
    assert turn(choice, Uplink.FULL, 50.0) is None
    assert back_after(choice, 50.0) == 60.0
    assert [*modes, choice.mode] == [VoiceMode.LOW_DELAY, VoiceMode.SLIM, VoiceMode.LOW_DELAY]


def test_loss_alone_keeps_little_delay() -> None:
    choice = VoiceChoice()
    assert [turn(choice, Uplink.LOSSY, float(now)) for now in range(100)] == [None] * 100
    assert choice.mode is VoiceMode.LOW_DELAY


def test_loss_while_slim_begins_the_wait_anew() -> None:
    choice = VoiceChoice()
    turn(choice, Uplink.FULL, 0.0)
    turn(choice, Uplink.LOSSY, 59.0)
    assert back_after(choice, 59.0) == 60.0


def test_silence_proves_nothing() -> None:
    # Mistake: a minute of listening, little delay again, and a full way up at the first word; each time a longer wait.
    choice = VoiceChoice()
    turn(choice, Uplink.FULL, 10.0)
    for second in range(10, 4_000):
        assert choice.turn(Uplink.GOOD, float(second), spoken=10.0) is None
    assert choice.turn(Uplink.GOOD, 4_059.0, spoken=69.0) is None
    assert choice.turn(Uplink.GOOD, 4_060.0, spoken=70.0) == BACK


def test_relapses_make_the_waits_grow_and_a_long_good_time_forgives() -> None:
    # Would catch a voice that flaps on a network that only slim voice fits through.
    choice, now, waits = VoiceChoice(), 0.0, []
    for _ in range(7):
        turn(choice, Uplink.FULL, now)
        waits.append(back_after(choice, now))
        now += waits[-1] + 5.0
    assert waits == [60.0, 120.0, 240.0, 480.0, 960.0, 1_800.0, 1_800.0]
    now += 1_800.0
    turn(choice, Uplink.FULL, now)
    assert back_after(choice, now) == 60.0


def test_what_is_wished_holds_whatever_the_network_does() -> None:
    choice = VoiceChoice(VoiceWish.SLIM)
    assert (choice.mode, turn(choice, Uplink.GOOD, 0.0)) == (VoiceMode.SLIM, None)
    choice.wish = VoiceWish.LOW_DELAY
    assert turn(choice, Uplink.FULL, 1.0) == VoiceModeChanged(VoiceMode.LOW_DELAY, VoiceModeReason.ASKED)
    choice.wish = VoiceWish.AUTO  # it has been full all the while
    assert turn(choice, Uplink.FULL, 2.0) == SLIM_FULL
    choice.wish = VoiceWish.SLIM  # the same mode, no longer for the network's sake
    assert turn(choice, Uplink.FULL, 3.0) == VoiceModeChanged(VoiceMode.SLIM, VoiceModeReason.ASKED)
