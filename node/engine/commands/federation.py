"""Commands about federations: founding, inviting, joining, approving, the notice board."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask, Name, Words
from node.limits import INVITATION_DAYS_MAX


class FoundFederation(Ask):
    """Found a federation on bylaws, alone or with neighbours; with `follows` in the place of another one.

    {federation, name, founded, awaited: [ids], unreached: [{community, name}], follows: {federation, name,
    founders, bylaws_changed: [words], left} or null}; the unreached are no neighbours, those left are members
    there and no founders. One that follows another may be founded without bylaws: on those that hold there,
    under `name` if that is given. Without founders it is founded with the members there that are connected.
    """

    command: Literal["found-federation"] = "found-federation"
    bylaws: bytes | None = None
    file_name: Name = "bylaws"
    name: Name | None = None
    founders: Words = ()
    follows: str | None = None


class ListFederations(Ask):
    """Federations, invitations to found, and requests: {federations: [{id, name, members, pending, …}]}.

    `follows` and `followed_by` of each say what it follows and what follows it, as far as is known here.
    """

    command: Literal["list-federations"] = "list-federations"
    question: ClassVar[bool] = True


class Invite(Ask):
    """Make an invitation: {link, federation, expires}. `addresses` are where this node can be reached."""

    command: Literal["invite"] = "invite"
    federation: str | None = None
    addresses: Words = ()
    days: Annotated[int, Field(ge=1, le=INVITATION_DAYS_MAX)] = 14


class JoinFederation(Ask):
    """Ask to join by an invitation; the answer comes later, see list-federations: {federation, address}.

    `link` may also be the name or id of a federation that follows one of this community's: then it asks among
    the members of that one, and any of them that belongs to both may approve.
    """

    command: Literal["join-federation"] = "join-federation"
    link: Annotated[str, Field(max_length=4_000)]


class Approve(Ask):
    """Approve a federation this community was named a founder of, or a community that asked to join.

    {federation, community or null, approvals, needed}. Of one that asked among the members of the federation
    that this one follows `by_decision` says that a decision alone lets it in.
    """

    command: Literal["approve"] = "approve"
    federation: str | None = None
    community: str | None = None


class DeclineFounding(Ask):
    """Say that this community does not found a federation that names it, or with `undo` take that back.

    {federation, name, declined}. Possible until all founders approved, and not after an own approval.
    """

    command: Literal["decline-founding"] = "decline-founding"
    federation: str | None = None
    undo: bool = False


class GoOn(Ask):
    """Let this node witness without comparing what it signed before with another member's node: {federation}.

    Said by who knows that its disk is no old copy; it holds for the present start, or for the next one.
    """

    command: Literal["go-on"] = "go-on"
    federation: str | None = None


class AddNote(Ask):
    """Put a note on the federation's board, which all members write: {note, text}."""

    command: Literal["add-note"] = "add-note"
    federation: str | None = None
    text: Annotated[str, Field(min_length=1, max_length=2_000)]


class RemoveNote(Ask):
    """Take a note off the federation's board: {removed}."""

    command: Literal["remove-note"] = "remove-note"
    federation: str | None = None
    note: Annotated[str, Field(max_length=64)]


class ShowBoard(Ask):
    """The notes on the federation's board: {notes: [{note, text}]}."""

    command: Literal["show-board"] = "show-board"
    question: ClassVar[bool] = True
    federation: str | None = None


class ShowBylaws(Ask):
    """The rules that hold now: {federation, name, founded, amended, bylaws: {…}, file}; `file` is TOML."""

    command: Literal["show-bylaws"] = "show-bylaws"
    question: ClassVar[bool] = True
    federation: str | None = None
