"""The growing table of a count that gives seats one after another and moves no votes.

Plurality, Schulze, Phragmén and equal shares share it. It owns who still stands, what tells equals apart (an
earlier stage, then the lot) and when there is nothing left to decide. What the values mean is not known here:
the highest is the best.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from node.errors import UserError
from node.governance.counting.contest import Contest, ValidBallots, input_id
from node.governance.counting.lots import Purpose, Ties
from node.governance.counting.result import Action, Method, Outcome, Placed, Stage, Verdict


class SeatTable:
    """Record who takes which seat, stage by stage.

    Args:
        contest: what is counted.
        ballots: its valid ballots.
        lot_seed: fixes the order that breaks ties.
        quota_1e5: what a method names as the price of a seat, in units of 0.00001 vote; 0 where it has none.
    """

    def __init__(
        self, contest: Contest, ballots: ValidBallots, lot_seed: bytes, *, quota_1e5: int = 0
    ) -> None:
        self.contest = contest
        self._ballots = ballots
        self._quota_1e5 = quota_1e5
        self._ties = Ties(lot_seed, [option.id for option in contest.options])
        options = range(1, len(contest.options) + 1)
        self._standing = [number for number in options if number not in contest.withdrawn]
        # Values as ranks, 0 the lowest: equal fractions get equal ranks, and the lots compare whole numbers.
        self._history: list[tuple[int, ...]] = []
        self._elected_now: list[int] = []
        self.stages: list[Stage] = []
        self.elected: list[Placed] = []

    @property
    def stage_number(self) -> int:
        """The number of the stage that is under way, or the next to begin."""
        return len(self.stages) + 1

    @property
    def complete(self) -> bool:
        """Whether nothing is left to decide: no seat, nobody standing, or a contest that nobody voted in."""
        contested = len(self._standing) + len(self.elected) > self.contest.seats
        if len(self.elected) == self.contest.seats or not self._standing:
            return True
        return contested and self._ballots.valid == 0

    def continuing(self) -> list[int]:
        """List the options neither elected nor withdrawn."""
        return list(self._standing)

    def weigh(self, values: Mapping[int, Fraction | int]) -> None:
        """Take note of what the stage under way elects by; options left out come after all others."""
        places = {value: place for place, value in enumerate(sorted(set(values.values())), start=1)}
        options = range(len(self.contest.options) + 1)
        self._history.append(tuple(places[values[number]] if number in values else 0 for number in options))

    def elect(self) -> int:
        """Give a seat to the best option by the last `weigh`, ties by earlier stages and then the lot."""
        now = self._history[-1]
        best = max(now[number] for number in self._standing)
        tied = [number for number in self._standing if now[number] == best]
        chosen = self._ties.first(tied, self._history, stage=self.stage_number, purpose=Purpose.SEAT)
        self._standing.remove(chosen)
        self._elected_now.append(chosen)
        self.elected.append(Placed(chosen, self.stage_number))
        return chosen

    def close(self, action: Action, totals_1e5: Sequence[int], *, source: int | None = None) -> None:
        """End the stage under way and write its row; `totals_1e5` by option, the first at index 0."""
        self.stages.append(
            Stage(
                number=self.stage_number,
                action=action,
                source=source,
                totals_1e5=tuple(totals_1e5),
                transfers_1e5=(0,) * len(totals_1e5),
                exhausted_1e5=0,
                lost_1e5=0,
                quota_1e5=self._quota_1e5,
                elected=tuple(self._elected_now),
                excluded=(),
            )
        )
        self._elected_now = []

    def outcome(self, method: Method) -> Outcome:
        """Return the finished count."""
        contest = self.contest
        return Outcome(
            method=method,
            input_id=input_id(contest),
            option_ids=tuple(option.id for option in contest.options),
            seats=contest.seats,
            verdict=Verdict.ELECTED if self.elected else Verdict.NO_VALID_BALLOT,
            valid=self._ballots.valid,
            blank=self._ballots.blank,
            quota_1e5=self._quota_1e5,
            elected=tuple(self.elected),
            excluded=(),
            stages=tuple(self.stages),
            lots=self._ties.lots,
        )


def check_size(contest: Contest, *, options_max: int, method: Method) -> None:
    """Refuse a contest with more options than a method's table can hold.

    Raises:
        UserError: there are more.
    """
    if len(contest.options) > options_max:
        raise UserError(
            f"expected at most {options_max} options for {method.id}, found {len(contest.options)}"
        )
