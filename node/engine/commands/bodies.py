"""Commands about a federation's bodies: what they are, who holds them, and stepping down."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.directory.body import BODY_PLACES_MAX, TERM_DAYS_MAX
from node.engine.commands.ask import Ask, Name, Text
from node.governance.candidacies import ABOUT_CHARS_MAX
from node.limits import OPTIONS_PER_PROPOSAL_MAX

TermDays = Annotated[int, Field(ge=1, le=TERM_DAYS_MAX)]
# Up to the year 9900, as the times of a question.
Moment = Annotated[int, Field(ge=0, le=250_000_000_000)]


class NewFilling(Ask):
    """Which places of a body an election fills, and for how long.

    `body` is its id or its title. Without `places`: all; without `starts`: as soon as the decision takes
    effect; without `term_days`: the body's usual term. `keys` names for some options the key with which they
    may step down.
    """

    body: Name
    places: Annotated[
        tuple[Annotated[int, Field(ge=1, le=BODY_PLACES_MAX)], ...], Field(max_length=BODY_PLACES_MAX)
    ] = ()
    starts: Moment | None = None
    term_days: TermDays | None = None
    keys: Annotated[dict[Name, Name], Field(max_length=OPTIONS_PER_PROPOSAL_MAX)] = Field(
        default_factory=dict
    )


class KeepBody(Ask):
    """Begin a body, or change what it is: {federation, body, title}.

    `body` is the title or id of one there is, or the title of a new one; what is left out stays.
    """

    command: Literal["keep-body"] = "keep-body"
    federation: str | None = None
    body: Name
    title: Name | None = None
    kind: Literal["assembly", "council", "committee", "working-group", "office"] | None = None
    purpose: Text | None = None
    places: Annotated[int, Field(ge=1, le=BODY_PLACES_MAX)] | None = None
    term_days: Annotated[int, Field(ge=0, le=TERM_DAYS_MAX)] | None = None
    ended: bool | None = None


class ListBodies(Ask):
    """The bodies of a federation, by title: {federation, name, bodies: [as `ShowBody`]}."""

    command: Literal["list-bodies"] = "list-bodies"
    question: ClassVar[bool] = True
    federation: str | None = None


class ShowBody(Ask):
    """A body and who holds it, here and now.

    {id, federation, title, kind, purpose, seats, term_days, ended, vacant, places: [{number, name, community,
    key, option, followed, proposal, starts, ends, why_vacant}], deputies: [{name, key, option, proposal}],
    coming: [{proposal, title, state, starts, ends, names}], left: [as coming], under_way: [{proposal, title,
    closes}], elected: [as places], standing: [{name, option, community, key, text, own}]}.
    Of an assembly the places are the seats of the present roll, each with its community and the key that
    its mandate names; `elected` are places that elections filled all the same, before somebody called the
    body an assembly. `left` are elections that fill nothing, because their bylaws (`effects.bodies`) leave it
    to people. `standing` is who stands for the next election.
    """

    command: Literal["show-body"] = "show-body"
    question: ClassVar[bool] = True
    federation: str | None = None
    body: Name


class StandForBody(Ask):
    """Say that somebody of this community stands for a body, or does no longer.

    {federation, body, title, name, stands}. `key`: with which that person may step down once elected. `text`:
    what they say about it.
    """

    command: Literal["stand-for-body"] = "stand-for-body"
    federation: str | None = None
    body: Name
    name: Name
    key: Name | None = None
    text: Annotated[str, Field(max_length=ABOUT_CHARS_MAX)] = ""
    stands: bool = True


class TakeResignation(Ask):
    """Publish that somebody steps down, signed elsewhere: {federation, proposal, name}."""

    command: Literal["take-resignation"] = "take-resignation"
    resignation: bytes
