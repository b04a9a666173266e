"""What a room has read: each line once, kept in one order, and given back in the next run."""

from __future__ import annotations

import pytest

from client.log import Begun, Log, LogLine, LogStore, Marks, NoLog, Sighting
from common.crypto.keys import device_signer
from common.crypto.sealing import BodySealer, PostBody, Text
from common.errors import LocalError
from tests.fakes.link import MemoryLog, room_keys

KEYS = room_keys()
LOG, OTHER = b"L" * 16, b"M" * 16
DEVICE = device_signer(bytes(32), KEYS.room_id)
BODY = PostBody(DEVICE.public_key().public_bytes_raw(), "Ann", 1, 1_000, Text("hello"))


def body(counter: int = BODY.counter, text: str = BODY.content.text, device: bytes = BODY.device) -> PostBody:
    return PostBody(device, BODY.name, counter, BODY.sent_at, Text(text))


def token_of(post: PostBody) -> bytes:
    return BodySealer(KEYS).seal_post(post, DEVICE)


def started(store: LogStore) -> Log:
    log = Log(KEYS, store)
    log.begin(LOG)
    return log


@pytest.fixture(params=[NoLog, MemoryLog])
def log(request: pytest.FixtureRequest) -> Log:
    return started(request.param())


def test_sightings(log: Log) -> None:
    assert log.keep(body(), 1, b"t") is Sighting.NEW
    # Sealed anew by somebody else in the room it is the same signed line, and no copied device.
    assert log.keep(body(), 2, b"u") is Sighting.DOUBLE
    assert log.keep(body(2), 3, b"v") is Sighting.NEW
    assert log.keep(body(device=b"e" * 32), 4, b"w") is Sighting.NEW
    assert log.keep(body(text="something else"), 5, b"x") is Sighting.COPIED_DEVICE
    assert log.keep(body(text="something else"), 6, b"y") is Sighting.DOUBLE
    assert log.keep(body(text="a third"), 7, b"z") is Sighting.COPIED_DEVICE


def test_what_an_earlier_run_has_kept_is_known() -> None:
    store = MemoryLog()
    started(store).keep(body(), 1, b"t")
    log = started(store)
    assert log.keep(body(), 1, b"t") is Sighting.DOUBLE
    assert log.keep(body(text="another"), 2, b"u") is Sighting.COPIED_DEVICE
    assert not log.was_shown(body())
    assert log.was_shown(body())
    assert log.keep(body(), 1, b"t") is Sighting.DOUBLE
    assert [line.copied for line in started(store).read_back()] == [False, True]


def test_a_copied_device_is_noticed_among_the_lines_of_this_run_too() -> None:
    log = started(NoLog())
    assert not log.was_shown(body())
    assert log.keep(body(text="another"), 2, b"u") is Sighting.COPIED_DEVICE


def test_reading_back_gives_the_newest_screenful_first() -> None:
    store = MemoryLog()
    log = started(store)
    for number in range(1, 121):
        log.keep(body(number), number, b"t")
    later = started(store)
    slices = []
    while later.reading:
        slices.append([line.seq for line in later.read_back()])
    assert slices == [list(range(71, 121)), list(range(21, 71)), list(range(1, 21))]


def test_reading_back_ends_somewhere() -> None:
    store = MemoryLog()
    marks = Marks(b"", b"")
    store.lines = [(LogLine(0, number, b"", copied=False, number=number), marks) for number in range(1, 2_101)]
    log = started(store)
    read: list[LogLine] = []
    while log.reading:
        read += log.read_back()
    assert len(read) == 2_000
    assert min(line.seq for line in read) == 101


def test_an_empty_log_has_nothing_to_read(log: Log) -> None:
    assert log.reading
    assert log.read_back() == []
    assert not log.reading


@pytest.mark.parametrize("store", [NoLog(), MemoryLog()])
def test_each_log_id_has_an_epoch_of_its_own(store: LogStore) -> None:
    log = started(store)
    assert log.epoch == 0
    log.begin(OTHER)
    assert log.epoch == 1
    log.begin(LOG)  # the broker's backup of yesterday was put away again
    assert log.epoch == 0


def test_notes_are_kept_with_the_lines() -> None:
    store = MemoryLog()
    log = started(store)
    assert log.latest is None
    log.keep(body(), 1, b"t")
    log.commit(b"one")
    log.keep(body(2), 2, b"u")
    store.kill()
    later = Log(KEYS, store)
    assert later.latest == LOG
    assert later.begin(LOG) == b"one"
    assert [line.token for line in later.read_back()] == [b"t"]
    later.commit(b"one")
    assert later.begin(OTHER) == b""


class Broken(MemoryLog):
    """A disk that is full from some moment on."""

    full = False

    def _check(self) -> None:
        if self.full:
            raise LocalError("The disk is full.")

    def latest(self) -> bytes | None:
        self._check()
        return super().latest()

    def sight(self, marks: Marks) -> Sighting:
        self._check()
        return super().sight(marks)

    def commit(self) -> None:
        self._check()
        super().commit()


@pytest.mark.parametrize("store", [NoLog(), MemoryLog()])
def test_numbers_that_go_back_get_an_epoch_of_their_own(store: LogStore) -> None:
    log = started(store)
    log.keep(body(), 5, b"t")
    log.commit(b"notes")
    log.retire(LOG)
    assert log.begin(LOG) == b""
    assert log.epoch == 1
    log.keep(body(2), 3, b"u")
    log.commit(b"other notes")
    assert log.begin(LOG) in {b"other notes", b""}  # where nothing is kept there are no notes
    assert log.epoch == 1
    log.retire(OTHER)  # of which nothing was ever known
    assert log.begin(OTHER) == b""
    assert log.epoch == 2


def test_a_disk_that_fails_takes_no_line_with_it() -> None:
    store = Broken()
    log = started(store)
    assert log.keep(body(), 1, b"t") is Sighting.NEW
    store.full = True
    assert log.keep(body(2), 2, b"u") is Sighting.NEW
    assert log.trouble() == "The disk is full."
    assert log.trouble() == ""
    assert log.keep(body(), 1, b"t") is Sighting.DOUBLE  # what this run has seen it still knows
    assert log.keep(body(3), 3, b"v") is Sighting.NEW
    log.commit(b"notes")
    assert log.trouble() == ""
    assert not log.reading
    log.begin(OTHER)
    assert log.epoch == 1  # still behind what was shown
    store = Broken()
    store.full = True
    assert Log(KEYS, store).trouble()


class NoBeginning(MemoryLog):
    def begin(self, log_id: bytes) -> Begun:
        raise LocalError(f"The disk is gone, and {log_id.decode()} with it.")


def test_a_log_that_cannot_begin_is_done_without() -> None:
    log = started(NoBeginning())
    assert log.trouble().startswith("The disk is gone")
    assert log.keep(body(), 1, b"t") is Sighting.NEW


def test_a_room_of_which_nothing_is_kept_has_nothing_to_search() -> None:
    store = NoLog()
    started(store).keep(body(), 1, b"t")
    assert store.before(None, 10) == store.after(None, 10) == []
