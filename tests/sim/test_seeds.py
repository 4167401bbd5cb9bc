"""Whole nodes in bad weather: a handful of seeds each day, two hundred of ten nodes by `make sim`."""

import pytest

from tests.sim.founding import SEEDS_PER_FOUNDING
from tests.sim.regressions import REGRESSIONS, Regression
from tests.sim.world import simulate

NODES = 6
# One of each topology's founding but the first, whose seeds are in the regressions.
SEEDS = [number * SEEDS_PER_FOUNDING + number for number in (1, 2, 3, 4)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_holds(seed: int) -> None:
    """Cuts, crashes that lose writes and a lying peer leave nothing forked, lost, leaked or different."""
    report = simulate(seed, NODES)
    assert not report.check, f"seed={seed} nodes={NODES}: {report.found}"
    assert report.steps > 0
    assert report.faults["cut"] > 0
    assert report.faults["crash"] > 0


@pytest.mark.parametrize("once", REGRESSIONS, ids=lambda once: once.name.replace(" ", "-"))
def test_what_once_failed_holds(once: Regression) -> None:
    """A seed that once found a bug finds it no more."""
    report = simulate(once.seed, once.nodes)
    assert not report.check, f"seed={once.seed} nodes={once.nodes}: {report.found}"
