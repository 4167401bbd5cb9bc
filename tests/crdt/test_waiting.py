import time

from node.crdt.changes import ChangeHash
from node.crdt.waiting import WAITING_CHANGES_MAX, Offer, WaitingRoom

# Of two hundred bytes each they fit into what a node takes in before it judges.
CHANGES = 40_000
MISSING = frozenset({ChangeHash(bytes([1]) * 32), ChangeHash(bytes([2]) * 32)})


def crowded() -> WaitingRoom:
    """Return a room in which all wait for the same two changes."""
    room = WaitingRoom()
    for _ in range(CHANGES):
        room.add(Offer(bytes(100), bytes(32)), MISSING)
    return room


def test_attack_a_crowd_that_waits_for_the_same_is_turned_away_one_by_one() -> None:
    """Whoever leaves is looked for among nobody else: it took half a minute."""
    room = crowded()
    begun = time.process_time()
    turned_away = room.trim()
    assert time.process_time() - begun < 3
    assert [ticket for ticket, _ in turned_away] == list(range(CHANGES, WAITING_CHANGES_MAX, -1))
    assert len(room.release(min(MISSING), admitted=False)) == WAITING_CHANGES_MAX
    assert room.wanted == ()


def test_attack_a_crowd_that_waited_for_the_same_falls_at_once() -> None:
    """All go, in order, when one of the changes that they wait for falls."""
    room = crowded()
    begun = time.process_time()
    released = room.release(max(MISSING), admitted=False)
    assert time.process_time() - begun < 3
    assert [ticket for ticket, _ in released] == list(range(1, CHANGES + 1))
    assert not len(room)
