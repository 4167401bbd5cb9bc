"""Commands about circles: opening one, reading and writing in it, changing who is in it, leaving it.

A circle is meant by its name, its id, or the id's beginning.
"""

from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from node.circles.statements import NOTE_CHARS_MAX, PARTIES_MAX
from node.engine.commands.ask import Ask, Name

Named = Annotated[tuple[Name, ...], Field(max_length=PARTIES_MAX)]


class OpenCircle(Ask):
    """Open a circle with other members of a federation: as one of `list-circles`.

    `parties`: the other communities.
    """

    command: Literal["open-circle"] = "open-circle"
    federation: str | None = None
    name: Name
    parties: Named = ()


class ListCircles(Ask):
    """The circles that this device can read, the one with the newest note first.

    {circles: [{id, name, federation, federation_name, version, owner, owner_name, parties: [{id, name, own,
    devices, reading}], notes, newest_at, party, owned, over}]}. `devices` is how many devices a party has,
    `reading` how many of them were given the key; `party` whether this community is one; `over` that the
    circle goes on with a key that this device was not given.
    """

    command: Literal["list-circles"] = "list-circles"
    question: ClassVar[bool] = True


class ShowCircle(Ask):
    """One circle with its notes, newest first: {circle: as in `list-circles`, total, notes}.

    notes: [{id, community, community_name, text, at, own}], `at` in milliseconds since 1970 by its author's
    clock.
    """

    command: Literal["show-circle"] = "show-circle"
    question: ClassVar[bool] = True
    circle: Name
    limit: Annotated[int, Field(ge=1, le=1_000)] = 50
    offset: Annotated[int, Field(ge=0)] = 0


class SayInCircle(Ask):
    """Say something to the parties of a circle: {circle, name, note}."""

    command: Literal["say-in-circle"] = "say-in-circle"
    circle: Name
    text: Annotated[str, Field(min_length=1, max_length=NOTE_CHARS_MAX)]


class UnsayInCircle(Ask):
    """Take a note of this community's back: {circle, name, note}.

    It is shown no more; who read it has read it.
    """

    command: Literal["unsay-in-circle"] = "unsay-in-circle"
    circle: Name
    note: Name


class ChangeCircle(Ask):
    """Change who is in a circle of this community's, or its name: as one of `list-circles`.

    Who comes reads what is said from then on; who goes reads nothing of that.
    """

    command: Literal["change-circle"] = "change-circle"
    circle: Name
    name: Name | None = None
    add: Named = ()
    remove: Named = ()


class LeaveCircle(Ask):
    """Leave a circle: {circle, name}. Its owner's node goes on without this community by itself."""

    command: Literal["leave-circle"] = "leave-circle"
    circle: Name


CircleCommand: TypeAlias = (
    OpenCircle | ListCircles | ShowCircle | SayInCircle | UnsayInCircle | ChangeCircle | LeaveCircle
)
