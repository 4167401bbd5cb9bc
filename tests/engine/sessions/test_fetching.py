"""Whose entries are fetched: a flood that others relay leaves the node's time to them."""

from node.clock import Timestamp
from node.engine.sessions.fetching import Fetching
from node.ids import CommunityId

NOW = Timestamp(1_800_000_000_000)
FLOOD, ANN = CommunityId(b"flood"), CommunityId(b"ann")
MS = 1_000


def work(fetching: Fetching, community: CommunityId, work_us: int, now: int) -> None:
    """Note work for a community."""
    fetching.worked(work_us, Timestamp(now))
    fetching.spent(community, work_us, Timestamp(now))


def flooded(*, others_us: int, seconds: int = 5) -> int:
    """Let one be fetched as fast as it may beside another that costs so much each 10 ms; return its time."""
    fetching, fetched = Fetching(), 0
    work(fetching, FLOOD, 10_000_000, NOW)
    for now in range(NOW, NOW + seconds * 1_000, 10):
        work(fetching, ANN, others_us, now)
        left_us = 10 * MS - others_us
        if fetching.may_fetch(FLOOD, Timestamp(now)) and left_us > 0:
            work(fetching, FLOOD, left_us, now)
            fetched += left_us
    return fetched


def test_attack_a_relayed_flood_has_what_others_leave() -> None:
    """Entries of a flood that come by way of neighbours are not fetched while the node is busy."""
    assert flooded(others_us=8 * MS) < 500 * MS


def test_a_cold_sync_beside_a_trickle_goes_on() -> None:
    """Who brings very much is fetched at three quarters of the speed and more beside who wants little."""
    assert flooded(others_us=100) > 0.75 * 5_000 * MS


def test_who_is_held_back_is_fetched_from_now_and_then() -> None:
    """However busy the node is, a little is fetched each second, and it is said when to look again."""
    fetching, granted = Fetching(), 0
    work(fetching, FLOOD, 100_000_000, NOW)
    for now in range(NOW, NOW + 5_000, 10):
        work(fetching, ANN, 10 * MS, now)
        granted += fetching.may_fetch(FLOOD, Timestamp(now))
        if (due := fetching.next_due()) is not None and fetching.due(Timestamp(now)):
            assert now >= due
    assert 4 <= granted <= 20
