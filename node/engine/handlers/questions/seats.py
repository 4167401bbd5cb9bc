"""Commands about who speaks for how much: sizes and the roll."""

from node import ids
from node.engine.commands import Attest, ShowRoll
from node.engine.deciding.questions import seconds
from node.engine.desk import Answer, Desk, Done
from node.engine.drafts import carry
from node.engine.rolls.rolls import RollStanding
from node.errors import ConflictError, NotAuthorisedError, NotFoundError, UnknownReferenceError
from node.federation.bylaws_sizes import Sizes
from node.federation.membership import Members
from node.feeds import scopes
from node.governance import decisions, sizes
from node.governance.apportionment import SeatTie
from node.governance.sizes import SizeAttestation, latest
from node.ids import CommunityId, FederationId
from node.records.approvals import Approval


def attest(command: Attest, desk: Desk) -> Done:
    """State a community's size."""
    steward = desk.steward()
    members = desk.member_of(command.federation)
    federation = members.founding.federation
    try:
        subject = desk.own if command.community is None else desk.community(command.community)
    except NotFoundError as error:
        raise UnknownReferenceError(str(error)) from error
    if subject not in members.communities:
        raise ConflictError("that community is not a member of the federation")
    rules = desk.questions.present_rules(members).sizes
    if not rules.entitled(members.active)(desk.own, subject):
        raise NotAuthorisedError(f"the bylaws say that {_who_states(rules, members, desk)}")
    stated_before = latest(desk.questions.attestations(members).values())
    before = [a for a in stated_before if (a.attester, a.subject) == (desk.own, subject)]
    said = SizeAttestation(
        federation=federation,
        attester=desk.own,
        subject=subject,
        size=command.size,
        serial=max((a.serial for a in before), default=0) + 1,
    )
    stated, waits = _after_waiting(said, desk)
    approval = Approval(of=stated.payload_id, community=desk.own)
    signed = approval.sign(steward) if waits else stated.sign(steward)
    answer: Answer = {
        "federation": ids.show(federation),
        "community": ids.show(subject),
        "size": stated.size,
        "serial": stated.serial,
        "counts_from": _counts_from(members, subject, desk),
    }
    return Done(answer, publish=((scopes.members(federation), (carry(signed),)),))


def _who_states(rules: Sizes, members: Members, desk: Desk) -> str:
    """Say whose word about sizes counts."""
    match rules.in_force(members.active):
        case "itself":
            return "each community states its own size"
        case "others":
            return "a community's size is stated by others"
        case "named":
            named = ", ".join(desk.name_of(CommunityId(one)) for one in rules.named)
            return f"sizes are stated by {named}"


def _after_waiting(said: SizeAttestation, desk: Desk) -> tuple[SizeAttestation, bool]:
    """Return a statement with the number after those of its attester that wait for more stewards.

    So a mended number is no rival of the one that it mends, of which the lower id would count. Where the last
    of them says the same, that one is meant, and true is returned: the steward signs it too.
    """
    entitled = desk.registry.stewards_of(desk.own)
    records = desk.questions.stored(scopes.members(FederationId(said.federation)), SizeAttestation.kind)
    waiting = {
        one.serial: one
        for one in SizeAttestation.among([each for each in records if each.signer in entitled])
        if (one.federation, one.attester, one.subject) == (said.federation, said.attester, said.subject)
    }
    last = None
    while said.serial in waiting:
        last = waiting[said.serial]
        said = said.model_copy(update={"serial": said.serial + 1})
    return (last, True) if last is not None and last.size == said.size else (said, False)


def _counts_from(members: Members, community: CommunityId, desk: Desk) -> int | None:
    """Return from which day (seconds since 1970) a size stated now counts; None: from the next roll on."""
    days = desk.questions.present_rules(members).sizes.days
    last = desk.questions.rolls.newest(members).roll
    known = last is not None and any(holder.community == community for holder in last.holders)
    return sizes.next_day(seconds(desk.now), days) if days and known else None


def show_roll(command: ShowRoll, desk: Desk) -> Done:
    """Show the seats as the attested sizes give them now."""
    members = desk.federation(command.federation)
    roll, unattested = desk.questions.present_roll(members, desk.now)
    rules = desk.questions.present_rules(members)
    rule = rules.seats
    return Done(
        {
            "federation": ids.show(members.founding.federation),
            "method": rule.method,
            "house": rule.house,
            "floor": rule.floor,
            "cap": rule.cap,
            "seats": [
                {
                    "community": ids.show(holder.community),
                    "name": desk.name_of(CommunityId(holder.community)),
                    "size": holder.size,
                    "seats": holder.seats,
                }
                for holder in (roll.holders if roll is not None else ())
            ],
            "ties": [_tie(one, desk) for one in (decisions.seat_ties(roll) if roll is not None else ())],
            "unattested": [{"community": ids.show(c), "name": desk.name_of(c)} for c in unattested],
            "ties_by": rule.ties,
            "sized": roll.sized if roll is not None else None,
            "next_day": sizes.next_day(seconds(desk.now), rules.sizes.days) if rules.sizes.days else None,
            "version": roll.version if roll is not None else 0,
            "certified": roll is not None
            and desk.questions.rolls.standing(members, roll) is RollStanding.CERTIFIED,
            "witnesses": [
                {"community": ids.show(one.community), "name": desk.name_of(CommunityId(one.community))}
                for one in (roll.witnesses if roll is not None else ())
            ],
        }
    )


def _tie(tie: SeatTie, desk: Desk) -> Answer:
    """Return who had an equal claim to fewer seats than they are, and to whom they went."""

    def shown(names: tuple[str, ...]) -> list[Answer]:
        found = [CommunityId(bytes.fromhex(name)) for name in names]
        return [{"community": ids.show(one), "name": desk.name_of(one)} for one in found]

    return {"seats": tie.seats, "among": shown(tie.among), "given": shown(tie.given)}
