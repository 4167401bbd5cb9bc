"""Taking turns: in a line everything stays in order, and between lines who has cost least is served."""

import threading
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from node.runtime.turns import NO_LINK, Turns


def test_one_line_keeps_its_order() -> None:
    """What one link sent is handled as it came, whatever it cost."""
    turns: Turns[int] = Turns()
    for number in range(5):
        turns.put(1, number)
    found = []
    while (turn := turns.take_if_any()) is not None:
        found.append(turn[1])
        turns.spent(1, 1.0, is_over=False)
    assert found == list(range(5))


def test_attack_costly_questions_without_end_take_no_time_from_others() -> None:
    """One link sends what takes 100 ms each, two others 1 ms: each has as much time as the others."""
    turns: Turns[str] = Turns()
    cost = {1: 0.1, 2: 0.001, 3: 0.001}
    for link in cost:
        turns.put(link, "first")
    served: Counter[int] = Counter()
    used: Counter[int] = Counter()
    for _ in range(1_000):
        turn = turns.take_if_any()
        assert turn is not None
        link, _ = turn
        served[link] += 1
        used[link] += round(cost[link] * 1_000)
        turns.spent(link, cost[link], is_over=False)
        turns.put(link, "next")  # Nobody's line is ever empty.
    assert served[1] <= 11
    assert max(used.values()) - min(used.values()) <= 100


def test_attack_who_comes_anew_is_not_served_before_who_stayed() -> None:
    """A link that ends and comes back under another number begins where the others are by now."""
    turns: Turns[str] = Turns()
    served: Counter[str] = Counter()
    turns.put(1, "honest")
    turns.put(100, "hostile")
    for number in range(100, 300):
        turn = turns.take_if_any()
        assert turn is not None
        link, who = turn
        served[who] += 1
        turns.spent(link, 0.1 if who == "hostile" else 0.01, is_over=who == "hostile")
        turns.put(number + 1 if who == "hostile" else 1, who)
    assert served["honest"] >= served["hostile"]


def test_a_quiet_link_saves_nothing_up() -> None:
    """Who comes back after a long silence has its turn, and then others again."""
    turns: Turns[str] = Turns()
    for _ in range(100):
        turns.put(1, "busy")
        assert turns.take_if_any() == (1, "busy")
        turns.spent(1, 1.0, is_over=False)
    for _ in range(3):
        turns.put(1, "busy")
        turns.put(2, "quiet")
    found = []
    while (turn := turns.take_if_any()) is not None:
        found.append(turn[1])
        turns.spent(turn[0], 1.0, is_over=False)
    assert found[:4].count("quiet") == 2


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 1)), max_size=50))
def test_nothing_is_lost_and_each_line_stays_in_order(sent: list[tuple[int, float]]) -> None:
    """All that was put is taken once, that of one link in its order."""
    turns: Turns[tuple[int, float]] = Turns()
    for number, (link, seconds) in enumerate(sent):
        turns.put(link, (number, seconds))
    turns.close()
    found: dict[int, list[int]] = {}
    while (turn := turns.take()) is not None:
        link, (number, seconds) = turn
        found.setdefault(link, []).append(number)
        turns.spent(link, seconds, is_over=False)
    expected: dict[int, list[int]] = {}
    for number, (link, _) in enumerate(sent):
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
