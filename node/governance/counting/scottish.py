"""Single transferable vote as Scottish councils count it (SSI 2011/399, schedule 1, the count rules).

Whole Droop quota; one surplus or one exclusion a stage; a surplus moves all papers of the elected option at a
value truncated to 0.00001 vote, and only to options that continue; an exclusion moves papers at the value at
which they came. All votes here are integers in units of 0.00001 vote.
"""

from typing import Final

from node.governance.counting.ballot_tree import BallotTree, Branch
from node.governance.counting.contest import Contest, valid_ballots
from node.governance.counting.result import UNITS_PER_VOTE, Action, Method, Outcome
from node.governance.counting.tally_table import TallyTable

METHOD: Final = Method("scottish-stv", 1)


def count(contest: Contest, lot_seed: bytes) -> Outcome:
    """Count an election by the Scottish rules.

    Where the rules are silent: options no more than the seats are all elected at stage 1, and a contested
    election without a valid ballot elects nobody: a lot breaks a tie between votes, it does not replace them.
    """
    election = _Count(contest, lot_seed)
    election.first_preferences()
    while not election.table.complete:
        source = election.next_surplus()
        if source is None:
            election.exclude_lowest()
        else:
            election.transfer_surplus(source)
    return election.table.outcome(METHOD)


class _Count:
    """The papers of a count: who holds which, at which value."""

    def __init__(self, contest: Contest, lot_seed: bytes) -> None:
        ballots = valid_ballots(contest)
        self.table = TallyTable(contest, ballots, lot_seed, units_per_vote=UNITS_PER_VOTE)
        self._tree = BallotTree(ballots)
        self._quota = (ballots.valid // (contest.seats + 1) + 1) * UNITS_PER_VOTE
        options = len(contest.options)
        # For each option its papers, grouped by the value at which they came.
        self._papers: list[dict[int, list[Branch]]] = [{} for _ in range(options + 1)]
        self._totals = [0] * (options + 1)
        self._surplus_waits: list[int] = []

    def first_preferences(self) -> None:
        """Stage 1: every paper to its first preference that stands, at the value of one vote."""
        self._move([self._tree.root], UNITS_PER_VOTE)
        self._close(Action.FIRST_PREFERENCES, source=None)

    def next_surplus(self) -> int | None:
        """Return the option with the largest surplus that waits, None if none does."""
        if not self._surplus_waits:
            return None
        largest = max(self._totals[number] for number in self._surplus_waits)
        tied = [number for number in self._surplus_waits if self._totals[number] == largest]
        return self.table.ties.first(tied, self.table.history, stage=self.table.stage_number)

    def transfer_surplus(self, source: int) -> None:
        """Move the papers of an elected option on, each at its share of the surplus."""
        self._surplus_waits.remove(source)
        total = self._totals[source]
        surplus = total - self._quota
        for value, papers in self._taken_from(source):
            self._move(papers, surplus * value // total)
        self._totals[source] = self._quota
        self._close(Action.SURPLUS, source=source)

    def exclude_lowest(self) -> None:
        """Exclude the continuing option with the fewest votes and move its papers on at their value."""
        continuing = self.table.continuing()
        lowest = min(self._totals[number] for number in continuing)
        tied = [number for number in continuing if self._totals[number] == lowest]
        source = self.table.ties.last(tied, self.table.history, stage=self.table.stage_number)
        self.table.exclude(source)
        for value, papers in self._taken_from(source):
            self._move(papers, value)
        self._totals[source] = 0
        self._close(Action.EXCLUSION, source=source)

    def _taken_from(self, source: int) -> list[tuple[int, list[Branch]]]:
        """Empty an option's pile and return it, by value."""
        taken = list(self._papers[source].items())
        self._papers[source] = {}
        return taken

    def _move(self, papers: list[Branch], value: int) -> None:
        """Give each paper to its next preference that continues, at the given value in 0.00001 vote."""
        tree, standing, passing = self._tree, self.table.standing, list(papers)
        while passing:
            for number, branch in tree.onward(passing.pop()):
                if not number:
                    self._totals[0] += value * tree.votes(branch)  # Exhausted: kept as "option 0".
                elif standing[number]:
                    self._totals[number] += value * tree.votes(branch)
                    self._papers[number].setdefault(value, []).append(branch)
                else:
                    passing.append(branch)

    def _close(self, action: Action, *, source: int | None) -> None:
        """End the stage and note whose surplus now waits."""
        elected = self.table.close_stage(
            action,
            source=source,
            totals=[0, *self._totals[1:]],
            exhausted=self._totals[0],
            quota=self._quota,
        )
        self._surplus_waits += [number for number in elected if self._totals[number] > self._quota]
