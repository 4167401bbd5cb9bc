"""Scottish STV against a second, slower count that follows the order's text paper by paper."""

from dataclasses import dataclass, field
from itertools import count as counting

import pytest
from hypothesis import given

from node.governance.counting import scottish
from node.governance.counting.contest import Contest, Option, valid_ballots
from node.governance.counting.lots import Purpose, lot_order
from tests.governance.counting.strategies import contests

SEED = b"hedge"
ONE = 100_000


@dataclass
class Paper:
    """One ballot paper as a counting officer would hold it."""

    ranking: tuple[int, ...]
    value: int = ONE
    trail: list[int] = field(default_factory=list)


class ByPaper:
    """Count papers one by one: no grouping, no pointers, everything looked up again each time."""

    def __init__(self, contest: Contest, seed: bytes) -> None:
        ballots = valid_ballots(contest)
        self.seats = contest.seats
        self.papers = [
            Paper(ranking)
            for ranking, weight in zip(ballots.rankings, ballots.weights, strict=True)
            for _ in range(weight)
        ]
        self.quota = (len(self.papers) // (contest.seats + 1) + 1) * ONE
        self.continuing = set(range(1, len(contest.options) + 1)) - contest.withdrawn
        self.place = [o.id for o in contest.options]
        self.lots = lot_order(seed, self.place)
        self.totals: list[dict[int, int]] = []
        self.elected: list[tuple[int, int]] = []
        self.excluded: list[tuple[int, int]] = []
        self.credited = dict.fromkeys(range(1, len(contest.options) + 1), 0)
        self.waiting: list[int] = []

    def preference(self, option: int) -> tuple[list[int], int]:
        """Sort key: votes at all stages, latest first, then the lot (early is better)."""
        history = [totals[option] for totals in reversed(self.totals)]
        return history, -self.lots.index(self.place[option - 1])

    def deal(self, papers: list[Paper]) -> None:
        """Put each paper on the pile of its next continuing option."""
        for paper in papers:
            ahead = (
                paper.ranking[paper.ranking.index(paper.trail[-1]) + 1 :] if paper.trail else paper.ranking
            )
            following = next((option for option in ahead if option in self.continuing), None)
            paper.trail.append(following or 0)
            if following:
                self.credited[following] += paper.value

    def pile(self, option: int) -> list[Paper]:
        """Find an option's papers."""
        return [paper for paper in self.papers if paper.trail[-1] == option]

    def end_stage(self) -> None:
        """Write the stage down and elect."""
        self.totals.append(dict(self.credited))
        vacancies = self.seats - len(self.elected)
        chosen = [o for o in self.continuing if self.credited[o] >= self.quota]
        if len(self.continuing) <= vacancies:
            chosen = list(self.continuing)
        for option in sorted(chosen, key=self.preference, reverse=True):
            self.elected.append((option, len(self.totals)))
            self.continuing.discard(option)
            if self.credited[option] > self.quota:
                self.waiting.append(option)

    def run(self) -> None:
        """Count to the end."""
        self.deal(self.papers)
        self.end_stage()
        for stage in counting(2):
            if len(self.elected) == self.seats or not self.continuing or not self.papers:
                return
            if self.waiting:
                source = max(self.waiting, key=lambda o: (self.credited[o], self.preference(o)))
                self.waiting.remove(source)
                surplus, whole = self.credited[source] - self.quota, self.credited[source]
                papers = self.pile(source)
                for paper in papers:
                    paper.value = surplus * paper.value // whole
                self.credited[source] = self.quota
            else:
                source = min(self.continuing, key=self.preference)
                self.continuing.discard(source)
                self.excluded.append((source, stage))
                papers = self.pile(source)
                self.credited[source] = 0
            self.deal(papers)
            self.end_stage()


@given(contests())
def test_the_fast_count_equals_the_count_paper_by_paper(contest: Contest) -> None:
    """Winners, stages, exclusions and every total equal those of a count that moves single papers."""
    slow = ByPaper(contest, SEED)
    slow.run()
    outcome = scottish.count(contest, SEED)
    assert [(placed.option, placed.stage) for placed in outcome.elected] == slow.elected
    assert [(placed.option, placed.stage) for placed in outcome.excluded] == slow.excluded
    assert [list(stage.totals_1e5) for stage in outcome.stages] == [list(t.values()) for t in slow.totals]


@pytest.mark.parametrize("seed", [bytes([number]) for number in range(12)])
def test_the_lot_order_decides_a_full_tie(seed: bytes) -> None:
    """Of options equal at all stages the last in the lot order is excluded, and the lot names all of them."""
    options = tuple(Option(name, name) for name in ("Ash", "Birch", "Cedar"))
    outcome = scottish.count(Contest("Council", options, 1, ((2, (1,)), (2, (2,)), (2, (3,)))), seed)
    order = lot_order(seed, ["Ash", "Birch", "Cedar"])
    assert outcome.option_ids[outcome.excluded[0].option - 1] == order[2]
    assert outcome.option_ids[outcome.elected[0].option - 1] == order[0]
    first, second = outcome.lots
    assert (first.stage, first.purpose) == (2, Purpose.EXCLUSION)
    assert [outcome.option_ids[number - 1] for number in first.tied] == list(order)
    assert (second.stage, len(second.tied)) == (3, 2)


def test_a_surplus_never_reaches_an_elected_option() -> None:
    """An option elected with its own surplus waiting is passed over, so its total stays as it was."""
    options = tuple(Option(name, name) for name in ("Ash", "Birch", "Cedar", "Damson"))
    ballots = ((10, (1, 2, 3)), (8, (2, 4)), (3, (3,)), (3, (4,)))
    outcome = scottish.count(Contest("Council", options, 3, ballots), SEED)
    assert outcome.stages[1].source == 1
    assert outcome.stages[1].transfers_1e5 == (-300_000, 0, 300_000, 0)


def test_large_weights_stay_exact() -> None:
    """A thousand million votes are counted to the last unit."""
    options = tuple(Option(name, name) for name in ("Ash", "Birch", "Cedar"))
    ballots = ((700_000_000_001, (1, 2)), (150_000_000_000, (2,)), (100_000_000_000, (3, 2)))
    outcome = scottish.count(Contest("Council", options, 2, ballots), SEED)
    quota = (950_000_000_001 // 3 + 1) * ONE
    value = (700_000_000_001 * ONE - quota) * ONE // (700_000_000_001 * ONE)
    assert outcome.stages[1].totals_1e5[1] == 150_000_000_000 * ONE + 700_000_000_001 * value
