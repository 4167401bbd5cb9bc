"""How far Add1 can go on before a round of equal shares could turn out differently.

A round compares purses, shares and prices. As long as every comparison comes out the same, each of these is a
straight line over what Add1 has added; so where two lines cross is known beforehand, and all rounds before
the nearest crossing buy the same. Few voters with large sums would otherwise take millions of rounds.
"""

from dataclasses import dataclass
from fractions import Fraction
from heapq import heapify, heappop, heappush
from math import ceil, gcd
from typing import Final

from node.governance.budgets.funding_table import FundingTable
from node.governance.budgets.question import UNITS_PER_MONEY

# Shares are compared to so many bits behind the point first.
_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class _Offer:
    """What a project costs those who pay the full share: a line over what is added.

    Attributes:
        rest: what they pay together, in the units of its time, and how much that `grows`.
        payers: their weight.
        below: the share for each unit of cost is rest / below, in units as at first.
    """

    rest: int
    grows: int
    payers: int
    below: int

    @property
    def place(self) -> int:
        """Return that share cut to so many bits, to sort by."""
        return (self.rest << _BITS) // self.below


def look_ahead(table: FundingTable, added: int) -> tuple[set[int], int | None]:
    """Run a round and tell which is the next that might buy anything else.

    Returns:
        What the round buys, and how much is added in the first later round whose outcome is not known to be
        the same; None if there is none.
    """
    found = _Round(table, added)
    bought: set[int] = set()
    while (number := found.buy_next()) is not None:
        bought.add(number)
    return bought, None if found.nearest is None else added + max(1, ceil(found.nearest))


class _Round:
    """A round whose purses are lines.

    Shares only rise while money is spent, whatever is added: an old one is a bound, and as long as the bound
    lies above what is bought so does the share. So only those that could be the least are computed anew.
    """

    def __init__(self, table: FundingTable, added: int) -> None:
        self._table = table
        self._voters = table.valid + table.blank
        self._fineness = 1
        step = UNITS_PER_MONEY * self._voters
        # What each group of voters has now, and how much that grows with each unit of currency added.
        self._purses = [table.question.money_1e5 + added * step] * len(table.approvals.groups)
        self._growing = [step] * len(table.approvals.groups)
        # How much may be added before a comparison might turn, as a fraction; over 0: none ever will.
        self._meets = (1, 0)
        # At first nobody's purse can be too small for the share of all.
        votes = table.approvals.votes
        shares = {number: (table.cost(number), votes[number]) for number in table.eligible()}
        self._offers = {n: _Offer(cost * self._voters, 0, of, of * cost) for n, (cost, of) in shares.items()}
        self._bounds = [(offer.place, number) for number, offer in self._offers.items()]
        heapify(self._bounds)

    def buy_next(self) -> int | None:
        """Buy the best project and return its number, None if nothing can be bought."""
        chosen = self._best()
        if chosen is None:
            return None
        paid = self._offers.pop(chosen)
        for other in self._offers.values():
            self._watch(
                other.rest * paid.below - paid.rest * other.below,
                other.grows * paid.below - paid.grows * other.below,
            )
        self._pay(chosen, paid)
        return chosen

    def _best(self) -> int | None:
        fresh: list[tuple[int, int]] = []
        least: int | None = None
        while self._bounds and (least is None or self._bounds[0][0] <= least):
            _, number = heappop(self._bounds)
            if number not in self._offers:
                continue  # Bought, and left in its place.
            offer = self._offer(number)
            if offer is None:
                del self._offers[number]
            else:
                self._offers[number] = offer
                fresh.append((offer.place, number))
                least = offer.place if least is None else min(least, offer.place)
        for waiting in fresh:
            heappush(self._bounds, waiting)
        alike = [number for place, number in fresh if place == least]
        if len(alike) < 2:
            return alike[0] if alike else None
        values = {number: Fraction(self._offers[number].rest, self._offers[number].below) for number in alike}
        lowest = min(values.values())
        return self._table.choose_equal(number for number in alike if values[number] == lowest)

    def _offer(self, number: int) -> _Offer | None:
        """Return what a project costs its supporters, None if they cannot pay it together."""
        voters, cost = self._table.approvals, self._table.cost(number)
        supporters = voters.supporters[number]
        held = [(self._purses[index], self._growing[index]) for index in supporters]
        paying = list(zip(held, voters.weighing[number], strict=True))
        rest, grows, payers = cost * self._voters * self._fineness, 0, voters.votes[number]
        spare = sum(now * weight for (now, _), weight in paying) - rest
        self._watch(spare, sum(growing * weight for (_, growing), weight in paying))
        if spare < 0:
            return None
        while True:
            least = -(-rest // payers)  # As in `Purses.share`.
            poor = [each for each in paying if each[0][0] < least]
            if not poor:
                break
            paying = [each for each in paying if each[0][0] >= least]
            rest -= sum(now * weight for (now, _), weight in poor)
            grows -= sum(growing * weight for (_, growing), weight in poor)
            payers -= sum(weight for _, weight in poor)
        for now, growing in dict.fromkeys(held):
            self._watch(now * payers - rest, growing * payers - grows)
        return _Offer(rest, grows, payers, payers * cost * self._fineness)

    def _pay(self, number: int, offer: _Offer) -> None:
        """Take the share of each supporter, or all that is there."""
        factor = offer.payers // gcd(offer.rest, offer.grows, offer.payers)
        if factor > 1:
            self._fineness *= factor
            self._purses = [now * factor for now in self._purses]
            self._growing = [grows * factor for grows in self._growing]
        purses, growing = self._purses, self._growing
        price, rises = offer.rest * factor // offer.payers, offer.grows * factor // offer.payers
        for index in self._table.approvals.supporters[number]:
            if purses[index] < price:
                purses[index] = growing[index] = 0
            else:
                purses[index] -= price
                growing[index] -= rises

    @property
    def nearest(self) -> Fraction | None:
        """Return how much may be added before a comparison might turn; None if none ever will."""
        return Fraction(*self._meets) if self._meets[1] else None

    def _watch(self, apart: int, grows: int) -> None:
        """Note when two quantities that are so far apart would meet; of both the same multiple will do."""
        if not grows or ((apart > 0) == (grows > 0) and apart):
            return
        apart, grows = abs(apart), abs(grows)
        nearest, over = self._meets
        if apart * over < nearest * grows:
            self._meets = (apart, grows)
