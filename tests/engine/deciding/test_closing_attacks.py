"""Attacks on the close of a decision, over whole nodes: each test is named after what it withstands."""

import base64

import pytest

from node import ids, keys
from node.clock import Timestamp
from node.engine import commands
from node.engine.deciding import dossier
from node.engine.inputs import Woken
from node.governance import ballots, decisions, papers
from node.governance.closing.statements import LISTED_MAX, CutVote, Receipt, Seal
from node.governance.decisions import Following
from node.governance.mandates import Mandate
from node.governance.proposals import Proposal, Roll
from node.governance.sizes import Size, SizeAttestation
from node.ids import CommunityId, PayloadId
from node.keys import KeyPair
from node.records import record
from node.storage.memory.store import MemoryStore
from tests import builders
from tests.engine.deciding.test_closing import (
    CLOSING,
    HOUR,
    federated,
    pass_time,
    put,
    result,
    signed_by,
    vote,
)
from tests.engine.harness import Node
from tests.verifier import minimal
from tests.verifier.drawn import slip


def scope_of(node: Node) -> str:
    """Return the federation's scope."""
    return next(one for one in node.store.feeds.scopes() if one.startswith("members:"))


def stated(
    node: Node, form: type[Proposal] | type[Roll] | type[CutVote] | type[Seal], number: int = 0
) -> object:
    """Return a statement that a node holds."""
    rows = node.store.records.of_kind(scope_of(node), form.kind)
    return form.read(record.stored(rows[number].raw))


def test_attack_a_question_for_more_seats_than_can_be_counted() -> None:
    """A steward who puts an election of a million seats stops no witness; the question is not put at all."""
    nodes = federated(["ann", "bob", "carl"])
    good = put(nodes[0])
    before = stated(nodes[0], Proposal)
    assert isinstance(before, Proposal)
    fields = {"method": "scottish-stv/1", "options": ("A",), "rule": None, "seats": 10**6}
    wild = before.model_copy(update={**fields, "proposer": nodes[1].community})
    slip(nodes[1], scope_of(nodes[1]), [wild.sign(nodes[1].steward)])
    for node in nodes:
        vote(node, good)
    pass_time(nodes[0], 25 * HOUR)
    assert {result(node, good)["state"] for node in nodes} == {"certified"}
    assert [one["id"] for one in nodes[0].ask(commands.ListProposals())["proposals"]] == [good]


@pytest.mark.parametrize("count", [3, 4])
def test_attack_a_witness_in_the_last_round_there_is(count: int) -> None:
    """Whoever moves to round 1,000,000, alone or with another, neither stops a node nor the question."""
    nodes = federated([f"n{number}" for number in range(count)])
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    for liar in nodes[2:]:
        wild = CutVote(
            instance=papers.instance(ids.parse(proposal)),
            witness=liar.community,
            step="rc",
            round=1_000_000,
            value=None,
            lock=None,
        )
        slip(liar, scope_of(liar), [wild.sign(liar.device)])
    pass_time(nodes[0], 25 * HOUR)
    for _ in range(5):
        pass_time(nodes[0], 7 * HOUR)
    assert {result(node, proposal)["state"] for node in nodes[:2]} <= {"in force", "provisional"}


def test_attack_a_liar_unsettles_a_certified_result_by_naming_another() -> None:
    """I2: one witness's vote for another result over the same cut changes nothing that is certified."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], 25 * HOUR)
    before = result(nodes[0], proposal)
    assert before["state"] == "certified"
    (said,) = [one for one in signed_by(nodes[3], CutVote.kind) if one.step == "com"]
    rival = said.model_copy(
        update={"step": "pre", "round": 5, "value": said.value.model_copy(update={"result": bytes(32)})}
    )
    slip(nodes[3], scope_of(nodes[3]), [rival.sign(nodes[3].device)])
    after = result(nodes[0], proposal)
    assert (after["state"], after["result_id"]) == ("certified", before["result_id"])
    data = base64.b64decode(nodes[0].ask(commands.ExportDecision(proposal=proposal))["data"])
    assert dossier.verify(data, MemoryStore()).valid
    assert minimal.verify(data).valid


def many_ballots(node: Node, proposal: str, number: int) -> list[record.Record]:
    """Return so many ballots of a node's delegate for its first seat, each replacing the one before."""
    held = stated(node, Proposal)
    assert isinstance(held, Proposal)
    scope = scope_of(node)
    mandates = [record.stored(row.raw) for row in node.store.records.of_kind(scope, Mandate.kind)]
    (mandate,) = [one for one in mandates if Mandate.read(one).community == node.community]
    signed: list[record.Record] = []
    for seq in range(1, number + 1):
        form = ballots.Paper(
            proposal=ids.parse(proposal),
            roll=held.roll,
            community=node.community,
            seat=1,
            mandate=(mandate.raw,),
            next_seq=seq,
            prev=signed[-1].id if signed else None,
        )
        signed.append(ballots.make(form, (1 + seq % 2,), node.delegate))
    return signed


@pytest.mark.long
def test_attack_a_delegate_who_fills_the_witnesses_lists() -> None:
    """A seat that votes thousands of times leaves room for every other seat's ballot (test_listing.py)."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = put(nodes[0])
    slip(nodes[2], scope_of(nodes[2]), many_ballots(nodes[2], proposal, LISTED_MAX + 50))
    nodes[0].network.wait(1_000)
    for node in nodes[:2]:
        vote(node, proposal)
    pass_time(nodes[0], 25 * HOUR)
    found = result(nodes[0], proposal)
    assert found["state"] == "certified"
    assert found["seats_voted"] == 3


def test_attack_a_community_that_fills_the_lists_with_mandates_for_seats_it_has_not() -> None:
    """Mandates that revoke ballots of seats nobody has on the roll are in no receipt."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = put(nodes[0])
    held = stated(nodes[0], Proposal)
    assert isinstance(held, Proposal)
    wild = [
        Mandate(
            federation=held.federation,
            community=nodes[2].community,
            seat=seat,
            seq=1,
            prev=None,
            holder=nodes[2].delegate.public,
            revokes_ballots=True,
        ).sign(nodes[2].steward)
        for seat in range(2, 60)
    ]
    slip(nodes[2], scope_of(nodes[2]), wild)
    vote(nodes[0], proposal)
    pass_time(nodes[0], 25 * HOUR)
    listed = {one for seal in signed_by(nodes[0], Seal.kind) for one in seal.listed}
    assert not listed & {one.payload_id for one in wild}


def test_attack_a_liar_who_crowds_others_receipts_out_of_the_seals() -> None:
    """A ballot known by receipts alone is named in a seal, however many receipts a liar gives for nothing."""
    nodes = federated(["ann", "bob", "carl", "dora"])
    proposal = ids.parse(put(nodes[0]))
    liar = nodes[3]
    noise = [
        Receipt(proposal=proposal, witness=liar.community, listed=(number.to_bytes(32, "big"),)).sign(
            liar.device
        )
        for number in range(1_200)
    ]
    slip(liar, scope_of(liar), noise)
    vote(nodes[0], ids.show(proposal))
    pass_time(nodes[0], 25 * HOUR)
    (seal,) = signed_by(nodes[1], Seal.kind)
    named = [
        one for node in nodes if node is not nodes[1] for one in _receipts(node) if one.id in seal.receipts
    ]
    said = {(one.witness, listed) for one in Receipt.among(named) for listed in one.listed}
    for listed in seal.listed:
        assert len([witness for witness, ballot in said if ballot == listed]) == 2, "f + 1 of the other three"
    assert len(seal.receipts) <= 2 * len(seal.listed), "and none for what is not there"


@pytest.mark.parametrize("way", ["substitute", "revoked"])
def test_attack_a_ballot_that_ends_voting_early_before_the_delegate_has_voted(way: str) -> None:
    """Neither a substitute's ballot nor one that a newer mandate voids lets the witnesses seal at once."""
    nodes = federated(["ann", "bob"], closing=f"{CLOSING}early = true\n")
    ann, bob = nodes
    new, other = builders.key("new delegate"), builders.key("somebody")
    if way == "substitute":
        names = {"holder": keys.show(new.public), "substitute": keys.show(other.public)}
        ann.ask(commands.GrantMandate.model_validate(names))
    proposal = put(bob)
    cast_by(ann, proposal, other if way == "substitute" else ann.delegate, 2)
    if way == "revoked":
        ann.ask(commands.GrantMandate(holder=keys.show(new.public), revoke_ballots=True))
        ann.network.wait(500)
    vote(bob, proposal, 1)
    pass_time(ann, 1_000)
    assert not signed_by(bob, Seal.kind)
    cast_by(ann, proposal, new, 1)
    pass_time(ann, 1_000)
    found = result(bob, proposal)
    assert (found["state"], found["outcome"]["votes"]["yes"]) == ("certified", 2)


def cast_by(node: Node, proposal: str, holder: KeyPair, choice: int) -> None:
    """Let a key vote for the seat it is shown."""
    shown = node.ask(commands.ShowPaper(proposal=proposal, holder=keys.show(holder.public)))
    signed = ballots.make(ballots.paper_of(shown, shown["seats"][0]), (choice,), holder)
    node.ask(commands.CastBallots(ballots=(signed.raw,)))
    node.network.wait(500)


def _receipts(node: Node) -> list[record.Record]:
    rows = node.store.records.of_kind(scope_of(node), Receipt.kind)
    return [record.stored(row.raw) for row in rows if row.signer == node.device.public]


def test_a_question_that_came_before_what_its_roll_rests_on_is_witnessed() -> None:
    """Attestations may arrive after a proposal and its roll: witnesses take it up when they are here."""
    nodes = federated(["ann", "bob"])
    ann, bob = nodes
    first = put(ann)
    proposal, roll = stated(ann, Proposal), stated(ann, Roll)
    assert isinstance(proposal, Proposal)
    assert isinstance(roll, Roll)
    later = SizeAttestation(
        federation=roll.federation, attester=bob.community, subject=bob.community, size=40, serial=2
    )
    sizes = [
        Size(CommunityId(one.community), one.size, tuple(map(PayloadId, one.attestations)))
        if one.community == ann.community
        else Size(bob.community, 40, (later.payload_id,))
        for one in roll.holders
    ]
    follows = Following(2, roll.payload_id, roll.bylaws)
    new = decisions.make_roll(
        roll.federation, sizes, witnesses=roll.witnesses, follows=follows, rule=roll.rule
    )
    fields = {**proposal.model_dump(), "roll": new.payload_id, "nonce": bytes(16)}
    second = Proposal.model_validate(fields)
    slip(ann, scope_of(ann), [new.sign(ann.steward), second.sign(ann.steward)])
    ann.network.wait(1_000)
    slip(bob, scope_of(bob), [later.sign(bob.steward)])
    pass_time(ann, 25 * HOUR)
    for each in (first, ids.show(second.id)):
        assert {result(node, each)["state"] for node in nodes} == {"certified"}


def test_attack_a_clock_set_forward_and_back_stops_no_round() -> None:
    """A witness whose clock ran a year ahead, and is set right, goes on like the others."""
    nodes = federated(["ann", "bob"], closing=f"{CLOSING}early = true\n")
    proposal = put(nodes[0])
    vote(nodes[0], proposal)
    network = nodes[0].network
    right = network.now
    for node in nodes[1:]:
        network.now = Timestamp(right + 10_000 * HOUR)
        node.handle(Woken())
    network.now = right
    network.settle()
    pass_time(nodes[0], 25 * HOUR, steps=60)
    assert {result(node, proposal)["state"] for node in nodes} == {"certified"}
