"""Bylaws: what a federation decided about itself; nothing the sources leave open is a constant.

Bylaws are written as a TOML file by people and carried whole inside the founding record, so what was founded
on is what was read. Changing them is a certified decision.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from node import canonical
from node.errors import MalformedMessageError
from node.federation.bylaws_sizes import Sizes
from node.federation.bylaws_values import Chosen, Count, Span, listed
from node.limits import NAME_CHARS_MAX, WITNESSES_MAX
from node.records.statement import Part

# A witness lists one ballot a seat at least, in one record (closing/statements.py, LISTED_MAX).
HOUSE_SEATS_MAX: Final = 4_096

# With fewer that witness, though more could, one liar among them decides what closes.
WITNESSES_LEAST: Final = 4


class Share(Part):
    """A fraction of a named denominator, as two whole numbers."""

    numerator: Annotated[int, Field(ge=0, le=1_000)]
    denominator: Annotated[int, Field(ge=1, le=1_000)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.numerator > self.denominator:
            raise ValueError("a share cannot be above the whole")
        return self


class Admission(Part):
    """How a community comes in: by this many members' approvals, by a certified decision, or either way."""

    approvals: Count = 1
    way: Literal["approvals", "decision", "either"] = "either"


class Seats(Part):
    """How seats are shared out: reflecting size while ensuring equity (floor and cap).

    Attributes:
        ties: who goes first of communities with an equal claim to a seat; between equal sizes the lot.
    """

    method: Literal[
        "hamilton", "dhondt", "sainte-lague", "huntington-hill", "adams", "dean", "penrose", "cambridge"
    ] = "sainte-lague"
    house: Annotated[int, Field(ge=1)] = 12
    floor: Annotated[int, Field(ge=0, le=1_000)] = 1
    cap: Annotated[int, Field(ge=1, le=HOUSE_SEATS_MAX)] | None = None
    ties: Literal["lot", "larger", "smaller"] = "lot"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.house > HOUSE_SEATS_MAX:
            raise ValueError(
                f"expected a house of at most {HOUSE_SEATS_MAX:,} seats, which is what witnesses can list "
                f"when voting ends, found {self.house:,}"
            )
        if self.cap is not None and self.cap < self.floor:
            raise ValueError(f"expected a cap of at least the floor, {self.floor}, found {self.cap}")
        return self

    def lacks_room(self, members: int) -> str:
        """Return why a house has no room for the floors of so many members; empty when it has."""
        needed = self.floor * members
        if needed <= self.house:
            return ""
        return (
            f"{members} communities with at least {self.floor} seats each need a house of {needed} seats, "
            f"found {self.house}: make the house larger or the floor smaller"
        )


class Passing(Part):
    """When a yes/no question passes."""

    threshold: Share = Share(numerator=1, denominator=2)
    strictly_above: bool = True
    of: Literal["cast", "present", "all"] = "cast"
    quorum: Share = Share(numerator=1, denominator=2)
    blocks_stop: bool = False
    # Whether a block must say why, in words that everybody can read.
    block_reasons: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.threshold.numerator == 0:
            raise ValueError("a threshold of nothing passes everything")
        if self.strictly_above and self.threshold.numerator == self.threshold.denominator:
            raise ValueError("nothing can be above the whole")
        return self


class Closing(Part):
    """How long voting lasts, and what happens when it ends; all in seconds.

    Attributes:
        voting: from opening to close.
        grace: after the close, for ballots under way.
        patience: after that, until witnesses stop waiting for one another.
        review: after that, in which a review may be asked for before a decision takes effect.
        stall: after close and grace, until a question that was not closed may be given up.
        early: close as soon as every seat has voted.
        agreeing: how many witnesses must agree, where that shall be more than is needed to be safe.
        witnesses: how many communities witness, if there are more; they take turns. Of four one may lie.
            None: as many as may, 31.
        elected: communities that were chosen to witness; none: every member may (`may_witness`).

    """

    voting: Annotated[Span, Field(ge=1)] = 604_800
    grace: Span = 3_600
    patience: Span = 86_400
    review: Span = 604_800
    stall: Span = 2_592_000
    early: bool = False
    agreeing: Count | None = None
    witnesses: Annotated[int, Field(ge=WITNESSES_LEAST, le=WITNESSES_MAX)] | None = None
    elected: Annotated[Chosen, Field(max_length=WITNESSES_MAX)] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if 0 < len(self.elected) < WITNESSES_LEAST:
            raise ValueError(
                f"expected at least {WITNESSES_LEAST} communities, or one liar among them decides what "
                f"closes, found {len(self.elected)}"
            )
        if len(set(self.elected)) != len(self.elected):
            raise ValueError("expected each community once")
        return self

    def may_witness(self, members: Iterable[bytes]) -> set[bytes]:
        """Return who of the members may witness: who was chosen; all, where fewer than four of those are."""
        all_of_them = set(members)
        chosen = all_of_them.intersection(self.elected)
        return chosen if len(chosen) >= WITNESSES_LEAST else all_of_them


class Review(Part):
    """Who may ask that a certified decision be looked at again, and whether it waits for that.

    Attributes:
        asked_by: communities with a seat on the decision's roll, or all members.
        communities: how many of them must ask.
        stays: a decision takes effect only when its review is over; false: as soon as it is certified.
    """

    asked_by: Literal["seated", "members"] = "seated"
    communities: Count = 1
    stays: bool = True


class Proposing(Part):
    """Who may put a question: any member, or members with a seat on the roll that it names."""

    by: Literal["members", "seated"] = "members"


ElectionMethod = Literal[
    "scottish-stv",
    "meek",
    "plurality",
    "schulze",
    "phragmen",
    "equal-shares",
    "party-list-dhondt",
    "party-list-sainte-lague",
    "party-list-hamilton",
    "budget-equal-shares",
    "budget-greedy",
    "budget-greedy-no-skip",
    "budget-greedy-threshold",
]
_ELECTION_METHODS_MAX: Final = 13


class Electing(Part):
    """How elections are counted, how long a term may last, and how many must take part.

    Attributes:
        quorum: the share that must take part, or nobody is elected and all places stay as they are; nothing:
            no number is asked for.
        of: of all "seats" on the roll, or of all "communities" that have a seat there.
        methods: those by which an election may be counted, and those by which a budget may, the usual one of
            each first. None of a sort: by any, whoever puts it.
        longest_term: of the places of a body, in seconds; None: any.
    """

    quorum: Share = Share(numerator=0, denominator=1)
    of: Literal["seats", "communities"] = "seats"
    methods: Annotated[
        tuple[ElectionMethod, ...], BeforeValidator(listed), Field(max_length=_ELECTION_METHODS_MAX)
    ] = ()
    longest_term: Annotated[Span, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.methods)) != len(self.methods):
            raise ValueError("expected each method once, the usual one first")
        return self


class Petitions(Part):
    """Who must stand behind a petition until the question that it asks for is due.

    Attributes:
        supporters: how many members.
        people: the share of all people in communities whose size is stated; nothing: none are asked for.
        asking: whether both numbers must be reached, or either.
    """

    supporters: Count = 2
    people: Share = Share(numerator=0, denominator=1)
    asking: Literal["both", "either"] = "both"


class Effects(Part):
    """Which decisions act by themselves; the others are words for people to act on.

    Attributes:
        membership: admit, suspend, restore and remove communities.
        bylaws: change these rules.
        forms: adopt a form.
        budget: release a budget line.
        bodies: fill the places of a body with whom an election elects.
    """

    membership: bool = True
    bylaws: bool = True
    forms: bool = True
    budget: bool = True
    bodies: bool = True

    def let(self, act: str) -> bool:
        """Tell whether a decision may do this by itself; an annulment always does."""
        return {"bylaws": self.bylaws, "form": self.forms, "budget": self.budget, "annul": True}.get(
            act, self.membership
        )


class Casting(Part):
    """What seats may do with their votes.

    Attributes:
        lending: lend them to one another.
        parts: split them, into so many equal parts; 1: not at all.
    """

    lending: bool = False
    parts: Annotated[int, Field(ge=1, le=100)] = 1


class Bylaws(Part):
    """The rules a federation is founded on."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
    admission: Admission = Admission()
    sizes: Sizes = Sizes()
    seats: Seats = Seats()
    passing: Passing = Passing()
    amending: Passing = Passing(threshold=Share(numerator=2, denominator=3), strictly_above=False)
    closing: Closing = Closing()
    casting: Casting = Casting()
    review: Review = Review()
    proposing: Proposing = Proposing()
    effects: Effects = Effects()
    petitions: Petitions = Petitions()
    electing: Electing = Electing()


# What is left out of the bytes where it says what held before there was that setting: bylaws from then
# have the same ids.
_LEFT_OUT: Final = (
    ("sizes", "named", ()),
    ("seats", "ties", "lot"),
    ("closing", "witnesses", None),
    ("closing", "elected", ()),
    ("effects", "bodies", True),
)


def spelled(rules: Bylaws) -> dict[str, Any]:
    """Return bylaws as they are written out, in a founding or in a question to change them."""
    fields = rules.model_dump()
    for part, name, unsaid in _LEFT_OUT:
        if fields[part][name] == unsaid:
            del fields[part][name]
    return fields


def encode(rules: Bylaws) -> bytes:
    """Return the one spelling of bylaws, as a question to change them carries it."""
    return canonical.encode(spelled(rules))


def decode(data: bytes) -> Bylaws:
    """Read bylaws that a question carries.

    Raises:
        MalformedMessageError: not bylaws, or not in their one spelling.
    """
    try:
        found = Bylaws.model_validate(canonical.decode(data))
    except ValidationError as error:
        raise MalformedMessageError("expected bylaws with every setting they have") from error
    if encode(found) != data:
        raise MalformedMessageError("expected every setting of the bylaws to be written out")
    return found
