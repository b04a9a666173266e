from pathlib import Path

import pytest

from client.commands import Connect
from client.events import BrokerMet, RoomJoined
from client.memory import Memory, NothingToRemember
from client.visited import Visit, Visited
from common.address import Address
from common.invite import Invite

JOINED = RoomJoined("me", (), "otter lamp")


def met(voice: int = 9091) -> BrokerMet:
    return BrokerMet("a-b-c-d", True, str(Invite(Address("home", 9090), bytes(32), voice, 9092, "the phrase")))


class World:
    def __init__(self, tmp_path: Path) -> None:
        self.visited = Visited(tmp_path / "servers.json")
        self.wanted = True
        self.kept: list[tuple[Visit, str]] = []
        self.forgotten: list[Visit] = []
        self.memory = Memory(
            self.visited,
            wanted=lambda: self.wanted,
            keep_key=lambda visit, key: self.kept.append((visit, key)),
            forget_key=self.forgotten.append,
        )

    def stay(self, *events: BrokerMet | RoomJoined, with_key: bool = False) -> None:
        self.memory.connecting(Connect("home", "Ann", "typed"), with_key=with_key)
        for event in events:
            self.memory.receive(event)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_server_that_let_one_in_is_remembered_without_the_key(world: World, tmp_path: Path) -> None:
    # Would catch typing errors in the list, and a key on the disk.
    world.stay(met())
    assert world.visited.all() == ()
    world.stay(met(), JOINED)
    assert world.visited.all() == (Visit("home:9090", "Ann"),)
    assert world.kept == []
    content = (tmp_path / "servers.json").read_text()
    assert "phrase" not in content
    assert "typed" not in content


def test_unusual_ports_are_remembered_by_a_link_without_the_key(world: World) -> None:
    world.stay(met(voice=7), JOINED)
    (visit,) = world.visited.all()
    assert "v=7" in visit.where
    assert "#" not in visit.where


def test_a_key_is_kept_only_if_asked(world: World) -> None:
    world.stay(met(), JOINED, with_key=True)
    visit = Visit("home:9090", "Ann", room="otter lamp")
    assert world.visited.all() == (visit,)
    assert world.kept == [(visit, "the phrase")]


def test_who_wants_nothing_remembered_has_nothing_remembered(world: World) -> None:
    world.wanted = False
    world.stay(met(), JOINED, with_key=True)
    assert world.visited.all() == ()
    assert world.kept == []


def test_a_reconnect_and_a_broken_invite_change_nothing(world: World) -> None:
    world.stay(met(), JOINED)
    world.visited.forget_all()
    world.memory.receive(RoomJoined("me", (), "otter lamp", again=True))  # what was forgotten meanwhile stays so
    world.stay(BrokerMet("a-b-c-d", True, "secure-chat://"), JOINED)
    assert world.visited.all() == ()


def test_a_key_is_kept_and_forgotten_in_the_middle_of_a_stay(world: World) -> None:
    # would catch: a key that one can ask for only before it is needed, one that cannot be taken back
    world.stay(met(), JOINED)
    visit = Visit("home:9090", "Ann", room="otter lamp")
    world.memory.remember_key()
    assert world.kept == [(visit, "the phrase")]
    assert world.visited.all() == (visit, Visit("home:9090", "Ann"))
    world.memory.forget_key()
    assert world.forgotten == [visit]
    assert world.visited.all() == (Visit("home:9090", "Ann"),)
    world.memory.receive(JOINED)
    assert len(world.kept) == 1


def test_before_a_room_is_joined_there_is_no_key_to_keep(world: World) -> None:
    world.stay(met(), JOINED)
    world.stay(met())  # into another room, and not there yet: would catch the key of the one before
    for ask in (world.memory.remember_key, world.memory.forget_key):
        with pytest.raises(NothingToRemember, match="no room"):
            ask()
    assert not world.kept
    assert not world.forgotten


def test_who_wants_nothing_remembered_is_told_so_and_can_still_forget(world: World) -> None:
    world.wanted = False
    world.stay(met(), JOINED)
    with pytest.raises(NothingToRemember, match="remember_servers"):
        world.memory.remember_key()
    world.memory.forget_key()
    assert world.forgotten == [Visit("home:9090", "Ann", room="otter lamp")]
    assert world.kept == []
