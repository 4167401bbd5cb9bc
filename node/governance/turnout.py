"""The turnout of an election: where too few take part nobody is elected, and all places stay as they are.

How many are enough stands in the question (`Turnout` in proposals.py), as the bylaws say. Of how many follows
from the roll, so nothing after the opening changes it. Yes/no questions have their quorum in their rule.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from node.governance.ballots import ValidBallot
from node.governance.counting.result import Outcome, Verdict
from node.governance.lending import Loan
from node.governance.proposals import Proposal, Roll, Turnout

Seat = tuple[bytes, int]


@dataclass(frozen=True, slots=True)
class Participation:
    """How many took part in an election, and of how many.

    Attributes:
        needed: the least whole number that is enough.
    """

    present: int
    total: int
    needed: int

    @property
    def suffices(self) -> bool:
        """Tell whether enough took part."""
        return self.present >= self.needed


def present(counted: Sequence[ValidBallot], void: Sequence[Seat], loans: Sequence[Loan]) -> set[Seat]:
    """Return the seats that took part: that said anything, void ones too, or whose vote somebody used."""
    return {one.seat for one in counted} | set(void) | {one.seat for one in loans if one.takes is not None}


def participation(turnout: Turnout, roll: Roll, present: Iterable[Seat]) -> Participation:
    """Return how many took part, by the seats that said anything."""
    seats = set(present)
    if turnout.of == "seats":
        came, total = len(seats), roll.seats
    else:
        came = len({community for community, _ in seats})
        total = sum(holder.seats > 0 for holder in roll.holders)
    share = Fraction(*turnout.quorum)
    return Participation(came, total, -(-total * share.numerator // share.denominator))


def unless_too_few(outcome: Outcome, proposal: Proposal, roll: Roll, came: Iterable[Seat]) -> Outcome:
    """Return the outcome of a count; or, where too few took part in an election, that nobody is elected.

    The quorum is then among the method's parameters, so that no count has the id of that outcome.
    """
    turnout = proposal.turnout
    if turnout is None:
        return outcome
    found = participation(turnout, roll, came)
    if found.suffices:
        return outcome
    share = Fraction(*turnout.quorum)
    parameters = (
        ("quorum_numerator", share.numerator),
        ("quorum_denominator", share.denominator),
        ("electorate" if turnout.of == "seats" else "communities", found.total),
    )
    return replace(
        outcome,
        method=replace(outcome.method, parameters=parameters),
        verdict=Verdict.NO_QUORUM,
        quota_1e5=0,
        elected=(),
        excluded=(),
        stages=(),
        lots=(),
    )
