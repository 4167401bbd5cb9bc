"""The purses of the Method of Equal Shares: every voter has the same money and pays for what she approves.

Exact: all purses are whole numbers of a unit that gets finer with each purchase. Committees (every seat at
one price) and budgets (every project at its cost) use it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from operator import mul

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
        # By group of voters.
        self._purses = [each] * len(approvals.groups)

    def share(self, number: int, cost: int) -> Share | None:
        """Return what an option costs each of its supporters; None if they cannot pay it together.

        Args:
            number: the option.
            cost: its price, above 0, in units as at first.
        """
        purses, voters = self._purses, self._approvals
        held = [purses[index] for index in voters.supporters[number]]
        rest, payers = cost * self.fineness, voters.votes[number]
        if held and min(held) * payers >= rest:
            return Share(rest, payers)
        weights = voters.weighing[number]
        if sum(map(mul, held, weights)) < rest:
            return None
        paying: Sequence[tuple[int, int]] = list(zip(held, weights, strict=True))
        while True:
            # Who has less than the share gives all. That only raises it for the others, so that all who have
            # less may be taken out at once.
            least = -(-rest // payers)
            poor = [each for each in paying if each[0] < least]
            if not poor:
                return Share(rest, payers)
            paying = [each for each in paying if each[0] >= least]
            rest -= sum(purse * weight for purse, weight in poor)
            payers -= sum(weight for _, weight in poor)

    def pay(self, number: int, share: Share) -> None:
        """Take a share out of the purse of each supporter, or all that is in it."""
        factor = share.payers // gcd(share.rest, share.payers)
        self.fineness *= factor
        if factor > 1:
            self._purses = [purse * factor for purse in self._purses]
        purses, price = self._purses, share.rest * factor // share.payers
        for index in self._approvals.supporters[number]:
            purse = purses[index]
            purses[index] = purse - price if purse > price else 0

    def left(self) -> Sequence[int]:
        """Return what each group's voters have left each, in present units."""
        return self._purses
