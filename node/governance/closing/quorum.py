"""How many witnesses must agree, and how many may lie.

With W witnesses, f = floor((W-1)/3) may lie, and Q = floor((W+f)/2)+1 must agree: any two sets of Q share an
honest witness. Source: Castro and Liskov, "Practical Byzantine Fault Tolerance", OSDI 1999, for W = 3f+1;
the quorum for other W is the smallest with that property.
"""

from dataclasses import dataclass

from node.errors import UserError
from node.limits import WITNESSES_MAX


@dataclass(frozen=True, slots=True)
class Quorum:
    """The numbers of one closing.

    Attributes:
        witnesses: W, how many there are.
        liars: f, how many of them may lie without harm.
        needed: Q, how many must agree.
    """

    witnesses: int
    liars: int
    needed: int

    @classmethod
    def of(cls, witnesses: int, *, raised: int | None = None) -> "Quorum":
        """Return the numbers for so many witnesses.

        Args:
            witnesses: from 1 to `WITNESSES_MAX`.
            raised: a larger Q that the bylaws ask for.

        Raises:
            UserError: so many witnesses cannot be, or the bylaws' Q is below the safe one or could never
                be reached while liars keep silent.
        """
        if not 1 <= witnesses <= WITNESSES_MAX:
            raise UserError(f"expected from 1 to {WITNESSES_MAX} witnesses, found {witnesses}")
        liars = (witnesses - 1) // 3
        needed = (witnesses + liars) // 2 + 1
        if raised is None:
            return cls(witnesses, liars, needed)
        if not needed <= raised <= witnesses - liars:
            raise UserError(
                f"expected that from {needed} to {witnesses - liars} of {witnesses} witnesses must agree, "
                f"found {raised}"
            )
        return cls(witnesses, liars, raised)

    @property
    def honest_among(self) -> int:
        """Return how many are needed to be sure that one of them is honest."""
        return self.liars + 1

    @property
    def surely_listed(self) -> int:
        """Return how many witnesses' receipts make a ballot count for sure.

        Of so many, f may lie and W - Q may be missing from the cut; f + 1 that list it are left.
        """
        return 2 * self.liars + 1 + self.witnesses - self.needed

    @property
    def silent(self) -> int:
        """Return how many may keep silent without stopping a certification."""
        return self.witnesses - self.needed

    def in_words(self) -> str:
        """Say what this closing withstands, for every page that shows a result."""
        lie = {0: "No witness may lie", 1: "One witness may lie"}.get(
            self.liars, f"Up to {self.liars} witnesses may lie"
        )
        rest = {0: "every one must answer", 1: "one may be silent"}.get(
            self.silent, f"up to {self.silent} may be silent"
        )
        return f"{self.needed} of {self.witnesses} witnesses must agree. {lie}; {rest}."
