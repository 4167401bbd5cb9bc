"""Whole nodes in bad weather: a handful of seeds each day, two hundred of ten nodes by `make sim`."""

from random import Random

import pytest

from tests.sim.founding import SEEDS_PER_FOUNDING, cast_of, found
from tests.sim.regressions import REGRESSIONS, Regression
from tests.sim.world import simulate

NODES = 6
NODES_LYING = 10
# One of each topology's founding but the first, whose seeds are in the regressions.
SEEDS = [number * SEEDS_PER_FOUNDING + number for number in (1, 2, 3, 4)]
_EVERYDAY = SEEDS[1:3]


@pytest.mark.parametrize(
    "seed", [one if one in _EVERYDAY else pytest.param(one, marks=pytest.mark.long) for one in SEEDS]
)
def test_a_seed_holds(seed: int) -> None:
    """Cuts, crashes that lose writes and a lying peer leave nothing forked, lost, leaked or different."""
    report = simulate(seed, NODES)
    assert not report.check, f"seed={seed} nodes={NODES}: {report.found}"
    assert report.steps > 0
    assert report.faults["cut"] > 0
    assert report.faults["crash"] > 0


@pytest.mark.long
@pytest.mark.timeout(60)
@pytest.mark.parametrize("founding", range(2, 10))
def test_a_third_of_the_nodes_may_lie(founding: int) -> None:
    """Two or three of ten that lie, fork without end, are cloned or restored spoil nothing for the others."""
    suspects = found(founding, NODES_LYING).cast.suspects
    seed = founding * SEEDS_PER_FOUNDING + founding
    report = simulate(seed, NODES_LYING)
    assert not report.check, f"seed={seed} nodes={NODES_LYING} {suspects}: {report.found}"


@pytest.mark.parametrize("founding", range(12))
def test_as_many_lie_as_may(founding: int) -> None:
    """Of ten nodes up to three lie, and never more members than a certificate can bear."""
    drawn = cast_of(founding, NODES_LYING, Random(founding))
    lying, members = len(drawn.suspects), len(drawn.members) + len(drawn.turncoats)
    assert lying == 1 + founding // 2 % 3
    assert len(drawn.turncoats) <= (members - 1) // 3
    assert lying == 1 or len(drawn.members) + 2 + lying == NODES_LYING


@pytest.mark.parametrize(
    "once",
    [
        pytest.param(
            once,
            id=once.name.replace(" ", "-"),
            marks=() if once.everyday else (pytest.mark.long, pytest.mark.timeout(60)),
        )
        for once in REGRESSIONS
    ],
)
def test_what_once_failed_holds(once: Regression) -> None:
    """A seed that once found a bug finds it no more."""
    report = simulate(once.seed, once.nodes)
    assert not report.check, f"seed={once.seed} nodes={once.nodes}: {report.found}"
