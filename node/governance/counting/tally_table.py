"""The growing table of an election's count: who stands, who is in, who is out, and the stages so far.

Scottish STV and Meek share it. It owns the rules that both have: an option that reaches the quota is elected,
the options left are elected once they are no more than the vacancies, and ties go back to the last stage at
which they differ. How votes move is not known here.
"""

from collections.abc import Sequence

from node.governance.counting.contest import Contest, ValidBallots, input_id
from node.governance.counting.lots import Ties
from node.governance.counting.result import (
    UNITS_PER_VOTE,
    Action,
    Method,
    Outcome,
    Placed,
    Stage,
    Verdict,
)


class TallyTable:
    """Record an election stage by stage.

    Args:
        contest: what is counted.
        ballots: its valid ballots.
        lot_seed: fixes the order that breaks ties.
        units_per_vote: the fineness of the totals that `close_stage` is given.
    """

    def __init__(
        self, contest: Contest, ballots: ValidBallots, lot_seed: bytes, *, units_per_vote: int
    ) -> None:
        count = len(contest.options)
        self._contest = contest
        self._ballots = ballots
        self._coarser = units_per_vote // UNITS_PER_VOTE
        self.ties = Ties(lot_seed, [option.id for option in contest.options])
        # Index 0 stands for no option at all, so that option numbers are indexes.
        self.standing = [number > 0 and number not in contest.withdrawn for number in range(count + 1)]
        self.history: list[tuple[int, ...]] = []
        self.stages: list[Stage] = []
        self.elected: list[Placed] = []
        self.excluded: list[Placed] = []

    @property
    def stage_number(self) -> int:
        """The number of the stage that is under way, or the next to begin."""
        return len(self.stages) + 1

    @property
    def vacancies(self) -> int:
        """Seats not yet filled."""
        return self._contest.seats - len(self.elected)

    @property
    def complete(self) -> bool:
        """Whether nothing is left to decide: no vacancy, nobody standing, or no vote that could decide."""
        return self.vacancies == 0 or not any(self.standing) or self._ballots.valid == 0

    def continuing(self) -> list[int]:
        """List the options neither elected, excluded nor withdrawn."""
        return [number for number, stands in enumerate(self.standing) if stands]

    def exclude(self, number: int) -> None:
        """Take an option out as the stage under way begins."""
        self.standing[number] = False
        self.excluded.append(Placed(number, self.stage_number))

    def close_stage(
        self,
        action: Action,
        *,
        source: int | None,
        totals: Sequence[int],
        exhausted: int,
        quota: int,
        keep_1e9: tuple[int, ...] = (),
    ) -> list[int]:
        """End the stage under way: elect whom its totals elect and write its row.

        Args:
            action: what opened the stage.
            source: the option whose votes moved, if it was one.
            totals: by option number, index 0 unused, in the units the table was made for.
            exhausted: votes beyond the last preference, in those units.
            quota: votes needed to be elected, in those units.
            keep_1e9: Meek's keep factors at the end of the stage.

        Returns:
            The options elected, highest first.
        """
        number = self.stage_number
        self.history.append(tuple(totals))
        elected = self._electable(totals, quota)
        for winner in elected:
            self.standing[winner] = False
            self.elected.append(Placed(winner, number))
        shown = tuple(total // self._coarser for total in totals[1:])
        before = self.stages[-1].totals_1e5 if self.stages else (0,) * len(shown)
        exhausted_1e5 = exhausted // self._coarser
        excluded = tuple(placed.option for placed in self.excluded if placed.stage == number)
        self.stages.append(
            Stage(
                number=number,
                action=action,
                source=source,
                totals_1e5=shown,
                transfers_1e5=tuple(now - then for now, then in zip(shown, before, strict=True)),
                exhausted_1e5=exhausted_1e5,
                lost_1e5=self._ballots.valid * UNITS_PER_VOTE - sum(shown) - exhausted_1e5,
                quota_1e5=quota // self._coarser,
                elected=tuple(elected),
                excluded=excluded,
                keep_1e9=keep_1e9,
            )
        )
        return elected

    def outcome(self, method: Method) -> Outcome:
        """Return the finished count."""
        contest = self._contest
        return Outcome(
            method=method,
            input_id=input_id(contest),
            option_ids=tuple(option.id for option in contest.options),
            seats=contest.seats,
            verdict=Verdict.ELECTED if self.elected else Verdict.NO_VALID_BALLOT,
            valid=self._ballots.valid,
            blank=self._ballots.blank,
            quota_1e5=self.stages[-1].quota_1e5,
            elected=tuple(self.elected),
            excluded=tuple(self.excluded),
            stages=tuple(self.stages),
            lots=self.ties.lots,
        )

    def _electable(self, totals: Sequence[int], quota: int) -> list[int]:
        """List whom this stage elects: all that are left if they fit, else those that reach the quota."""
        continuing = self.continuing()
        if len(continuing) > self.vacancies:
            continuing = [number for number in continuing if totals[number] >= quota]
        # Meek rounds each ballot up, which could in theory lift one option too many to the quota: the highest
        # are elected. The Scottish quota makes that impossible.
        return self.ties.ordered(continuing, self.history, stage=self.stage_number)[: self.vacancies]
