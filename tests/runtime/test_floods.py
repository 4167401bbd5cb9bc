"""What a flood costs others that are busy: whole sessions, batches and turns, by made-up costs.

A clock of made-up costs stands for a machine ten times slower than the one of docs/performance.md: the same
run takes the same time everywhere. `bench.flood` measures the same by the processor's clock.
"""

import pytest

from bench.clocks import MadeUpClock
from bench.flood import ATTACKS, Fared, run
from node.storage.memory.store import MemoryStore

SECONDS = 2.5
# Offers a second of each of two neighbours: together they fill the node, or leave a third of its time.
FILLING, BUSY = 60, 30
HOSTILE = [attack for attack in ATTACKS if attack != "nothing"]


def fared(attack: str, *, rate: int, before: float) -> Fared:
    """Let two neighbours push while another attacks."""
    clock = MadeUpClock(frame_us=3_000, times=10)
    return run(attack, rate=rate, seconds=SECONDS, before=before, store=MemoryStore(), clock=clock)


@pytest.mark.parametrize("attack", HOSTILE)
def test_attack_a_flood_takes_less_than_a_fifth_from_two_that_fill_the_node(attack: str) -> None:
    """Whoever has flooded for some seconds yields to others, though these fill the node by themselves."""
    alone = fared("nothing", rate=FILLING, before=0)
    assert alone.taken < 2 * FILLING * SECONDS, "the honest do not fill the node by themselves"
    attacked = fared(attack, rate=FILLING, before=3)
    assert attacked.taken > 0.8 * alone.taken
    assert attacked.part < 0.2


@pytest.mark.parametrize("attack", HOSTILE)
def test_attack_a_flood_that_begins_with_the_others_costs_them_less_than_a_fifth(attack: str) -> None:
    """Also who has not flooded before takes no more than others leave, where they leave a part."""
    alone = fared("nothing", rate=BUSY, before=0)
    assert fared(attack, rate=BUSY, before=0).taken > 0.8 * alone.taken
