"""Vectors of ballots: a question, ballots that hold by themselves, and ballots that do not."""

from collections.abc import Callable, Sequence
from typing import Any

from node import canonical
from node.governance import ballots as ballot_rules
from node.governance.answers import Portion
from node.governance.ballots import Paper
from node.governance.lending import Borrower
from node.governance.mandates import Mandate
from node.governance.proposals import Casting, Proposal, Roll
from node.keys import KeyPair
from node.records import record
from node.records.approvals import Approval
from node.records.record import Record
from node.records.statement import Statement
from tests import builders
from tests.builders import FoundedCommunity
from tests.vectors.cases import MALFORMED, USER, Case
from tests.vectors.signed_statements import raws, signed_again, spelled

THREE_TO_TWO = (Portion(parts=3, choice=(1,)), Portion(parts=2, choice=(2,)))


def ballots() -> dict[str, Any]:
    """Return a question, ballots that hold by themselves, and ballots that do not."""
    ash = builders.community("Ash", stewards=2, threshold=2)
    voter = builders.key("a delegate")
    roll = builders.roll({ash.id: 2})
    rule = builders.MAJORITY.model_copy(update={"block_reasons": True})
    question = builders.yes_no(roll, rule=rule).model_copy(update={"casting": Casting(lending=True, parts=5)})
    stand_in = builders.key("a substitute")
    granted = builders.mandate(ash, voter).model_copy(
        update={"substitute": stand_in.public, "paper": True, "until": question.windows.opens + 1}
    )
    signed = [
        granted.sign(ash.stewards[0]),
        Approval(of=granted.payload_id, community=ash.id).sign(ash.stewards[1]),
    ]
    paper = builders.paper(question, granted, signed)
    first = ballot_rules.make(paper, [1], voter)
    again = ballot_rules.make(builders.paper(question, granted, signed, seq=2, prev=first.id), [2], voter)
    eva, dan = ash.stewards
    entered = ballot_rules.make_entry(paper, [3], eva)
    return {
        "about": "Ballots that hold by themselves, and others (data-model.md); all hex.",
        "community": raws([ash.founding, Approval(of=ash.id, community=ash.id).sign(ash.stewards[1])]),
        "roll": _statement(roll),
        "proposal": _statement(question),
        "valid": [
            {"name": "a vote", **spelled(first)},
            {"name": "the vote that replaces it", **spelled(again)},
            {"name": "the first, signed with another nonce", **spelled(signed_again(voter, first))},
            {
                "name": "a block with a reason",
                **spelled(ballot_rules.make(paper, [5], voter, reason="The river floods there.")),
            },
            {"name": "a substitute's vote", **spelled(ballot_rules.make(paper, [1], stand_in))},
            {
                "name": "a vote from paper, which two stewards entered",
                **spelled(ballot_rules.make(paper, [3], dan, entered=entered.raw)),
            },
            {
                "name": "a vote that is split: three fifths yes, two fifths no",
                **spelled(ballot_rules.make(paper, (), voter, split=THREE_TO_TWO)),
            },
            {
                "name": "a vote that is lent to the other seat",
                **spelled(
                    ballot_rules.make(paper, (), voter, follows=Borrower(community=ash.id, seat=2)),
                ),
            },
        ],
        "broken": [
            {"name": name, "raw": one.raw.hex(), "error": error, "reason": reason}
            for name, (one, error, reason) in _broken_ballots(ash, voter, roll, question, paper).items()
        ],
    }


def _statement(one: Statement) -> Case:
    return {"payload": one.encode().hex(), "payload_id": one.payload_id.hex()}


def _broken_ballots(
    ash: FoundedCommunity, voter: KeyPair, roll: Roll, question: Proposal, paper: Paper
) -> dict[str, tuple[Record, str, str]]:
    from_here = ballot_rules.make

    def by(granted: Mandate, signers: Sequence[KeyPair]) -> Record:
        signed = [granted.sign(one) for one in signers]
        return from_here(builders.paper(question, granted, signed), [1], voter)

    smaller = builders.roll({ash.id: 1}).payload_id
    lacking = {"proposal": bytes(32), "roll": roll.payload_id, "community": ash.id, "seat": 1}
    return {
        "for another proposal": (
            from_here(_changed(paper, proposal=builders.identifier("another")), [1], voter),
            USER,
            "it names another proposal",
        ),
        "for another roll": (
            from_here(_changed(paper, roll=smaller), [1], voter),
            USER,
            "it names another roll",
        ),
        "for a seat that is not there": (
            from_here(_changed(paper, seat=3), [1], voter),
            USER,
            "two seats",
        ),
        "for a seat of another mandate": (
            from_here(_changed(paper, seat=2), [1], voter),
            USER,
            "seat 1",
        ),
        "by another key": (
            from_here(paper, [1], builders.key("a thief")),
            USER,
            "the mandate names another holder",
        ),
        "a mandate that one of two stewards signed": (
            by(builders.mandate(ash, voter), ash.stewards[:1]),
            USER,
            "two must sign",
        ),
        **_broken_terms(ash, voter, paper, by),
        "an option that is not there": (from_here(paper, [6], voter), USER, "there are five answers"),
        "two answers": (from_here(paper, [1, 2], voter), USER, "one answer"),
        "a mandate that is no record": (
            from_here(_changed(paper, mandate=(b"\x00",)), [1], voter),
            MALFORMED,
            "records are COSE_Sign1",
        ),
        "fields are missing": (
            record.sign("ballot", canonical.encode(lacking), voter),
            MALFORMED,
            "all fields are written out",
        ),
    }


def _broken_terms(
    ash: FoundedCommunity, voter: KeyPair, paper: Paper, by: Callable[..., Record]
) -> dict[str, tuple[Record, str, str]]:
    """Return ballots that their mandate, their paper or whom they follow does not let hold."""
    from_here = ballot_rules.make
    return {
        "a mandate of another federation": (
            by(builders.mandate(ash, voter, federation=builders.identifier("elsewhere")), ash.stewards),
            USER,
            "mandates are for one federation",
        ),
        "under a mandate that had expired": (
            by(builders.mandate(ash, voter).model_copy(update={"until": 1_000}), ash.stewards),
            USER,
            "its term ended when voting opened",
        ),
        "under a mandate for elections": (
            by(builders.mandate(ash, voter).model_copy(update={"kinds": ("election",)}), ash.stewards),
            USER,
            "the question is yes/no",
        ),
        "under a recall": (
            by(builders.mandate(ash, voter).model_copy(update={"holder": None}), ash.stewards),
            USER,
            "a recall names nobody",
        ),
        "a block without a reason": (from_here(paper, [5], voter), USER, "the rule asks for one"),
        "a split vote that does not add up": (
            from_here(paper, (), voter, split=(THREE_TO_TWO[0], Portion(parts=1, choice=(2,)))),
            USER,
            "four of five parts",
        ),
        "a split vote of which a part blocks without a reason": (
            from_here(paper, (), voter, split=(THREE_TO_TWO[0], Portion(parts=2, choice=(5,)))),
            USER,
            "the rule asks for one",
        ),
        "a vote lent to the seat itself": (
            from_here(paper, (), voter, follows=Borrower(community=ash.id, seat=1)),
            USER,
            "a seat lends its vote to another one",
        ),
        **_broken_entries(ash, paper),
    }


def _broken_entries(ash: FoundedCommunity, paper: Paper) -> dict[str, tuple[Record, str, str]]:
    """Return ballots from paper that were not entered twice alike."""
    from_here = ballot_rules.make
    return {
        "from paper, where two people differ": (
            from_here(
                paper,
                [1],
                ash.stewards[1],
                entered=ballot_rules.make_entry(paper, [2], ash.stewards[0]).raw,
            ),
            USER,
            "1 and 2",
        ),
        "from paper, entered by one person": (
            from_here(
                paper,
                [1],
                ash.stewards[0],
                entered=ballot_rules.make_entry(paper, [1], ash.stewards[0]).raw,
            ),
            USER,
            "two people must",
        ),
    }


def _changed(paper: Paper, **fields: Any) -> Paper:
    return Paper(**{name: fields.get(name, getattr(paper, name)) for name in Paper.__slots__})
