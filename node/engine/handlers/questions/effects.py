"""Commands about what decisions do: effects in a question, taking one back, reviews, and what is in force."""

import json
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from pydantic import ValidationError

from node import ids
from node.engine.commands import AskReview, ListEffects, WithdrawProposal
from node.engine.commands.effects import NewEffect
from node.engine.deciding import enacting
from node.engine.deciding.acting import Acting
from node.engine.deciding.outcomes import Reading
from node.engine.deciding.questions import Question, quorum_on, seconds
from node.engine.deciding.reviewing import may_ask
from node.engine.deciding.standing import read_standing
from node.engine.desk import Answer, Desk, Done, complaint
from node.engine.drafts import carry
from node.engine.handlers.questions.budgets import releases
from node.engine.replicas import forks
from node.errors import ConflictError, InputFileError, NotFoundError, UserError
from node.federation import bylaws, bylaws_file, bylaws_words
from node.federation.bylaws import Bylaws
from node.federation.membership import Members
from node.feeds import scopes
from node.feeds.entry import FeedKey
from node.governance import effects
from node.governance.closing.phases import Phase
from node.governance.closing.review import ReviewRequest, Withdraw
from node.governance.effects import CONTENT_BYTES_MAX, LASTS_MAX, MEMBERSHIP, Effect, Last
from node.governance.proposals import Roll
from node.ids import CommunityId, PayloadId


def effect_of(wanted: NewEffect | None, members: Members, rules: Bylaws, desk: Desk) -> Effect | None:
    """Return the effect of a new question, checked against what there is.

    Raises:
        NotFoundError: what it names is not known here.
        ConflictError: it would change nothing, or the bylaws do not let it act.
        InputFileError: bylaws or a form that cannot be read.
    """
    if wanted is None:
        return None
    if not rules.effects.let(wanted.act):
        raise ConflictError(f"the bylaws do not let a decision {_VERBS[wanted.act]} by itself")
    content = wanted.content
    target: bytes | None = None
    if wanted.act in MEMBERSHIP:
        target = _member(wanted, members, desk)
    if wanted.act == "annul":
        target = _decision(wanted, desk)
    if wanted.act == "bylaws":
        content = _bylaws(wanted, members, rules)
    if wanted.act == "form":
        _check_form(wanted)
    if content is not None and len(content) > CONTENT_BYTES_MAX:
        raise InputFileError(f"{wanted.file_name}: expected at most {CONTENT_BYTES_MAX} bytes")
    try:
        return effects.effect(
            wanted.act,
            target=target,
            name=wanted.name,
            amount=wanted.amount,
            unit=wanted.unit,
            content=content,
            lasts=_lasts(CommunityId(target), members, desk) if target and wanted.act == "remove" else (),
        )
    except ValidationError as error:
        raise complaint(error) from error


_VERBS: Mapping[str, str] = {
    "admit": "admit a community",
    "suspend": "suspend a community",
    "restore": "restore a community",
    "remove": "remove a community",
    "bylaws": "change the bylaws",
    "form": "adopt a form",
    "budget": "release a budget line",
    "annul": "annul another",
}


def entitled(roll: Roll, rules: Bylaws, members: Members, desk: Desk) -> None:
    """Check that this community may put a question now.

    Raises:
        ConflictError: it is suspended, or has no seat and the bylaws ask for one.
    """
    if desk.own in members.suspended:
        raise ConflictError("this community is suspended: it has no say until it is restored")
    if rules.proposing.by == "seated" and roll.seats_of(desk.own) == 0:
        raise ConflictError("the bylaws let only communities with a seat put a question; this one has none")


def _member(wanted: NewEffect, members: Members, desk: Desk) -> CommunityId:
    """Return the community whose membership is to change, if it can."""
    named = wanted.community
    if not named:
        raise UserError(f"expected which community: the question is whether to {_VERBS[wanted.act]}")
    asking = {one.membership.community: one.name for one in members.pending}
    fitting = [one for one, name in asking.items() if named.casefold() == name.casefold()]
    target = CommunityId(fitting[0]) if len(fitting) == 1 else desk.community(named)
    name = desk.name_of(target)
    if wanted.act == "admit":
        if members.founding.bylaws.admission.way == "approvals":
            raise ConflictError("the bylaws admit communities by approvals alone: see 'federation approve'")
        if target in members.communities:
            raise ConflictError(f"{name} is a member already")
        if target not in asking:
            raise ConflictError(f"{name} has not asked to join: nobody is made a member against its will")
    elif target not in members.communities:
        raise ConflictError(f"{name} is no member")
    elif (wanted.act == "restore") != (target in members.suspended):
        raise ConflictError(f"{name} is {'' if wanted.act != 'restore' else 'not '}suspended")
    return target


def _lasts(community: CommunityId, members: Members, desk: Desk) -> list[Last]:
    """Return where a community's edits end that are held here: what it writes later shall not count."""
    known = desk.registry.community(community)
    scope = scopes.members(members.founding.federation)
    devices = {*(known.devices if known is not None else ()), *desk.registry.former_devices(community)}
    feeds = [FeedKey(device, scope) for device in sorted(devices)]
    ends = [(feed.device, end) for feed in feeds for end in forks.known_to_all(desk.store.feeds, feed)]
    return [Last(device=device, seq=end.seq, entry=end.id) for device, end in ends[:LASTS_MAX]]


def _decision(wanted: NewEffect, desk: Desk) -> PayloadId:
    """Return the decision that is to be annulled, if it can be."""
    if not wanted.decision:
        raise UserError("expected which decision is to be annulled")
    question = desk.questions.find(PayloadId(ids.parse(wanted.decision)))
    if question.proposal.is_appeal:
        raise ConflictError("a decision about another is final: put the other question anew")
    if read_standing(question, desk.questions, desk.registry, desk.now).closed.stands is None:
        raise ConflictError("nothing is certified about that question, so there is nothing to annul")
    if seconds(desk.now) < question.proposal.windows.seals_from:
        raise ConflictError(
            "its voting time is not over, though all have voted: it can be annulled after that"
        )
    return question.proposal.id


def _bylaws(wanted: NewEffect, members: Members, rules: Bylaws) -> bytes:
    """Return new bylaws in their one spelling."""
    if wanted.content is None:
        raise UserError("expected the new bylaws")
    found = bylaws_file.parse(wanted.content, file_name=wanted.file_name)
    if found.admission != members.founding.bylaws.admission:
        raise InputFileError(
            f"{wanted.file_name}: admission: expected what the federation was founded on;"
            " who came in by so many approvals is a member by them"
        )
    if lacking := found.seats.lacks_room(len(members.communities)):
        raise InputFileError(f"{wanted.file_name}: seats: {lacking}")
    if found == rules:
        raise ConflictError("these are the bylaws that hold already")
    return bylaws.encode(found)


def _check_form(wanted: NewEffect) -> None:
    """Check that a form is JSON.

    Raises:
        InputFileError: it is not.
    """
    try:
        found = json.loads(wanted.content or b"")
    except (ValueError, RecursionError) as error:
        raise InputFileError(f"{wanted.file_name}: expected a form in JSON: {error}") from error
    if not isinstance(found, dict):
        raise InputFileError(f"{wanted.file_name}: expected a form as a JSON object")


def withdraw_proposal(command: WithdrawProposal, desk: Desk) -> Done:
    """Take back a question of this community."""
    question = _find(desk, command.proposal)
    if question.proposal.proposer != desk.own:
        raise ConflictError("only the community that put a question can take it back")
    standing = read_standing(question, desk.questions, desk.registry, desk.now)
    if standing.papers.is_sealed(desk.own) or standing.papers.agreement.certificates():
        raise ConflictError("its ballots are being sealed already: it is too late to take it back")
    signed = Withdraw(proposal=question.proposal.id).sign(desk.steward())
    answer: Answer = {"proposal": ids.show(question.proposal.id), "title": question.proposal.title}
    return Done(answer, publish=((question.scope, (carry(signed),)),))


def ask_review(command: AskReview, desk: Desk) -> Done:
    """Ask that a certified decision be looked at again."""
    question = _find(desk, command.proposal)
    standing = read_standing(question, desk.questions, desk.registry, desk.now)
    counted, read = standing.closed.stands, standing.review
    if counted is None or read is None:
        raise ConflictError("nothing is certified about that question yet, so there is nothing to review")
    if question.proposal.is_appeal:
        raise ConflictError("a decision about another is final, and not reviewed itself")
    if not may_ask(question, desk.own):
        raise ConflictError("the bylaws let only communities with a seat on that question ask for a review")
    if any(one.community == desk.own for one in read.requests):
        raise ConflictError("this community has asked for that already")
    if read.over or seconds(desk.now) >= question.proposal.windows.in_force_from:
        raise ConflictError("the time for asking is over; what is left is 'hedgerow decision annul'")
    request = ReviewRequest(
        proposal=question.proposal.id,
        community=desk.own,
        result=counted.result.result_id,
        reason=command.reason,
    )
    answer: Answer = {
        "proposal": ids.show(question.proposal.id),
        "title": question.proposal.title,
        "asked": len(read.requests) + 1,
        "needed": question.rules.review.communities,
        "until": question.proposal.windows.in_force_from,
    }
    return Done(answer, publish=((question.scope, (carry(request.sign(desk.steward())),)),))


def list_effects(command: ListEffects, desk: Desk) -> Done:
    """List what decisions of a federation do."""
    members = desk.federation(command.federation)
    newest = desk.questions.rolls.newest(members)
    rules = members.bylaws(members.following(newest.bylaws)) or members.founding.bylaws
    read = enacting.read(desk.store, desk.registry, members)
    acting = [(one.order, _acting(one, members, desk)) for one in read]
    return Done(
        {
            "federation": ids.show(members.founding.federation),
            "effects": [row for _, row in sorted([*acting, *releases(members, desk)], key=itemgetter(0))],
            "suspended": [{"community": ids.show(c), "name": desk.name_of(c)} for c in members.suspended],
            "bylaws": {
                "id": ids.show(members.following(newest.bylaws)),
                "rules": rules.model_dump(mode="json"),
            },
        }
    )


def row(effect: Effect | None, before: Bylaws, members: Members, desk: Desk) -> dict[str, Any] | None:
    """Return an effect for people and programs, None for none."""
    if effect is None:
        return None
    return {
        "act": effect.act,
        "in_words": _in_words(effect, before, members, desk),
        "target": ids.show(effect.target) if effect.target is not None else None,
        "name": effect.name,
        "amount": effect.amount,
        "unit": effect.unit,
    }


def standing_row(question: Question, reading: Reading, desk: Desk) -> Answer:
    """Return what a question does, whether it does it now, and who may still object."""
    windows, rules = question.proposal.windows, question.rules.review
    read = reading.review
    return {
        "effect": row(question.proposal.effect, question.rules, question.members, desk),
        "acts": reading.acts
        and question.proposal.effect is not None
        and reading.result.outcome.verdict.value == "passed"
        and question.rules.effects.let(question.proposal.effect.act),
        "taken_back": reading.taken_back,
        "review": {
            "until": windows.in_force_from,
            "asked_by": rules.asked_by,
            "needed": rules.communities,
            "stays": rules.stays,
            "opened": read is not None and read.opened,
            "over": read is not None and read.over,
            "requests": [
                {
                    "community": ids.show(one.community),
                    "name": desk.name_of(CommunityId(one.community)),
                    "reason": one.reason,
                }
                for one in (read.requests if read is not None else ())
            ],
        },
    }


def _acting(one: Acting, members: Members, desk: Desk) -> Answer:
    roll = desk.questions.roll_of(members, one.proposal)
    before = members.bylaws(roll.bylaws) if roll is not None else None
    return {
        "proposal": ids.show(one.proposal.id),
        "title": one.proposal.title,
        "effect": row(one.effect, before or members.founding.bylaws, members, desk),
        "state": "not decided yet" if one.phase in (None, Phase.OPEN) else str(one.phase),
        "passed": one.passed,
        "acts": one.acts,
        "closes": one.proposal.windows.closes,
        "quorum": quorum_on(roll, before or members.founding.bylaws).told() if roll is not None else None,
    }


def _in_words(effect: Effect, before: Bylaws, members: Members, desk: Desk) -> str:
    """Say in a sentence what happens when it passes."""
    asking = {one.membership.community: one.name for one in members.pending}
    name = said = ""
    if effect.act in MEMBERSHIP and effect.target is not None:
        name = asking.get(effect.target) or desk.name_of(CommunityId(effect.target))
    match effect.act:
        case "admit":
            said = f"{name} becomes a member."
        case "suspend":
            said = f"{name} stays a member without seats and without a say, until it is restored."
        case "restore":
            said = f"{name} has seats and a say again."
        case "remove":
            said = f"{name} is no longer a member. What it wrote before this question was put stays."
        case "bylaws":
            said = f"The bylaws change: {_changes(effect, before, desk)}."
        case "form":
            said = f"The form “{effect.name}” is adopted."
        case "budget":
            said = f"The budget line “{effect.name}” is released: {effect.amount} {effect.unit}."
        case "annul":
            said = f"The decision “{_title(effect, desk)}” is annulled; refusing upholds it."
    return said


def _changes(effect: Effect, before: Bylaws, desk: Desk) -> str:
    """Name the settings that new bylaws change, each with its old and its new value."""
    assert effect.content is not None
    wanted = bylaws.decode(effect.content)
    changed = bylaws_words.changes(before, wanted, desk.name_of)
    return "; ".join(f"{name} from {old} to {new}" for name, old, new in changed)


def _title(effect: Effect, desk: Desk) -> str:
    assert effect.target is not None
    try:
        return desk.questions.find(PayloadId(effect.target)).proposal.title
    except (NotFoundError, ConflictError):
        return f"{ids.show(effect.target)[:8]}…"


def _find(desk: Desk, named: str) -> Question:
    return desk.questions.find(PayloadId(ids.parse(named)))
