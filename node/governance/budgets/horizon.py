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
        # What each group of voters has now, and how much that grows with each unit of currency added.
        self._purses = [(table.question.money_1e5 + added * step, step) for _ in table.approvals.groups]
        # How much may be added before a comparison might turn, as a fraction; over 0: none ever will.
        self._meets = (1, 0)

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
            apart, growing = now - least, grows - shares[chosen][1]
            self._watch(apart.numerator * growing.denominator, growing.numerator * apart.denominator)
        self._pay(next(offer for offer in offers if offer.number == chosen))
        return chosen

    def _offer(self, number: int) -> _Offer | None:
        """Return what a project costs its supporters, None if they cannot pay it together."""
        voters = self._table.approvals
        held: dict[tuple[int, int], int] = {}
        for i in voters.supporters[number]:
            purse = self._purses[i]
            held[purse] = held.get(purse, 0) + voters.weights[i]
        purses = sorted(held.items())
        price = self._table.cost(number) * self._voters * self._fineness
        spare = sum(now * weight for (now, _), weight in purses) - price
        self._watch(spare, sum(grows * weight for (_, grows), weight in purses))
        if spare < 0:
            return None
        rest, grows, payers = price, 0, voters.votes[number]
        for (now, growing), weight in purses:
            if now * payers >= rest:
                break
            rest -= now * weight
            grows -= growing * weight
            payers -= weight
        for now, growing in held:
            self._watch(now * payers - rest, growing * payers - grows)
        return _Offer(number, _Line(rest, grows), payers)

    def _pay(self, offer: _Offer) -> None:
        """Take the share of each supporter, or all that is there."""
        rest, payers = offer.rest, offer.payers
        factor = payers // gcd(rest.now, rest.grows, payers)
        self._fineness *= factor
        price, growing = rest.now * factor // payers, rest.grows * factor // payers
        paying = set(self._table.approvals.supporters[offer.number])
        purses = enumerate((now * factor, grows * factor) for now, grows in self._purses)
        self._purses = [
            (now, grows) if i not in paying else (0, 0) if now < price else (now - price, grows - growing)
            for i, (now, grows) in purses
        ]

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
