"""Commands about proof: a decision's own file, its count for other programs, and where a ballot is."""

import base64

from node import ids
from node.engine.commands import CheckBallot, ExportCount, ExportDecision
from node.engine.deciding import dossier
from node.engine.deciding.outcomes import Reading, read_cast, read_outcome
from node.engine.deciding.questions import Question, quorum_of
from node.engine.desk import Answer, Desk, Done
from node.errors import ConflictError, NotFoundError, PeerError
from node.governance.ballots import Ballot
from node.governance.budgets import pb_writing
from node.governance.counting import blt, transcript
from node.governance.spending import METHODS_BEGIN
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
            "quorum": reading.quorum.told(),
            "data": base64.b64encode(data).decode(),
        }
    )


def export_count(command: ExportCount, desk: Desk) -> Done:
    """Return the ballots of an election for any counting program, or the transcript of the count."""
    question = desk.questions.find(PayloadId(ids.parse(command.proposal)))
    reading = read_outcome(question, desk.questions, desk.registry, desk.now)
    result = reading.result
    if command.format == "blt":
        name, text = "ballots.blt", _ballots(question, reading)
    elif command.format == "pb":
        name, text = "ballots.pb", _approvals(question, reading)
    else:
        form = transcript.Form(command.format)
        name = f"count.{'txt' if form is transcript.Form.WORDS else form.value}"
        text = transcript.write(result.contest, result.outcome, form, budget=question.proposal.budget)
        if form is transcript.Form.WORDS:
            said = [*_parts(question), f"The question is {reading.state}. {reading.quorum.in_words()}"]
            text += "".join(f"{line}\n" for line in said)
    return Done(
        {
            "proposal": ids.show(question.proposal.id),
            "title": question.proposal.title,
            "state": reading.state,
            "quorum": reading.quorum.told(),
            "method": result.outcome.method.id,
            "format": command.format,
            "file_name": name,
            "text": text,
        }
    )


def _ballots(question: Question, reading: Reading) -> str:
    """Write the ballots that are counted as a BLT file that says how to count it again.

    Raises:
        ConflictError: it is no election.
        UserError: a name in it cannot stand in such a file.
    """
    if question.proposal.budget is not None:
        raise ConflictError(
            "expected an election, found a budget: take its ballots as pb, which has room for costs"
        )
    if question.proposal.rule is not None:
        raise ConflictError(
            "expected an election, found a yes/no question: its ballots rank nothing that a BLT file could"
            " hold; take the transcript as json, csv or words"
        )
    method, seed = reading.result.outcome.method.id, reading.result.lot_seed.hex()
    return "".join(
        [
            f"# {len(reading.result.counted)} ballots as they are counted;",
            f" the question is {reading.state}.\n",
            f"# {reading.quorum.in_words()}\n",
            *(f"# {line}\n" for line in _parts(question)),
            f"# hedgerow count --method {method} --lot-seed {seed} FILE\n",
            blt.write(reading.result.contest),
        ]
    )


def _approvals(question: Question, reading: Reading) -> str:
    """Write the ballots that are counted as a .pb file that says how to count it again.

    Raises:
        ConflictError: it is no budget, or a name in it cannot stand in such a file.
    """
    budget, result = question.proposal.budget, reading.result
    if budget is None or result.budget is None:
        raise ConflictError(
            "expected a budget, found another question: its ballots approve nothing that costs money"
        )
    method, seed = result.outcome.method.id.removeprefix(METHODS_BEGIN), result.lot_seed.hex()
    says = {
        "state": reading.state,
        "withstands": reading.quorum.in_words(),
        "count": f"hedgerow budget --as-question --stages --method {method} --lot-seed {seed} FILE",
    }
    return pb_writing.write(result.budget, unit=budget.unit, says=says)


def _parts(question: Question) -> list[str]:
    """Say in what votes are counted, where they may be split; nothing where they may not."""
    parts = question.proposal.casting.parts
    return [f"A seat may split its vote: each is counted as {parts} parts."] if parts > 1 else []


def check_ballot(command: CheckBallot, desk: Desk) -> Done:
    """Tell who holds a ballot, and whether it counts."""
    wanted = RecordId(ids.parse(command.ballot))
    row = desk.store.records.get(wanted)
    if row is None or row.kind != Ballot.kind:
        raise NotFoundError("this node holds no ballot of that number")
    try:
        ballot = Ballot.read(record.stored(row.raw))
    except PeerError as error:
        raise NotFoundError(f"that is no ballot: {error}") from error
    question = desk.questions.find(PayloadId(ballot.proposal))
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
        "community": ids.show(ballot.community),
        "name": desk.name_of(CommunityId(ballot.community)),
        "seat": ballot.seat,
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
