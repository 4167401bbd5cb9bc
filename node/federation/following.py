"""A federation that says it follows another one, and how far the other one's members stand behind that.

It is a claim of its founders. No vote, seat, membership or decision passes from the one to the other, so
nothing that counts rests on what is worked out here: it is for people to read.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from node.federation.founding import Founding
from node.ids import CommunityId

# As many that follow one federation are shown at most, the most widely backed first.
FOLLOWERS_SHOWN_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Backing:
    """Who of a federation's members stands behind a founding that says it follows it.

    Attributes:
        behind: those of the entitled that found the other one and approved that, sorted.
        entitled: members with a say that the last certified roll names, sorted: whom too few let in since the
            roll is none of them, nor who was removed or suspended since.
        version: of that roll; 0 where there is none and the founders are meant.
    """

    behind: tuple[CommunityId, ...]
    entitled: tuple[CommunityId, ...]
    version: int

    @property
    def majority(self) -> bool:
        """Tell whether more than half of them do."""
        return 2 * len(self.behind) > len(self.entitled)

    def in_words(self, place: str) -> str:
        """Return it as the end of a sentence.

        Args:
            place: where the entitled are members, as one word: "here" or "there".
        """
        if not self.entitled:
            return f"no community has a say {place}"
        number, of = len(self.behind), len(self.entitled)
        who, ones = ("communities", "community") if self.version else ("founders", "founder")
        roll = "on the last certified roll " if self.version else ""
        which = f"{of} {ones if of == 1 else who} {roll}{place}"
        if not number and of == 1:
            return f"the only {ones} {roll}{place} does not stand behind it"
        if not number:
            return f"none of the {which} stands behind it"
        share = "more than half" if self.majority else "not more than half"
        return f"{number} of the {which} {'stands' if number == 1 else 'stand'} behind it, {share}"


def backing(
    founding: Founding, approved: Iterable[CommunityId], entitled: Collection[CommunityId], *, version: int
) -> Backing:
    """Return who stands behind a founding.

    Args:
        founding: what names the other federation.
        approved: communities whose stewards approved it; whom it does not name counts for nothing.
        entitled: the other one's members with a say that its last certified roll names.
        version: of that roll; 0 for the founders.
    """
    both = {CommunityId(one) for one in founding.founders}.intersection(approved, entitled)
    return Backing(tuple(sorted(both)), tuple(sorted(entitled)), version)
