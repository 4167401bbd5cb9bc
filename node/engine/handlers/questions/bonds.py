"""What binds a question to others: what it revises, what stands in its place, and what it fills."""

from typing import Any

from node import ids
from node.directory import body
from node.engine.deciding.questions import Question, seconds
from node.engine.desk import Answer, Desk
from node.engine.handlers.bodies import candidates
from node.engine.replicas.documents import read_tree
from node.errors import ConflictError, NotAuthorisedError
from node.governance import revisions
from node.governance.petitions import Petition
from node.governance.proposals import Proposal
from node.ids import DocumentId, PayloadId


def superseded(named: str | None, desk: Desk) -> PayloadId | None:
    """Return the question in whose place another is put, None where there is none.

    Raises:
        NotAuthorisedError: another community put it.
        ConflictError: it is too late.
    """
    if named is None:
        return None
    question = desk.questions.find(PayloadId(ids.parse(named)))
    check_revisable(question, desk)
    return question.proposal.id


def check_revisable(question: Question, desk: Desk) -> None:
    """Check that this community may put another question in place of one, and that it is not too late.

    Raises:
        NotAuthorisedError: another community put it.
        ConflictError: witnesses seal it, or it was decided or withdrawn.
    """
    if question.proposal.proposer != desk.own:
        raise NotAuthorisedError("only the community that put a question revises it")
    papers = desk.questions.papers(question)
    if papers.is_sealed(desk.own) or papers.agreement.certificates():
        raise ConflictError("its witnesses have begun to seal it: it is too late to revise it")
    if seconds(desk.now) >= question.proposal.windows.seals_from:
        raise ConflictError("voting on it has ended: it is too late to revise it")
    if desk.questions.taken_back(question):
        raise ConflictError("it was withdrawn, or revised already")


def bonds(question: Question, desk: Desk) -> Answer:
    """Return what a question revises and how, what stands in its place, and what it fills."""
    put = desk.questions.put(question.members)
    new = question.proposal
    old = next((one for one in put if new.supersedes == one.id and revisions.revises(new, one)), None)
    return {
        "supersedes": _revised(old, new) if old is not None else None,
        "superseded_by": [_named(one) for one in revisions.in_place_of(new, put)],
        "petition": _petition(new, question, desk),
        "fills": filled(question, desk),
    }


def _revised(old: Proposal, new: Proposal) -> Answer:
    return {
        **_named(old),
        "changes": [
            {
                "part": one.part,
                "line": one.line,
                "taken_out": list(one.taken_out),
                "put_in": list(one.put_in),
            }
            for one in revisions.changes(old, new)
        ],
    }


def _petition(new: Proposal, question: Question, desk: Desk) -> Answer | None:
    """Return the petition that a question answers, as far as it is held here."""
    if new.petition is None:
        return None
    named = PayloadId(new.petition)
    held = Petition.among(desk.questions.with_payload(question.scope, Petition.kind, named))
    title = held[0].title if held else f"{ids.show(named)[:8]}…"
    return {"petition": ids.show(named), "title": title}


def _named(one: Proposal) -> dict[str, Any]:
    return {"proposal": ids.show(one.id), "title": one.title}


def filled(question: Question, desk: Desk) -> Answer | None:
    """Return which places an election fills, and for each option whose key it would put there."""
    filling = question.proposal.fills
    if filling is None:
        return None
    row = desk.store.documents.get(DocumentId(filling.body))
    title = body.from_tree(read_tree(row)).title if row is not None else ""
    return {
        "body": ids.show(filling.body),
        "title": title or f"{ids.show(filling.body)[:8]}…",
        "places": list(filling.places),
        "acts": question.rules.effects.bodies,
        "starts": filling.starts,
        "ends": filling.ends,
        "options": candidates.options(question.proposal, question.members, desk),
    }
