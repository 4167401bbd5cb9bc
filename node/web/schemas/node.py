"""Forms of the node itself: who it is, its neighbours, its log, its health."""

from typing import Annotated, Literal

from pydantic import Field

from node.web.schemas.parts import DIGITS, LIMIT_MAX, Asked, Hours, Id, Key, NamedCommunity, Shown

Milliseconds = Annotated[int, Field(description="Milliseconds since 1970-01-01T00:00Z.")]


class PublicNode(Shown):
    """Whose node this is."""

    community: Id
    name: str
    version: str
    listings: Annotated[int, Field(ge=0, description="Profiles, offers and needs that can be found here.")]


class OwnNode(PublicNode):
    """Who and how this node is."""

    device: Key
    steward: Annotated[bool, Field(description="Whether this device holds a steward's key.")]
    entries: int
    federations: tuple[Id, ...]
    neighbours: int


class Address(Shown):
    """An address this node dials."""

    address: str
    community: Id | None
    reached: Milliseconds | None
    problem: str


class Stranger(Shown):
    """A community that knocked."""

    community: Id
    knocked: Milliseconds


class SharedScope(Shown):
    """How far a scope is the same on both sides."""

    scope: str
    equal_since: Milliseconds | None
    equal_last: Milliseconds | None
    differs_since: Milliseconds | None
    missing: Annotated[int, Field(description="Ends of feeds that the neighbour holds and we lack.")]
    behind: Annotated[int, Field(description="Feeds of which the neighbour has not shown our end yet.")]
    not_taken: Annotated[
        tuple[NamedCommunity, ...],
        Field(description="Whose feeds the neighbour takes no more of: these are not compared."),
    ]


class Oddity(NamedCommunity):
    """Something odd about what a neighbour shows of a community's feed."""

    oddity: Annotated[
        str, Field(description="`shows less` than this node, or `went back` behind what it showed.")
    ]
    scope: str
    known: Annotated[int, Field(description="The entry it was told of, or had shown.")]
    shown: Annotated[int | None, Field(description="The entry it shows now.")]
    since: Milliseconds
    shown_by: Annotated[tuple[str, ...], Field(description="Neighbours that show it, by name.")]


class Session(NamedCommunity):
    """An open connection to a neighbour."""

    address: str | None
    introduced: bool
    scopes: tuple[SharedScope, ...]
    findings: tuple[Oddity, ...]


class Used(NamedCommunity):
    """What a community uses of this node."""

    entries: int
    bytes: int
    operations: int
    work_ms: Annotated[int, Field(description="Milliseconds of this node's time, estimated.")]
    disk: Annotated[int, Field(description="Bytes of the disk, roughly.")]
    times: Annotated[int, Field(description="How many times the usual quota it has.")]
    share: Annotated[
        int | None, Field(description="Thousandths of its quota, of the part used most; null for ourselves.")
    ]
    paused: Annotated[tuple[str, ...], Field(description="What is used up: nothing more is taken of it.")]


class Fork(Shown):
    """A device that told two stories of one feed: it was copied, restored or stolen."""

    community: Id | None
    name: str
    device: Key
    scope: str
    entry: Annotated[int, Field(description="The place at which two entries stand.")]
    branches: int
    retired: bool


class WantedBodies(Shown):
    """Entries of one feed, about one document, of which nobody has sent the content yet."""

    community: Id | None
    name: str
    scope: str
    document: Annotated[Id | None, Field(description="Null for records, which stand in no document.")]
    type: Annotated[str | None, Field(description="The document's type, where it is known here.")]
    bodies: int
    first: Annotated[int, Field(description="The lowest of these entries.")]


class LeftOver(Shown):
    """A document in which late edits were not made again where somebody else had written since."""

    document: Id
    type: str | None
    places: int
    named: Annotated[tuple[str, ...], Field(description="Some of these places, as paths in the document.")]
    since: Milliseconds


class Neighbours(Shown):
    """Neighbours, addresses, strangers, the sessions with them, and what remains to be done."""

    neighbours: tuple[NamedCommunity, ...]
    addresses: tuple[Address, ...]
    strangers: tuple[Stranger, ...]
    sessions: tuple[Session, ...]
    usage: tuple[Used, ...]
    forks: tuple[Fork, ...]
    wanted_bodies: int
    wanted: tuple[WantedBodies, ...]
    left_over: tuple[LeftOver, ...]


class LogParameters(Asked):
    """Which part of the log."""

    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX), DIGITS] = 20
    before: Annotated[
        int | None,
        Field(ge=1, le=2**53, description="Only entries with a lower number, for the next page."),
        DIGITS,
    ] = None


class LogEntry(Shown):
    """One entry in words."""

    number: int
    hours: Hours
    scope: str
    community: Id | None
    name: str
    seq: int
    entry: Id
    what: str
    counts: bool
    problem: str | None


class LogPage(Shown):
    """Entries, the newest first."""

    entries: tuple[LogEntry, ...]


class Health(Shown):
    """The node answers."""

    status: Literal["pass"] = "pass"
    version: str
