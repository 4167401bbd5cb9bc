"""Nodes that take little of others come to rest, and hold the same once they take more."""

from tests.sim.world import simulate

NODES = 6
SEED = 6


def test_who_is_paused_is_not_compared_and_comes_when_there_is_room() -> None:
    """While communities are paused neighbours are equal without them; then everything arrives."""
    report = simulate(SEED, NODES)
    assert not report.check, report.found
    assert report.deeds["paused"] > 0
    assert report.deeds["raised"] > 0
