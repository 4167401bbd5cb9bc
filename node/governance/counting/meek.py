"""Single transferable vote by Meek's rule, in fixed point of nine decimals.

The family of the Proportional Representation Foundation's reference rule and of New Zealand's Schedule 1A:
every elected option keeps a share of each vote that reaches it (its keep factor) and passes on the rest; the
factors are found by iteration until the surpluses together are below 0.000001 vote; then the lowest is
excluded and the votes run as if it had never stood.

All votes, values and factors are integers in units of 0.000000001.
"""

from collections.abc import Iterable
from typing import Final

from node.governance.counting.ballot_tree import BallotTree, Branch
from node.governance.counting.contest import Contest, valid_ballots
from node.governance.counting.result import Action, Method, Outcome
from node.governance.counting.tally_table import TallyTable

METHOD: Final = Method("meek", 1)

_UNIT: Final = 10**9
_OMEGA: Final = 1_000  # 0.000001 vote: surpluses below this together end an iteration


def count(contest: Contest, lot_seed: bytes) -> Outcome:
    """Count an election by Meek's rule.

    A stage ends when somebody is elected or when the surpluses have settled; the exclusion that follows opens
    the next. Unlike the reference rule, an option is excluded by lot only if earlier stages do not tell it
    from the others that are as low. Options no more than the seats are all elected at stage 1; a contested
    election without a valid ballot elects nobody.
    """
    election = _Count(contest, lot_seed)
    election.settle(Action.FIRST_PREFERENCES, source=None)
    while not election.table.complete:
        if election.table.stages[-1].elected:
            election.settle(Action.SURPLUS, source=None)
        else:
            election.exclude_lowest()
    return election.table.outcome(METHOD)


class _Node:
    """Where papers rest that have passed through the same elected options in the same order.

    Attributes:
        weight: of the papers that reach this node.
        papers: while the node's option continues; empty once it is elected.
        children: by option, once the node's option is elected. The root is the first such node.
    """

    __slots__ = ("children", "papers", "weight")

    def __init__(self) -> None:
        self.weight = 0
        self.papers: list[Branch] = []
        self.children: dict[int, _Node] = {}


class _Count:
    """The trie of papers and the keep factors.

    Only elected options have nodes below them: whoever continues keeps a vote whole, so what a paper says
    beyond that matters only later. An iteration therefore walks a few paths, not every ballot.
    """

    def __init__(self, contest: Contest, lot_seed: bytes) -> None:
        ballots = valid_ballots(contest)
        self.table = TallyTable(contest, ballots, lot_seed, units_per_vote=_UNIT)
        self._seats = contest.seats
        self._keep = [_UNIT if stands else 0 for stands in self.table.standing]
        self._gone = [not stands for stands in self.table.standing]
        self._totals = [0] * len(self._keep)
        self._surplus = 0
        self._valid = ballots.valid
        # For each continuing option the (parent, node) pairs at which its papers rest.
        self._rests: list[list[tuple[_Node, _Node]]] = [[] for _ in self._keep]
        self._root = _Node()
        self._tree = BallotTree(ballots)
        self._insert(self._root, [self._tree.root])

    def settle(self, action: Action, *, source: int | None) -> None:
        """Iterate until somebody reaches the quota or the surpluses stop shrinking, and end the stage."""
        before: int | None = None
        while True:
            self._distribute()
            quota = sum(self._totals) // (self._seats + 1) + 1
            reached = [number for number in self.table.continuing() if self._totals[number] >= quota]
            chosen = [placed.option for placed in self.table.elected]
            self._surplus = max(0, sum(self._totals[number] - quota for number in chosen))
            if reached or self._surplus < _OMEGA or (before is not None and self._surplus >= before):
                break
            before = self._surplus
            for number in chosen:
                kept = _up(self._keep[number] * quota, _UNIT)
                self._keep[number] = _up(kept * _UNIT, self._totals[number])
        elected = self.table.close_stage(
            action,
            source=source,
            totals=self._totals,
            exhausted=self._valid * _UNIT - sum(self._totals),
            quota=quota,
            keep_1e9=tuple(self._keep[1:]),
        )
        for number in elected:
            self._open(number)

    def exclude_lowest(self) -> None:
        """Exclude the continuing option with the fewest votes and settle again.

        Options that the unsettled surplus could still lift over one another count as equally low.
        """
        continuing = self.table.continuing()
        bound = min(self._totals[number] for number in continuing) + self._surplus
        tied = [number for number in continuing if self._totals[number] <= bound]
        earlier = self.table.history[:-1]
        source = self.table.ties.last(tied, earlier, stage=self.table.stage_number)
        self.table.exclude(source)
        self._keep[source] = 0
        self._gone[source] = True
        rests, self._rests[source] = self._rests[source], []
        for parent, node in rests:
            del parent.children[source]
            self._insert(parent, node.papers)
        self.settle(Action.EXCLUSION, source=source)

    def _open(self, number: int) -> None:
        """Let the papers that rest with an option just elected run on to their next preference."""
        rests, self._rests[number] = self._rests[number], []
        for _, node in rests:
            papers, node.papers = node.papers, []
            self._insert(node, papers)

    def _insert(self, node: _Node, papers: Iterable[Branch]) -> None:
        """Carry papers down from a node to where they rest, or to their end."""
        standing, gone, tree = self.table.standing, self._gone, self._tree
        waiting = [(node, branch) for branch in papers]
        while waiting:
            above, branch = waiting.pop()
            for number, part in tree.onward(branch):
                if not number:
                    continue
                if gone[number]:
                    waiting.append((above, part))
                    continue
                child = above.children.get(number)
                if child is None:
                    child = above.children[number] = _Node()
                    if standing[number]:
                        self._rests[number].append((above, child))
                child.weight += tree.votes(part)
                if standing[number]:
                    child.papers.append(part)
                else:
                    waiting.append((child, part))

    def _distribute(self) -> None:
        """Run one vote of each paper down the trie; each option keeps its share, rounded up."""
        totals = [0] * len(self._totals)
        keep = self._keep
        waiting = [(self._root, _UNIT)]
        while waiting:
            node, value = waiting.pop()
            for number, child in node.children.items():
                kept = _up(value * keep[number], _UNIT)
                totals[number] += kept * child.weight
                if kept < value and child.children:
                    waiting.append((child, value - kept))
        self._totals = totals


def _up(numerator: int, denominator: int) -> int:
    """Divide, rounding up."""
    return -(-numerator // denominator)
