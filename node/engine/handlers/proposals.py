"""Commands about proposals, ballots and results."""

import base64
from typing import Any

from pydantic import ValidationError

from node import canonical, ids, keys
from node.engine.commands import CastBallots, ListProposals, OpenProposal, ShowPaper, ShowResult
from node.engine.desk import Answer, Desk, Done, complaint
from node.engine.drafts import carry
from node.engine.handlers.seats import (
    held_attestations,
    held_mandates,
    mandate_records,
    present_roll,
)
from node.errors import ConflictError, NotFoundError, PeerError, UserError
from node.federation.bylaws import Passing
from node.federation.membership import Members
from node.feeds import scopes
from node.governance import ballots, decisions, mandates
from node.governance.ballots import Ballot
from node.governance.choices import Choice
from node.governance.counting import methods
from node.governance.counting.contest import Contest, Option
from node.governance.counting.result import Stage
from node.governance.decisions import WHY_PROVISIONAL, Result
from node.governance.proposals import Proposal, Roll, Rule
from node.ids import CommunityId, PayloadId
from node.records import record
from node.records.approvals import Approval, Signatures
from node.records.record import Record

_NONCE_BYTES = 16


def open_proposal(command: OpenProposal, desk: Desk) -> Done:
    """Put a question, together with the roll it is decided on."""
    steward = desk.steward()
    members = desk.member_of(command.federation)
    roll, unattested = present_roll(desk, members)
    if roll is None:
        raise ConflictError("nobody's size is stated yet, so nobody has a seat: see 'hedgerow attest'")
    nonce = desk.entropy(_NONCE_BYTES)
    election = command.method == "scottish-stv"
    fields = {
        "federation": members.founding.federation,
        "proposer": desk.own,
        "roll": roll.payload_id,
        "title": command.title,
        "text": command.text,
        "method": f"{command.method}/1",
        "options": tuple(command.options),
        "seats": command.seats,
        "rule": None if election else _rule(members.founding.bylaws.passing),
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
    }
    scope = scopes.members(members.founding.federation)
    return Done(answer, publish=((scope, (carry(roll.sign(steward)), carry(proposal.sign(steward)))),))


def list_proposals(command: ListProposals, desk: Desk) -> Done:
    """List the questions put so far."""
    members = desk.federation(command.federation)
    scope = scopes.members(members.founding.federation)
    shown = []
    for found in Proposal.among(_stored(desk, scope, Proposal.kind)):
        if not _is_put(desk, members, found):
            continue
        roll = _roll(desk, scope, found)
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
            }
        )
    return Done({"proposals": sorted(shown, key=lambda one: (one["title"], one["id"]))})


def show_paper(command: ShowPaper, desk: Desk) -> Done:
    """Give a key's holder what it takes to fill in its ballots."""
    members, proposal, roll = _find(desk, command.proposal)
    holder = keys.parse(command.holder)
    held = _held(desk, members, proposal)
    valid, _ = ballots.sort_out(held, proposal, roll, desk.registry.approves)
    seats = []
    for (community, seat), mandate in mandates.in_force(held_mandates(desk, members)).items():
        if mandate.holder != holder or seat > roll.seats_of(community):
            continue
        before = [b for b in valid if b.seat == (community, seat) and b.mandate_id == mandate.payload_id]
        last = max(before, key=lambda one: one.ballot.seq, default=None)
        seats.append(
            {
                "community": ids.show(community),
                "name": desk.name_of(CommunityId(community)),
                "seat": seat,
                "mandate": [
                    base64.b64encode(raw).decode() for raw in mandate_records(desk, members, mandate)
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
    members, proposal, roll = _find(desk, ids.show(named.pop()))
    for one in read:
        try:
            ballots.check(one, proposal, roll, desk.registry.approves)
        except PeerError as error:
            raise UserError(f"the ballot does not hold: {error}") from error
    answer: Answer = {"proposal": ids.show(proposal.id), "ballots": [ids.show(one.id) for one in read]}
    scope = scopes.members(members.founding.federation)
    return Done(answer, publish=((scope, tuple(carry(one) for one in read)),))


def show_result(command: ShowResult, desk: Desk) -> Done:
    """Count a proposal here and now."""
    members, proposal, roll = _find(desk, command.proposal)
    result = decisions.decide(
        proposal,
        roll,
        _held(desk, members, proposal),
        held_mandates(desk, members),
        desk.registry.approves,
    )
    voted = {(one.ballot.community, one.ballot.seat) for one in result.counted} | set(result.void)
    contest = Contest(proposal.title, _options(proposal), proposal.seats, ())
    answer: Answer = {
        "proposal": ids.show(proposal.id),
        "federation": ids.show(members.founding.federation),
        "title": proposal.title,
        "text": proposal.text,
        "proposer": desk.name_of(CommunityId(proposal.proposer)),
        "state": "provisional",
        "why_provisional": WHY_PROVISIONAL,
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


def _find(desk: Desk, named: str) -> tuple[Members, Proposal, Roll]:
    """Return a proposal by its id, with its federation and its roll.

    Raises:
        NotFoundError: it is not known here, or its roll is not.
        ConflictError: its roll does not follow from its own inputs.
    """
    wanted = PayloadId(ids.parse(named))
    for federation in desk.registry.federations():
        scope = scopes.members(federation)
        for found in Proposal.among(_with_payload(desk, scope, Proposal.kind, wanted)):
            members = desk.registry.members(federation)
            if members is None or found.federation != federation:
                continue
            if not _is_put(desk, members, found):
                raise ConflictError("that proposal was not put by a member's stewards as the bylaws say")
            roll = _roll(desk, scope, found)
            if roll is None:
                raise NotFoundError("the roll of that proposal has not arrived yet")
            if not _roll_stands(desk, members, roll):
                raise ConflictError("the roll of that proposal does not follow from stated sizes and bylaws")
            return members, found, roll
    raise NotFoundError("no proposal of that id is known here")


def _is_put(desk: Desk, members: Members, proposal: Proposal) -> bool:
    """Tell whether a member's stewards put this question, under the federation's own rule."""
    scope = scopes.members(members.founding.federation)
    signed = _with_payload(desk, scope, Proposal.kind, proposal.id)
    approvals = desk.store.records.about(scope, Approval.kind, proposal.id)
    signatures = Signatures([*signed, *(record.stored(row.raw) for row in approvals)])
    ruled = proposal.rule is None or proposal.rule == _rule(members.founding.bylaws.passing)
    return (
        proposal.federation == members.founding.federation
        and CommunityId(proposal.proposer) in members.communities
        and ruled
        and desk.registry.approves(CommunityId(proposal.proposer), proposal.id, signatures)
    )


def _roll_stands(desk: Desk, members: Members, roll: Roll) -> bool:
    """Tell whether a roll is that of members, by their stated sizes and the bylaws, and adds up."""
    rules = members.founding.bylaws
    return (
        roll.federation == members.founding.federation
        and (roll.method, roll.house, roll.floor, roll.cap)
        == (rules.seats.method, rules.seats.house, rules.seats.floor, rules.seats.cap)
        and all(CommunityId(holder.community) in members.communities for holder in roll.holders)
        and decisions.roll_rests_on(
            roll,
            held_attestations(desk, members),
            attesters=rules.sizes.attesters,
            witnesses=rules.sizes.witnesses,
        )
        and decisions.roll_holds(roll)
    )


def _roll(desk: Desk, scope: str, proposal: Proposal) -> Roll | None:
    found = Roll.among(_with_payload(desk, scope, Roll.kind, PayloadId(proposal.roll)))
    return found[0] if found else None


def _held(desk: Desk, members: Members, proposal: Proposal) -> list[Record]:
    scope = scopes.members(members.founding.federation)
    rows = desk.store.records.about(scope, Ballot.kind, proposal.id)
    return [record.stored(row.raw) for row in rows]


def _with_payload(desk: Desk, scope: str, kind: str, payload: PayloadId) -> list[Record]:
    rows = desk.store.records.with_payload(payload)
    return [record.stored(row.raw) for row in rows if row.scope == scope and row.kind == kind]


def _stored(desk: Desk, scope: str, kind: str) -> list[Record]:
    return [record.stored(row.raw) for row in desk.store.records.of_kind(scope, kind)]


def _options(proposal: Proposal) -> tuple[Option, ...]:
    if proposal.method == "yes-no/1":
        return tuple(Option(id=choice.value, name=choice.value) for choice in Choice)
    return tuple(Option(id=name, name=name) for name in proposal.options)


def _rule(passing: Passing) -> Rule:
    return Rule(
        threshold=(passing.threshold.numerator, passing.threshold.denominator),
        strictly_above=passing.strictly_above,
        of=passing.of,
        quorum=(passing.quorum.numerator, passing.quorum.denominator),
        blocks_stop=passing.blocks_stop,
    )
