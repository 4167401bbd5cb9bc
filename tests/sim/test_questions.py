"""Questions of every kind close, and come to the same on all nodes, also when machines fall meanwhile."""

from random import Random

import pytest

from tests.sim.questions import KINDS
from tests.sim.world import World

NODES = 6
# All members are honest there.
SEED = 50


@pytest.mark.long
def test_every_kind_of_question_is_decided_alike_everywhere() -> None:
    """Elections, committees and budgets are certified, effects act, all is shown alike to the last bit."""
    world = World(SEED, NODES)
    world.people.questions.withdraws = False
    world.begin()
    for kind, _ in KINDS:
        world.people.questions.open(world.members[0], Random(kind), ((kind, 1),))
        world.surroundings.timeline.run_until(world.surroundings.timeline.now_ms + 500)
    world.close()
    world.converge()
    world.inquire()
    deeds = world.surroundings.deeds
    methods = {name.removeprefix("method ") for name in deeds if name.startswith("method ")}
    assert methods >= {
        "scottish-stv", "schulze", "phragmen", "equal-shares", "budget-equal-shares", "yes-no-cast",
    }  # fmt: skip
    # Which of the others pass, and of which a review is asked for, the seed decides.
    assert deeds["effects"] > 0, deeds
    assert world.people.questions.voters.cast["paper"] > 0
