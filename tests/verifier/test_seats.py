"""Seats of a roll by each method, as the node shares them out and as the second reader does."""

import random
from hashlib import sha256

import pytest

from node.errors import UserError
from node.governance.apportionment import ApportionmentMethod, TieRule
from node.governance.decisions import Following, make_roll
from node.governance.proposals import SeatRule, Witness
from node.governance.sizes import Size
from node.ids import CommunityId
from tests.conftest import BATCHES
from tests.verifier.proving import decode
from tests.verifier.sharing import seats

FIRST = Following(version=1, previous=bytes(32), bylaws=bytes(32))
WITNESSES = [Witness(community=bytes(32), device=bytes(32), position=0)]
every_method = pytest.mark.parametrize("method", list(ApportionmentMethod))


def agree(method: str, chance: random.Random) -> None:
    """Draw communities of sizes among which ties are frequent, and share out a house by both readers."""
    floor = chance.choice([0, 0, 1, 2])
    sizes = [
        Size(CommunityId(sha256(chance.randbytes(8)).digest()), number, ())
        for number in (
            chance.choice([1, 2, 3, 6, 10, chance.randint(1, 400)]) for _ in range(chance.randint(1, 6))
        )
    ]
    try:
        roll = make_roll(
            bytes(32),
            sizes,
            follows=FIRST,
            rule=SeatRule(
                method,
                chance.randint(1, 20),
                floor,
                cap=chance.choice([None, None, floor + 3]),
                ties=chance.choice([*TieRule]),
            ),
            witnesses=WITNESSES,
        )
    except UserError:
        return
    assert seats(decode(roll.encode())) == {one.community: one.seats for one in roll.holders}, roll


@every_method
def test_both_readers_share_out_seats_alike(method: str) -> None:
    """A hundred random rolls a method, roots and first seats included."""
    chance = random.Random(method)
    for _ in range(100):
        agree(method, chance)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@every_method
@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_elections_of_seats_by_both_readers(method: str, batch: int, elections_per_batch: int) -> None:
    """A hundred thousand random rolls a method (`make elections`): no difference."""
    chance = random.Random(f"{method}/{batch}")
    for _ in range(elections_per_batch):
        agree(method, chance)
