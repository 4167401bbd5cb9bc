"""Committees from approvals: sequential Phragmén and the Method of Equal Shares.

Both give groups of voters seats in proportion to their size without parties. A ballot approves every option
it names. Specifications:

- ``phragmen``: sequential Phragmén, the load formulation of M. Brill, R. Freeman, S. Janson and M. Lackner,
  "Phragmén's Voting Methods and Justified Representation" (Mathematical Programming, 2023), section 3.
- ``equal-shares``: D. Peters and P. Skowron, "Proportionality and the Limits of Welfarism" (EC 2020), Rule X
  with unit costs; seats that nobody can pay for are completed by Phragmén, the money left being a negative
  load, as that paper and the library abcvoting do.

Ties go back to the last stage at which the tied differ, then to the lot.
"""

from fractions import Fraction
from typing import Final

from node.governance.counting import approvals
from node.governance.counting.approvals import Approvals
from node.governance.counting.contest import Contest, valid_ballots
from node.governance.counting.loads import Loads
from node.governance.counting.purses import Purses, Share
from node.governance.counting.result import UNITS_PER_VOTE, Action, Method, Outcome
from node.governance.counting.seat_table import SeatTable, check_size

PHRAGMEN: Final = Method("phragmen", 1)
EQUAL_SHARES: Final = Method("equal-shares", 1)
# Exact fractions grow by some digits with each seat: 200 of them take about a second.
OPTIONS_MAX: Final = 200


def count_phragmen(contest: Contest, lot_seed: bytes) -> Outcome:
    """Elect a committee by sequential Phragmén.

    A stage gives one seat. Its totals are votes a seat, one over the load: how many votes stand behind each
    seat that an option's supporters would share; the most wins. Without parties that cross it is D'Hondt.

    Raises:
        UserError: there are more than `OPTIONS_MAX` options.
    """
    check_size(contest, options_max=OPTIONS_MAX, method=PHRAGMEN)
    voters = approvals.read(contest)
    table = SeatTable(contest, valid_ballots(contest), lot_seed)
    _share_loads(table, Loads(voters), Action.SEAT)
    return table.outcome(PHRAGMEN)


def count_equal_shares(contest: Contest, lot_seed: bytes) -> Outcome:
    """Elect a committee by the Method of Equal Shares, completed by Phragmén.

    Every voter has `seats` and a seat costs as much as there are valid votes, so that together they can pay
    all seats. A stage sells one seat to the option whose supporters pay the smallest equal share. Its totals
    are the price over that share, "effective votes"; 0 who cannot be paid for any more.

    Raises:
        UserError: there are more than `OPTIONS_MAX` options.
    """
    check_size(contest, options_max=OPTIONS_MAX, method=EQUAL_SHARES)
    voters = approvals.read(contest)
    ballots = valid_ballots(contest)
    price = ballots.valid * UNITS_PER_VOTE // contest.seats
    table = SeatTable(contest, ballots, lot_seed, quota_1e5=price)
    purses = Purses(voters, contest.seats)
    while not table.complete:
        shares = _affordable(purses, table.continuing(), ballots.valid)
        if not shares:
            break
        # The price over the share; the unit is the same for all, so that payers over rest compares alike.
        values = {number: Fraction(share.payers, share.rest) for number, share in shares.items()}
        table.weigh(values)
        chosen = table.elect()
        scale = ballots.valid * purses.fineness * UNITS_PER_VOTE
        table.close(Action.SEAT, _shown(contest, {n: value * scale for n, value in values.items()}))
        purses.pay(chosen, shares[chosen])
    _complete(table, voters, purses, ballots.valid)
    return table.outcome(EQUAL_SHARES)


def _affordable(purses: Purses, options: list[int], cost: int) -> dict[int, Share]:
    """Return the share of each option that its supporters can pay for."""
    shares = {number: purses.share(number, cost) for number in options} if cost else {}
    return {number: share for number, share in shares.items() if share is not None}


def _complete(table: SeatTable, voters: Approvals, purses: Purses, valid: int) -> None:
    """Give the seats that nobody could pay for: loads begin at minus what is left of each purse."""
    start = [-left for left in purses.left()]
    denominator = max(1, valid) * purses.fineness
    _share_loads(table, Loads(voters, start=start, denominator=denominator), Action.COMPLETION)


def _share_loads(table: SeatTable, loads: Loads, action: Action) -> None:
    """Give seat after seat to the option whose supporters would carry the least."""
    contest = table.contest
    while not table.complete:
        after = loads.after(table.continuing())
        # No load can be nothing: supporters with a whole seat's money left would have bought it before.
        values = {number: 1 / load for number, load in after.items()}
        table.weigh(values)
        loads.elect(table.elect())
        table.close(action, _shown(contest, {n: value * UNITS_PER_VOTE for n, value in values.items()}))


def _shown(contest: Contest, values: dict[int, Fraction]) -> list[int]:
    """Write a row of the table, rounded down; 0 for options without a value."""
    numbers = range(1, len(contest.options) + 1)
    return [int(values[number]) if number in values else 0 for number in numbers]
