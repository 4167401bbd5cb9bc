"""Votes that seats lend to one another: whose choice counts for whom, resolved the same on every node.

A seat lends its vote for one question by a ballot that follows another seat, or until further notice by a
mandate that lends. Its own ballot, if it is in, goes before a mandate's loan; a later ballot replaces an
earlier one, whether it follows or chooses. Loans may be chained; whoever follows in a circle, or follows a
seat that says nothing, has nobody's choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from node.ids import RecordId
from node.records.statement import Id, Part, Positive

Seat = tuple[bytes, int]


class Borrower(Part):
    """The seat that a vote is lent to."""

    community: Id
    seat: Positive

    @property
    def place(self) -> Seat:
        """Return community and number."""
        return (self.community, self.seat)


@dataclass(frozen=True, slots=True)
class Loan:
    """A seat whose vote is lent, and what came of it.

    Attributes:
        by_mandate: until further notice; otherwise by its own ballot.
        takes: the ballot whose choice counts for it too; None where nobody's does.
    """

    seat: Seat
    to: Seat
    by_mandate: bool
    takes: RecordId | None


def resolve(
    chosen: Mapping[Seat, RecordId], followed: Mapping[Seat, Seat], standing: Mapping[Seat, Seat]
) -> list[Loan]:
    """Return what each loan comes to, sorted by seat.

    Args:
        chosen: seats whose own ballot makes a choice, with that ballot.
        followed: seats whose own ballot follows another seat.
        standing: seats without a ballot whose mandate lends; a seat that is in neither says nothing.
    """
    assert not chosen.keys() & followed.keys()
    assert not (chosen.keys() | followed.keys()) & standing.keys()
    onward = {**followed, **standing}
    ends = _ends(chosen, onward)
    return [Loan(seat, onward[seat], seat in standing, ends[seat]) for seat in sorted(onward)]


def _ends(chosen: Mapping[Seat, RecordId], onward: Mapping[Seat, Seat]) -> dict[Seat, RecordId | None]:
    """Return the ballot at the end of each seat's chain of loans, None for a circle or a silent seat.

    Each seat is passed once: a chain that reaches one whose end is known ends there too. So a chain of all
    seats of a house costs as many steps as there are seats, not their square.
    """
    ends: dict[Seat, RecordId | None] = {}
    for start in onward:
        passed: dict[Seat, None] = {}
        seat = start
        while seat in onward and seat not in ends and seat not in passed:
            passed[seat] = None
            seat = onward[seat]
        # Whoever stands on this very chain closes a circle: nobody chooses for it.
        end = None if seat in passed else ends.get(seat, chosen.get(seat))
        ends.update(dict.fromkeys(passed, end))
    return ends
