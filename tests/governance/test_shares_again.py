"""Seats by each method of apportionment against a second count, seat by seat from the definition."""

import random
from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest

from node import canonical
from node.errors import UserError
from node.governance.apportionment import ApportionmentMethod, Claim, apportion
from tests.conftest import BATCHES

SEED = b"a seed that was published before voting opened"
# The quotient for the next seat after s, squared where roots are compared; None before all quotients.
QUOTIENTS: Mapping[str, Callable[[int, int], Fraction | None]] = {
    "dhondt": lambda size, s: Fraction(size, s + 1),
    "sainte-lague": lambda size, s: Fraction(2 * size, 2 * s + 1),
    "huntington-hill": lambda size, s: Fraction(size**2, s * (s + 1)) if s else None,
    "dean": lambda size, s: size * (Fraction(1, s) + Fraction(1, s + 1)) / 2 if s else None,
    "adams": lambda size, s: Fraction(size, s) if s else None,
    "penrose": lambda size, s: Fraction(4 * size, (2 * s + 1) ** 2),
    "cambridge": lambda size, s: Fraction(size, s) if s else None,
}
every_method = pytest.mark.parametrize("method", list(ApportionmentMethod))


def shared_again(method: str, claims: list[Claim], house: int) -> dict[str, int]:
    """Give seat after seat to the largest quotient, or by the largest remainders."""
    lot = {one.name: canonical.digest("hedgerow/lot/1", SEED, one.name) for one in claims}
    if method == "hamilton":
        return _by_remainders(claims, house, lot)
    seats = {one.name: one.floor for one in claims}
    for _ in range(house - sum(seats.values())):
        keys = {}
        for one in claims:
            if one.size and seats[one.name] < one.cap:
                base = one.floor if method == "cambridge" else 0
                value = QUOTIENTS[method](one.size, seats[one.name] - base)
                first = value is None
                keys[one.name] = (not first, -(one.size if value is None else value), lot[one.name])
        seats[min(keys, key=keys.__getitem__)] += 1
    return seats


def _by_remainders(claims: list[Claim], house: int, lot: Mapping[str, bytes]) -> dict[str, int]:
    """Find the price of a seat at which the bounded quotas fill the house: between two of the bounds."""
    sized = [one for one in claims if one.size]
    house -= sum(one.floor for one in claims if not one.size)

    def quotas(at: Fraction) -> dict[str, Fraction]:
        return {one.name: min(max(one.size * at, Fraction(one.floor)), Fraction(one.cap)) for one in sized}

    bounds = {Fraction(edge, one.size) for one in sized for edge in (one.floor, one.cap)} | {Fraction(0)}
    low = max(at for at in bounds if sum(quotas(at).values()) <= house)
    missing = Fraction(house) - sum(quotas(low).values(), Fraction(0))
    free = sum(one.size for one in sized if one.floor <= one.size * low < one.cap)
    found = quotas(low + missing / free if missing else low)
    seats = {one.name: one.floor for one in claims} | {name: int(quota) for name, quota in found.items()}
    order = sorted(found, key=lambda name: (int(found[name]) - found[name], lot[name]))
    for name in order[: house - sum(int(quota) for quota in found.values())]:
        seats[name] += 1
    return seats


def agree(method: str, chance: random.Random) -> None:
    """Draw communities of sizes among which ties are frequent, and share out a house twice."""
    count = chance.randint(1, 6)
    floor = chance.choice([0, 0, 1, 2])
    cap = chance.choice([1_000, 1_000, floor + 3])
    sizes = [chance.choice([0, 1, 2, 3, 6, 10, chance.randint(1, 400)]) for _ in range(count)]
    claims = [Claim(f"c{number}", size, floor, cap) for number, size in enumerate(sizes)]
    house = chance.randint(1, 20)
    try:
        found = apportion(claims, method=ApportionmentMethod(method), house=house, lot_seed=SEED)
    except UserError:
        assert floor * count > house or sum(cap if size else floor for size in sizes) < house
        return
    assert dict(found.seats) == shared_again(method, claims, house), (method, claims, house)


@every_method
def test_both_share_out_alike(method: str) -> None:
    """A hundred random houses a method."""
    chance = random.Random(method)
    for _ in range(100):
        agree(method, chance)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@every_method
@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_elections_of_seats_by_size_are_alike(
    method: str, batch: int, elections_per_batch: int
) -> None:
    """A hundred thousand random houses a method (`make elections`): no difference."""
    chance = random.Random(f"{method}/{batch}")
    for _ in range(elections_per_batch):
        agree(method, chance)
