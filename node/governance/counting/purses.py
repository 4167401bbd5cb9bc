"""The purses of the Method of Equal Shares: every voter has the same money and pays for what she approves.

Exact: all purses are whole numbers of a unit that gets finer with each purchase. Groups of voters with equal
purses share one number. Committees (every seat at one price) and budgets (every project at its cost) use it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

from node.governance.counting.approvals import Approvals


@dataclass(frozen=True, slots=True)
class Share:
    """What each supporter of an option pays for it, or all she has if that is less.

    Attributes:
        rest: what those pay together who pay the full share, in present units.
        payers: their weight; the share is rest / payers.
    """

    rest: int
    payers: int


class Purses:
    """Who has how much left.

    Args:
        approvals: the voters.
        each: what every voter has at first, in whole units.
    """

    def __init__(self, approvals: Approvals, each: int) -> None:
        self._approvals = approvals
        # How many present units make one of the first.
        self.fineness = 1
        # Purses by place; place 0 is the empty purse. A place that nobody has any more is used again.
        self._purses = [0, each]
        self._holders = [0, len(approvals.groups)]
        self._free: list[int] = []
        self._place = [1] * len(approvals.groups)

    def share(self, number: int, cost: int) -> Share | None:
        """Return what an option costs each of its supporters; None if they cannot pay it together.

        Args:
            number: the option.
            cost: its price, above 0, in units as at first.
        """
        place, weights = self._place, self._approvals.weights
        held: dict[int, int] = {}
        for index in self._approvals.supporters[number]:
            here = place[index]
            held[here] = held.get(here, 0) + weights[index]
        held.pop(0, None)
        rest = cost * self.fineness
        purses = sorted((self._purses[here], weight) for here, weight in held.items())
        if sum(purse * weight for purse, weight in purses) < rest:
            return None
        payers = sum(held.values())
        for purse, weight in purses:
            if purse * payers >= rest:
                break
            rest -= purse * weight
            payers -= weight
        return Share(rest, payers)

    def pay(self, number: int, share: Share) -> None:
        """Take a share out of the purse of each supporter, or all that is in it."""
        factor = share.payers // gcd(share.rest, share.payers)
        self.fineness *= factor
        self._purses = [purse * factor for purse in self._purses]
        price = share.rest * factor // share.payers
        moved = {0: 0}
        for index in self._approvals.supporters[number]:
            old = self._place[index]
            if old not in moved:
                moved[old] = self._new_place(max(0, self._purses[old] - price))
            new = moved[old]
            self._place[index] = new
            self._holders[new] += 1
            self._holders[old] -= 1
        for old in moved:
            if old and not self._holders[old]:
                self._purses[old] = 0
                self._free.append(old)

    def left(self) -> Sequence[int]:
        """Return what each group's voters have left each, in present units."""
        return [self._purses[place] for place in self._place]

    def _new_place(self, purse: int) -> int:
        """Find a place for a purse."""
        if purse == 0:
            return 0
        if self._free:
            place = self._free.pop()
            self._purses[place] = purse
            return place
        self._purses.append(purse)
        self._holders.append(0)
        return len(self._purses) - 1
