"""Members' devices in the wrong hands: others build on what a thief writes, until its community finds out."""

import pytest

from tests.sim.founding import found
from tests.sim.surroundings import Surroundings
from tests.sim.thefts import HOMES, theft
from tests.sim.world import World, simulate

NODES = 6
NODES_LYING = 10
# A plain thief, found out while it rages; with ten nodes a device that was also restored, and two at a time.
SEED = 25
SEEDS_LYING = (106, 128, 140)


def manner(seed: int, nodes: int) -> list[str]:
    """Return in what manner devices are stolen in one run."""
    suspects = found(seed // 25, nodes).cast.suspects
    surroundings = Surroundings(seed, nodes)
    return [one for one in (theft(suspect, surroundings) for suspect in suspects) if one]


def test_a_stolen_device_of_a_member_parts_nobody() -> None:
    """What honest members built on what falls is there; what the thief wrote behind the cut is not."""
    world = World(SEED, NODES)
    assert [type(one).__name__ for one in world.robbed] == ["Robbed"]
    world.run()
    assert world.robbed[0].retired
    assert {machine.index for machine in world.group()} >= {0, 1, 2, 3, HOMES + 6}


@pytest.mark.long
@pytest.mark.timeout(60)
@pytest.mark.parametrize("seed", SEEDS_LYING)
def test_stolen_devices_among_ten_part_nobody(seed: int) -> None:
    """Nor where a third of the nodes are not to be trusted, in whatever manner the device is used."""
    assert manner(seed, NODES_LYING)
    report = simulate(seed, NODES_LYING)
    assert not report.check, report.found
    assert report.faults["theft"] > 0
