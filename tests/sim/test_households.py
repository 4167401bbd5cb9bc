"""Documents that begin anew by themselves, while one of their community's machines is away."""

from tests.sim.world import simulate

NODES = 6
# Somebody away writes on in what the other machine began anew.
SEED = 4


def test_what_a_machine_wrote_while_it_was_away_is_carried_over() -> None:
    """A page begins anew once it has grown; what either machine wrote there is shown by all members."""
    report = simulate(SEED, NODES)
    assert not report.check, report.found
    assert report.deeds["restarted"] > 0
    assert report.deeds["carried over"] > 0
