"""Whose word about a community's size counts, by the bylaws; what follows from these words sizes.py says."""

from collections.abc import Callable, Collection, Iterable
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from node.federation.bylaws_values import Chosen, Count, Day, listed
from node.records.statement import Part

# Tells of an attester and a community whether the one's word about the size of the other counts.
Entitled = Callable[[bytes, bytes], bool]

# More than one a month is no settled size any more.
SIZE_DAYS_MAX: Final = 12
# As many as may be chosen to witness.
NAMED_MAX: Final = 31


class Sizes(Part):
    """Whose word about a community's size counts, and up to which day.

    Attributes:
        attesters: each community itself, the other members, or those `named`.
        witnesses: the size is the largest that at least so many attesters put at that or more.
        days: of the year (UTC), such as "01-01": what is attested later counts from the next of them on.
            None: it counts as soon as a roll is made.
        named: the members whose word counts about every member, themselves included.
    """

    attesters: Literal["itself", "others", "named"] = "itself"
    witnesses: Count = 1
    days: Annotated[tuple[Day, ...], BeforeValidator(listed), Field(max_length=SIZE_DAYS_MAX)] = ()
    named: Annotated[Chosen, Field(max_length=NAMED_MAX)] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if list(self.days) != sorted(set(self.days)):
            raise ValueError("the days must be different, the earlier in the year first")
        if bool(self.named) != (self.attesters == "named"):
            raise ValueError('expected communities as `named` exactly where `attesters` is "named"')
        if len(set(self.named)) != len(self.named):
            raise ValueError("expected each of those named once")
        if self.named and self.witnesses > len(self.named):
            raise ValueError(
                f"expected `witnesses` of at most the {len(self.named)} named, found {self.witnesses}"
            )
        return self

    def in_force(self, members: Iterable[bytes]) -> Literal["itself", "others", "named"]:
        """Return whose word counts among these members.

        Where fewer of those named belong to them than must agree, all others may attest: else no size could
        be stated any more, and without a roll no question to name others be put.
        """
        if self.attesters == "named" and len({*members}.intersection(self.named)) < self.witnesses:
            return "others"
        return self.attesters

    def entitled(self, members: Iterable[bytes]) -> Entitled:
        """Return whose word about whom counts among these members."""
        rule, named = self.in_force(members), frozenset(self.named)
        if rule == "named":
            return lambda attester, _subject: attester in named
        return lambda attester, subject: (attester == subject) == (rule == "itself")

    def may_count(self, on_roll: Iterable[bytes], settled: Collection[bytes]) -> Entitled:
        """Return on whose word about whom a size may rest on a roll, by what stands on it.

        A roll does not name every member. So what those named said is taken in any case, and what others did
        where fewer of those named than must agree are on the roll. Which of the two it is, is for the
        witnesses to say who certify it.

        Args:
            on_roll: the communities that a roll names.
            settled: those whose size must be as on the roll before it, whoever attested it then.
        """
        if self.attesters != "named":
            return self.entitled(on_roll)
        named, few = frozenset(self.named), self.in_force(on_roll) == "others"
        return lambda attester, subject: (
            attester in named or ((few or subject in settled) and attester != subject)
        )
