"""The queue with a bell."""

from __future__ import annotations

from client.events import AudienceChanged, Event
from client.inbox import Inbox


def test_who_listens_is_told_when_the_event_can_be_had() -> None:
    inbox, told = Inbox(), []
    inbox.put(AudienceChanged(1))

    def look(event: Event) -> None:
        told.append((event, inbox.qsize()))

    inbox.tell(look)
    inbox.tell(look)
    inbox.put(AudienceChanged(2))
    assert told == [(AudienceChanged(2), 2)] * 2
    assert [inbox.get(), inbox.get()] == [AudienceChanged(1), AudienceChanged(2)]
