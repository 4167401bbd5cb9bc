"""Commands about seats, proposals, ballots and results."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask, Name, Text
from node.engine.commands.bodies import NewFilling
from node.engine.commands.effects import NewEffect
from node.governance.spending import AMOUNT_MAX, PROJECTS_MAX, VOTES_NEEDED_MAX
from node.limits import OPTIONS_PER_PROPOSAL_MAX


class Attest(Ask):
    """State a community's size: {federation, community, size, serial, counts_from}. The own one's by default.

    `counts_from`: the bylaws' day from which it counts, in seconds since 1970; null: from the next roll on.
    """

    command: Literal["attest"] = "attest"
    federation: str | None = None
    community: str | None = None
    size: Annotated[int, Field(ge=1, le=10**9)]


class ShowRoll(Ask):
    """Seats as the attested sizes give them now.

    {federation, method, house, seats: [{community, name, size, seats}], unattested: […], sized, next_day,
    ties: [{seats, among: [{community, name}], given: [{community, name}]}], version, certified,
    witnesses: [{community, name}]}. `certified`: by the witnesses of the last roll; else it is called for
    with the next question. `sized`: the bylaws' day up to which sizes count, and `next_day` from when on
    those stated since do, in seconds since 1970; null where bylaws name none. `ties`: who had an equal claim
    to the last seats, and to whom they went, `ties_by` the bylaws' rule.
    """

    command: Literal["show-roll"] = "show-roll"
    question: ClassVar[bool] = True
    federation: str | None = None


class NewBudget(Ask):
    """What a question about a budget shares out: `money` in whole units, and what its options `costs` each.

    `needed`: how many votes a project needs, with the method ``budget-greedy-threshold`` and no other.
    """

    money: Annotated[int, Field(ge=1, le=AMOUNT_MAX)]
    unit: Annotated[str, Field(min_length=1, max_length=40)]
    costs: Annotated[
        tuple[Annotated[int, Field(ge=1, le=AMOUNT_MAX)], ...],
        Field(min_length=1, max_length=PROJECTS_MAX),
    ]
    needed: Annotated[int, Field(ge=1, le=VOTES_NEEDED_MAX)] | None = None


class OpenProposal(Ask):
    """Put a question to the federation: {proposal, roll, method}.

    Methods: ``yes-no`` without options, or with `options` and `seats` one of `hedgerow count`; ``election``
    is the usual one of the bylaws. With a `budget` its options are projects, and the method is ``budget``
    for the usual one, or one that begins so.
    `fills`: the places of a body that it fills. `effect`: what it does by itself once it is in force.
    `supersedes`: the question in whose place it stands; see `revise-proposal`, which withdraws that one too.
    `petition`: the petition that it answers. `opens_in`: seconds until voting opens; by default none, or a
    day where further stewards of the community must sign the question first.
    """

    command: Literal["open-proposal"] = "open-proposal"
    federation: str | None = None
    title: Name
    text: Text = ""
    method: Annotated[str, Field(max_length=40)] = "yes-no"
    options: Annotated[tuple[Name, ...], Field(max_length=OPTIONS_PER_PROPOSAL_MAX)] = ()
    seats: Annotated[int, Field(ge=1, le=1_000)] = 1
    budget: NewBudget | None = None
    fills: NewFilling | None = None
    effect: NewEffect | None = None
    supersedes: str | None = None
    petition: str | None = None
    opens_in: Annotated[int, Field(ge=0, le=2_592_000)] | None = None


class ListProposals(Ask):
    """Questions put so far, whose voting ends last first: {total, proposals: [{id, federation, title, …}]}.

    `replaced`: a revision stands in its place. With `with_states` each has `ballots` and `seats`; `state`,
    its phase or "waiting" while its roll is; and `verdict`, once that is certified, else null. All its papers
    are read for it, so ask for a part: `limit` questions behind the first `offset`.
    """

    command: Literal["list-proposals"] = "list-proposals"
    question: ClassVar[bool] = True
    federation: str | None = None
    with_states: bool = False
    limit: Annotated[int, Field(ge=1, le=1_000)] | None = None
    offset: Annotated[int, Field(ge=0)] = 0


class ShowPaper(Ask):
    """What a key needs to vote on a proposal, to be signed where the key is.

    {proposal, title, text, method, options: […], seats: [{community, seat, mandate_seq, mandate: [base64 …],
    next_seq, prev}], roll}. `seats` is empty when the key holds no mandate in this roll.
    """

    command: Literal["show-paper"] = "show-paper"
    question: ClassVar[bool] = True
    proposal: str
    holder: str


class CastBallots(Ask):
    """Take signed ballots and publish them: {proposal, ballots: [ids]}."""

    command: Literal["cast-ballots"] = "cast-ballots"
    ballots: Annotated[tuple[bytes, ...], Field(min_length=1, max_length=1_000)]


class ShowResult(Ask):
    """Count a proposal here and now.

    {proposal, title, method, state, phase, outcome, stages, result_id, ballots, seats, seats_voted, opens,
    closes, in_force_from, quorum, sealed: […], not_sealed: […], lying: […], contested: […],
    contested_could_change_it, not_voted: […], void: […], rejected: […], why_provisional, effect, acts,
    taken_back, review: {until, asked_by, needed, stays, opened, over, requests: […]}}. `state` is
    `provisional` until a certified result was counted again here; times are seconds since 1970. `effect`:
    what it does, null for nothing; `acts`: it does. `lot`: {draw, drawn, awaited: […], withheld: […]}, null
    where none is drawn; `passing`: when a yes/no question passes, in words; `abstains_here`: why this node
    signs nothing about it, empty where it does. `budget`: {money, unit, needed, projects: [{id, name, cost,
    funded}], spent, left, added, released}, null of any other question; `added`: what Add1 gave each vote.
    """

    command: Literal["show-result"] = "show-result"
    question: ClassVar[bool] = True
    proposal: str


class ExportDecision(Ask):
    """A decision's own file, for anybody to recount offline: {proposal, title, state, data (base64)}."""

    command: Literal["export-decision"] = "export-decision"
    question: ClassVar[bool] = True
    proposal: str


class ExportCount(Ask):
    """A count for other programs and for people: {proposal, title, state, method, format, file_name, text}.

    ``blt``, ``pb``: the ballots of an election, of a budget, as any counting program takes them; ``json``,
    ``csv``, ``words``: the transcript, stage by stage. `state` as in `show-result`.
    """

    command: Literal["export-count"] = "export-count"
    question: ClassVar[bool] = True
    proposal: str
    format: Literal["blt", "pb", "json", "csv", "words"]


class CheckBallot(Ask):
    """Where a ballot is.

    {ballot, proposal, title, community, name, seat, holds, reason, receipts: […], witnesses, safe, state,
    counted, contested}.

    `receipts` names the witnesses that said they hold it. `safe`: so many did that it counts whatever liars
    and silent witnesses do, as long as no more of them lie than may.
    """

    command: Literal["check-ballot"] = "check-ballot"
    question: ClassVar[bool] = True
    ballot: str
