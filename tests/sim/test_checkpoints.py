"""Shortened feeds in bad weather: with laggards, copied devices, and some that are found to be stolen."""

import pytest

from tests.sim.surroundings import SHORTENING_FROM
from tests.sim.world import simulate

NODES = 6
NODES_LYING = 10
# The first of these two parted nodes before the highest place decided.
_FOUNDINGS = (2, 16)


def test_a_shortened_feed_is_the_same_everywhere() -> None:
    """Whoever began at a place and whoever holds all of a feed end equal."""
    report = simulate(SHORTENING_FROM + 1, NODES)
    assert not report.check, report.found
    assert report.deeds["shortened"] > 0


@pytest.mark.long
@pytest.mark.timeout(60)
@pytest.mark.parametrize("founding", _FOUNDINGS)
def test_nodes_that_hold_different_checkpoints_become_equal(founding: int) -> None:
    """What one began at a later place than another held is no reason to wait for what lies between."""
    report = simulate(SHORTENING_FROM + 26 * founding, NODES_LYING)
    assert not report.check, report.found
    assert report.deeds["shortened"] > 0
