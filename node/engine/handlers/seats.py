"""Commands about who speaks for how much: sizes, the roll, mandates."""

from typing import Any

from node import ids, keys
from node.engine.commands import Attest, GrantMandate, ListMandates, ShowRoll
from node.engine.desk import Answer, Desk, Done
from node.engine.drafts import carry
from node.errors import ConflictError, NotAuthorisedError, UserError
from node.feeds import scopes
from node.governance import mandates
from node.governance.sizes import SizeAttestation, latest
from node.ids import CommunityId


def attest(command: Attest, desk: Desk) -> Done:
    """State a community's size."""
    steward = desk.steward()
    members = desk.member_of(command.federation)
    federation = members.founding.federation
    subject = desk.own if command.community is None else desk.community(command.community)
    if subject not in members.communities:
        raise ConflictError("that community is not a member of the federation")
    entitled = members.founding.bylaws.sizes.attesters
    if (subject == desk.own) != (entitled == "itself"):
        raise NotAuthorisedError(
            "the bylaws say that each community states its own size"
            if entitled == "itself"
            else "the bylaws say that a community's size is stated by others"
        )
    stated_before = latest(desk.questions.attestations(members).values())
    before = [a for a in stated_before if (a.attester, a.subject) == (desk.own, subject)]
    stated = SizeAttestation(
        federation=federation,
        attester=desk.own,
        subject=subject,
        size=command.size,
        serial=max((a.serial for a in before), default=0) + 1,
    )
    answer: Answer = {
        "federation": ids.show(federation),
        "community": ids.show(subject),
        "size": stated.size,
        "serial": stated.serial,
    }
    return Done(answer, publish=((scopes.members(federation), (carry(stated.sign(steward)),)),))


def show_roll(command: ShowRoll, desk: Desk) -> Done:
    """Show the seats as the attested sizes give them now."""
    members = desk.federation(command.federation)
    roll, unattested = desk.questions.present_roll(members)
    rule = members.founding.bylaws.seats
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
            "unattested": [{"community": ids.show(c), "name": desk.name_of(c)} for c in unattested],
        }
    )


def grant_mandate(command: GrantMandate, desk: Desk) -> Done:
    """Let a key vote for the community's seats."""
    steward = desk.steward()
    members = desk.member_of(command.federation)
    federation = members.founding.federation
    holder = keys.parse(command.holder)
    roll, _ = desk.questions.present_roll(members)
    seats = roll.seats_of(desk.own) if roll is not None else 0
    if seats == 0:
        raise ConflictError("this community has no seat yet: state its size first, see 'hedgerow roll show'")
    if command.seat is not None and command.seat > seats:
        raise UserError(f"this community has {seats} seats; there is no seat {command.seat}")
    wanted = [command.seat] if command.seat is not None else list(range(1, seats + 1))
    held = desk.questions.mandates(members)
    granted = [
        mandates.next_mandate(
            held,
            federation=federation,
            community=desk.own,
            seat=seat,
            holder=holder,
            revokes_ballots=command.revoke_ballots,
        )
        for seat in wanted
    ]
    answer: Answer = {
        "federation": ids.show(federation),
        "holder": keys.show(holder),
        "seats": [{"seat": one.seat, "seq": one.seq} for one in granted],
    }
    drafts = tuple(carry(one.sign(steward)) for one in granted)
    return Done(answer, publish=((scopes.members(federation), drafts),))


def list_mandates(command: ListMandates, desk: Desk) -> Done:
    """List the mandates in force."""
    members = desk.federation(command.federation)
    shown: list[dict[str, Any]] = [
        {
            "community": ids.show(one.community),
            "name": desk.name_of(CommunityId(one.community)),
            "seat": one.seat,
            "holder": keys.show(one.holder),
            "seq": one.seq,
        }
        for one in mandates.in_force(desk.questions.mandates(members)).values()
    ]
    return Done({"mandates": shown})
