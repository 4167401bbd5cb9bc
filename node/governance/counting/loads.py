"""The loads of Phragmén's method: every seat is a load of one that its supporters share.

Exact: all loads are whole numbers over one denominator, which grows by a factor with each seat. Groups of
voters with equal loads share one number, so that growing costs a step a number and not a step a voter.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd

from node.governance.counting.approvals import Approvals


class Loads:
    """Who carries how much.

    Args:
        approvals: the voters.
        start: the load of each group before the first seat, in units of one over the denominator; negative
            for money that is left from elsewhere.
        denominator: of the start.
    """

    def __init__(
        self, approvals: Approvals, *, start: Sequence[int] | None = None, denominator: int = 1
    ) -> None:
        self._approvals = approvals
        self._denominator = denominator
        begun = [0] * len(approvals.groups) if start is None else list(start)
        places = {load: place for place, load in enumerate(dict.fromkeys(begun))}
        self._loads = list(places)
        self._place = [places[load] for load in begun]
        # For each option what its supporters carry together.
        self._carried = [
            sum(approvals.weights[index] * begun[index] for index in indexes)
            for indexes in approvals.supporters
        ]

    def after(self, options: Iterable[int]) -> dict[int, Fraction]:
        """Return what each supporter of an option would carry if it were next; nothing without supporters."""
        votes = self._approvals.votes
        return {
            number: Fraction(self._denominator + self._carried[number], votes[number] * self._denominator)
            for number in options
            if votes[number]
        }

    def elect(self, number: int) -> None:
        """Let an option's supporters share its load so that all of them carry the same."""
        approvals = self._approvals
        if not approvals.votes[number]:
            return
        total, votes = self._denominator + self._carried[number], approvals.votes[number]
        factor = votes // gcd(total, votes)
        self._denominator *= factor
        self._carried = [each * factor for each in self._carried]
        self._loads = [each * factor for each in self._loads]
        level = total * factor // votes
        added = [level - each for each in self._loads]
        self._loads.append(level)
        for index in approvals.supporters[number]:
            more = added[self._place[index]] * approvals.weights[index]
            self._place[index] = len(self._loads) - 1
            for other in approvals.groups[index]:
                self._carried[other] += more
