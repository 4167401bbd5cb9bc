"""Seats by size and costs by purse, written from docs/counting.md and docs/budgets.md."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from heapq import merge
from itertools import islice, takewhile
from typing import Any

from tests.verifier.proving import digest
from tests.verifier.shapes import Fields

# What is compared for the seat after s seats, over what; where the quotients are roots, their squares.
QUOTIENTS: Mapping[str, Callable[[int, int], tuple[int, int]]] = {
    "dhondt": lambda size, s: (size, s + 1),
    "sainte-lague": lambda size, s: (size, 2 * s + 1),
    "huntington-hill": lambda size, s: (size**2, s * (s + 1)),
    "dean": lambda size, s: (size * (2 * s + 1), s * (s + 1)),
    "penrose": lambda size, s: (size, (2 * s + 1) ** 2),
    "adams": lambda size, s: (size, s),
    "cambridge": lambda size, s: (size, s),
}


def share_out(method: str, house: int, size: Any, lot: Any, floor: int, cap: int) -> Any:
    """Return how many seats each has by its size, and whom the lot parted over the last of them."""

    def bounded(at: Fraction) -> dict[Any, Fraction]:
        return {one: min(max(number * at, Fraction(floor)), Fraction(cap)) for one, number in size.items()}

    def claims(one: Any) -> Iterable[Any]:
        for s in range(floor, cap):
            number, over = QUOTIENTS[method](size[one], s - floor if method == "cambridge" else s)
            yield (over > 0, Fraction(-number, over or 1)), lot[one], one

    if method == "hamilton":
        # From one bound to the next lies the quota at which the bounded quotas add up to the house.
        edges = {Fraction(edge, number) for number in size.values() for edge in (floor, cap)}
        low = max((at for at in edges if sum(bounded(at).values()) <= house), default=Fraction(0))
        free = sum(number for number in size.values() if floor <= number * low < cap) or 1
        quotas = bounded(low + (house - sum(bounded(low).values())) / Fraction(free))
        found = {one: int(quota) for one, quota in quotas.items()}
        ranked: Iterator[Any] = iter(sorted((found[one] - quotas[one], lot[one], one) for one in size))
    else:
        found, ranked = dict.fromkeys(size, floor), merge(*map(claims, size))
    won = [*islice(ranked, house - sum(found.values()))]
    for *_, one in won:
        found[one] += 1
    last = [one for value, _, one in won if value == won[-1][0]]
    lost = [one for *_, one in takewhile(lambda claim: claim[0] == won[-1][0], ranked if won else ())]
    return found, [[*last[n:], *lost] for n in range(len(last))] if lost else []


def seats(roll: Fields) -> Any:
    """Share out a roll's seats again; None where floors and caps cannot be met."""
    size = {one.community: one.size for one in roll.holders}
    house, floor, cap = roll.house, roll.floor, roll.cap or roll.house
    if not (floor <= cap and floor * len(size) <= house <= cap * len(size)):
        return None
    seed = digest("hedgerow/roll-lot/1", roll.federation, sorted(size))
    sign = {"larger": -1, "smaller": 1}.get(roll.get("ties", ""), 0)
    lot = {one: (sign * size[one], digest("hedgerow/lot/1", seed, one.hex())) for one in size}
    return share_out(roll.method, house, size, lot, floor, cap)[0]


def affordable(papers: list[Any], cost: Mapping[str, int]) -> dict[str, Fraction]:
    """Return of what its voters can pay for the effective votes: its cost by the most that one pays."""
    found = {}
    for name, price in cost.items():
        purses, rest = sorted(money for money, approved in papers if name in approved), Fraction(price)
        while purses and purses[0] * len(purses) < rest:
            rest -= purses.pop(0)
        if purses:
            found[name] = price * len(purses) / rest
    return found


def pay(papers: list[Any], name: str, share: Fraction) -> None:
    """Take a share, or all that there is, from who approves what is bought."""
    for paper in papers:
        if name in paper[1]:
            paper[0] = max(paper[0] - share, Fraction(0))


def bought(papers: list[Any], cost: dict[str, int], votes: Mapping[str, int]) -> dict[str, Any]:
    """Return what is bought in turn, with all that could be then; of equals the first in `cost` is."""
    found, waiting = dict[str, Any](), {**cost}
    while values := affordable(papers, waiting):
        ranked = {one: (value, -cost[one], votes[one]) for one, value in values.items()}
        name = max(ranked, key=ranked.__getitem__)
        found[name] = ranked
        pay(papers, name, waiting.pop(name) / values[name])
    return found
