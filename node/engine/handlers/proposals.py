"""Commands about proposals, ballots and results."""

import base64
from typing import Any

from pydantic import ValidationError

from node import canonical, ids, keys
from node.engine.commands import CastBallots, ListProposals, OpenProposal, ShowPaper, ShowResult
from node.engine.desk import Answer, Desk, Done, complaint
from node.engine.drafts import carry
from node.engine.outcomes import Reading, read_cast, read_outcome
from node.engine.questions import Question, rule, seconds, windows
from node.errors import ConflictError, PeerError, UserError
from node.feeds import scopes
from node.governance import ballots, mandates
from node.governance.ballots import Ballot, ValidBallot
from node.governance.choices import Choice
from node.governance.counting import methods
from node.governance.counting.contest import Contest, Option
from node.governance.counting.result import Stage
from node.governance.decisions import Result
from node.governance.proposals import Proposal
from node.ids import CommunityId, PayloadId
from node.records import record
from node.records.record import Record

_NONCE_BYTES = 16


def open_proposal(command: OpenProposal, desk: Desk) -> Done:
    """Put a question, together with the roll it is decided on."""
    steward = desk.steward()
    members = desk.member_of(command.federation)
    roll, unattested = desk.questions.present_roll(members)
    if roll is None:
        raise ConflictError("nobody's size is stated yet, so nobody has a seat: see 'hedgerow attest'")
    nonce = desk.entropy(_NONCE_BYTES)
    election = command.method != "yes-no"
    if election:
        methods.check_question(command.method, options=len(command.options), seats=command.seats)
    fields = {
        "federation": members.founding.federation,
        "proposer": desk.own,
        "roll": roll.payload_id,
        "title": command.title,
        "text": command.text,
        "method": f"{command.method}/1",
        "options": tuple(command.options),
        "seats": command.seats,
        "rule": None if election else rule(members.founding.bylaws.passing),
        "windows": windows(members.founding.bylaws.closing, opens=seconds(desk.now)),
        "lot_seed": canonical.digest("hedgerow/provisional-lot/1", members.founding.federation, nonce),
        "nonce": nonce,
    }
    try:
        proposal = Proposal.model_validate(fields)
    except ValidationError as error:
        raise complaint(error) from error
    answer: Answer = {
        "proposal": ids.show(proposal.id),
        "roll": ids.show(roll.payload_id),
        "method": command.method,
        "seats_on_roll": roll.seats,
        "without_a_seat": [desk.name_of(c) for c in unattested],
        "closes": proposal.windows.closes,
    }
    scope = scopes.members(members.founding.federation)
    return Done(answer, publish=((scope, (carry(roll.sign(steward)), carry(proposal.sign(steward)))),))


def list_proposals(command: ListProposals, desk: Desk) -> Done:
    """List the questions put so far."""
    members = desk.federation(command.federation)
    scope = scopes.members(members.founding.federation)
    shown = []
    for found in desk.questions.put(members):
        roll = desk.questions.roll_of(members, found)
        cast = desk.store.records.about(scope, Ballot.kind, found.id)
        shown.append(
            {
                "id": ids.show(found.id),
                "federation": ids.show(members.founding.federation),
                "title": found.title,
                "method": found.method.removesuffix("/1"),
                "proposer": desk.name_of(CommunityId(found.proposer)),
                "ballots": len(cast),
                "seats": roll.seats if roll is not None else 0,
                "opens": found.windows.opens,
                "closes": found.windows.closes,
            }
        )
    return Done({"proposals": sorted(shown, key=lambda one: (one["title"], one["id"]))})


def show_paper(command: ShowPaper, desk: Desk) -> Done:
    """Give a key's holder what it takes to fill in its ballots."""
    question = _find(desk, command.proposal)
    members, proposal, roll = question.members, question.proposal, question.roll
    holder = keys.parse(command.holder)
    valid = read_cast(question, desk.questions, desk.registry).valid
    latest: dict[tuple[tuple[bytes, int], bytes], ValidBallot] = {}
    for one in sorted(valid.values(), key=lambda one: one.ballot.seq):
        latest[one.seat, one.mandate_id] = one
    seats = []
    for (community, seat), mandate in mandates.in_force(desk.questions.mandates(members)).items():
        if mandate.holder != holder or seat > roll.seats_of(community):
            continue
        last = latest.get(((community, seat), mandate.payload_id))
        seats.append(
            {
                "community": ids.show(community),
                "name": desk.name_of(CommunityId(community)),
                "seat": seat,
                "mandate": [
                    base64.b64encode(raw).decode() for raw in desk.questions.mandate_records(members, mandate)
                ],
                "next_seq": last.ballot.seq + 1 if last is not None else 1,
                "prev": ids.show(last.id) if last is not None else None,
            }
        )
    return Done(
        {
            "proposal": ids.show(proposal.id),
            "roll": ids.show(proposal.roll),
            "title": proposal.title,
            "text": proposal.text,
            "method": proposal.method.removesuffix("/1"),
            "options": [option.name for option in _options(proposal)],
            "to_elect": proposal.seats,
            "seats": seats,
        }
    )


def cast_ballots(command: CastBallots, desk: Desk) -> Done:
    """Take signed ballots and publish them; one that does not hold is refused with its reason."""
    read: list[Record] = []
    for raw in command.ballots:
        try:
            read.append(record.read(raw))
        except PeerError as error:
            raise UserError(f"that is not a signed ballot: {error}") from error
    try:
        named = {Ballot.read(one).proposal for one in read}
    except PeerError as error:
        raise UserError(f"that is not a signed ballot: {error}") from error
    if len(named) != 1:
        raise UserError("expected ballots for one proposal at a time")
    question = _find(desk, ids.show(named.pop()))
    proposal, roll = question.proposal, question.roll
    _check_open(question, desk)
    for one in read:
        try:
            ballots.check(one, proposal, roll, desk.registry.approves)
        except PeerError as error:
            raise UserError(f"the ballot does not hold: {error}") from error
    answer: Answer = {"proposal": ids.show(proposal.id), "ballots": [ids.show(one.id) for one in read]}
    return Done(answer, publish=((question.scope, tuple(carry(one) for one in read)),))


def show_result(command: ShowResult, desk: Desk) -> Done:
    """Tell how a question stands: what was certified, or else what the ballots held give for now."""
    question = _find(desk, command.proposal)
    members, proposal, roll = question.members, question.proposal, question.roll
    reading = read_outcome(question, desk.questions, desk.registry, desk.now)
    result = reading.result
    voted = {(one.ballot.community, one.ballot.seat) for one in result.counted} | set(result.void)
    contest = Contest(proposal.title, _options(proposal), proposal.seats, ())
    answer: Answer = {
        "proposal": ids.show(proposal.id),
        "federation": ids.show(members.founding.federation),
        "title": proposal.title,
        "text": proposal.text,
        "proposer": desk.name_of(CommunityId(proposal.proposer)),
        **_standing(reading, desk),
        **methods.row(contest, result.outcome),
        "verdict": result.outcome.verdict.value,
        "options": [option.name for option in contest.options],
        "rounds": [_round(stage) for stage in result.outcome.stages],
        "blank": result.outcome.blank,
        "roll_seats": roll.seats,
        "not_on_roll": [desk.name_of(member) for member in members.communities if roll.seats_of(member) == 0],
        "seats_voted": len(voted),
        "not_voted": [
            {"community": ids.show(h.community), "name": desk.name_of(CommunityId(h.community)), "seat": seat}
            for h in roll.holders
            for seat in range(1, h.seats + 1)
            if (h.community, seat) not in voted
        ],
        "void": [{"community": ids.show(community), "seat": seat} for community, seat in result.void],
        "rejected": [{"ballot": ids.show(b), "reason": reason} for b, reason in result.rejected],
        "ballots": [ids.show(one.id) for one in result.counted],
    }
    # The decision's own id names the ballots and the roll as well as the count.
    answer["count_id"] = answer["result_id"]
    answer["result_id"] = result.result_id.hex()
    answer["outcome"] = _words(proposal, result)
    return Done(answer)


def _standing(reading: Reading, desk: Desk) -> Answer:
    """Return how far the close has come, and what is still open about it."""
    windows_of = reading.windows
    return {
        "state": reading.state,
        "phase": reading.phase.value,
        "why_provisional": reading.why_provisional,
        "opens": windows_of.opens,
        "closes": windows_of.closes,
        "in_force_from": windows_of.in_force_from,
        "quorum": {
            "witnesses": reading.quorum.witnesses,
            "needed": reading.quorum.needed,
            "in_words": reading.quorum.in_words(),
        },
        "sealed": [desk.name_of(CommunityId(one)) for one in reading.sealed],
        "not_sealed": [desk.name_of(CommunityId(one)) for one in reading.not_sealed],
        "lying": [desk.name_of(CommunityId(one)) for one in reading.lying],
        "contested": [ids.show(one) for one in reading.contested],
        "contested_could_change_it": reading.contested_matters,
    }


def _check_open(question: Question, desk: Desk) -> None:
    """Check that voting is open, by this node's clock.

    Raises:
        ConflictError: not yet, or no more.
    """
    times = question.proposal.windows
    clock = seconds(desk.now)
    if clock < times.opens:
        raise ConflictError("voting on that question has not opened yet")
    papers = desk.questions.papers(question)
    closed = any(held.seal.witness == desk.own for held in papers.seals) or papers.agreement.certificates()
    if clock >= times.seals_from or closed:
        raise ConflictError("voting on that question has ended: no ballot is taken any more")


def _find(desk: Desk, named: str) -> Question:
    return desk.questions.find(PayloadId(ids.parse(named)))


def _words(proposal: Proposal, result: Result) -> dict[str, Any]:
    """Return what was decided in a few fields: who is elected, or whether it passed."""
    if proposal.method == "yes-no/1":
        totals = result.outcome.stages[-1].totals_1e5
        return {
            "verdict": result.outcome.verdict.value,
            "votes": {c.value: t // 100_000 for c, t in zip(Choice, totals, strict=True)},
        }
    names = [option.name for option in _options(proposal)]
    return {
        "verdict": result.outcome.verdict.value,
        "elected": [names[placed.option - 1] for placed in result.outcome.elected],
    }


def _round(stage: Stage) -> dict[str, Any]:
    """Return a stage as the pages show it; options by number from 1, votes in units of 0.00001."""
    return {
        "stage": stage.number,
        "action": stage.action.value,
        "source": stage.source,
        "totals_1e5": list(stage.totals_1e5),
        "transfers_1e5": list(stage.transfers_1e5),
        "exhausted_1e5": stage.exhausted_1e5,
        "lost_1e5": stage.lost_1e5,
        "quota_1e5": stage.quota_1e5,
        "elected": list(stage.elected),
        "excluded": list(stage.excluded),
    }


def _options(proposal: Proposal) -> tuple[Option, ...]:
    if proposal.method == "yes-no/1":
        return tuple(Option(id=choice.value, name=choice.value) for choice in Choice)
    return tuple(Option(id=name, name=name) for name in proposal.options)
