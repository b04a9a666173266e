"""Posts on their way into the engine, and what comes of its answers, whenever they come.

Each request gets a ticket. Until the engine has answered, its sender may have left and others have come: who
is told is decided when the answer is there. Tokens pass through unread.
"""

from __future__ import annotations

from dataclasses import dataclass

from broker.actions import Action
from broker.engine.base import Appended, Engine, Failed, Paged
from broker.rooms import Member, Rooms, deliver
from broker.status import Counters
from common import limits
from common import messages as wire


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a ticket stands for. `post_id` and `token` are empty for a page."""

    member: Member
    post_id: bytes = b""
    token: bytes = b""


class Posts:
    """What was asked of the engine and is not answered yet."""

    def __init__(self, engine: Engine, rooms: Rooms, counts: Counters) -> None:
        self._engine = engine
        self._rooms = rooms
        self._counts = counts
        self._ticket = 0
        self._asked: dict[int, _Asked] = {}

    def append(self, member: Member, token: bytes) -> None:
        """Have a post kept. `settle` gives `Accepted` and `Posted`, or `Refused`."""
        post_id = wire.post_id(token)
        ticket = self._take_ticket(_Asked(member, post_id, token))
        self._engine.append(ticket, member.room.room_id, post_id, token)

    def page(self, member: Member, message: wire.Fetch, now: float) -> None:
        """Have posts looked up. `settle` gives `Page`, or `Refused`."""
        # The most it can be is paid now, and what it was not given back: else many could be asked for at once.
        member.pages.spend(now, limits.PAGE_BYTES)
        ticket = self._take_ticket(_Asked(member))
        self._engine.page(ticket, member.room.room_id, message.after, message.before, message.limit)

    def settle(self, now: float) -> list[Action]:
        """What is to be done about the answers that are there."""
        actions: list[Action] = []
        for answer in self._engine.poll():
            asked = self._asked.pop(answer.ticket)
            if isinstance(answer, Appended):
                actions += self._kept(asked, answer)
            elif isinstance(answer, Paged):
                actions += self._paged(asked, answer, now)
            else:
                actions += self._failed(asked, answer, now)
        return actions

    def _take_ticket(self, asked: _Asked) -> int:
        self._ticket += 1
        self._asked[self._ticket] = asked
        return self._ticket

    def _kept(self, asked: _Asked, answer: Appended) -> list[Action]:
        sender = asked.member
        actions = self._to(sender, wire.Accepted(asked.post_id, answer.seq, answer.prev_seq))
        if answer.again:
            return actions  # the others were told when it was new
        self._counts.posts += 1
        room = self._rooms.room(sender.room.room_id)
        if room is None:
            return actions
        takers = (other for other in room.others(sender) if other.behind_since is None)
        return actions + deliver(takers, wire.Posted(answer.seq, answer.prev_seq, asked.token))

    def _paged(self, asked: _Asked, answer: Paged, now: float) -> list[Action]:
        self._counts.pages += 1
        asked.member.pages.spend(now, sum(len(post.token) for post in answer.posts) - limits.PAGE_BYTES)
        return self._to(asked.member, wire.Page(answer.posts, answer.oldest_seq, answer.more))

    def _failed(self, asked: _Asked, answer: Failed, now: float) -> list[Action]:
        self._counts.refused += 1
        if not asked.post_id:
            asked.member.pages.spend(now, -limits.PAGE_BYTES)
        else:  # what its sender has sent behind it must not overtake it
            asked.member.texts_from = max(asked.member.texts_from, now + answer.retry_after / 1_000)
        what, post_id = ("post", asked.post_id) if asked.post_id else ("fetch", None)
        return self._to(asked.member, wire.Refused(what, answer.code, answer.reason, answer.retry_after, post_id))

    def _to(self, member: Member, message: wire.FromBroker) -> list[Action]:
        return deliver((member,), message) if self._rooms.of_key(member.key) is member else []
