"""Rankings in order, so that all that begin alike are one stretch of them: papers move by the thousand.

A branch is a stretch and how many preferences of it were heard. To part it by its next preference takes a few
looks for each option, however many papers there are.
"""

from bisect import bisect_left
from itertools import accumulate
from typing import TypeAlias

from node.governance.counting.contest import ValidBallots

# First ranking, end of the rankings, preferences heard.
Branch: TypeAlias = tuple[int, int, int]
# So few rankings are gone through one by one; beyond, the end of a stretch is searched for.
_FEW = 8


class BallotTree:
    """The valid ballots of a contest as branches."""

    def __init__(self, ballots: ValidBallots) -> None:
        self._rankings = ballots.rankings
        self._votes_before = list(accumulate(ballots.weights, initial=0))

    @property
    def root(self) -> Branch:
        """Return all ballots, nothing of them heard yet."""
        return (0, len(self._rankings), 0)

    def votes(self, branch: Branch) -> int:
        """Return the weight of a branch."""
        return self._votes_before[branch[1]] - self._votes_before[branch[0]]

    def onward(self, branch: Branch) -> list[tuple[int, Branch]]:
        """Part a branch by its next preference; 0 stands for those that name nobody else."""
        rankings = self._rankings
        begin, end, heard = branch
        parts: list[tuple[int, Branch]] = []
        if (
            begin < end and len(rankings[begin]) == heard
        ):  # One at most: they are different, and shorter is first.
            parts.append((0, (begin, begin + 1, heard)))
            begin += 1
        while begin < end:
            number = rankings[begin][heard]
            if rankings[end - 1][heard] == number:
                stop = end
            elif end - begin <= _FEW:
                stop = begin + 1
                while rankings[stop][heard] == number:
                    stop += 1
            else:
                stop = bisect_left(rankings, (*rankings[begin][:heard], number + 1), begin + 1, end)
            parts.append((number, (begin, stop, heard + 1)))
            begin = stop
        return parts
