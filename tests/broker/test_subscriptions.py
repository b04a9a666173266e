from __future__ import annotations

from broker.subscriptions import TOPICS_EACH_CHANNEL, Subscriptions, Verdict

ANN, BEN = b"a" * 32, b"b" * 32
TOPIC = b"Vroomme"


def ask(subscriptions: Subscriptions, channel: int = 1, topic: bytes = TOPIC, *, allowed: bool = True) -> Verdict:
    return subscriptions.ask(channel, ANN, topic, allowed=allowed)


def test_whole_topics_are_approved_others_cut() -> None:
    # Would catch a prefix that hears a whole broker.
    subscriptions = Subscriptions()
    assert ask(subscriptions) is Verdict.APPROVE
    assert ask(subscriptions, topic=b"Vroom") is Verdict.APPROVE
    for topic in (b"", b"V", b"Vroomm", b"Vroommme"):
        assert ask(subscriptions, 2, topic) is Verdict.CUT
    assert len(subscriptions) == 1


def test_a_channel_has_so_many_topics_and_no_more() -> None:
    # Would catch refused topics that pile up in libzmq.
    subscriptions = Subscriptions()
    topics = [b"Vroo" + number.to_bytes(3, "big") for number in range(TOPICS_EACH_CHANNEL + 1)]
    assert {ask(subscriptions, topic=topic) for topic in topics[:-1]} == {Verdict.APPROVE}
    assert ask(subscriptions, topic=topics[0]) is Verdict.APPROVE
    assert subscriptions.give_up(1, ANN, topics[0]) is Verdict.APPROVE
    assert ask(subscriptions, topic=topics[0]) is Verdict.APPROVE
    assert ask(subscriptions, topic=topics[-1]) is Verdict.CUT
    assert len(subscriptions) == 0


def test_who_came_early_is_told_once() -> None:
    # Would catch a listener that stays deaf because it subscribed before the broker knew that it listens.
    subscriptions = Subscriptions()
    assert ask(subscriptions, allowed=False) is Verdict.REFUSE
    assert subscriptions.came_early(ANN)
    assert not subscriptions.came_early(ANN)
    ask(subscriptions, allowed=False)
    subscriptions.forget(1)
    assert not subscriptions.came_early(ANN)


def test_channels_of_a_key() -> None:
    # Would catch a revocation that misses one of two channels, or that cuts somebody else's.
    subscriptions = Subscriptions()
    ask(subscriptions, 1)
    ask(subscriptions, 2)
    subscriptions.ask(3, BEN, TOPIC, allowed=True)
    subscriptions.forget(9)
    subscriptions.forget(2)
    ask(subscriptions, 4)
    assert subscriptions.channels(ANN) == (1, 4)
    assert subscriptions.channels(ANN) == ()
    assert subscriptions.channels(BEN) == (3,)


def test_a_number_given_anew_belongs_to_the_new_key() -> None:
    # Would catch a cut that hits whoever got the descriptor of a dead connection.
    subscriptions = Subscriptions()
    ask(subscriptions, 1)
    subscriptions.ask(1, BEN, TOPIC, allowed=True)
    assert subscriptions.channels(ANN) == ()
    assert subscriptions.channels(BEN) == (1,)


def test_after_a_user_message_nothing_is_answered_until_drained() -> None:
    # Would catch an approval that libzmq gives to the attacker's neighbour.
    subscriptions = Subscriptions()
    assert subscriptions.trust() == []
    ask(subscriptions, 1)
    subscriptions.mistrust(None)
    subscriptions.mistrust(1)
    assert subscriptions.ask(2, BEN, TOPIC, allowed=True) is Verdict.CUT
    assert subscriptions.give_up(1, ANN, TOPIC) is Verdict.CUT
    assert subscriptions.give_up(None, None, TOPIC) is Verdict.REFUSE
    assert subscriptions.trust() == [ANN, BEN]
    assert subscriptions.give_up(None, None, TOPIC) is Verdict.APPROVE
    assert subscriptions.give_up(5, ANN, TOPIC) is Verdict.APPROVE
    assert ask(subscriptions, 1) is Verdict.APPROVE
