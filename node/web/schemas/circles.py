"""Forms of circles."""

from typing import Annotated

from pydantic import Field

from node.circles.statements import NOTE_CHARS_MAX, PARTIES_MAX
from node.web.schemas.parts import Asked, Id, Readable, Shown, Stated

Communities = Annotated[
    tuple[Readable, ...], Field(max_length=PARTIES_MAX, description="Communities by name or id.")
]


class CircleParty(Shown):
    """A community in a circle."""

    id: Id
    name: str
    own: bool
    devices: Annotated[int, Field(description="How many devices it has that were not retired.")]
    reading: Annotated[int, Field(description="How many of them were given the key.")]


class Circle(Shown):
    """What a few communities share that the others carry and cannot read."""

    id: Id
    name: str
    federation: Id
    federation_name: str
    version: Annotated[int, Field(description="From 1; each has a key of its own.")]
    owner: Id
    owner_name: Annotated[str, Field(description="Who opened it and says who is in it.")]
    owned: Annotated[bool, Field(description="Whether that is this node's community.")]
    parties: tuple[CircleParty, ...]
    notes: int
    newest_at: Annotated[
        int | None, Field(description="When the newest note was said, in milliseconds since 1970.")
    ]
    party: Annotated[bool, Field(description="Whether this node's community is in it.")]
    over: Annotated[bool, Field(description="It goes on with a key that this device was not given.")]


class CircleNote(Shown):
    """What a community said in a circle."""

    id: Id
    community: Id
    community_name: str
    text: str
    at: Annotated[int, Field(description="Milliseconds since 1970 by its author's clock.")]
    own: bool


class CirclePage(Shown):
    """A part of the circles that this node can read, the one with the newest note first."""

    total: Annotated[int, Field(ge=0)]
    circles: tuple[Circle, ...]


class CircleNotes(Shown):
    """A circle with a part of its notes, newest first."""

    circle: Circle
    total: Annotated[int, Field(ge=0)]
    notes: tuple[CircleNote, ...]


class CirclePlace(Asked):
    """Which circle is meant, in the path."""

    circle: Id


class CircleNotePlace(Asked):
    """Which note of which circle is meant, in the path."""

    circle: Id
    note: Id


class NewCircle(Asked):
    """A circle to open with other members of the federation."""

    name: Readable
    parties: Annotated[Communities, Field(min_length=1)]


class NewCircleNote(Asked):
    """Something to say to the communities of a circle."""

    text: Annotated[str, Field(min_length=1, max_length=NOTE_CHARS_MAX)]


class CircleSaid(Stated):
    """What was said, or taken back."""

    circle: Id
    name: str
    note: Id
