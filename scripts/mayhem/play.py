"""A run: processes are started, people write, processes die; then everything settles and is examined."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from common.crypto.keys import stretch
from common.crypto.phrase import generate
from scripts.mayhem.cast import BrokerLife, ClientLife
from scripts.mayhem.evidence import Findings, examine, expected
from scripts.mayhem.returns import returns
from scripts.mayhem.strikes import OF_BROKER_WITH_CLIENT, OF_CLIENT_AGAIN, strikes

_LINES_A_SECOND: Final = 1.0  # of each client, on average
_BURST: Final = 10  # lines at once, now and then: more than the eight that a client has under way
_SETTLE_SECONDS: Final = 60.0  # without any news
_LOOK_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done. `broker_kills` and `client_kills` end it, or `seconds` do."""

    rooms: int = 3
    clients: int = 5
    seed: int = 0
    broker_kills: int = 0
    client_kills: int = 0
    seconds: float = float("inf")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, and what is wrong with it."""

    posts: int
    broker_kills: int
    client_kills: int
    findings: Findings
    returns: Sequence[float]  # seconds from a broker's being ready again to a client's being back
    seconds: float


class Stage:
    """All processes of one run, and what is done to them."""

    def __init__(self, plan: Plan, folder: Path, ends: ExitStack) -> None:
        """Start everything; `ends` ends it."""
        self._plan = plan
        self._random = Random(plan.seed)  # noqa: S311 - to be had again
        self._over = threading.Event()
        self._broker = BrokerLife(folder, self._random)
        ends.callback(self._broker.stop)
        self.rooms = [self._room(number, folder, ends) for number in range(1, plan.rooms + 1)]
        self._clients = [client for room in self.rooms for client in room]
        self._last = self._clients[0]
        ends.callback(self._over.set)

    @property
    def kills(self) -> tuple[int, int]:
        """Of the broker, of clients."""
        return self._broker.kills, sum(client.kills for client in self._clients)

    def returns(self) -> list[float]:
        """How long clients needed to be back, each time that the broker was."""
        return returns(self._broker.lives, [stay for client in self._clients for stay in client.stays])

    def work(self, told: Callable[[int], object]) -> None:
        """Let people write and processes die, until there were enough kills. `told` hears their number.

        Everybody says one line before: a broker that dies before it has kept anything numbers a room anew.
        """
        for client in self._clients:
            client.say(1)
        for client in self._clients:
            client.await_stored()
        end = time.monotonic() + self._plan.seconds
        pause = 1 / (_LINES_A_SECOND * len(self._clients))
        with ThreadPoolExecutor(2) as pool:
            strikers = [pool.submit(self._strike_broker, self._fork()), pool.submit(self._strike_clients, self._fork())]
            try:
                while _all_well(strikers) and time.monotonic() < end:
                    time.sleep(self._random.expovariate(1 / pause))
                    self._random.choice(self._clients).say(_BURST if self._random.random() < 1 / _BURST else 1)
                    told(sum(self.kills))
            finally:
                self._over.set()
        for striker in strikers:
            striker.result()
        told(sum(self.kills))

    def settle(self) -> None:
        """Wait until all lines are acknowledged and shown to all, or nothing more comes."""
        self._broker.start()
        last_news, known = time.monotonic(), -1
        while time.monotonic() - last_news < _SETTLE_SECONDS:
            rooms = [[client.witness() for client in room] for room in self.rooms]
            if all(client.settled() for client in self._clients) and not any(examine(room).lost for room in rooms):
                return
            if (count := sum(len(witness.runs[-1].shown) for room in rooms for witness in room)) > known:
                last_news, known = time.monotonic(), count
            time.sleep(_LOOK_SECONDS)

    def _room(self, number: int, folder: Path, ends: ExitStack) -> list[ClientLife]:
        phrase = generate(secrets.choice)
        keys = stretch(phrase, self._broker.key)
        room = []
        for letter in "abcdefghijklmnopqrstuvwxyz"[: self._plan.clients]:
            name = f"{letter}{number}"
            room.append(client := ClientLife(name, self._broker.link, phrase, keys, folder / name))
            ends.callback(client.leave)
        return room

    def _fork(self) -> Random:
        return Random(self._random.random())  # noqa: S311 - to be had again

    def _strike_broker(self, random: Random) -> None:
        for strike in strikes(random, OF_BROKER_WITH_CLIENT):
            if self._over.is_set() or self._broker.kills >= self._plan.broker_kills:
                return
            victim = random.choice(self._clients)
            self._broker.live(strike, lambda victim=victim, down=strike.down: victim.strike(down))  # type: ignore[misc]

    def _strike_clients(self, random: Random) -> None:
        for strike in strikes(random, OF_CLIENT_AGAIN):
            if self._over.wait(strike.after) or self.kills[1] >= self._plan.client_kills:
                return
            victim = self._last if strike.twin else random.choice(self._clients)
            victim.strike(strike.down)
            self._last = victim


def run(plan: Plan, folder: Path, told: Callable[[int], object]) -> Outcome:
    """Do it, in an empty folder; `told` hears the number of kills. Raises `Failed`, `NotStarted`, `NothingHeard`."""
    begun = time.monotonic()
    with ExitStack() as ends:
        stage = Stage(plan, folder, ends)
        stage.work(told)
        stage.settle()
        kills = stage.kills
    rooms = [[client.witness() for client in room] for room in stage.rooms]
    findings = Findings()
    for room in rooms:
        findings += examine(room)
    posts = sum(len(expected(room)) for room in rooms)
    return Outcome(posts, *kills, findings, stage.returns(), time.monotonic() - begun)


def _all_well(strikers: list[Future[None]]) -> bool:
    """Whether there is more to strike and nothing has gone wrong."""
    return not all(striker.done() for striker in strikers) and not any(
        striker.done() and striker.exception() for striker in strikers
    )
