"""How far Add1 can go on before a round of equal shares could turn out differently.

A round compares purses, shares and prices. As long as every comparison comes out the same, each of these is a
straight line over what Add1 has added; so where two lines cross is known beforehand, and all rounds before
the nearest crossing buy the same. Few voters with large sums would otherwise take millions of rounds.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, gcd

from node.governance.budgets.funding_table import FundingTable
from node.governance.budgets.question import UNITS_PER_MONEY


@dataclass(frozen=True, slots=True)
class _Line:
    """A quantity now, and how much it grows with each unit of currency added to every purse."""

    now: int
    grows: int


@dataclass(frozen=True, slots=True)
class _Offer:
    """A project that can be bought: what the full payers pay together, and their weight."""

    number: int
    rest: _Line
    payers: int

    def per_cost(self, table: FundingTable) -> tuple[Fraction, Fraction]:
        """Return the share for each unit of cost, now and how it grows."""
        below = self.payers * table.cost(self.number)
        return Fraction(self.rest.now, below), Fraction(self.rest.grows, below)


def look_ahead(table: FundingTable, added: int) -> tuple[set[int], int | None]:
    """Run a round and tell which is the next that might buy anything else.

    Returns:
        What the round buys, and how much is added in the first later round whose outcome is not known to be
        the same; None if there is none.
    """
    found = _Round(table, added)
    bought: set[int] = set()
    while (number := found.buy_next(bought)) is not None:
        bought.add(number)
    return bought, None if found.nearest is None else added + max(1, ceil(found.nearest))


class _Round:
    """A round whose purses are lines."""

    def __init__(self, table: FundingTable, added: int) -> None:
        self._table = table
        self._voters = table.valid + table.blank
        self._fineness = 1
        step = UNITS_PER_MONEY * self._voters
        self._purses = [_Line(table.question.money_1e5 + added * step, step) for _ in table.approvals.groups]
        # How much may be added before a comparison might turn; None: none ever will.
        self.nearest: Fraction | None = None

    def buy_next(self, bought: set[int]) -> int | None:
        """Buy the best project and return its number, None if nothing can be bought."""
        waiting = [number for number in self._table.eligible() if number not in bought]
        offers = [offer for number in waiting if (offer := self._offer(number)) is not None]
        if not offers:
            return None
        table = self._table
        shares = {offer.number: offer.per_cost(table) for offer in offers}
        least = min(now for now, _ in shares.values())
        tied = [number for number, (now, _) in shares.items() if now == least]
        chosen = table.choose_equal(tied)
        for now, grows in shares.values():
            self._watch(now - least, grows - shares[chosen][1])
        self._pay(next(offer for offer in offers if offer.number == chosen))
        return chosen

    def _offer(self, number: int) -> _Offer | None:
        """Return what a project costs its supporters, None if they cannot pay it together."""
        voters = self._table.approvals
        purses = [(self._purses[i], voters.weights[i]) for i in voters.supporters[number]]
        price = self._table.cost(number) * self._voters * self._fineness
        spare = sum(purse.now * weight for purse, weight in purses) - price
        self._watch(Fraction(spare), Fraction(sum(purse.grows * weight for purse, weight in purses)))
        if spare < 0:
            return None
        rest, grows, payers = price, 0, voters.votes[number]
        for purse, weight in sorted(purses, key=lambda held: held[0].now):
            if purse.now * payers >= rest:
                break
            rest -= purse.now * weight
            grows -= purse.grows * weight
            payers -= weight
        for purse, _ in purses:
            self._watch(Fraction(purse.now * payers - rest), Fraction(purse.grows * payers - grows))
        return _Offer(number, _Line(rest, grows), payers)

    def _pay(self, offer: _Offer) -> None:
        """Take the share of each supporter, or all that is there."""
        rest, payers = offer.rest, offer.payers
        factor = payers // gcd(rest.now, rest.grows, payers)
        self._fineness *= factor
        self._purses = [_Line(purse.now * factor, purse.grows * factor) for purse in self._purses]
        share = _Line(rest.now * factor // payers, rest.grows * factor // payers)
        for index in self._table.approvals.supporters[offer.number]:
            purse = self._purses[index]
            poor = purse.now < share.now
            self._purses[index] = (
                _Line(0, 0) if poor else _Line(purse.now - share.now, purse.grows - share.grows)
            )

    def _watch(self, apart: Fraction, grows: Fraction) -> None:
        """Note when two quantities that are so far apart would meet."""
        if not grows or apart * grows > 0:
            return
        meets = -apart / grows
        if self.nearest is None or meets < self.nearest:
            self.nearest = meets
