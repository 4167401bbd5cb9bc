"""The pace of an import: slices grow on a fast machine and shrink on a slow or busy one, within bounds."""

from hypothesis import given
from hypothesis import strategies as st

from node.directory.importing.pace import SLICE_LISTINGS_MAX, SLICE_S_WANTED, Pace


@given(st.floats(0.0001, 0.5), st.integers(1, SLICE_LISTINGS_MAX))
def test_slices_come_to_take_the_time_wanted(seconds_each: float, first: int) -> None:
    """Whatever a listing costs, after some slices each takes at most the time wanted, or is one listing."""
    pace = Pace(first)
    for _ in range(20):
        pace = pace.after(seconds_each * pace.listings)
    assert 1 <= pace.listings <= SLICE_LISTINGS_MAX
    assert pace.listings == 1 or pace.listings * seconds_each <= SLICE_S_WANTED * 1.01


def test_one_quick_slice_does_not_make_the_next_one_large() -> None:
    """A slice of which nothing had to be written says little about the next."""
    assert Pace(4).after(0.0).listings == 8


def test_a_slow_slice_makes_the_next_one_small_at_once() -> None:
    """Whoever waits has waited long enough once."""
    assert Pace(64).after(5.0).listings == 1
