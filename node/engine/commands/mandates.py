"""Commands about mandates: who votes for a community's seats, on what, and for how long."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask
from node.governance.closing.phases import Moment
from node.governance.mandates import QuestionKind
from node.limits import OPTIONS_PER_PROPOSAL_MAX

SeatNumber = Annotated[int, Field(ge=1, le=100_000)]


class GrantMandate(Ask):
    """Let a key vote for the community's seats: {federation, holder, seats: […], approvals, needed}.

    Without `seat` all seats of the present roll. `paper`: the delegate may vote on paper, and without a
    `holder` only so. `substitute` votes where the holder does not. `since` and `until` (seconds since 1970)
    are the term; `kinds` and `proposal` what it is for; `instruction` (option
    numbers) binds it on that question. `lend_community` and `lend_seat` name the seat whose vote counts for
    this one where nobody votes for it. `revoke_ballots` voids what the former holder cast.
    """

    command: Literal["grant-mandate"] = "grant-mandate"
    federation: str | None = None
    holder: str | None = None
    seat: SeatNumber | None = None
    paper: bool = False
    substitute: str | None = None
    since: Moment | None = None
    until: Moment | None = None
    kinds: Annotated[tuple[QuestionKind, ...], Field(max_length=2)] = ()
    proposal: str | None = None
    instruction: Annotated[tuple[int, ...], Field(max_length=OPTIONS_PER_PROPOSAL_MAX)] = ()
    lend_community: str | None = None
    lend_seat: SeatNumber | None = None
    revoke_ballots: bool = False


class RecallMandate(Ask):
    """Let nobody vote for the community's seats any more: {federation, seats: […], approvals, needed}.

    Without `seat` all for which somebody votes. `revoke_ballots` voids what was cast.
    """

    command: Literal["recall-mandate"] = "recall-mandate"
    federation: str | None = None
    seat: SeatNumber | None = None
    revoke_ballots: bool = False


class ApproveMandates(Ask):
    """Sign what further stewards of the own community granted or recalled: {federation, mandates: […]}.

    What no steward of it signed yet is left alone. Each mandate as `show-mandate` names it.
    """

    command: Literal["approve-mandates"] = "approve-mandates"
    federation: str | None = None


class ListMandates(Ask):
    """Who may vote: {mandates: [{community, name, seat, holder, seq, substitute, since, …}]}."""

    command: Literal["list-mandates"] = "list-mandates"
    question: ClassVar[bool] = True
    federation: str | None = None


class ShowMandate(Ask):
    """All mandates of one seat, the newest first, with what became of each.

    {federation, community, name, seat, mandates: [{seq, holder, substitute, since, until, kinds, question,
    instruction, revokes_ballots, holds, approvals, needed, state}]}. The own community's by default.
    """

    command: Literal["show-mandate"] = "show-mandate"
    question: ClassVar[bool] = True
    federation: str | None = None
    community: str | None = None
    seat: SeatNumber
