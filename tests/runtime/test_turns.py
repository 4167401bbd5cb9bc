"""Taking turns: in a line everything stays in order, and between communities who has cost least is served."""

import threading
from collections import Counter
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from node.clock import Timestamp
from node.engine.pace import OWN, STRANGERS
from node.ids import CommunityId
from node.runtime.turns import NO_LINK, Turns

NOW = Timestamp(1_800_000_000_000)
MS = 1_000


class Busy:
    """Links that always have something waiting, and the time that serving them takes.

    Args:
        whose: by link, whose it is.
        cost_us: by link, what each of its inputs costs.
    """

    def __init__(self, whose: Mapping[int, str], cost_us: Mapping[int, int]) -> None:
        self.turns: Turns[int] = Turns()
        self.now_us = 0
        self.used: Counter[str] = Counter()
        self._whose, self._cost_us = whose, cost_us
        for link, who in whose.items():
            self.turns.belongs(link, CommunityId(who.encode()))

    def serve(self, seconds: float, *links: int) -> None:
        """Let these links be busy for so long."""
        for link in links:
            self.turns.put(link, link)
        until = self.now_us + int(seconds * 1_000_000)
        left = set(links)
        while left:
            turn = self.turns.take_if_any()
            assert turn is not None
            link, _ = turn
            cost = self._cost_us[link] if self.now_us < until else 0
            self.now_us += cost
            self.used[self._whose[link]] += cost
            now = Timestamp(NOW + self.now_us // MS)
            self.turns.spent(CommunityId(self._whose[link].encode()), cost, now)
            if self.now_us < until:
                self.turns.put(link, link)
            else:
                left.discard(link)

    def part(self, who: str) -> float:
        """Return who had which part of the time since this was last asked."""
        part = self.used[who] / self.used.total()
        self.used.clear()
        return part


def test_one_line_keeps_its_order() -> None:
    """What one link sent is handled as it came, whatever it cost."""
    turns: Turns[int] = Turns()
    for number in range(5):
        turns.put(1, number)
    found = []
    while (turn := turns.take_if_any()) is not None:
        found.append(turn[1])
        turns.spent(STRANGERS, 1_000 * MS, NOW)
    assert found == list(range(5))


def test_attack_costly_questions_without_end_take_no_time_from_others() -> None:
    """One asks what takes 100 ms each, two others what takes 1 ms: it has no more time than each of them."""
    busy = Busy({1: "asks", 2: "ann", 3: "ben"}, {1: 100 * MS, 2: MS, 3: MS})
    busy.serve(10, 1, 2, 3)
    assert busy.part("asks") < 0.35


def test_attack_a_long_flood_takes_less_than_a_fifth_from_two_busy_neighbours() -> None:
    """Who has flooded a node that was idle yields to two that fill it, until each has cost half as much."""
    busy = Busy({1: "floods", 2: "ann", 3: "ben"}, {1: 30 * MS, 2: 2 * MS, 3: 2 * MS})
    busy.serve(60, 1)
    busy.part("floods")
    busy.serve(50, 1, 2, 3)
    assert 0.04 < busy.part("floods") < 0.07


def test_attack_a_long_flood_takes_less_than_a_fifth_from_a_single_neighbour() -> None:
    """A ninth is what it takes from one that would have all of the node."""
    busy = Busy({1: "floods", 2: "ann"}, {1: 30 * MS, 2: 2 * MS})
    busy.serve(60, 1)
    busy.part("floods")
    busy.serve(20, 1, 2)
    assert 0.09 < busy.part("floods") < 0.13


def test_attack_a_flood_on_many_links_has_the_share_of_one() -> None:
    """Twenty links of one community, by as many devices, have no more than its one share."""
    many = range(10, 30)
    whose = {1: "ann", 2: "ben"} | dict.fromkeys(many, "floods")
    busy = Busy(whose, {1: 2 * MS, 2: 2 * MS} | dict.fromkeys(many, 10 * MS))
    busy.serve(10, 1, 2, *many)
    assert busy.part("floods") < 0.35
    busy.serve(60, *many)
    busy.part("floods")
    busy.serve(20, 1, 2, *many)
    assert busy.part("floods") < 0.1


def test_attack_strangers_without_end_have_one_share() -> None:
    """Links of whom nobody knows who they are share one share, though each says it is somebody else."""
    turns: Turns[str] = Turns()
    turns.belongs(1, CommunityId(b"ann"))
    served: Counter[str] = Counter()
    turns.put(1, "ann")
    for link in range(10, 60):
        turns.put(link, "stranger")
    for _ in range(100):
        turn = turns.take_if_any()
        assert turn is not None
        link, who = turn
        served[who] += 1
        turns.spent(CommunityId(b"ann") if link == 1 else STRANGERS, 10 * MS, NOW)
        turns.put(link, who)
    assert served["ann"] >= 49


def test_attack_a_pause_brings_a_flood_no_share_back() -> None:
    """Who floods in turns with pauses of its own length has less than a fifth when it does."""
    busy = Busy({1: "floods", 2: "ann", 3: "ben"}, {1: 30 * MS, 2: 2 * MS, 3: 2 * MS})
    busy.serve(60, 1)
    for _ in range(3):
        busy.now_us += 10_000_000
        busy.part("floods") if busy.used else None
        busy.serve(10, 1, 2, 3)
        assert busy.part("floods") < 0.1


def test_attack_a_newcomer_takes_no_more_than_its_share_from_two_long_busy() -> None:
    """That it has cost nothing yet gives a flood no more than each of two that have long been busy has."""
    busy = Busy({1: "floods", 2: "ann", 3: "ben"}, {1: 30 * MS, 2: 2 * MS, 3: 2 * MS})
    busy.serve(60, 2, 3)
    busy.part("floods")
    busy.serve(30, 1, 2, 3)
    assert busy.part("floods") < 0.36


def test_a_long_cold_sync_has_all_the_time_that_nobody_else_wants() -> None:
    """Who has cost much beside others that want little is as fast as if they wanted nothing."""
    busy = Busy({1: "newcomer", 2: "ann"}, {1: 30 * MS, 2: 2 * MS})
    busy.serve(30, 1, 2)
    busy.part("newcomer")
    for _ in range(100):
        busy.turns.put(2, 2)
        assert busy.turns.take_if_any() == (2, 2)
        busy.turns.spent(CommunityId(b"ann"), 2 * MS, Timestamp(NOW + busy.now_us // MS))
        busy.now_us += 2 * MS
        busy.serve(0.3, 1)
    assert busy.now_us < 70_000_000


def test_our_own_people_never_yield() -> None:
    """After a long import at home commands still have their share beside a neighbour."""
    turns: Turns[str] = Turns()
    turns.belongs(1, CommunityId(b"ann"))
    turns.spent(OWN, 100_000 * MS, NOW)
    turns.put(1, "ann")
    turns.take_if_any()
    turns.spent(CommunityId(b"ann"), 200_000 * MS, NOW)
    served: Counter[str] = Counter()
    turns.put(NO_LINK, "own")
    turns.put(1, "ann")
    for _ in range(100):
        turn = turns.take_if_any()
        assert turn is not None
        link, who = turn
        served[who] += 1
        turns.spent(OWN if link == NO_LINK else CommunityId(b"ann"), 10 * MS, NOW)
        turns.put(link, who)
    assert served["own"] >= 50


def test_attack_who_comes_anew_is_not_served_before_who_stayed() -> None:
    """A community whose link ends and comes back under another number goes on where it was."""
    turns: Turns[str] = Turns()
    hostile, honest = CommunityId(b"hostile"), CommunityId(b"honest")
    served: Counter[str] = Counter()
    turns.belongs(1, honest)
    turns.belongs(100, hostile)
    turns.put(1, "honest")
    turns.put(100, "hostile")
    for number in range(100, 300):
        turn = turns.take_if_any()
        assert turn is not None
        link, who = turn
        served[who] += 1
        turns.spent(hostile if who == "hostile" else honest, 100 * MS if who == "hostile" else 10 * MS, NOW)
        if who == "hostile":
            turns.over(link)
            turns.belongs(number + 1, hostile)
        turns.put(number + 1 if who == "hostile" else 1, who)
    assert served["honest"] >= 9 * served["hostile"]


def test_a_quiet_link_saves_nothing_up() -> None:
    """Who comes back after a long silence has its turn, and then others again."""
    turns: Turns[str] = Turns()
    busy, quiet = CommunityId(b"busy"), CommunityId(b"quiet")
    turns.belongs(1, busy)
    turns.belongs(2, quiet)
    for _ in range(100):
        turns.put(1, "busy")
        assert turns.take_if_any() == (1, "busy")
        turns.spent(busy, MS, NOW)
    for _ in range(3):
        turns.put(1, "busy")
        turns.put(2, "quiet")
    found = []
    while (turn := turns.take_if_any()) is not None:
        found.append(turn[1])
        turns.spent(busy if turn[0] == 1 else quiet, MS, NOW)
    assert found[:4].count("quiet") == 2


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, MS)), max_size=50))
def test_nothing_is_lost_and_each_line_stays_in_order(sent: list[tuple[int, int, int]]) -> None:
    """All that was put is taken once, that of one link in its order, whosever it turns out to be."""
    turns: Turns[tuple[int, int]] = Turns()
    for number, (link, who, cost) in enumerate(sent):
        turns.put(link, (number, cost))
        turns.belongs(link, CommunityId(bytes([who])))
    turns.close()
    found: dict[int, list[int]] = {}
    while (turn := turns.take()) is not None:
        link, (number, cost) = turn
        found.setdefault(link, []).append(number)
        turns.spent(CommunityId(bytes([number % 3])), cost, NOW)
        turns.over(link)
    expected: dict[int, list[int]] = {}
    for number, (link, _, _) in enumerate(sent):
        expected.setdefault(link, []).append(number)
    assert found == expected


def test_taking_waits_for_an_input_and_ends_when_closed() -> None:
    """Whoever takes sleeps until something comes, and is told when nothing more will."""
    turns: Turns[str] = Turns()
    found: list[tuple[int, str] | None] = []

    def take() -> None:
        found.extend((turns.take(), turns.take()))

    thread = threading.Thread(target=take)
    thread.start()
    turns.put(NO_LINK, "a command")
    turns.close()
    thread.join(timeout=10)
    assert found == [(NO_LINK, "a command"), None]
