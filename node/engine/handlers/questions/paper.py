"""Commands about ballots from paper: what two people read, each without the other."""

import base64

from node import ids, keys
from node.engine.commands import EnterBallots, ShowEntry
from node.engine.deciding.outcomes import read_cast
from node.engine.deciding.questions import Question
from node.engine.desk import Answer, Desk, Done
from node.engine.drafts import carry
from node.engine.handlers.questions import voting
from node.errors import ConflictError, NotAuthorisedError, PeerError, UserError
from node.governance import answers, mandates
from node.governance.ballots import Voice
from node.governance.entries import BallotEntry
from node.governance.mandates import Mandate
from node.ids import CommunityId, PayloadId
from node.records import record
from node.records.record import Record


def show_entry(command: ShowEntry, desk: Desk) -> Done:
    """Give a person what it takes to enter ballots from paper."""
    question = desk.questions.find(PayloadId(ids.parse(command.proposal)))
    members, proposal, roll = question.members, question.proposal, question.roll
    person = keys.parse(command.person)
    entered = _entered(question, desk)
    last = {
        (one.seat, one.mandate_id): one
        for one in sorted(
            read_cast(question, desk.questions, desk.registry).valid.values(),
            key=lambda one: (-one.ballot.seq, one.id),
            reverse=True,  # Of several that say the same the one that counts is the last.
        )
        if one.voice is Voice.PAPER
    }
    seats = []
    for (community, seat), mandate in mandates.in_force(desk.questions.mandates(members), proposal).items():
        entitled = mandate.paper and person in desk.registry.stewards_of(CommunityId(community))
        if not entitled or seat > roll.seats_of(community):
            continue
        before = last.get(((community, seat), mandate.payload_id))
        number, previous = (before.ballot.seq + 1, before.id) if before is not None else (1, None)
        place = (community, seat, mandate.payload_id, number, previous)
        here = [(signed, one) for signed, one in entered if _place(one) == place]
        unsure = _contradicting(here)
        seats.append(
            {
                "community": ids.show(community),
                "name": desk.name_of(CommunityId(community)),
                "seat": seat,
                "mandate": [
                    base64.b64encode(raw).decode() for raw in desk.questions.mandate_records(members, mandate)
                ],
                "next_seq": number,
                "prev": ids.show(previous) if previous is not None else None,
                "entries": [
                    base64.b64encode(signed.raw).decode()
                    for signed, _ in here
                    if signed.signer != person and signed.signer not in unsure
                ],
                "entered": any(signed.signer == person for signed, _ in here),
            }
        )
    return Done(
        {
            **voting.heading(proposal),
            "seats": seats,
        }
    )


def enter_ballots(command: EnterBallots, desk: Desk) -> Done:
    """Take what a first person entered from paper and publish it for the second."""
    try:
        signed = [record.read(raw) for raw in command.entries]
        entered = [(one, BallotEntry.read(one)) for one in signed]
    except PeerError as error:
        raise UserError(f"that is not a signed entry of a ballot: {error}") from error
    if len({one.proposal for _, one in entered}) != 1:
        raise UserError("expected entries for one proposal at a time")
    question = desk.questions.find(PayloadId(entered[0][1].proposal))
    voting.check_open(question, desk)
    force = mandates.in_force(desk.questions.mandates(question.members), question.proposal)
    for one, entry in entered:
        _check(one, entry, force.get((entry.community, entry.seat)), question, desk)
    answer: Answer = {
        "proposal": ids.show(question.proposal.id),
        "entries": [ids.show(one.id) for one in signed],
    }
    return Done(answer, publish=((question.scope, tuple(carry(one) for one in signed)),))


def _check(
    signed: Record, entry: BallotEntry, mandate: Mandate | None, question: Question, desk: Desk
) -> None:
    """Check that an entry can become a ballot once a second person says the same.

    Raises:
        UserError: another roll, a seat that is not there, a choice that the paper does not offer.
        NotAuthorisedError: the signer is no steward of the seat's community.
        ConflictError: the seat's delegate may not vote on paper.
    """
    if entry.roll != question.proposal.roll:
        raise UserError("the entry is for another roll")
    if entry.seat > question.roll.seats_of(entry.community):
        raise UserError(f"the roll gives that community no seat number {entry.seat}")
    if signed.signer not in desk.registry.stewards_of(CommunityId(entry.community)):
        raise NotAuthorisedError(
            "ballots from paper are entered by two people whom the charter names as stewards"
        )
    if mandate is None or not mandate.paper or mandate.payload_id != entry.mandate:
        raise ConflictError(f"the mandate of seat {entry.seat} does not let its delegate vote on paper")
    answers.check_answer(question.proposal, entry.choice, entry.split)
    answers.check_reason(question.proposal, entry.choice, entry.reason, entry.split)


def _entered(question: Question, desk: Desk) -> list[tuple[Record, BallotEntry]]:
    """Return the entries held for a question, with who signed them.

    Any member's device can publish one: those that no steward of the seat's community signed are as if they
    were not there.
    """
    held = desk.questions.about(question.scope, BallotEntry.kind, question.proposal.id)
    return [
        (signed, entry)
        for signed in held
        for entry in BallotEntry.among([signed])
        if signed.signer in desk.registry.stewards_of(CommunityId(entry.community))
    ]


def _contradicting(entered: list[tuple[Record, BallotEntry]]) -> set[bytes]:
    """Return who entered two different choices in one place: whatever a second reads would be among them."""
    choices: dict[bytes, set[tuple[object, ...]]] = {}
    for signed, one in entered:
        choices.setdefault(signed.signer, set()).add((one.choice, one.split))
    return {signer for signer, said in choices.items() if len(said) > 1}


def _place(entry: BallotEntry) -> tuple[bytes, int, bytes, int, bytes | None]:
    return (entry.community, entry.seat, entry.mandate, entry.seq, entry.prev)
