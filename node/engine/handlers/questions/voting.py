"""Commands about voting: what a key's holder needs to fill in ballots, and taking the signed ones."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from node import ids, keys
from node.engine.commands import CastBallots, ShowPaper
from node.engine.deciding.outcomes import read_cast
from node.engine.deciding.questions import Question, quorum_of, seconds
from node.engine.desk import Answer, Desk, Done
from node.engine.drafts import carry
from node.engine.handlers.questions import budgets
from node.engine.handlers.questions.bonds import filled
from node.errors import ConflictError, NotFoundError, PeerError, UnknownReferenceError, UserError
from node.governance import ballots, mandates
from node.governance.ballots import Ballot, ValidBallot
from node.governance.choices import option_names
from node.governance.mandates import Mandate
from node.governance.proposals import Proposal
from node.ids import CommunityId, PayloadId, RecordId
from node.keys import PublicKey
from node.records import record
from node.records.record import Record

_Seat = tuple[bytes, int]


def show_paper(command: ShowPaper, desk: Desk) -> Done:
    """Give a key's holder what it takes to fill in its ballots."""
    question = desk.questions.find(PayloadId(ids.parse(command.proposal)))
    members, proposal, roll = question.members, question.proposal, question.roll
    holder = keys.parse(command.holder)
    latest = _latest(question, holder, desk)
    held = desk.questions.mandates(members)
    seats = []
    for (community, seat), mandate in mandates.in_force(held, proposal).items():
        if holder not in (mandate.holder, mandate.substitute) or seat > roll.seats_of(community):
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
                "as_substitute": mandate.holder != holder,
                "instruction": list(mandate.instruction),
                "next_seq": last.ballot.seq + 1 if last is not None else 1,
                "prev": ids.show(last.id) if last is not None else None,
            }
        )
    return Done(
        {
            "federation": ids.show(proposal.federation),
            **heading(proposal),
            "fills": filled(question, desk),
            "seats": seats,
            "refused": _refused(holder, held, question, desk),
        }
    )


def heading(proposal: Proposal) -> Answer:
    """Return what stands at the head of a ballot paper."""
    return {
        "proposal": ids.show(proposal.id),
        "roll": ids.show(proposal.roll),
        "title": proposal.title,
        "text": proposal.text,
        "method": proposal.method.removesuffix("/1"),
        "options": list(option_names(proposal.options)),
        "to_elect": proposal.seats,
        "budget": budgets.asked(proposal),
        "parts": proposal.casting.parts,
    }


def cast_ballots(command: CastBallots, desk: Desk) -> Done:
    """Take signed ballots and publish them; one that does not hold is refused with its reason."""
    read = _read(command.ballots)
    named = {Ballot.read(one).proposal for one in read}
    if len(named) != 1:
        raise UserError("expected ballots for one proposal at a time")
    try:
        question = desk.questions.find(PayloadId(named.pop()))
    except NotFoundError as error:
        raise UnknownReferenceError(str(error)) from error
    valid = read_cast(question, desk.questions, desk.registry).valid
    fresh = [one for one in read if one.id not in valid]
    if fresh:
        check_open(question, desk)
    force = mandates.in_force(desk.questions.mandates(question.members), question.proposal)
    handed_in: list[ValidBallot] = []
    for one in fresh:
        try:
            judged = ballots.check(
                one, question.proposal, question.roll, desk.registry.approves, desk.registry.stewards_of
            )
        except PeerError as error:
            raise UserError(f"the ballot does not hold: {error}") from error
        _check_in_force(judged, force.get(judged.seat))
        _check_place(judged, [*valid.values(), *handed_in])
        handed_in.append(judged)
    answer: Answer = {
        "proposal": ids.show(question.proposal.id),
        "ballots": [ids.show(one.id) for one in read],
        "receipts": [_receipts(one.id, question, desk) for one in read],
    }
    drafts = tuple(carry(one) for one in fresh)
    return Done(answer, publish=((question.scope, drafts),) if drafts else ())


def _read(raws: Sequence[bytes]) -> list[Record]:
    """Read ballots; one that stands there twice is one.

    Raises:
        UserError: something is no signed ballot.
    """
    read: dict[RecordId, Record] = {}
    for raw in raws:
        try:
            found = record.read(raw)
        except PeerError as error:
            raise UserError(
                "that is not a signed ballot: its bytes were cut or changed on the way, or never were one"
            ) from error
        try:
            Ballot.read(found)
        except PeerError as error:
            raise UserError(f"that is not a signed ballot: {error}") from error
        read[found.id] = found
    return list(read.values())


def check_open(question: Question, desk: Desk) -> None:
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


def _check_in_force(cast: ValidBallot, present: Mandate | None) -> None:
    """Check that a ballot's mandate is the one that counts here now.

    Only where it is handed in: a recall that does not void ballots lets those stand that came before it, and
    nobody can tell from a carried ballot when it was cast.

    Raises:
        ConflictError: it was recalled, or another one was granted.
    """
    # A mandate that did not arrive by itself stands: the ballot brings it.
    if present is None or present.seq < cast.mandate.seq or present.payload_id == cast.mandate_id:
        return
    since = "nobody votes" if present.recalls else "another mandate is in force"
    raise ConflictError(f"the ballot's mandate was recalled: since then {since} for seat {cast.ballot.seat}")


def _check_place(cast: ValidBallot, held: Sequence[ValidBallot]) -> None:
    """Check that no other ballot stands in the same place, which would void the seat (R4).

    Raises:
        ConflictError: there is one; it says what to do.
    """
    same = [
        one
        for one in held
        if (one.seat, one.mandate_id, one.voice) == (cast.seat, cast.mandate_id, cast.voice)
        and (one.ballot.seq == cast.ballot.seq or one.ballot.prev == cast.ballot.prev is not None)
    ]
    if same:
        raise ConflictError(
            f"another ballot of seat {cast.ballot.seat} has number {cast.ballot.seq} already, and two in one"
            " place would void the seat: ask for the paper again, so that the new one replaces it"
        )


def _receipts(ballot: RecordId, question: Question, desk: Desk) -> dict[str, Any]:
    """Return how many witnesses have confirmed a ballot by now, and how many make it safe."""
    papers = desk.questions.papers(question)
    given = {held.receipt.witness for held in papers.receipts.values() if ballot in held.receipt.listed}
    needed = quorum_of(question).surely_listed
    return {
        "ballot": ids.show(ballot),
        "witnesses": len(question.roll.witnesses),
        "confirmed_by": [desk.name_of(CommunityId(one)) for one in sorted(given)],
        "needed": needed,
        "safe": len(given) >= needed,
    }


def _latest(
    question: Question, holder: PublicKey, desk: Desk
) -> Mapping[tuple[_Seat, PayloadId], ValidBallot]:
    """Return the last ballot that a key cast for each seat under each mandate."""
    latest: dict[tuple[_Seat, PayloadId], ValidBallot] = {}
    valid = read_cast(question, desk.questions, desk.registry).valid
    for one in sorted(valid.values(), key=lambda one: one.ballot.seq):
        if one.signer == holder:
            latest[one.seat, one.mandate_id] = one
    return latest


def _refused(
    holder: PublicKey, held: Sequence[Mandate], question: Question, desk: Desk
) -> list[dict[str, Any]]:
    """Return for which seats a key was named and may not vote here, with the reason."""
    force = mandates.in_force(held, question.proposal)
    newest: dict[_Seat, Mandate] = {}
    for one in sorted(held, key=lambda one: (one.seq, one.payload_id)):
        if holder in (one.holder, one.substitute):
            newest[one.community, one.seat] = one
    refused = []
    for (community, seat), one in sorted(newest.items()):
        present = force.get((community, seat))
        if present is not None and holder in (present.holder, present.substitute):
            if seat <= question.roll.seats_of(community):
                continue
            reason = "is for a seat that is not on this question's roll"
        elif outside := mandates.outside(one, question.proposal):
            reason = outside
        elif present is None:
            reason = "is contradicted by another of its number"
        else:
            reason = "was recalled" if present.recalls else "was replaced by a newer one"
        name = desk.name_of(CommunityId(community))
        refused.append({"community": ids.show(community), "name": name, "seat": seat, "reason": reason})
    return refused
