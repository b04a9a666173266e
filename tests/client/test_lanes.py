"""When further lanes are opened and closed."""

from __future__ import annotations

from itertools import pairwise

import pytest

from client.commands import Lanes
from client.lanes import LaneWatch, Uplink
from client.lateness import VoiceTime
from client.ways_of_voice import LaneChanged, LaneReason
from common.voice_frame import encode_header

TOPIC = b"VroomAL"
BROKER = 7_000.0  # its clock has another start


class Path:
    """A way to the broker and back, and a talker at 100 frames a second on lane 0."""

    def __init__(self, lanes: Lanes = Lanes.AUTO) -> None:
        self.watch = LaneWatch(lanes)
        self.now = 100.0
        self.ctr = 0
        self.told: list[tuple[int, LaneReason]] = []

    def turn(self) -> None:
        changed = self.watch.turn(self.now)
        if changed is not None:
            assert isinstance(changed, LaneChanged)
            self.told.append((changed.count, changed.why))

    def pongs(
        self, seconds: float, up: float = 0.02, down: float = 0.02, *, voice: bool = True, others: bool = True
    ) -> None:
        """As they come each 0.3 s, while I speak (`voice`), and others do."""
        for _ in range(round(seconds / 0.3)):
            for number in range(1, 31):
                if voice:
                    self.watch.sent(self.now + number * 0.01)
                if others:
                    self.ctr += 1
                    self.watch.frame(0, self.frame(self.ctr), self.now + number * 0.01)
            self.now += 0.3
            self.watch.pong(self.now - up - down, BROKER + self.now - down, self.now)
            self.turn()

    def stall(self, lane_2: bool = False) -> None:
        """A second of talk in which 100 ms are held up on lane 0."""
        held = range(50, 60)
        for number in range(100):
            due = self.now + number * 0.01
            late = self.now + 0.605 if number in held else due
            if lane_2:
                self.watch.frame(1, self.frame(self.ctr + number), due)
            self.watch.frame(0, self.frame(self.ctr + number), late)
        self.ctr += 100
        self.now += 1.0
        self.turn()

    @staticmethod
    def frame(ctr: int) -> bytes:
        return TOPIC + encode_header(0, ctr) + bytes(20)


def test_a_quiet_network_needs_no_second_lane() -> None:
    path = Path()
    path.pongs(60)
    assert path.told == []
    assert path.watch.uplink(path.now) is Uplink.GOOD


def test_voice_that_stalls_on_its_way_down_opens_it_and_a_good_network_closes_it() -> None:
    path = Path()
    path.pongs(3)
    for _ in range(3):
        path.stall()
    assert path.told == [(2, LaneReason.LOSS_DOWN)]
    for _ in range(15):
        path.stall(lane_2=True)
    path.pongs(27)
    assert len(path.told) == 1
    path.pongs(4.5)
    assert path.told[1:] == [(1, LaneReason.GOOD)]
    stats = path.watch.stats()
    assert (stats["lanes"], stats["lane_opened"], stats["lane_given_up"]) == (1, 1, 0)
    assert stats["lane_first"] == 15 * 100  # lane 2's copy is told first here
    assert stats["lane_copies"] == 15 * 100
    assert stats["lane_stalls_down"] == 18


def test_voice_that_stalls_all_the_time_opens_all_lanes_and_two_do_when_it_is_better() -> None:
    # Would catch two lanes that stall together every other second, and four that stay for ever.
    path = Path()
    path.pongs(3)
    for count in range(60):  # twice a second the kernel has sent again, as where each twentieth packet is lost
        path.watch.resent(count, path.now)
        path.pongs(0.3)
    assert path.told == [(2, LaneReason.LOSS_UP), (4, LaneReason.LOSS_UP)]
    for _ in range(10):
        path.pongs(3.9)
        path.pongs(0.3, up=0.2)
    assert path.told[2:] == [(2, LaneReason.GOOD)]
    path.pongs(36)
    assert path.told[3:] == [(1, LaneReason.GOOD)]
    stats = path.watch.stats()
    assert (stats["lane_opened"], stats["lane_given_up"], stats["lanes"]) == (3, 0, 1)


@pytest.mark.parametrize("others", [False, True])
def test_words_with_pauses_between_them_open_all_lanes_too_and_keep_them(others: bool) -> None:
    # Would catch rates that are reckoned over pauses, in which nothing can stall, also where others speak in them.
    path = Path()
    path.pongs(3)
    for count in range(400):  # half the time; twice a second of voice the kernel has sent again
        path.pongs(0.3, others=others)
        path.watch.resent(count // 2, path.now)
        path.pongs(0.3, voice=False, others=others)
    assert path.told == [(2, LaneReason.LOSS_UP)]
    path = Path()
    path.pongs(3)
    for count in range(400):  # thrice a second of voice
        path.pongs(0.3, others=others)
        path.watch.resent(count, path.now)
        path.pongs(0.3, voice=False, others=others)
    assert path.told == [(2, LaneReason.LOSS_UP), (4, LaneReason.LOSS_UP)]


def test_where_nobody_speaks_nothing_is_known_for_a_while() -> None:
    # Would catch lanes that are closed in each longer pause, and opened a second too late after it.
    path = Path()
    path.pongs(3)
    for count in range(4):
        path.watch.resent(count, path.now)
        path.pongs(0.9)
    assert path.told == [(2, LaneReason.LOSS_UP)]
    path.pongs(270, voice=False, others=False)
    assert len(path.told) == 1
    path.pongs(60, voice=False, others=False)
    assert path.told[1:] == [(1, LaneReason.GOOD)]


def test_one_percent_lost_needs_no_more_than_two() -> None:
    # Would catch four lanes, at twice the data, where two do.
    path = Path()
    path.pongs(3)
    for count in range(60):  # once a second
        path.watch.resent(count, path.now)
        path.pongs(0.9)
    assert path.told == [(2, LaneReason.LOSS_UP)]


@pytest.mark.parametrize("late", [0.1, 0.3, 0.5])
def test_however_long_a_stall_is_it_is_no_pause(late: float) -> None:
    # Would catch four lanes where two are enough, since the time of long stalls counts for nothing.
    watch, most = LaneWatch(Lanes.AUTO), 1
    for ctr in range(6_000):
        stalled = ctr // 60 * 60  # three in five seconds
        held = 0 < stalled <= ctr < stalled + late * 100
        arrived = 100.0 + (stalled * 0.01 + late if held else ctr * 0.01)
        watch.frame(0, Path.frame(ctr), arrived)
        watch.turn(arrived)
        most = max(most, watch.count)
    assert most == 2


def test_a_pause_before_a_short_stall_is_no_stall() -> None:
    voice = VoiceTime()
    for moment in (0.0, 0.01, 1.01, 1.02, 1.12):  # a pause of a second, then a stall of 0.1 s
        voice.goes(moment)
    voice.was_held_up()
    assert voice.seconds == pytest.approx(0.12)
    voice.goes(1.62)
    voice.was_held_up()
    assert voice.seconds == pytest.approx(0.62)


def test_words_first_and_a_talk_then_are_no_reason_to_call_a_lane_worse() -> None:
    # Would catch stalls of a few words that are compared, by the clock, with those of a talk without pauses.
    path = Path()
    path.pongs(3)
    count = 0
    for _ in range(3):
        path.pongs(0.6, others=False)
        count += 1
        path.watch.resent(count, path.now)
        path.pongs(2.1, voice=False, others=False)
    for _ in range(40):
        path.pongs(0.6, others=False)
        count += 1
        path.watch.resent(count, path.now)
    assert [why for _, why in path.told if why is LaneReason.WORSE] == []
    assert path.told[0] == (2, LaneReason.LOSS_UP)


def test_one_stall_now_and_then_opens_nothing() -> None:
    path = Path()
    for _ in range(5):
        path.stall()
        path.pongs(6)
    assert path.told == []


def test_pongs_alone_show_what_the_way_up_does() -> None:
    # Where the kernel tells nothing.
    path = Path()
    path.pongs(3)
    for _ in range(3):
        path.pongs(0.3, up=0.2)
        path.pongs(0.9)
    assert path.told == [(2, LaneReason.LOSS_UP)]
    assert path.watch.uplink(path.now) is Uplink.LOSSY


def test_the_kernel_tells_too() -> None:
    path = Path()
    path.pongs(3)
    for count in (4, 4, 5, 7, 8):  # the first only says where it stands
        path.now += 1.0
        path.watch.resent(count, path.now)
        path.turn()
    assert path.told == [(2, LaneReason.LOSS_UP)]


def test_one_loss_that_is_told_thrice_counts_once() -> None:
    path = Path()
    path.pongs(3)
    path.watch.resent(0, path.now)
    for count in range(1, 6):
        path.now += 0.02
        path.watch.resent(count, path.now)
    path.turn()
    assert path.told == []
    assert path.watch.stats()["lane_stalls_up"] == 1


def test_a_loss_that_holds_up_two_talkers_counts_once() -> None:
    # Mistake: a room in which many talk opens lanes for one lost packet.
    path = Path()
    path.pongs(3)
    other = b"VroomBO"
    for number in range(200):
        due = path.now + number * 0.01
        late = path.now + 1.105 if 100 <= number < 110 else due
        path.watch.frame(0, path.frame(number), late)
        path.watch.frame(0, other + path.frame(number)[len(other) :], late + 0.001)
    path.now += 2.0
    path.turn()
    assert path.watch.stats()["lane_stalls_down"] == 1
    assert path.told == []


def test_a_full_link_opens_nothing_and_is_told() -> None:
    # Would catch copies that fill a link which is full already.
    path = Path()
    path.pongs(6)
    for count in range(20):  # its queue overflows too, so the kernel sends again
        path.watch.resent(count, path.now)
        path.pongs(0.9, up=0.25)
    assert path.told == []
    assert path.watch.uplink(path.now) is Uplink.FULL


def test_a_link_that_the_copies_fill_is_left_alone_for_longer_and_longer() -> None:
    path = Path()
    path.pongs(6)
    pauses = []
    for _ in range(8):
        begun = path.now
        while path.watch.count == 1:
            path.watch.resent(int(path.now * 10), path.now)
            path.pongs(0.9)
        pauses.append(path.now - begun)
        path.pongs(4.5, up=0.2)
        assert path.watch.stats()["lanes"] == 1
        path.pongs(6)
    assert {why for count, why in path.told if count == 1} == {LaneReason.FULL}
    assert pauses[0] < 10
    assert all(later > 1.5 * earlier for earlier, later in pairwise(pauses[1:6]))
    assert max(pauses) < 1_900  # it never gives up for good
    assert path.watch.stats()["lane_given_up"] == 8


def test_one_that_makes_more_stalls_is_closed() -> None:
    path = Path()
    path.pongs(3)
    for _ in range(3):
        path.pongs(4.2)
        path.pongs(0.3, up=0.2)
    for _ in range(20):
        path.pongs(0.3, up=0.2)
        path.pongs(0.3)
        path.stall(lane_2=True)
    assert path.told[:2] == [(2, LaneReason.LOSS_UP), (1, LaneReason.WORSE)]


def test_one_that_is_never_first_is_closed() -> None:
    path = Path()
    path.pongs(3)
    for _ in range(14):
        path.stall()
    assert path.told[:2] == [(2, LaneReason.LOSS_DOWN), (1, LaneReason.NO_HELP)]


def test_one_that_helps_the_way_up_is_not_judged_by_the_way_down() -> None:
    # Would catch a talker who hears nobody: nothing ever comes first by a second lane there.
    path = Path()
    path.pongs(3)
    for _ in range(20):
        path.pongs(0.3, up=0.2)
        path.pongs(0.3, down=0.2)
        path.pongs(0.9)
    assert path.told == [(2, LaneReason.LOSS_UP)]


@pytest.mark.parametrize(("up", "down"), [(1.02, -0.98), (-0.98, 1.02)])
def test_a_computer_that_stood_still_has_no_full_link(up: float, down: float) -> None:
    # Mistake: slim voice, and no further lanes, for the two minutes after a broker's machine was halted for a second.
    path = Path()
    path.pongs(10)
    path.pongs(10, up=up, down=down)
    assert path.watch.uplink(path.now) is Uplink.GOOD
    assert path.told == []
    path.pongs(10, up=up + 0.2, down=down)  # what is full from then on is seen
    assert path.watch.uplink(path.now) is Uplink.FULL


def test_what_the_user_says_holds() -> None:
    path = Path(Lanes.TWO)
    path.turn()
    assert path.told == [(2, LaneReason.ASKED)]
    path.watch.lanes = Lanes.ONE
    path.turn()
    for _ in range(5):
        path.stall()
    assert path.told[1:] == [(1, LaneReason.ASKED)]


def test_a_broker_s_clock_may_be_anything() -> None:
    path = Path()
    for stamp, clock in ((0.0, 1e12), (path.now + 1, 5.0), (-1e12, 5.0)):
        path.watch.pong(stamp, clock, path.now)
    path.turn()
    assert path.watch.stats()["lane_stalls_up"] == 0


def test_it_is_looked_at_closely_while_voice_flows() -> None:
    path = Path()
    assert not path.watch.close_look(path.now)
    path.stall()
    assert path.watch.close_look(path.now)
    assert not path.watch.close_look(path.now + 3)
    path.watch.resent(1, path.now + 3)
    path.watch.frame(0, path.frame(0), path.now + 3)
    assert path.watch.close_look(path.now + 3)


def test_another_connection_begins_anew() -> None:
    path = Path()
    path.pongs(3)
    path.stall()
    path.stall()
    path.watch.connected()
    path.stall()
    assert path.told == []
