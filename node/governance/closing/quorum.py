"""How many witnesses must agree, and how many may lie.

With W witnesses, f = floor((W-1)/3) may lie, and Q = floor((W+f)/2)+1 must agree: any two sets of Q share an
honest witness. Source: Castro and Liskov, "Practical Byzantine Fault Tolerance", OSDI 1999, for W = 3f+1;
the quorum for other W is the smallest with that property.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

from node.errors import UserError
from node.limits import WITNESSES_MAX


class Told(TypedDict):
    """What answers say about one closing; the sentence is `Quorum.in_words`, there and on every page."""

    witnesses: int
    needed: int
    may_lie: int
    in_words: str


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

    def told(self) -> Told:
        """Return the same for people and programs, as answers hold it."""
        return {
            "witnesses": self.witnesses,
            "needed": self.needed,
            "may_lie": self.liars,
            "in_words": self.in_words(),
        }


class Footnotes:
    """What is said below a list of results: each sentence once, with a mark that its lines bear.

    Only closings that tolerate no liar: where one may lie, a list would be full of marks, and each result's
    own page says what it withstands.
    """

    def __init__(self, listed: Iterable[Told | None]) -> None:
        said = dict.fromkeys(each["in_words"] for each in listed if each is not None and not each["may_lie"])
        self._marks = {sentence: "*" * place for place, sentence in enumerate(said, start=1)}

    def mark(self, text: str, quorum: Told | None) -> str:
        """Return a line's text, with the mark of its sentence if it has one."""
        mark = self._marks.get(quorum["in_words"]) if quorum is not None else None
        return text if mark is None else f"{text} {mark}"

    def lines(self) -> list[str]:
        """Return what stands below the list."""
        return [f"{mark} {sentence}" for sentence, mark in self._marks.items()]
