"""Forms of a federation's bodies: places, who holds them, who would follow."""

from typing import Annotated

from pydantic import Field

from node.governance.candidacies import ABOUT_CHARS_MAX
from node.web.schemas.parts import Agreeing, Asked, Id, Key, Readable, Shown, Stated

Seconds = Annotated[int, Field(description="Seconds since 1970.")]


class BodyPlace(Shown):
    """One place of a body."""

    number: int
    name: Annotated[str | None, Field(description="Who holds it; null while it is vacant.")]
    community: Annotated[str | None, Field(description="Whose seat it is, in an assembly.")]
    key: Annotated[Key | None, Field(description="With which the holder may step down.")]
    followed: Annotated[bool, Field(description="Elected as a deputy, and moved up.")]
    proposal: Annotated[Id | None, Field(description="The election that the place goes by.")]
    starts: Seconds | None
    ends: Seconds | None
    why_vacant: str | None
    quorum: Annotated[Agreeing | None, Field(description="Of the election; null without one.")]


class Deputy(Shown):
    """Somebody who follows when a holder steps down."""

    name: str
    key: Key | None
    proposal: Id


class ElectionToCome(Shown):
    """A decided election that is not in force yet, or that is left to people."""

    proposal: Id
    title: str
    state: str
    starts: Seconds
    ends: Seconds
    quorum: Agreeing
    names: tuple[str, ...]


class ElectionUnderWay(Shown):
    """An election that is not decided yet."""

    proposal: Id
    title: str
    closes: Seconds


class Candidate(Shown):
    """Somebody who stands for the next election to a body."""

    name: str
    option: Annotated[str, Field(description="As it would stand on the ballot paper.")]
    community: Annotated[str, Field(description="Whose stewards say so.")]
    key: Key | None
    text: str
    own: bool


class Body(Shown):
    """A body of a federation and who holds it, here and now."""

    id: Id
    federation: Id
    title: str
    kind: Annotated[str, Field(description="assembly, council, committee, working-group or office")]
    purpose: str
    seats: int
    term_days: Annotated[int, Field(description="The usual term; 0: none is usual.")]
    ended: bool
    vacant: int
    places: tuple[BodyPlace, ...]
    deputies: Annotated[tuple[Deputy, ...], Field(description="In the order in which they follow.")]
    coming: tuple[ElectionToCome, ...]
    left: Annotated[
        tuple[ElectionToCome, ...],
        Field(
            description="Decided elections that fill nothing, for their bylaws leave that to people: until "
            "their term ends, or a newer election fills their places."
        ),
    ]
    under_way: tuple[ElectionUnderWay, ...]
    elected: Annotated[
        tuple[BodyPlace, ...],
        Field(description="Of an assembly: places that elections filled all the same."),
    ]
    standing: Annotated[tuple[Candidate, ...], Field(description="Who stands for the next election.")]


class BodyInFederation(Asked):
    """Which body of which federation is meant, in the path."""

    federation: Id
    body: Id


class NewCandidacy(Asked):
    """Somebody of this community stands for a body, or does no longer."""

    name: Annotated[Readable, Field(description="As it shall stand on the ballot paper.")]
    key: Annotated[Key | None, Field(description="With which that person may step down.")] = None
    text: Annotated[str, Field(max_length=ABOUT_CHARS_MAX, description="What they say about it.")] = ""
    stands: Annotated[bool, Field(description="False takes it back.")] = True


class Stood(Stated):
    """Who stands, or does no longer."""

    federation: Id
    body: Id
    title: Annotated[str, Field(description="Of the body.")]
    name: str
    stands: bool


class BodyList(Shown):
    """A part of a federation's bodies, by title; those that ended come last."""

    total: Annotated[int, Field(ge=0)]
    bodies: tuple[Body, ...]
