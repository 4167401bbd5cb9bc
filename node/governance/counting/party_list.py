"""Seats for lists: each ballot speaks for the first list on it that stands, and votes become seats.

Specification: the method of apportionment of the same name in docs/counting.md, the votes of a list being its
size, without floor, cap or threshold. A list may take several seats; who sits on them is the list's affair.
"""

from collections.abc import Callable
from typing import Final

from node.governance.apportionment import ApportionmentMethod, Claim, SeatTie, apportion
from node.governance.counting.contest import Contest, input_id, valid_ballots
from node.governance.counting.lots import Lot, Purpose
from node.governance.counting.plurality import first_choices
from node.governance.counting.result import (
    UNITS_PER_VOTE,
    Action,
    Method,
    Outcome,
    Placed,
    Stage,
    Verdict,
)

VERSION: Final = 1
SHARED_BY: Final = (
    ApportionmentMethod.DHONDT,
    ApportionmentMethod.SAINTE_LAGUE,
    ApportionmentMethod.HAMILTON,
)


def method(shared_by: ApportionmentMethod) -> Method:
    """Name the method: how seats are shared out is part of the id, as in ``party-list-dhondt``."""
    return Method(f"party-list-{shared_by.value}", VERSION)


def counter(shared_by: ApportionmentMethod) -> Callable[[Contest, bytes], Outcome]:
    """Return the function that counts by one method of apportionment."""

    def count(contest: Contest, lot_seed: bytes) -> Outcome:
        return _count(contest, lot_seed, shared_by)

    return count


def _count(contest: Contest, lot_seed: bytes, shared_by: ApportionmentMethod) -> Outcome:
    """Share out the seats.

    `elected` names a list once for each of its seats, the list with the most votes first, equal ones by their
    ids. All seats are given even to a single list; without a valid ballot nobody gets any.
    """
    ballots = valid_ballots(contest)
    votes = first_choices(contest, ballots)
    seats: dict[int, int] = {}
    lots: tuple[Lot, ...] = ()
    if ballots.valid:
        standing = [n for n in range(1, len(contest.options) + 1) if n not in contest.withdrawn]
        numbers = {contest.options[number - 1].id: number for number in standing}
        claims = [Claim(option_id, votes[number]) for option_id, number in numbers.items()]
        shared = apportion(claims, method=shared_by, house=contest.seats, lot_seed=lot_seed)
        seats = {numbers[option_id]: count for option_id, count in shared.seats}
        lots = tuple(lot for tie in shared.ties for lot in _lots(tie, numbers))
    order = sorted(seats, key=lambda number: (-votes[number], contest.options[number - 1].id.encode()))
    elected = tuple(number for number in order for _ in range(seats[number]))
    totals = tuple(each * UNITS_PER_VOTE for each in votes[1:])
    stage = Stage(
        number=1,
        action=Action.LISTS,
        source=None,
        totals_1e5=totals,
        transfers_1e5=(0,) * len(totals),
        exhausted_1e5=0,
        lost_1e5=0,
        quota_1e5=0,
        elected=elected,
        excluded=(),
    )
    return Outcome(
        method=method(shared_by),
        input_id=input_id(contest),
        option_ids=tuple(option.id for option in contest.options),
        seats=contest.seats,
        verdict=Verdict.ELECTED if elected else Verdict.NO_VALID_BALLOT,
        valid=ballots.valid,
        blank=ballots.blank,
        quota_1e5=0,
        elected=tuple(Placed(number, 1) for number in elected),
        excluded=(),
        stages=(stage,),
        lots=lots,
    )


def _lots(tie: SeatTie, numbers: dict[str, int]) -> list[Lot]:
    """Tell a tie for several last seats as one lot a seat, among those it has not chosen yet."""
    tied = [numbers[option_id] for option_id in tie.among]
    lots = []
    for chosen in (numbers[option_id] for option_id in tie.given):
        lots.append(Lot(1, Purpose.SEAT, tuple(tied), chosen))
        tied.remove(chosen)
    return lots
