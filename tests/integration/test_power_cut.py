"""Power fails at random moments: nothing that was acknowledged is missing, and no number is given twice."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from broker.engine.base import Appended
from broker.engine.database import StorageTrouble
from broker.engine.ledger import Keep, Ledger, NewPost
from broker.engine.writer import Writer
from common.messages import post_id

pytest.importorskip("apsw", reason="the layer below SQLite needs apsw")

from tests.fakes.power import Disk, PowerDatabase

CUTS = 1_000
ROOMS = (b"r" * 16, b"o" * 16)
KEEP = Keep(posts=10**6)
OFF = (("PRAGMA synchronous = FULL", "PRAGMA synchronous = OFF"),)


@dataclass
class Found:
    """What a broker without power did to its posts."""

    cuts: int = 0
    cuts_while_opening: int = 0
    acknowledged: int = 0
    missing: int = 0
    renumbered: int = 0
    unreadable: int = 0
    kept: dict[bytes, dict[int, bytes]] = field(default_factory=lambda: {room: {} for room in ROOMS})


def work(disk: Disk, chance: random.Random, found: Found, weakened: Sequence[tuple[str, str]]) -> None:
    """Open, and post in batches, until the power fails: in the midst of either."""
    disk.work_until(chance.choice((chance.randrange(25), chance.randrange(1, 150))))
    opening = True
    with suppress(StorageTrouble), opened(disk, weakened) as ledger:
        opening = False
        writer = Writer(ledger, lambda: 1_700_000_000.0, lambda _: None)
        while not writer.trouble:
            batch = [new_post(ticket, chance) for ticket in range(chance.choice((1, 1, 2, 5, 20)))]
            for answer in writer.work(batch).answers:
                if isinstance(answer, Appended):
                    post = batch[answer.ticket]
                    found.acknowledged += 1
                    if found.kept[post.room_id].setdefault(answer.seq, post.post_id) != post.post_id:
                        found.renumbered += 1
    found.cuts_while_opening += opening


@contextmanager
def opened(disk: Disk, weakened: Sequence[tuple[str, str]]) -> Iterator[Ledger]:
    database = PowerDatabase(disk, Path("posts"), weakened)
    try:
        yield Ledger(database, KEEP)
    finally:
        database.close()


def look(disk: Disk, found: Found, weakened: Sequence[tuple[str, str]]) -> bool:
    """With power again: can it be read, is it whole, is all there? False: it is no database any more."""
    try:
        database = PowerDatabase(disk, Path("posts"), weakened)
        check(Ledger(database, KEEP), found)
        whole = database.run("PRAGMA integrity_check") == [("ok",)]
        database.close()
    except (StorageTrouble, AssertionError):
        whole = False
    found.unreadable += not whole
    return whole


def new_post(ticket: int, chance: random.Random) -> NewPost:
    token = chance.randbytes(chance.choice((50, 400, 6_000)))
    return NewPost(ticket, chance.choice(ROOMS), b"l" * 16, post_id(token), token)


def check(ledger: Ledger, found: Found) -> None:
    """What was acknowledged is there, each under its number; what is lost is counted once."""
    for room, kept in found.kept.items():
        there: dict[int, bytes] = {}
        after, more = 0, True
        while more:
            page = ledger.page(0, room, after, None, 1_000)
            there |= {post.seq: post_id(post.token) for post in page.posts}
            after, more = max(there, default=0), page.more
        assert sorted(there) == list(range(1, len(there) + 1))
        found.missing += sum(there.get(seq) != identity for seq, identity in kept.items())
        kept.clear()
        kept.update(there)


def cut(cuts: int, seed: int, weakened: Sequence[tuple[str, str]] = ()) -> Found:
    """So many cuts, each disk used for twenty of them, and looked at after each."""
    chance, found = random.Random(seed), Found()
    usable = False
    for number in range(cuts):
        if number % 20 == 0 or not usable:
            found.kept = {room: {} for room in ROOMS}
            disk = Disk(f"disk-{seed}-{number}-{len(weakened)}", chance)
        work(disk, chance, found, weakened)
        disk.restore()
        found.cuts += 1
        usable = look(disk, found, weakened)
    return found


def told(found: Found) -> str:
    return (
        f"{found.cuts:,} cuts, {found.cuts_while_opening} of them while it was opened, {found.acknowledged:,} posts"
        f" acknowledged, {found.missing} missing, {found.unreadable} times unreadable"
    )


def test_nothing_acknowledged_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    found = cut(CUTS, seed=1)
    with capsys.disabled():
        print(f"\n{told(found)}")
    assert found.acknowledged > CUTS
    assert found.cuts_while_opening > CUTS / 100
    assert (found.missing, found.renumbered, found.unreadable) == (0, 0, 0)


def test_the_same_finds_what_is_lost_without_syncing(capsys: pytest.CaptureFixture[str]) -> None:
    # Would catch a disk that forgets nothing, and a test that so proves nothing.
    found = cut(200, seed=2, weakened=OFF)
    with capsys.disabled():
        print(f"\nwithout syncing: {told(found)}")
    assert found.missing > 0
    assert found.unreadable > 0
