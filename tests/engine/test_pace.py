"""Who yields: whose cost of late stands out among those that want something."""

from hypothesis import given
from hypothesis import strategies as st

from node.clock import MS_PER_HOUR, Timestamp
from node.engine.pace import BURST_US, OWN, REMEMBERED_US_MAX, Pace
from node.ids import CommunityId

NOW = Timestamp(1_800_000_000_000)
ANN, BEN, CLEO = (CommunityId(name.encode()) for name in ("ann", "ben", "cleo"))
SECOND = 1_000_000


def test_who_has_cost_more_than_twice_as_much_as_the_others_yields() -> None:
    """A flood yields until the others have cost half as much each, and none of two equals does."""
    pace = Pace()
    pace.spent(ANN, 60 * SECOND, NOW)
    assert not pace.yields(ANN, NOW), "nobody else wants anything"
    pace.spent(BEN, 20 * SECOND, NOW)
    assert pace.yields(ANN, Timestamp(NOW + 100))
    assert not pace.yields(BEN, Timestamp(NOW + 100))
    pace.spent(BEN, 20 * SECOND, Timestamp(NOW + 100))
    assert not pace.yields(ANN, Timestamp(NOW + 200))


def test_two_that_have_long_been_busy_do_not_yield_to_a_newcomer() -> None:
    """Side by side they have cost the same: that a third has cost nothing holds neither back."""
    pace = Pace()
    for one in (ANN, BEN):
        pace.spent(one, 300 * SECOND, NOW)
    pace.spent(CLEO, 1, NOW)
    assert not any(pace.yields(one, Timestamp(NOW + 50)) for one in (ANN, BEN, CLEO))


def test_a_few_commits_of_honest_work_make_nobody_yield() -> None:
    """Who has cost no more than a burst goes on side by side with who has cost nothing."""
    pace = Pace()
    pace.spent(ANN, BURST_US, NOW)
    pace.spent(BEN, 0, NOW)
    assert not pace.yields(ANN, NOW)


def test_a_flood_is_forgotten_an_hour_after_its_end() -> None:
    """However long it was, what it has cost is remembered up to a bound and goes away."""
    pace = Pace()
    pace.spent(ANN, 100 * REMEMBERED_US_MAX, NOW)
    half, whole = Timestamp(NOW + MS_PER_HOUR // 2), Timestamp(NOW + MS_PER_HOUR)
    pace.spent(BEN, 0, half)
    pace.spent(ANN, 0, half)
    assert pace.yields(ANN, half)
    pace.spent(BEN, 0, whole)
    pace.spent(ANN, 0, whole)
    assert not pace.yields(ANN, whole)


def test_our_own_people_never_yield_and_are_yielded_to() -> None:
    """A flood has to wait for what is done at home too."""
    pace = Pace()
    pace.spent(OWN, 600 * SECOND, NOW)
    pace.spent(ANN, 10 * SECOND, NOW)
    assert not pace.yields(OWN, NOW)
    assert pace.yields(ANN, NOW)


@given(st.lists(st.tuples(st.sampled_from([ANN, BEN, CLEO]), st.integers(0, SECOND), st.integers(0, 2_000))))
def test_not_all_that_want_something_yield(spent: list[tuple[CommunityId, int, int]]) -> None:
    """Whatever was spent when: of several that contend one does not yield."""
    pace, now = Pace(), NOW
    for party, work_us, later_ms in spent:
        now = Timestamp(now + later_ms)
        pace.spent(party, work_us, now)
    now = Timestamp(now + 100)
    assert not all(pace.yields(one, now) for one in (ANN, BEN, CLEO))
