"""Forms of federations: members, seats, mandates, the notice board."""

from typing import Annotated

from pydantic import Field

from node.web.schemas.parts import INTEGRAL, Asked, Id, Key, NamedCommunity, Shown, Stated, ToApprove


class Pending(NamedCommunity):
    """A community that asked to join."""

    approvals: int
    needed: int
    approved_here: bool


class Fraction(Shown):
    """A share of the whole."""

    numerator: int
    denominator: int


class Admission(Shown):
    """How a community comes in."""

    approvals: int
    way: Annotated[str, Field(description="`approvals`, `decision` or `either`.")]


class Sizes(Shown):
    """Whose word about a community's size counts."""

    attesters: str
    witnesses: int
    days: Annotated[tuple[str, ...], Field(description="Of the year, up to which sizes count: `01-01`.")]
    named: Annotated[list[str], Field(description="Whose word counts where `attesters` is `named`.")]


class SeatRule(Shown):
    """How seats are shared out."""

    method: str
    house: int
    floor: int
    cap: int | None
    ties: Annotated[
        str, Field(description="Of those with an equal claim to a seat: `larger`, `smaller`, `lot`.")
    ]


class Passing(Shown):
    """When a yes/no question passes."""

    threshold: Fraction
    strictly_above: bool
    of: str
    quorum: Fraction
    blocks_stop: bool
    block_reasons: bool


class Closing(Shown):
    """When a question closes; times are in seconds."""

    voting: int
    grace: int
    patience: int
    review: int
    stall: int
    early: bool
    agreeing: int | None
    witnesses: int | None
    elected: list[str]


class Casting(Shown):
    """What seats may do with their votes."""

    lending: bool
    parts: int


class ReviewRule(Shown):
    """Who may ask that a decision be looked at again."""

    asked_by: str
    communities: int
    stays: bool


class Proposing(Shown):
    """Who may put a question."""

    by: str


class EffectRule(Shown):
    """Which decisions act by themselves."""

    membership: bool
    bylaws: bool
    forms: bool
    budget: bool
    bodies: bool


class PetitionRule(Shown):
    """Who must stand behind a petition."""

    supporters: int
    people: Fraction
    asking: str


class Electing(Shown):
    """How elections are counted, for how long, and how many must take part."""

    quorum: Fraction
    of: str
    methods: tuple[str, ...]
    longest_term: int | None


class Bylaws(Shown):
    """The rules that hold now, as decisions have changed those of the founding."""

    name: str
    admission: Admission
    sizes: Sizes
    seats: SeatRule
    passing: Passing
    amending: Passing
    closing: Closing
    casting: Casting
    review: ReviewRule
    proposing: Proposing
    effects: EffectRule
    petitions: PetitionRule
    electing: Electing


class Awaited(NamedCommunity):
    """A founder who has not approved yet."""

    declined: Annotated[bool, Field(description="It said that it does not found the federation.")]


class Follows(Shown):
    """The federation that another one says it follows; null is what nobody can tell who does not know it."""

    federation: Id
    roll: Annotated[Id, Field(description="The last certified roll there, from which its founders start.")]
    name: str | None
    starts_from: Annotated[
        str | None, Field(description="Where that roll stands: `last`, `earlier` or `unknown` as certified.")
    ]
    bylaws_changed: Annotated[
        tuple[str, ...] | None, Field(description="What is not as it holds there, in words.")
    ]
    behind: Annotated[int | None, Field(description="Communities on the last roll there that founded it.")]
    entitled: Annotated[int | None, Field(description="Communities on that roll that have a say there.")]
    majority: Annotated[bool | None, Field(description="More than half of these stand behind it.")]
    in_words: tuple[str, ...]


class Follower(Shown):
    """A federation that says it follows this one; nothing of this one passes to it."""

    federation: Id
    name: str
    founded: Annotated[bool | None, Field(description="Null where this community takes no part in it.")]
    behind: Annotated[int, Field(description="Communities on the last roll here that founded it.")]
    entitled: Annotated[int, Field(description="Communities on that roll that have a say here.")]
    majority: Annotated[bool, Field(description="More than half of these stand behind it.")]
    in_words: str


class Federation(Shown):
    """A federation this community knows."""

    id: Id
    name: str
    founded: bool
    member: Annotated[bool, Field(description="Whether this community belongs to it.")]
    members: tuple[NamedCommunity, ...]
    awaited: Annotated[tuple[Awaited, ...], Field(description="Founders who have not approved yet.")]
    pending: tuple[Pending, ...]
    founders: tuple[Id, ...]
    follows: Annotated[Follows | None, Field(description="What it says it follows; null: nothing.")]
    followed_by: Annotated[tuple[Follower, ...], Field(description="The most widely backed first.")]
    followed_by_more: Annotated[int, Field(description="How many more say that they follow it.")]
    bylaws: Bylaws


class Request(Shown):
    """A request of this community to join a federation."""

    federation: Id
    accepted: bool | None
    answer: str


class FederationList(Shown):
    """The federations this community knows, and what it waits for."""

    federations: tuple[Federation, ...]
    requests: tuple[Request, ...]


class WaitingList(Shown):
    """What stewards of this community signed and what waits for more of them."""

    needed: Annotated[int, Field(description="How many stewards must sign.")]
    waiting: tuple[ToApprove, ...]


class FederationPlace(Asked):
    """Which federation is meant, in the path."""

    federation: Id


class HeldSeats(NamedCommunity):
    """A community's size and seats."""

    size: int
    seats: int


class SeatTie(Shown):
    """Communities with an equal claim to fewer seats than they are; `given` were given the seats."""

    seats: int
    among: tuple[NamedCommunity, ...]
    given: tuple[NamedCommunity, ...]


class SeatTable(Shown):
    """Seats as the attested sizes give them now."""

    federation: Id
    method: str
    house: int
    floor: int
    cap: int | None
    seats: tuple[HeldSeats, ...]
    ties: tuple[SeatTie, ...]
    ties_by: Annotated[
        str, Field(description="By `lot`, or the `larger` or the `smaller` first and by lot between equals.")
    ]
    unattested: tuple[NamedCommunity, ...]
    sized: Annotated[
        int | None,
        Field(description="The day up to which sizes count, in seconds since 1970; null: as they are now."),
    ]
    next_day: Annotated[int | None, Field(description="From when on sizes stated since then count.")]
    version: int
    certified: Annotated[
        bool,
        Field(description="By the witnesses of the last roll; else it is called for with the next question."),
    ]
    witnesses: tuple[NamedCommunity, ...]


class LentTo(Shown):
    """The seat whose vote counts where nobody votes for the seat itself."""

    community: Id
    seat: int


class Mandate(NamedCommunity):
    """A key that votes for a seat, and for what; without limits for all questions."""

    seat: int
    holder: Annotated[Key | None, Field(description="None for a delegate who votes on paper only.")]
    seq: int
    paper: bool
    substitute: Key | None
    since: Annotated[int | None, Field(description="Seconds since 1970: for questions that open from then.")]
    until: Annotated[int | None, Field(description="Seconds since 1970: for those that open before.")]
    kinds: Annotated[tuple[str, ...], Field(description="`yes-no`, `election`; empty for any.")]
    question: Id | None
    instruction: Annotated[tuple[int, ...], Field(description="Option numbers; empty for a free mandate.")]
    lends: LentTo | None


class MandateList(Shown):
    """Mandates that count for some question still to be put."""

    mandates: tuple[Mandate, ...]


class Note(Shown):
    """A note on the board."""

    note: str
    text: str


class Board(Shown):
    """The notes on a federation's board."""

    notes: tuple[Note, ...]


class NewNote(Asked):
    """A note to put on the board."""

    text: Annotated[str, Field(min_length=1, max_length=2_000)]


class NotePlace(FederationPlace):
    """Which note is meant, in the path."""

    note: Annotated[str, Field(pattern="^[0-9a-f]{1,64}$")]


class NoteRemoved(Shown):
    """A note that was taken off."""

    removed: str


class NewAttestation(Asked):
    """A community's size, the own one's where none is named."""

    size: Annotated[int, Field(ge=1, le=10**9), INTEGRAL]
    community: Id | None = None


class Attested(Stated):
    """A size as it was stated."""

    federation: Id
    community: Id
    size: int
    serial: int
