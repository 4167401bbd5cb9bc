"""What a decision does by itself once it is in force: data in the proposal, so people vote on exactly that.

Which of these a federation lets act is a matter of its bylaws; who works an effect is above: members and
bylaws are the federation's, budget lines and forms are kept for those who use them.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from node.limits import FEEDS_PER_COMMUNITY_MAX, FORK_BRANCHES_MAX, NAME_CHARS_MAX
from node.records.statement import Id, Key, Natural, Part, Positive

# A form is a page or two of JSON, bylaws likewise.
CONTENT_BYTES_MAX = 16 * 1024
# One for each branch of each device's feed.
LASTS_MAX = FEEDS_PER_COMMUNITY_MAX * FORK_BRANCHES_MAX

Act = Literal["admit", "suspend", "restore", "remove", "bylaws", "form", "budget", "annul"]

MEMBERSHIP: Final = frozenset({"admit", "suspend", "restore", "remove"})
# What each act must name; everything else is null, nothing or empty.
_NEEDS: Final[dict[str, frozenset[str]]] = {
    "admit": frozenset({"target"}),
    "suspend": frozenset({"target"}),
    "restore": frozenset({"target"}),
    "remove": frozenset({"target"}),
    "bylaws": frozenset({"content"}),
    "form": frozenset({"name", "content"}),
    "budget": frozenset({"name", "amount", "unit"}),
    "annul": frozenset({"target"}),
}


class Last(Part):
    """The last entry that counts of one feed of a community that is removed, in the members' scope."""

    device: Key
    seq: Positive
    entry: Id


class Effect(Part):
    """One thing that a yes/no question does when it passes and is in force.

    Attributes:
        target: the community whose membership changes, or the proposal that is annulled.
        name: of the form or of the budget line.
        amount, unit: what a budget line releases, in whole units such as "hours" or "euro".
        content: the form's JSON, or the canonical bytes of the bylaws, whole: what is voted on is what holds.
        lasts: where the edits of a community that is removed end, one for each branch of its devices' feeds;
            of a feed that is not named nothing counts.
    """

    act: Act
    target: Id | None
    name: Annotated[str, Field(max_length=NAME_CHARS_MAX)]
    amount: Natural | None
    unit: Annotated[str, Field(max_length=40)]
    content: Annotated[bytes, Field(min_length=1, max_length=CONTENT_BYTES_MAX)] | None
    lasts: Annotated[tuple[Last, ...], Field(max_length=LASTS_MAX)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = {
            field
            for field, value in (
                ("target", self.target is not None),
                ("name", self.name != ""),
                ("amount", self.amount is not None),
                ("unit", self.unit != ""),
                ("content", self.content is not None),
            )
            if value
        }
        if given != _NEEDS[self.act]:
            needed = ", ".join(sorted(_NEEDS[self.act]))
            found = ", ".join(sorted(given)) or "nothing"
            raise ValueError(f"the effect {self.act!r} names {needed}, found {found}")
        if self.lasts and self.act != "remove":
            raise ValueError(f"only a removal names last entries, found {len(self.lasts)} in {self.act!r}")
        return self

    @property
    def amends(self) -> bool:
        """Tell whether it changes the federation itself, which bylaws may make harder."""
        return self.act == "bylaws" or self.act in MEMBERSHIP


def effect(
    act: str,
    *,
    target: bytes | None = None,
    name: str = "",
    amount: int | None = None,
    unit: str = "",
    content: bytes | None = None,
    lasts: Sequence[Last] = (),
) -> Effect:
    """Return an effect with only what it needs.

    Raises:
        pydantic.ValidationError: it names too little or too much.
    """
    return Effect.model_validate(
        {
            "act": act,
            "target": target,
            "name": name,
            "amount": amount,
            "unit": unit,
            "content": content,
            "lasts": tuple(lasts),
        }
    )
