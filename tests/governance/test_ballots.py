"""Ballots: each holds by itself, or is set aside with the reason."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import errors
from node.errors import NodeError, UserError
from node.governance import answers, ballots
from node.governance.ballots import Paper
from node.governance.proposals import Proposal, Roll
from node.identity.community import evaluate
from node.ids import CommunityId
from node.records import record
from node.records.approvals import Approval, Signatures
from tests import builders, strategies

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "ballots.json").read_text())

ASH = builders.community("Ash", stewards=2, threshold=2)
KNOWN = builders.Known(ASH)
ANN = builders.key("ann")
ROLL = builders.roll({ASH.id: 2})
QUESTION = builders.yes_no(ROLL)
ELECTION = builders.election(ROLL, ["Ash", "Birch", "Cedar"])
GRANTED = builders.mandate(ASH, ANN)
SIGNED = [
    GRANTED.sign(ASH.stewards[0]),
    Approval(of=GRANTED.payload_id, community=ASH.id).sign(ASH.stewards[1]),
]


def paper(question: Proposal = QUESTION, /, **changes: Any) -> Paper:
    """Return what Ann needs to vote, with some fields changed."""
    whole = builders.paper(question, GRANTED, SIGNED)
    return Paper(**{name: changes.get(name, getattr(whole, name)) for name in Paper.__slots__})


@given(st.permutations([1, 2, 3]), st.integers(1, 3))
def test_a_ballot_that_fits_holds(order: Sequence[int], count: int) -> None:
    """A ballot made of a paper holds, for its seat and under its mandate, with the choice as it was made."""
    made = ballots.make(paper(ELECTION), order[:count], ANN)
    valid = ballots.check(made, ELECTION, ROLL, KNOWN.approves)
    assert valid.id == made.id
    assert valid.ballot.choice == tuple(order[:count])
    assert (valid.seat, valid.mandate, valid.mandate_id) == ((ASH.id, 1), GRANTED, GRANTED.payload_id)


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["name"])
def test_the_valid_vectors_hold(case: dict[str, str]) -> None:
    """Each valid ballot of the vectors holds against the charter, roll and proposal of the file."""
    signed = record.read(bytes.fromhex(case["raw"]))
    assert vector_check(signed).id.hex() == case["id"]


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_the_broken_vectors_do_not_hold(case: dict[str, str]) -> None:
    """Each broken ballot of the vectors is refused with the error the file names."""
    with pytest.raises(getattr(errors, case["error"])):
        vector_check(record.read(bytes.fromhex(case["raw"])))


def vector_check(signed: record.Record) -> ballots.ValidBallot:
    """Check a ballot against what the vector file says."""
    roll = Roll.decode(bytes.fromhex(VECTORS["roll"]["payload"]))
    question = Proposal.decode(bytes.fromhex(VECTORS["proposal"]["payload"]))
    known = [record.read(bytes.fromhex(raw)) for raw in VECTORS["community"]]

    def approves(community: CommunityId, payload: bytes, signatures: Signatures) -> bool:
        standing = evaluate(community, known)
        return standing is not None and standing.approves(payload, signatures)

    def stewards(community: CommunityId) -> Sequence[bytes]:
        standing = evaluate(community, known)
        return standing.stewards.keys if standing is not None else ()

    return ballots.check(signed, question, roll, approves, stewards)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"proposal": bytes(32)}, "another proposal"),
        ({"roll": bytes(32)}, "another roll"),
        ({"community": bytes(32)}, "no seat number 1"),
        ({"seat": 3}, "no seat number 3"),
        ({"seat": 2}, "mandate is for another seat"),
        ({"mandate": (SIGNED[0].raw,)}, "not signed by enough stewards"),
        ({"mandate": (SIGNED[0].raw, SIGNED[0].raw)}, "not signed by enough stewards"),
        (
            {"mandate": tuple(one.raw for one in [*SIGNED, builders.approvals(ANN, 1)[0]])},
            "do not belong to its mandate",
        ),
    ],
)
def test_a_ballot_that_does_not_fit_says_why(changes: dict[str, Any], says: str) -> None:
    """Another proposal, roll, community or seat, or a mandate that is not signed: one sentence each."""
    made = ballots.make(paper(**changes), [1], ANN)
    with pytest.raises(UserError, match=says):
        ballots.check(made, QUESTION, ROLL, KNOWN.approves)


def test_attack_a_ballot_by_somebody_who_copied_the_paper() -> None:
    """Only the key that the mandate names can vote with it, not even the stewards who granted it."""
    for thief in (builders.key("thief"), *ASH.stewards, ASH.device):
        with pytest.raises(UserError, match="not signed by the holder"):
            ballots.check(ballots.make(paper(), [1], thief), QUESTION, ROLL, KNOWN.approves)


def test_attack_a_mandate_inside_whose_signature_was_broken() -> None:
    """A mandate that anybody wrote and nobody signed does not pass inside a ballot."""
    raw = SIGNED[0].raw
    forged = raw[:-1] + bytes([raw[-1] ^ 1])
    with pytest.raises(errors.BadSignatureError):
        ballots.check(ballots.make(paper(mandate=(forged,)), [1], ANN), QUESTION, ROLL, KNOWN.approves)


@pytest.mark.parametrize(
    ("proposal", "choice"),
    [
        (QUESTION, [6]),
        (QUESTION, [1, 2]),
        (ELECTION, [4]),
        (ELECTION, [1, 1]),
        (ELECTION, [1, 2, 3, 4]),
        (ELECTION, [2**53 - 1]),
    ],
)
def test_a_choice_that_the_paper_does_not_offer_is_refused(proposal: Proposal, choice: list[int]) -> None:
    """An option that is not there, one twice, or two answers to yes or no."""
    with pytest.raises(UserError):
        answers.check_choice(proposal, choice)
    with pytest.raises(UserError):
        ballots.check(ballots.make(paper(proposal), choice, ANN), proposal, ROLL, KNOWN.approves)


STRICT = builders.yes_no(ROLL, rule=builders.MAJORITY.model_copy(update={"block_reasons": True}))


@pytest.mark.parametrize(
    ("proposal", "choice", "reason", "says"),
    [
        (STRICT, 5, "", "a block needs a reason"),
        (STRICT, 5, "   ", "a block needs a reason"),
        (STRICT, 5, "The river floods there.", None),
        (STRICT, 2, "", None),
        (STRICT, 4, "Not with my time.", None),
        (QUESTION, 5, "", None),
        (ELECTION, 1, "She is kind.", "an election takes no reasons"),
    ],
)
def test_a_block_says_why_where_the_rules_ask_for_it(
    proposal: Proposal, choice: int, reason: str, says: str | None
) -> None:
    """Without a reason a block does not hold there; elsewhere a reason is free, and elections take none."""
    made = ballots.make(paper(proposal), [choice], ANN, reason=reason)
    if says is None:
        assert ballots.check(made, proposal, ROLL, KNOWN.approves).ballot.reason == reason
    else:
        with pytest.raises(UserError, match=says):
            ballots.check(made, proposal, ROLL, KNOWN.approves)


@given(st.lists(strategies.records | strategies.ballots.map(lambda one: one.sign(ANN)), max_size=6))
def test_any_records_are_sorted_out_and_nothing_is_raised(held: list[record.Record]) -> None:
    """Whatever is carried as a ballot is valid or set aside with a reason, and stops none that holds."""
    good = ballots.make(paper(), [1], ANN)
    valid, rejected = ballots.sort_out([*held, good], QUESTION, ROLL, KNOWN.approves)
    assert [one.id for one in valid] == [good.id]
    assert {one for one, _ in rejected} == {one.id for one in held}
    assert all(reason for _, reason in rejected)


def test_a_ballot_is_checked_from_its_bytes_alone() -> None:
    """A ballot carries its mandate: only charter, roll and proposal are needed beside it."""
    raw = ballots.make(paper(), [2], ANN).raw
    assert ballots.check(record.read(raw), QUESTION, ROLL, KNOWN.approves).mandate == GRANTED
    with pytest.raises(NodeError):
        ballots.check(record.read(raw), QUESTION, ROLL, builders.Known().approves)
