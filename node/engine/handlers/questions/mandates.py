"""Commands about mandates: grant, recall, approve, and who votes for whom."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from node import ids, keys
from node.engine.commands import ApproveMandates, GrantMandate, ListMandates, RecallMandate, ShowMandate
from node.engine.deciding.questions import Question, seconds
from node.engine.desk import Answer, Desk, Done, complaint
from node.engine.drafts import carry
from node.errors import ConflictError, UserError
from node.federation.membership import Members
from node.feeds import scopes
from node.governance import answers, mandates
from node.governance.lending import Borrower
from node.governance.mandates import Mandate, Terms
from node.governance.proposals import Roll
from node.ids import CommunityId, PayloadId
from node.records.approvals import Approval, Signatures
from node.records.record import Record


def grant_mandate(command: GrantMandate, desk: Desk) -> Done:
    """Let a key vote for the community's seats."""
    desk.steward()
    members = desk.member_of(command.federation)
    question = _question(command, desk)
    roll = question.roll if question is not None else desk.questions.present_roll(members, desk.now)[0]
    seats = roll.seats_of(desk.own) if roll is not None else 0
    if seats == 0:
        raise ConflictError("this community has no seat yet: state its size first, see 'hedgerow roll show'")
    if command.seat is not None and command.seat > seats:
        raise UserError(f"this community has {seats} seats; there is no seat {command.seat}")
    if command.until is not None and command.until <= seconds(desk.now):
        raise UserError("expected a term that ends in the future, found one that is over")
    if command.holder is None and not command.paper and command.lend_seat is None:
        raise UserError(
            "expected the delegate's key, a delegate who votes on paper, or whom the vote is lent to"
        )
    terms = Terms(
        holder=keys.parse(command.holder) if command.holder is not None else None,
        paper=command.paper,
        substitute=keys.parse(command.substitute) if command.substitute is not None else None,
        since=command.since,
        until=command.until,
        kinds=command.kinds,
        question=question.proposal.id if question is not None else None,
        instruction=command.instruction,
        lends=_borrower(command, members, roll, desk),
        revokes_ballots=command.revoke_ballots,
    )
    wanted = [command.seat] if command.seat is not None else list(range(1, seats + 1))
    granted = _next(members, wanted, terms, desk)
    if question is not None and (reason := mandates.outside(granted[0], question.proposal)):
        raise UserError(f"the mandate would not serve: for its own question it {reason}")
    return _publish(members, granted, desk, holder=command.holder)


def recall_mandate(command: RecallMandate, desk: Desk) -> Done:
    """Let nobody vote for the community's seats any more."""
    desk.steward()
    members = desk.member_of(command.federation)
    held = {
        one.seat
        for one in mandates.standing(desk.questions.mandates(members))
        if one.community == desk.own and not one.recalls
    }
    if command.seat is not None and command.seat not in held:
        raise ConflictError(f"nobody votes for seat {command.seat} of this community: nothing to recall")
    if not held:
        raise ConflictError("nobody votes for this community: nothing to recall")
    wanted = [command.seat] if command.seat is not None else sorted(held)
    terms = Terms(holder=None, revokes_ballots=command.revoke_ballots)
    return _publish(members, _next(members, wanted, terms, desk), desk, holder=None)


def approve_mandates(command: ApproveMandates, desk: Desk) -> Done:
    """Sign, as a further steward, what waits for enough of the own community's stewards."""
    desk.steward()
    members = desk.member_of(command.federation)
    known, signatures = _published(members, desk)
    own = {keys_of.public: keys_of for keys_of in desk.keyring.stewards}
    held = [one for one in known if _holds(one, signatures, desk)]
    approved: list[Mandate] = []
    signed: list[Record] = []
    for one in known:
        lacking = sorted(set(own) - signatures.of(one.payload_id, desk.own))
        if one.community == desk.own and one not in held and lacking and not _overtaken(one, held):
            approved.append(one)
            signed += [_approval(one).sign(own[key]) for key in lacking]
    if not approved:
        raise ConflictError("no mandate of this community waits for a steward's key on this device")
    shown = [_row(one) for one in approved]
    answer: Answer = {"federation": ids.show(members.founding.federation), "mandates": shown}
    scope = scopes.members(members.founding.federation)
    return Done(answer, publish=((scope, tuple(carry(one) for one in signed)),))


def list_mandates(command: ListMandates, desk: Desk) -> Done:
    """List the mandates that may count for some question."""
    members = desk.federation(command.federation)
    shown = [
        {"community": ids.show(one.community), "name": desk.name_of(CommunityId(one.community)), **_row(one)}
        for one in mandates.standing(desk.questions.mandates(members))
        if not one.recalls and not _over(one, desk)
    ]
    return Done({"mandates": shown})


def show_mandate(command: ShowMandate, desk: Desk) -> Done:
    """Show all mandates of a seat, and what became of each."""
    members = desk.federation(command.federation)
    community = desk.own if command.community is None else desk.community(command.community)
    known, signatures = _published(members, desk)
    given = [one for one in known if (one.community, one.seat) == (community, command.seat)]
    held = [one for one in given if _holds(one, signatures, desk)]
    standing = mandates.standing(held)
    charter = desk.registry.community(community)
    shown = [
        {
            **_row(one),
            "holds": one in held,
            "approvals": len(_signers(one, signatures, desk)),
            "needed": charter.stewards.threshold if charter else 0,
            "state": _state(one, held, standing, desk),
        }
        for one in sorted(given, key=lambda one: (-one.seq, one.payload_id))
    ]
    return Done(
        {
            "federation": ids.show(members.founding.federation),
            "community": ids.show(community),
            "name": desk.name_of(community),
            "seat": command.seat,
            "mandates": shown,
        }
    )


def _borrower(command: GrantMandate, members: Members, roll: Roll | None, desk: Desk) -> Borrower | None:
    """Return the seat that a vote is lent to until further notice; the bylaws must allow it."""
    if command.lend_community is None or command.lend_seat is None:
        if (command.lend_community, command.lend_seat) != (None, None):
            raise UserError("expected both the community and the number of the seat that the vote is lent to")
        return None
    if not desk.questions.present_rules(members).casting.lending:
        raise ConflictError("the bylaws of this federation do not let seats lend their votes")
    community = desk.community(command.lend_community)
    if roll is None or command.lend_seat > roll.seats_of(community):
        raise UserError(f"{desk.name_of(community)} has no seat number {command.lend_seat}")
    return Borrower(community=community, seat=command.lend_seat)


def _question(command: GrantMandate, desk: Desk) -> Question | None:
    """Return the question that a mandate is for, once the instruction fits it."""
    if command.proposal is None:
        if command.instruction:
            raise UserError("an instruction is for one question: name it")
        return None
    question = desk.questions.find(PayloadId(ids.parse(command.proposal)))
    if command.instruction:
        answers.check_choice(question.proposal, command.instruction)
    return question


def _next(members: Members, seats: Sequence[int], terms: Terms, desk: Desk) -> list[Mandate]:
    """Return the next mandate of each seat; where the last one says the same and waits, that one is meant."""
    known, signatures = _published(members, desk)
    try:
        made = [
            mandates.next_mandate(
                known, federation=members.founding.federation, community=desk.own, seat=seat, terms=terms
            )
            for seat in seats
        ]
    except ValidationError as error:
        raise complaint(error) from error
    waiting = {one.payload_id: one for one in known if not _holds(one, signatures, desk)}
    return [_same(one, waiting) or one for one in made]


def _same(made: Mandate, waiting: Mapping[PayloadId, Mandate]) -> Mandate | None:
    """Return what waits right before a mandate and differs from it by its place alone."""
    last = waiting.get(PayloadId(made.prev)) if made.prev is not None else None
    if last is None or made.model_copy(update={"seq": last.seq, "prev": last.prev}) != last:
        return None
    return last


def _publish(members: Members, granted: Sequence[Mandate], desk: Desk, *, holder: str | None) -> Done:
    """Sign with as many of this device's steward keys as the community's threshold asks for."""
    charter = desk.registry.community(desk.own)
    needed = charter.stewards.threshold if charter is not None else 1
    known, signatures = _published(members, desk)
    waiting = {one.payload_id for one in known}
    own = desk.keyring.stewards[:needed]
    signed = [
        one.sign(steward) if at == 0 and one.payload_id not in waiting else _approval(one).sign(steward)
        for one in granted
        for at, steward in enumerate(own)
    ]
    by = [_signers(one, signatures, desk) for one in granted]
    answer: Answer = {
        "federation": ids.show(members.founding.federation),
        "holder": holder,
        "seats": [{"seat": one.seat, "seq": one.seq} for one in granted],
        "approvals": min(len(each | {one.public for one in own}) for each in by),
        "needed": needed,
    }
    scope = scopes.members(members.founding.federation)
    return Done(answer, publish=((scope, tuple(carry(one) for one in signed)),))


def _approval(one: Mandate) -> Approval:
    return Approval(of=one.payload_id, community=one.community)


def _published(members: Members, desk: Desk) -> tuple[list[Mandate], Signatures]:
    """Return all mandates published in a federation, those that do not hold yet too, and who signed what.

    Any member's device can publish one in another community's name: none that no steward of it signed is
    shown, approved or numbered from.
    """
    scope = scopes.members(members.founding.federation)
    found = desk.questions.stored(scope, Mandate.kind)
    signatures = Signatures([*found, *desk.questions.stored(scope, Approval.kind)])
    known = {
        one.payload_id: one
        for one in Mandate.among(found)
        if one.federation == members.founding.federation and _signers(one, signatures, desk)
    }
    return [known[one] for one in sorted(known)], signatures


def _signers(mandate: Mandate, signatures: Signatures, desk: Desk) -> frozenset[bytes]:
    """Return the stewards of its community that signed a mandate."""
    own = desk.registry.stewards_of(CommunityId(mandate.community))
    return signatures.of(mandate.payload_id, mandate.community) & own


def _holds(mandate: Mandate, signatures: Signatures, desk: Desk) -> bool:
    return desk.registry.approves(CommunityId(mandate.community), mandate.payload_id, signatures)


def _overtaken(one: Mandate, held: Sequence[Mandate]) -> bool:
    """Tell whether a mandate that does not hold would not count any more: a newer one does for all."""
    return one not in mandates.standing([*held, one])


def _over(mandate: Mandate, desk: Desk) -> bool:
    """Tell whether no question that opens from now on is within the term, by this node's clock."""
    return mandate.until is not None and mandate.until <= seconds(desk.now)


def _state(one: Mandate, held: Sequence[Mandate], standing: Sequence[Mandate], desk: Desk) -> str:
    """Return in a few words what became of a mandate; for people, by this node's clock."""
    if one not in held:
        return "overtaken" if _overtaken(one, held) else "waits for more stewards"
    if one not in standing:
        newer = [m for m in held if m.seq > one.seq]
        if any(m.recalls for m in newer):
            return "recalled"
        return "replaced" if newer else "contradicted by another of its number"
    if one.recalls:
        return "recalls"
    if _over(one, desk):
        return "expired"
    return "not begun" if one.since is not None and one.since > seconds(desk.now) else "in force"


def _row(one: Mandate) -> dict[str, Any]:
    return {
        "seat": one.seat,
        "seq": one.seq,
        "holder": keys.show(one.holder) if one.holder is not None else None,
        "paper": one.paper,
        "substitute": keys.show(one.substitute) if one.substitute is not None else None,
        "since": one.since,
        "until": one.until,
        "kinds": list(one.kinds),
        "question": ids.show(one.question) if one.question is not None else None,
        "instruction": list(one.instruction),
        "lends": {"community": ids.show(one.lends.community), "seat": one.lends.seat} if one.lends else None,
        "revokes_ballots": one.revokes_ballots,
    }
