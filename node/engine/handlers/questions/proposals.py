"""Commands about proposals and results."""

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from node import canonical, ids
from node.engine.commands import ListProposals, OpenProposal, ShowResult
from node.engine.deciding import enacting
from node.engine.deciding.outcomes import Reading, read_cast, read_outcome
from node.engine.deciding.questions import Question, casting, quorum_on, rule, seconds, windows
from node.engine.deciding.turnouts import check_countable, check_election, method_of, turnout
from node.engine.desk import Answer, Desk, Done, complaint
from node.engine.drafts import carry
from node.engine.handlers.bodies.filling import filling_of
from node.engine.handlers.questions import budgets, remarks
from node.engine.handlers.questions.bonds import bonds, superseded
from node.engine.handlers.questions.effects import effect_of, entitled, row, standing_row
from node.engine.witnessing.recalling import NOT_COMPARED, is_sure
from node.engine.witnessing.sightings import LOT_TOO_LATE, NO_WITNESS, Sightings
from node.errors import ConflictError
from node.federation.bylaws import Bylaws
from node.federation.membership import Members
from node.feeds import scopes
from node.governance import revisions
from node.governance.ballots import Ballot
from node.governance.choices import Choice
from node.governance.closing import lottery
from node.governance.closing.phases import phase
from node.governance.counting import methods, transcript
from node.governance.counting.contest import Contest, Option
from node.governance.decisions import Result
from node.governance.effects import Effect
from node.governance.proposals import Proposal, Rule
from node.ids import CommunityId, PayloadId

_NONCE_BYTES = 16
# Further stewards need time to sign: where a question reaches witnesses long after its voting opened they
# take it for one that began in secret, and give no receipts for its ballots.
_SIGNING_SECONDS = 86_400


def open_proposal(command: OpenProposal, desk: Desk) -> Done:
    """Put a question, together with the roll it is decided on."""
    steward = desk.steward()
    members = desk.member_of(command.federation)
    roll, unattested = desk.questions.present_roll(members, desk.now)
    if roll is None:
        raise ConflictError("nobody's size is stated yet, so nobody has a seat: see 'hedgerow attest'")
    nonce = desk.entropy(_NONCE_BYTES)
    rules = desk.questions.rules(members, roll)
    election = command.method != "yes-no"
    method = method_of(command.method, rules)
    if election:
        check_countable(method, options=len(command.options), seats=command.seats)
    entitled(roll, rules, members, desk)
    effect = effect_of(command.effect, members, rules, desk)
    times = windows(rules.closing, opens=_opens(command, desk))
    fields = {
        "federation": members.founding.federation,
        "proposer": desk.own,
        "roll": roll.payload_id,
        "title": command.title,
        "text": command.text,
        "method": f"{method}/1",
        "options": tuple(command.options),
        "seats": command.seats,
        "rule": None if election else _rule_for(effect, rules, desk),
        "effect": effect,
        "casting": casting(rules, f"{method}/1"),
        "windows": times,
        "lot_seed": canonical.digest("hedgerow/provisional-lot/1", members.founding.federation, nonce),
        "nonce": nonce,
        "supersedes": superseded(command.supersedes, desk),
        "petition": ids.parse(command.petition) if command.petition is not None else None,
        "fills": filling_of(command.fills, command.options, windows=times, members=members, desk=desk),
        "turnout": turnout(rules, election=election),
        "budget": budgets.budget_of(command.budget, method, len(command.options)),
    }
    try:
        proposal = Proposal.model_validate(fields)
    except ValidationError as error:
        raise complaint(error) from error
    check_election(proposal, rules, roll)
    answer: Answer = {
        "proposal": ids.show(proposal.id),
        "roll": ids.show(roll.payload_id),
        "method": method,
        "seats_on_roll": roll.seats,
        "without_a_seat": [desk.name_of(c) for c in unattested if roll.seats_of(c) == 0],
        "opens": proposal.windows.opens,
        "closes": proposal.windows.closes,
        "effect": row(effect, rules, members, desk),
        "budget": budgets.asked(proposal),
    }
    scope = scopes.members(members.founding.federation)
    return Done(answer, publish=((scope, (carry(roll.sign(steward)), carry(proposal.sign(steward)))),))


def _rule_for(effect: Effect | None, rules: Bylaws, desk: Desk) -> Rule:
    """Return by which rule a question passes: one whether to annul a decision by that of the decision.

    Raises:
        ConflictError: the bylaws say otherwise since by which rule decisions such as that one pass.
    """
    found = rule(rules.amending if effect is not None and effect.amends else rules.passing)
    if effect is None or effect.act != "annul" or effect.target is None:
        return found
    about = desk.questions.find(PayloadId(effect.target)).proposal
    if about.effect is None or not about.effect.amends:
        return found
    if about.rule != rule(rules.amending):
        raise ConflictError(
            "decisions such as that one pass by another rule since: put a question that does the opposite"
        )
    return rule(rules.amending)


def _opens(command: OpenProposal, desk: Desk) -> int:
    """Return when voting opens, in seconds since 1970."""
    charter = desk.registry.community(desk.own)
    alone = charter is None or charter.stewards.threshold == 1
    later = command.opens_in if command.opens_in is not None else 0 if alone else _SIGNING_SECONDS
    return seconds(desk.now) + later


def list_proposals(command: ListProposals, desk: Desk) -> Done:
    """List the questions put so far, or a part of them."""
    members = desk.federation(command.federation)
    put = sorted(desk.questions.put(members), key=lambda one: (-one.windows.closes, one.title, one.id))
    named: dict[bytes, Proposal] = {one.id: one for one in put}
    replaced = {
        one.supersedes
        for one in put
        if one.supersedes in named and revisions.revises(one, named[one.supersedes])
    }
    end = None if command.limit is None else command.offset + command.limit
    shown = [
        {
            "id": ids.show(found.id),
            "federation": ids.show(members.founding.federation),
            "title": found.title,
            "method": found.method.removesuffix("/1"),
            "proposer": desk.name_of(CommunityId(found.proposer)),
            "opens": found.windows.opens,
            "closes": found.windows.closes,
            "replaced": found.id in replaced,
            **(_state(found, members, desk) if command.with_states else {}),
        }
        for found in put[command.offset : end]
    ]
    return Done({"total": len(put), "proposals": shown})


def _state(proposal: Proposal, members: Members, desk: Desk) -> Answer:
    """Return where a question stands, and what was decided where that is certified."""
    scope = scopes.members(members.founding.federation)
    roll = desk.questions.roll_of(members, proposal)
    told = enacting.told(desk.store, desk.registry, members, proposal)
    facts = told.facts
    quorum = quorum_on(roll, desk.questions.rules(members, roll)) if roll is not None else None
    return {
        "ballots": len(desk.store.records.about(scope, Ballot.kind, proposal.id)),
        "seats": roll.seats if roll is not None else 0,
        "state": phase(replace(facts, now=seconds(desk.now))).value if facts is not None else "waiting",
        "verdict": told.verdict or None,
        "quorum": quorum.told() if quorum is not None else None,
    }


def show_result(command: ShowResult, desk: Desk) -> Done:
    """Tell how a question stands: what was certified, or else what the ballots held give for now."""
    question = _find(desk, command.proposal)
    members, proposal, roll = question.members, question.proposal, question.roll
    reading = read_outcome(question, desk.questions, desk.registry, desk.now)
    result, cast = reading.result, read_cast(question, desk.questions, desk.registry)
    voted = {one.seat for one in result.counted} | set(result.void)
    voted |= {loan.seat for loan in result.loans if loan.takes is not None}
    contest = Contest(proposal.title, _options(proposal), proposal.seats, ())
    answer: Answer = {
        "proposal": ids.show(proposal.id),
        "federation": ids.show(members.founding.federation),
        "title": proposal.title,
        "text": proposal.text,
        "proposer": desk.name_of(CommunityId(proposal.proposer)),
        **_standing(question, reading, desk),
        **standing_row(question, reading, desk),
        **bonds(question, desk),
        **methods.row(contest, result.outcome),
        "verdict": result.outcome.verdict.value,
        "turnout": remarks.turnout(proposal, roll, result),
        "passing": remarks.passing(proposal, roll),
        "budget": budgets.counted(question, reading),
        "options": [option.name for option in contest.options],
        "rounds": [transcript.told(stage) for stage in result.outcome.stages],
        "blank": result.outcome.blank,
        "roll_seats": roll.seats,
        "parts": proposal.casting.parts,
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
        "set_aside": [
            {"ballot": ids.show(b), "reason": reason}
            for b, reason in (*result.set_aside, *remarks.late(reading, cast))
        ],
        "loans": remarks.loans(result, contest.options, desk),
        "remarks": remarks.of(result.counted, contest.options, desk),
        "ballots": [ids.show(one.id) for one in result.counted],
    }
    # The decision's own id names the ballots and the roll as well as the count.
    answer["count_id"] = answer["result_id"]
    answer["result_id"] = result.result_id.hex()
    answer["outcome"] = _words(proposal, result)
    return Done(answer)


def _standing(question: Question, reading: Reading, desk: Desk) -> Answer:
    """Return how far the close has come, and what is still open about it."""
    windows_of = reading.windows
    return {
        "state": reading.state,
        "phase": reading.phase.value,
        "why_provisional": reading.why_provisional,
        "opens": windows_of.opens,
        "closes": windows_of.closes,
        "in_force_from": windows_of.in_force_from,
        "quorum": reading.quorum.told(),
        "sealed": [desk.name_of(CommunityId(one)) for one in reading.sealed],
        "not_sealed": [desk.name_of(CommunityId(one)) for one in reading.not_sealed],
        "lying": [desk.name_of(CommunityId(one)) for one in reading.lying],
        "lot": _lot(reading, desk),
        "abstains_here": _abstains(question, reading, desk),
        "contested": [ids.show(one) for one in reading.contested],
        "contested_could_change_it": reading.contested_matters,
    }


def _abstains(question: Question, reading: Reading, desk: Desk) -> str:
    """Say why this node signs nothing about a question as a witness; empty when it does its duty."""
    if not any(one.device == desk.keyring.device.public for one in question.roll.witnesses):
        return NO_WITNESS
    sightings, proposal, roll = Sightings(desk.store), question.proposal, question.roll
    sighting = sightings.of(proposal.id)
    if sighting is None:
        return ""
    ended = seconds(desk.now) >= proposal.windows.seals_from
    if (
        ended
        and lottery.is_needed(proposal.method, len(roll.witnesses))
        and not sightings.lot_in_time(proposal.id)
    ):
        return LOT_TOO_LATE
    awaited = ended and reading.state == "provisional" and desk.own not in reading.sealed
    if awaited and not is_sure(desk.registry, question.scope):
        return NOT_COMPARED
    return sighting.abstains(proposal, roll)


def _lot(reading: Reading, desk: Desk) -> Answer | None:
    """Return how far the lot has come, and who held it up; None where none is drawn."""
    lot = reading.lot
    if lot is None:
        return None
    return {
        "draw": lot.draw,
        "drawn": lot.seed is not None,
        "awaited": [desk.name_of(CommunityId(one)) for one in lot.silent],
        "withheld": [desk.name_of(CommunityId(one)) for one in lot.withheld],
    }


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


def _options(proposal: Proposal) -> tuple[Option, ...]:
    if proposal.method == "yes-no/1":
        return tuple(Option(id=choice.value, name=choice.value) for choice in Choice)
    return tuple(Option(id=name, name=name) for name in proposal.options)
