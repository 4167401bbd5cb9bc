"""Who fetches a branch: one link at a time as long as it gives what it claims."""

from node.clock import Timestamp
from node.engine.sessions.shelf import Reservations
from node.feeds.entry import FeedKey
from node.ids import EntryId
from node.limits import COMPARE_INTERVAL_MS
from tests import builders

BRANCH = (FeedKey(builders.key("ann").public, "public"), EntryId(bytes(32)))
HALF_A_MINUTE = COMPARE_INTERVAL_MS // 2


def test_one_link_at_a_time_is_asked() -> None:
    """While one link is asked for a branch others are not; when it has answered they may be."""
    held = Reservations()
    assert held.take(1, BRANCH, Timestamp(0))
    assert not held.take(2, BRANCH, Timestamp(1))
    held.give_back(1, BRANCH)
    assert held.take(2, BRANCH, Timestamp(2))


def test_attack_links_that_fail_in_turn_keep_no_branch_from_others() -> None:
    """Three links claim a branch, stay silent and answer nothing in turn: whoever else claims it is asked."""
    held = Reservations()
    assert held.take(1, BRANCH, Timestamp(0))
    held.give_back(1, BRANCH, failed_at=Timestamp(HALF_A_MINUTE))
    assert held.take(2, BRANCH, Timestamp(HALF_A_MINUTE))
    assert held.take(3, BRANCH, Timestamp(HALF_A_MINUTE))
    assert held.take(4, BRANCH, Timestamp(HALF_A_MINUTE))
    assert not held.take(1, BRANCH, Timestamp(HALF_A_MINUTE + 1))


def test_attack_a_link_that_stays_silent_keeps_a_branch_for_half_a_minute_and_never_again() -> None:
    """Once a reservation has run out nobody holds the branch alone any more."""
    held = Reservations()
    assert held.take(1, BRANCH, Timestamp(0))
    assert not held.take(2, BRANCH, Timestamp(HALF_A_MINUTE - 1))
    assert held.take(3, BRANCH, Timestamp(HALF_A_MINUTE))
    assert held.take(2, BRANCH, Timestamp(HALF_A_MINUTE))
