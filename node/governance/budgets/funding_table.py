"""The growing table of a budget's count: which project is paid at which stage, and what money is left.

A budget's outcome has the shape of every other count: projects are the options, what is funded is elected,
`quota_1e5` of a stage is the money left after it, in units of 0.00001. Totals are votes, or effective votes.
"""

from collections.abc import Iterable, Sequence

from node.governance.budgets.question import BudgetQuestion, grouped, input_id
from node.governance.counting import approvals
from node.governance.counting.lots import Purpose, Ties, lot_order
from node.governance.counting.result import Action, Method, Outcome, Placed, Stage, Verdict


class FundingTable:
    """Record what is paid, stage by stage, and settle ties.

    Args:
        question: what is counted.
        lot_seed: fixes the order that breaks ties.
    """

    def __init__(self, question: BudgetQuestion, lot_seed: bytes) -> None:
        merged = grouped(question)
        self.question = question
        self.blank = merged.pop((), 0)
        self.approvals = approvals.grouped(merged, options=len(question.projects))
        self.valid = sum(self.approvals.weights)
        ids = [project.id for project in question.projects]
        self.ties = Ties(lot_seed, ids)
        places = {project_id: place for place, project_id in enumerate(lot_order(lot_seed, ids))}
        self._lot_place = (-1, *(places[project_id] for project_id in ids))
        self.left_1e5 = question.money_1e5
        self._stages: list[Stage] = []
        self._funded: list[Placed] = []

    @property
    def stage_number(self) -> int:
        """The number of the stage that is under way, or the next to begin."""
        return len(self._stages) + 1

    def eligible(self) -> list[int]:
        """List the projects that have the votes they need, by number."""
        least = max(1, self.question.votes_min or 0)
        numbers = range(1, len(self.question.projects) + 1)
        return [number for number in numbers if self.approvals.votes[number] >= least]

    def cost(self, number: int) -> int:
        """Return what a project costs, in units of 0.00001."""
        return self.question.projects[number - 1].cost_1e5

    def cheapest(self, tied: Iterable[int]) -> list[int]:
        """Return the projects that cost least of several."""
        listed = list(tied)
        least = min(map(self.cost, listed))
        return [number for number in listed if self.cost(number) == least]

    def choose_equal(self, tied: Iterable[int]) -> int:
        """Choose among projects with equal effective votes: the cheaper, then more votes, then the lot."""
        votes, lot = self.approvals.votes, self._lot_place
        return min(tied, key=lambda number: (self.cost(number), -votes[number], lot[number]))

    def by_lot(self, tied: Sequence[int]) -> int:
        """Choose among projects that nothing else tells apart."""
        return self.ties.first(tied, (), stage=self.stage_number, purpose=Purpose.SEAT)

    def close(
        self, action: Action, totals_1e5: Sequence[int], *, project: int | None, shown_1e5: int | None = None
    ) -> None:
        """End the stage under way: pay the project if it is funded, and write its row.

        Args:
            action: what the stage did.
            totals_1e5: by project, the first at index 0.
            project: the one it is about, if it is about one.
            shown_1e5: stands in the row instead of the money left.
        """
        funded = action is Action.FUNDED and project is not None
        if project is not None and funded:
            self.left_1e5 -= self.cost(project)
            self._funded.append(Placed(project, self.stage_number))
        self._stages.append(
            Stage(
                number=self.stage_number,
                action=action,
                source=project,
                totals_1e5=tuple(totals_1e5),
                transfers_1e5=(0,) * len(totals_1e5),
                exhausted_1e5=0,
                lost_1e5=0,
                quota_1e5=self.left_1e5 if shown_1e5 is None else shown_1e5,
                elected=(project,) if project is not None and funded else (),
                excluded=(),
            )
        )

    def outcome(self, method: Method) -> Outcome:
        """Return the finished count."""
        if self._funded:
            verdict = Verdict.ELECTED
        else:
            verdict = Verdict.NOTHING_FUNDED if self.valid else Verdict.NO_VALID_BALLOT
        return Outcome(
            method=method,
            input_id=input_id(self.question),
            option_ids=tuple(project.id for project in self.question.projects),
            seats=len(self.question.projects),
            verdict=verdict,
            valid=self.valid,
            blank=self.blank,
            quota_1e5=self.left_1e5,
            elected=tuple(self._funded),
            excluded=(),
            stages=tuple(self._stages),
            lots=self.ties.lots,
        )
