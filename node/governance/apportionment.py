"""Seats for communities by their sizes, in exact integers.

Every method takes a floor and a cap of seats for each community and the size of the house, and names the ties
it met. No quotient is ever rounded: quotients are compared as integers scaled so far that different ones stay
different (see `_Quotients`), square roots by their squares.

Which method, floor, cap and house, and who goes first in a tie, is a bylaw; the sizes are attested; both
come in as arguments.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import heapify, heapreplace
from typing import Final, TypeAlias

from node.canonical import digest
from node.errors import UserError
from node.governance.counting.lots import lot_order
from node.governance.counting.result import Json
from node.governance.counting.size_table import SIZE_MAX, read_sizes

# What sorts quotients: a class (first seats that come before all quotients, quotients, the spent), a value.
_Key: TypeAlias = tuple[int, int]

# The largest parliaments have some thousands; this bounds the work of one count.
HOUSE_SEATS_MAX: Final = 100_000


class ApportionmentMethod(StrEnum):
    """How seats follow sizes; see docs/counting.md."""

    HAMILTON = "hamilton"
    DHONDT = "dhondt"
    SAINTE_LAGUE = "sainte-lague"
    HUNTINGTON_HILL = "huntington-hill"
    ADAMS = "adams"
    DEAN = "dean"
    PENROSE = "penrose"
    CAMBRIDGE = "cambridge"


class TieRule(StrEnum):
    """Who goes first of communities with an equal claim to a seat; between equal sizes the lot, always.

    The larger as in Spain (Ley Orgánica 5/1985, article 163.1 d), the smaller as in Portugal (Lei 14/79,
    article 16 d).
    """

    LOT = "lot"
    LARGER = "larger"
    SMALLER = "smaller"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a community brings: its size, and the least and the most seats it may have.

    With the Cambridge method the floor is the base that every community has before sizes count.
    """

    name: str
    size: int
    floor: int = 0
    cap: int = HOUSE_SEATS_MAX


@dataclass(frozen=True, slots=True)
class SeatTie:
    """Communities with an equal claim to fewer seats than they are; `given` were given the seats."""

    seats: int
    among: tuple[str, ...]
    given: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Apportionment:
    """Seats by community, in the order in which the claims came."""

    method: ApportionmentMethod
    house: int
    seats: tuple[tuple[str, int], ...]
    ties: tuple[SeatTie, ...]


def apportion(
    claims: Sequence[Claim],
    *,
    method: ApportionmentMethod,
    house: int,
    lot_seed: bytes,
    ties: TieRule = TieRule.LOT,
) -> Apportionment:
    """Share out a house.

    Args:
        claims: one for each community; names differ.
        method: how seats follow sizes.
        house: how many seats there are.
        lot_seed: fixes the order that breaks ties.
        ties: what comes before that order.

    Raises:
        UserError: floors and caps leave no way to fill the house exactly, or a number is not possible.
    """
    _check(claims, house)
    order = _order(claims, lot_seed, ties)
    if method is ApportionmentMethod.HAMILTON:
        shares = _hamilton(claims, house, order)
    else:
        shares = _divisor(claims, house, order, method)
    seats = tuple((claim.name, number) for claim, number in zip(claims, shares.seats, strict=True))
    met = []
    if shares.lost:
        among = sorted([*shares.won, *shares.lost], key=order.__getitem__)
        given = sorted(shares.won, key=order.__getitem__)
        met.append(
            SeatTie(len(given), tuple(claims[i].name for i in among), tuple(claims[i].name for i in given))
        )
    return Apportionment(method, house, seats, tuple(met))


def _order(claims: Sequence[Claim], lot_seed: bytes, ties: TieRule) -> list[int]:
    """Return for each claim its place among those with an equal claim to a seat."""
    size = {claim.name: claim.size for claim in claims}
    sign = {TieRule.LOT: 0, TieRule.LARGER: -1, TieRule.SMALLER: 1}[ties]
    # Sorting keeps the lot's order between equal sizes.
    ranked = sorted(lot_order(lot_seed, size), key=lambda name: sign * size[name])
    place = {name: rank for rank, name in enumerate(ranked)}
    return [place[claim.name] for claim in claims]


def question_seed(claims: Sequence[Claim], *, method: ApportionmentMethod, house: int) -> bytes:
    """Return a lot seed from method, house and names, for sharing out seats where none was published."""
    names = sorted((claim.name for claim in claims), key=str.encode)
    return digest("hedgerow/apportionment-question/1", method.value, house, names)


def apportion_file(
    data: bytes,
    *,
    file: str,
    method: str,
    seats: int,
    floor: int = 0,
    cap: int | None = None,
    ties: str = TieRule.LOT,
) -> dict[str, Json]:
    """Share out seats by a CSV file of sizes and return the object of `hedgerow apportion --json`.

    Args:
        data: the file's content.
        file: its name, for messages.
        method: the name of an `ApportionmentMethod`.
        seats: the size of the house.
        floor: the least seats of every community (Cambridge: its base).
        cap: the most seats of every community; None: no cap.
        ties: the name of a `TieRule`.

    Raises:
        UserError: the method or the rule for ties is unknown, or floors and caps do not fit the house.
        InputFileError: the file is not a sound table of names and sizes.
    """
    if method not in list(ApportionmentMethod):
        names = ", ".join(ApportionmentMethod)
        raise UserError(f"expected one of the methods {names}, found {method!r}")
    if ties not in list(TieRule):
        raise UserError(f"expected one of the rules for ties {', '.join(TieRule)}, found {ties!r}")
    chosen = ApportionmentMethod(method)
    most = HOUSE_SEATS_MAX if cap is None else cap
    claims = [Claim(name, size, floor, most) for name, size in read_sizes(data, file=file)]
    seed = question_seed(claims, method=chosen, house=seats)
    shared = apportion(claims, method=chosen, house=seats, lot_seed=seed, ties=TieRule(ties))
    return {
        "method": chosen.value,
        "seats": seats,
        "allocation": dict(shared.seats),
        "ties": [
            {"seats": tie.seats, "among": list(tie.among), "given": list(tie.given)} for tie in shared.ties
        ],
    }


@dataclass(frozen=True, slots=True)
class _Shares:
    """Seats by position, and who won and who lost at the last quotient if it was tied."""

    seats: list[int]
    won: list[int]
    lost: list[int]


def _hamilton(claims: Sequence[Claim], house: int, order: Sequence[int]) -> _Shares:
    """Give whole quotas, then one seat each to the largest remainders.

    With floors and caps the quota is the one at which the bounded shares add up to the house. It is found by
    fixing, round after round, the communities whose bound binds for certain: if raising to floors adds more
    than lowering to caps takes away, the true quota is smaller than the present one, so every floor that
    binds now binds at the end, and the other way round for caps.
    """
    seats = [claim.floor for claim in claims]
    free = [index for index, claim in enumerate(claims) if claim.size > 0]
    left = house - sum(claim.floor for claim in claims if claim.size == 0)
    while free:
        total = sum(claims[index].size for index in free)
        raised = [i for i in free if claims[i].size * left < claims[i].floor * total]
        lowered = [i for i in free if claims[i].size * left > claims[i].cap * total]
        added = sum(claims[i].floor * total - claims[i].size * left for i in raised)
        added -= sum(claims[i].size * left - claims[i].cap * total for i in lowered)
        fixed = (raised if added >= 0 else []) + (lowered if added <= 0 else [])
        if not fixed:
            return _remainders(claims, seats, free, left, order)
        for index in fixed:
            seats[index] = claims[index].floor if index in set(raised) else claims[index].cap
            left -= seats[index]
        gone = set(fixed)
        free = [index for index in free if index not in gone]
    return _Shares(seats, [], [])


def _remainders(
    claims: Sequence[Claim], seats: list[int], free: list[int], left: int, order: Sequence[int]
) -> _Shares:
    """Share `left` seats among the communities that no bound fixes, by quotas and largest remainders."""
    total = sum(claims[index].size for index in free)
    remainder = {}
    for index in free:
        seats[index], remainder[index] = divmod(claims[index].size * left, total)
    over = left - sum(seats[index] for index in free)
    ranked = sorted(free, key=lambda index: (-remainder[index], order[index]))
    for index in ranked[:over]:
        seats[index] += 1
    if 0 < over < len(ranked) and remainder[ranked[over - 1]] == remainder[ranked[over]]:
        last = remainder[ranked[over]]
        won = [index for index in ranked[:over] if remainder[index] == last]
        lost = [index for index in ranked[over:] if remainder[index] == last]
        return _Shares(seats, won, lost)
    return _Shares(seats, [], [])


def _divisor(
    claims: Sequence[Claim], house: int, order: Sequence[int], method: ApportionmentMethod
) -> _Shares:
    """Give seats one by one, each to the largest quotient of size and next seat's divisor."""
    quotients = _Quotients(claims, house, method)
    seats = [claim.floor for claim in claims]
    queue = [
        (quotients.key(index, seats[index]), order[index], index)
        for index, claim in enumerate(claims)
        if claim.size > 0 and claim.floor < claim.cap
    ]
    heapify(queue)
    last: _Key | None = None
    won: list[int] = []
    for _ in range(house - sum(seats)):
        key, lot, index = queue[0]
        if key != last:
            last, won = key, []
        won.append(index)
        seats[index] += 1
        # The checks on caps keep a community at its cap from coming up again.
        spent = seats[index] == claims[index].cap
        heapreplace(queue, (_SPENT if spent else quotients.key(index, seats[index]), lot, index))
    lost = sorted(index for key, _, index in queue if key == last)
    return _Shares(seats, won if lost else [], lost)


class _Quotients:
    """Quotients as integers that compare exactly.

    A quotient is a numerator over a denominator of at most D. Two different ones are at least 1/D² apart, so
    multiplied by D² and rounded down they stay different, and equal ones stay equal.
    """

    def __init__(self, claims: Sequence[Claim], house: int, method: ApportionmentMethod) -> None:
        self._divisor = _DIVISORS[method]
        # Square roots of size over divisor (or size over square roots of divisors) compare as their squares.
        squared = method is ApportionmentMethod.HUNTINGTON_HILL
        self._sizes = [claim.size**2 if squared else claim.size for claim in claims]
        on_top = method is ApportionmentMethod.CAMBRIDGE
        self._bases = [claim.floor if on_top else 0 for claim in claims]
        self._shift = 2 * self._divisor(house + 1)[1].bit_length()

    def key(self, index: int, seats: int) -> _Key:
        """Return the sort key of a community's next seat after `seats`: the largest quotient sorts first."""
        numerator, denominator = self._divisor(seats - self._bases[index])
        if denominator == 0:
            return (-1, -self._sizes[index])
        return (0, -((self._sizes[index] * numerator << self._shift) // denominator))


def _check(claims: Sequence[Claim], house: int) -> None:
    """Refuse what cannot be shared out."""
    if not claims:
        raise UserError("expected at least one community, found none")
    if not 1 <= house <= HOUSE_SEATS_MAX:
        raise UserError(f"expected 1 to {HOUSE_SEATS_MAX} seats, found {house}")
    if len({claim.name for claim in claims}) != len(claims):
        raise UserError("expected a different name for each community, found one used twice")
    for claim in claims:
        if not 0 <= claim.size <= SIZE_MAX:
            raise UserError(f"expected the size of {claim.name} from 0 to {SIZE_MAX}, found {claim.size}")
        if not 0 <= claim.floor <= claim.cap:
            raise UserError(
                f"expected the floor of {claim.name} from 0 to its cap {claim.cap}, found {claim.floor}"
            )
    least = sum(claim.floor for claim in claims)
    if least > house:
        raise UserError(
            f"the floors together need {least} seats, the house has {house}: raise it or lower them"
        )
    # A community without members has no claim beyond its floor.
    most = sum(claim.cap if claim.size > 0 else claim.floor for claim in claims)
    if most < house:
        raise UserError(
            f"the caps together allow {most} seats, the house has {house}: lower it or raise them"
        )


# For the next seat after so many: what a size is multiplied by and divided by. Divided by 0 means that these
# seats come before all quotients, the largest community first.
_DIVISORS: Final[Mapping[ApportionmentMethod, Callable[[int], tuple[int, int]]]] = {
    ApportionmentMethod.DHONDT: lambda seats: (1, seats + 1),
    ApportionmentMethod.SAINTE_LAGUE: lambda seats: (1, 2 * seats + 1),
    ApportionmentMethod.HUNTINGTON_HILL: lambda seats: (1, seats * (seats + 1)),
    ApportionmentMethod.ADAMS: lambda seats: (1, seats),
    ApportionmentMethod.DEAN: lambda seats: (2 * seats + 1, 2 * seats * (seats + 1)),
    ApportionmentMethod.PENROSE: lambda seats: (1, (2 * seats + 1) ** 2),
    ApportionmentMethod.CAMBRIDGE: lambda seats: (1, seats),
}
# A community at its cap sorts after every quotient.
_SPENT: Final[_Key] = (1, 0)
