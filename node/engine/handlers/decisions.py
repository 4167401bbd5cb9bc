"""Commands about proof: a decision's own file, and where a ballot is."""

import base64

from node import ids
from node.engine import dossier
from node.engine.commands import CheckBallot, ExportDecision
from node.engine.desk import Answer, Desk, Done
from node.engine.outcomes import read_cast, read_outcome
from node.engine.questions import quorum_of
from node.errors import NotFoundError, PeerError
from node.governance.ballots import Ballot
from node.ids import CommunityId, PayloadId, RecordId
from node.records import record


def export_decision(command: ExportDecision, desk: Desk) -> Done:
    """Return all papers of a decision in one file."""
    question = desk.questions.find(PayloadId(ids.parse(command.proposal)))
    reading = read_outcome(question, desk.questions, desk.registry, desk.now)
    data = dossier.pack(question, desk.store, desk.registry)
    return Done(
        {
            "proposal": ids.show(question.proposal.id),
            "title": question.proposal.title,
            "state": reading.state,
            "data": base64.b64encode(data).decode(),
        }
    )


def check_ballot(command: CheckBallot, desk: Desk) -> Done:
    """Tell who holds a ballot, and whether it counts."""
    wanted = RecordId(ids.parse(command.ballot))
    row = desk.store.records.get(wanted)
    if row is None or row.kind != Ballot.kind:
        raise NotFoundError("this node holds no ballot of that number")
    try:
        named = Ballot.read(record.stored(row.raw)).proposal
    except PeerError as error:
        raise NotFoundError(f"that is no ballot: {error}") from error
    question = desk.questions.find(PayloadId(named))
    papers = desk.questions.papers(question)
    cast = read_cast(question, desk.questions, desk.registry)
    witnesses = sorted(
        {held.receipt.witness for held in papers.receipts.values() if wanted in held.receipt.listed}
    )
    reading = read_outcome(question, desk.questions, desk.registry, desk.now)
    answer: Answer = {
        "ballot": ids.show(wanted),
        "proposal": ids.show(question.proposal.id),
        "title": question.proposal.title,
        "holds": wanted in cast.valid,
        "reason": cast.rejected.get(wanted, ""),
        "receipts": [desk.name_of(CommunityId(one)) for one in witnesses],
        "witnesses": len(question.roll.witnesses),
        "safe": wanted in cast.valid and len(witnesses) >= quorum_of(question).surely_listed,
        "state": reading.state,
        "counted": any(one.id == wanted for one in reading.result.counted),
        "contested": wanted in reading.contested,
    }
    return Done(answer)
