"""Proposals and the roll they are decided on: payloads that name everything the count depends on."""

from typing import Annotated, ClassVar, Final, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from node import canonical
from node.governance.closing.phases import Moment, Windows
from node.governance.effects import Effect
from node.governance.fillings import Filling
from node.governance.spending import Budget, is_budget
from node.ids import PayloadId
from node.limits import (
    MEMBERS_PER_FEDERATION_MAX,
    NAME_CHARS_MAX,
    OPTIONS_PER_PROPOSAL_MAX,
    TEXT_CHARS_MAX,
    WITNESSES_MAX,
)
from node.records.statement import Id, Key, Natural, Nonce, Part, Positive, Statement

SeatCount = Annotated[int, Field(ge=0, le=100_000)]


# The values of `ApportionmentMethod`.
SeatsMethod = Literal[
    "hamilton", "dhondt", "sainte-lague", "huntington-hill", "adams", "dean", "penrose", "cambridge"
]


class SeatHolder(Part):
    """A community on the roll: the size that counts, what it rests on, and its seats."""

    community: Id
    size: Positive
    attestations: Annotated[tuple[Id, ...], Field(max_length=MEMBERS_PER_FEDERATION_MAX)]
    seats: SeatCount


class Witness(Part):
    """A community that witnesses the close, and the one device that signs for it there.

    Attributes:
        position: how many links its charter had when it came to witness; kept from roll to roll.
    """

    community: Id
    device: Key
    position: Natural


class SeatRule(NamedTuple):
    """How seats follow from sizes; who goes first in a tie as `apportionment.TieRule` has it."""

    method: str
    house: int
    floor: int
    cap: int | None = None
    ties: str = "lot"


class Roll(Statement):
    """Who has how many seats and who witnesses, with the inputs from which anybody computes it again.

    Attributes:
        version, previous: its place in the chain of rolls (closing protocol, R11), and the roll before it;
            the first follows the founding, whose id is the federation's.
        bylaws: which bylaws it was made under; the federation's id for those that it was founded on.
        sized: the day up to which sizes count on it, where its bylaws name days; null where they do not.
        holders: sorted by community.
        witnesses: sorted by community; each has one voice when a decision closes, whatever its seats. They
            certify the next roll.
        floor, cap, house, method, ties: the bylaws' rule at that time; `cap` null for none. Where the lot
            alone decides, `ties` is left out of the payload, as on rolls from before there was that rule.
    """

    kind: ClassVar[str] = "roll"
    federation: Id
    version: Positive
    previous: Id
    bylaws: Id
    sized: Moment | None = None
    method: SeatsMethod
    house: Positive
    floor: Natural
    cap: Positive | None
    ties: Literal["lot", "larger", "smaller"] = "lot"
    holders: Annotated[tuple[SeatHolder, ...], Field(min_length=1, max_length=MEMBERS_PER_FEDERATION_MAX)]
    witnesses: Annotated[tuple[Witness, ...], Field(min_length=1, max_length=WITNESSES_MAX)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        for what, named in (("holders", self.holders), ("witnesses", self.witnesses)):
            communities = [one.community for one in named]
            if communities != sorted(set(communities)):
                raise ValueError(f"the {what} must be sorted and different")
        return self

    def encode(self) -> bytes:
        """Return the canonical bytes of the payload."""
        return canonical.encode(self.model_dump(exclude={"ties"} if self.ties == "lot" else None))

    @property
    def rule(self) -> SeatRule:
        """Return how its seats follow from its sizes."""
        return SeatRule(self.method, self.house, self.floor, self.cap, self.ties)

    def seats_of(self, community: bytes) -> int:
        """Return how many seats a community has on this roll."""
        return next((h.seats for h in self.holders if h.community == community), 0)

    @property
    def seats(self) -> int:
        """Return how many seats there are in all."""
        return sum(holder.seats for holder in self.holders)


class Rule(Part):
    """When a yes/no question passes; fractions as pairs of whole numbers."""

    threshold: tuple[Natural, Positive]
    strictly_above: bool
    of: Literal["cast", "present", "all"]
    quorum: tuple[Natural, Positive]
    blocks_stop: bool
    # Whether a block without a reason does not hold.
    block_reasons: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not 0 < self.threshold[0] <= self.threshold[1] or self.quorum[0] > self.quorum[1]:
            raise ValueError("threshold and quorum must be shares of the whole, the threshold above nothing")
        if self.strictly_above and self.threshold[0] == self.threshold[1]:
            raise ValueError("nothing can be above the whole")
        return self


class Turnout(Part):
    """How many must take part in an election, or nobody is elected (turnout.py).

    Attributes:
        quorum: a share above nothing, as a pair of whole numbers.
        of: of all seats on the roll, or of all communities that have one.
    """

    quorum: tuple[Positive, Positive]
    of: Literal["seats", "communities"]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.quorum[0] > self.quorum[1]:
            raise ValueError("a quorum cannot be above the whole")
        return self


# As fine as percent: what is finer than that nobody has discussed.
PARTS_MAX: Final = 100
# Methods whose quota and rounding go by numbers of whole ballots. Counted in parts they would elect others,
# though nobody had split anything; all other methods elect the same by any number of parts.
WHOLE_BALLOTS: Final = frozenset({"scottish-stv/1", "meek/1", "budget-equal-shares/1"})


class Casting(Part):
    """What seats may do with their votes.

    Attributes:
        lending: a seat may lend its vote to another.
        parts: into how many equal parts a vote may be split; all votes are counted in them. 1: not at all.
    """

    lending: bool = False
    parts: Annotated[int, Field(ge=1, le=PARTS_MAX)] = 1


Method = Literal[
    "scottish-stv/1", "yes-no/1", "meek/1", "plurality/1", "schulze/1", "phragmen/1", "equal-shares/1",
    "party-list-dhondt/1", "party-list-sainte-lague/1", "party-list-hamilton/1",
    "budget-equal-shares/1", "budget-greedy/1", "budget-greedy-no-skip/1", "budget-greedy-threshold/1",
]  # fmt: skip
# As many as a count takes (counting/contest.py).
SEATS_PER_QUESTION_MAX: Final = 10_000


class Proposal(Statement):
    """A question put to a federation; never edited, for its payload id is what ballots name.

    Attributes:
        proposer: the community whose stewards put it.
        method: how it is counted, with the version of the rules; whether it can count so many options is
            asked where it is put and where it is read.
        options: for an election the candidates in ballot order; empty for yes/no.
        seats: how many to elect; 1 for yes/no.
        rule: for yes/no; null for an election.
        effect: what it does by itself when it passed and is in force; null where it only says something.
        casting: what seats may do with their votes, as the bylaws say.
        windows: when it opens and closes, and how long witnesses wait; as the bylaws say.
        lot_seed: orders ties (closing protocol, R7). Until witnesses draw it, it follows from the nonce,
            which the proposer chose: one reason why results are provisional.
        supersedes: the question that this one revises; votes never carry over (revisions.py).
        petition: the petition that this question answers.
        fills: for an election, the places of a body that it fills.
        turnout: for an election or a budget, how many must take part; null where the bylaws ask for no
            number.
        budget: for a question that shares out money, how much and what each option costs.
    """

    kind: ClassVar[str] = "proposal"
    federation: Id
    proposer: Id
    roll: Id
    title: Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
    text: Annotated[str, Field(max_length=TEXT_CHARS_MAX)]
    method: Method
    options: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)], ...],
        Field(max_length=OPTIONS_PER_PROPOSAL_MAX),
    ]
    seats: Annotated[int, Field(ge=1, le=SEATS_PER_QUESTION_MAX)]
    rule: Rule | None
    effect: Effect | None = None
    casting: Casting = Casting()
    windows: Windows
    lot_seed: Id
    nonce: Nonce
    supersedes: Id | None = None
    petition: Id | None = None
    fills: Filling | None = None
    turnout: Turnout | None = None
    budget: Budget | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.fills is not None:
            self.fills.check(method=self.method, options=len(self.options), seats=self.seats)
        if self.budget is not None:
            self.budget.check(method=self.method, options=len(self.options), seats=self.seats)
        elif is_budget(self.method):
            raise ValueError("a question about a budget says how much money there is and what projects cost")
        if self.method == "yes-no/1" and (self.options or self.rule is None or self.seats != 1):
            raise ValueError("a yes/no question has a rule, one seat and no options")
        if self.method != "yes-no/1" and (not self.options or self.rule is not None):
            raise ValueError("an election has options and no rule")
        if self.method == "yes-no/1" and self.turnout is not None:
            raise ValueError("a yes/no question has its quorum in its rule")
        if len(set(self.options)) != len(self.options):
            raise ValueError("the options must be different")
        if self.effect is not None and self.method != "yes-no/1":
            raise ValueError("only a yes/no question has an effect")
        if self.method in WHOLE_BALLOTS and self.casting.parts != 1:
            raise ValueError("this method counts whole ballots: no vote on it can be split")
        return self

    @property
    def id(self) -> PayloadId:
        """Return the id that ballots name."""
        return self.payload_id

    @property
    def is_appeal(self) -> bool:
        """Tell whether it asks to annul a decision: what is certified about it is final."""
        return self.effect is not None and self.effect.act == "annul"

    def annuls(self, decision: "Proposal") -> bool:
        """Tell whether this asks in time to annul a decision: after the voting on that one had ended.

        Put in advance it would say something about a decision that nobody knew, and be its review. What
        changed the federation itself is annulled by the rule by which it passed, or fewer could undo it.
        """
        effect = self.effect
        return (
            effect is not None
            and (effect.act, effect.target) == ("annul", decision.id)
            and self.windows.opens >= decision.windows.seals_from
            and (decision.effect is None or not decision.effect.amends or self.rule == decision.rule)
        )
