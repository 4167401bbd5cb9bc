"""Tests of the reconnect delay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.limits import RECONNECT_MS_MAX, RECONNECT_MS_MIN
from node.replication.backoff import delay_ms

fractions = st.floats(min_value=0, max_value=1, exclude_max=True)


@given(failures=st.integers(min_value=1, max_value=10**9), fraction=fractions)
def test_delays_stay_within_their_bounds(failures: int, fraction: float) -> None:
    """However often it failed, a node neither hammers a neighbour nor gives up on it."""
    assert RECONNECT_MS_MIN <= delay_ms(failures=failures, fraction=fraction) <= RECONNECT_MS_MAX


@given(failures=st.integers(min_value=1, max_value=100), fraction=fractions)
def test_a_further_failure_never_shortens_the_wait(failures: int, fraction: float) -> None:
    """With the same luck, more failures mean a wait at least as long."""
    assert delay_ms(failures=failures, fraction=fraction) <= delay_ms(
        failures=failures + 1, fraction=fraction
    )


def test_chance_spreads_over_the_whole_range_which_doubles_up_to_the_cap() -> None:
    """The lowest fraction gives the shortest wait; the highest doubles with each failure up to the cap."""
    assert [delay_ms(failures=n, fraction=0.0) for n in (1, 5, 50)] == [RECONNECT_MS_MIN] * 3
    nearly_one = 1 - 2**-53
    longest = [delay_ms(failures=n, fraction=nearly_one) for n in (1, 2, 3, 50)]
    assert longest == pytest.approx([2_000, 4_000, 8_000, RECONNECT_MS_MAX], abs=1)


def test_asking_before_the_first_failure_is_our_own_bug() -> None:
    """A delay is for after a failure, and a fraction is less than one."""
    with pytest.raises(AssertionError):
        delay_ms(failures=0, fraction=0.5)
    with pytest.raises(AssertionError):
        delay_ms(failures=1, fraction=1.0)
