"""A decision's own file, recounted offline: tests of node/engine/deciding/dossier.py."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node import canonical, ids
from node.engine import commands
from node.engine.deciding import dossier
from node.errors import InputFileError
from node.federation.membership import JoinRequest, Membership
from node.feeds import scopes
from node.governance import papers
from node.governance.ballots import Ballot
from node.governance.closing import cut as cuts
from node.governance.closing.review import ReviewEnd, ReviewRequest, Withdraw
from node.governance.closing.statements import CutVote, Receipt
from node.governance.mandates import Mandate
from node.governance.proposals import Proposal
from node.governance.sizes import SizeAttestation
from node.ids import PayloadId
from node.keys import KeyPair
from node.records import record
from node.records.approvals import Approval
from node.records.record import Record
from node.records.statement import Statement
from node.storage.memory.store import MemoryStore
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node
from tests.verifier.drawn import slip


def decided() -> tuple[bytes, dict[str, object]]:
    """Return the file of a certified decision of three communities, and the result as a node shows it."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], 25 * HOUR)
    data = base64.b64decode(nodes[2].ask(commands.ExportDecision(proposal=proposal))["data"])
    return data, result(nodes[0], proposal)


DATA, SHOWN = decided()


def test_i8_the_file_alone_proves_the_decision() -> None:
    """I8: with nothing but the file, the same result id comes out that every node shows."""
    found = dossier.verify(DATA, MemoryStore())
    assert found.problems == ()
    assert found.valid
    assert found.reading is not None
    assert found.reading.state == "certified"
    assert found.reading.result.result_id.hex() == SHOWN["result_id"]


def test_attack_mandates_that_do_not_hold_make_no_file_longer() -> None:
    """What a member publishes in the name of others, or signs once more with other keys, is left out."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], 25 * HOUR)
    (row, *_) = nodes[0].store.records.of_kind(scope_of(nodes[0]), Mandate.kind)
    (said,) = Mandate.among([record.stored(row.raw)])
    before = nodes[0].ask(commands.ExportDecision(proposal=proposal))["data"]
    keys = [KeyPair(bytes([number]) * 32) for number in range(1, 21)]
    forged = [said.model_copy(update={"seq": 2, "prev": said.payload_id}).sign(key) for key in keys]
    approvals = [Approval(of=said.payload_id, community=said.community).sign(key) for key in keys]
    slip(nodes[1], scope_of(nodes[1]), [*forged, *(said.sign(key) for key in keys), *approvals])
    assert nodes[0].ask(commands.ExportDecision(proposal=proposal))["data"] == before
    assert dossier.verify(base64.b64decode(before), MemoryStore()).valid


def junk(node: Node, proposal: str, number: int) -> list[Record]:
    """Return what a member can publish about all that a decision rests on, by its own keys or new ones."""
    scope, (ballot, *_) = scope_of(node), node.store.records.of_kind(scope_of(node), Ballot.kind)
    federation, asked = scopes.federation_of(scope), ids.parse(proposal)
    assert federation is not None
    cast = Ballot.among([ballot.record])[0]
    (size, *_) = SizeAttestation.among(
        [one.record for one in node.store.records.of_kind(scope, SizeAttestation.kind)]
    )
    (put_there,) = Proposal.among([one.record for one in node.store.records.with_payload(PayloadId(asked))])
    made = []
    for count in range(number):
        key, some = KeyPair(count.to_bytes(32, "big")), bytes([7]) + count.to_bytes(31, "big")
        join = JoinRequest(federation=federation, community=some, name="?", nonce=some[:16])
        own = JoinRequest(federation=federation, community=node.community, name="?", nonce=some[16:])
        value = cuts.failure(asked)
        said: list[Statement] = [
            join,
            Membership(federation=federation, community=some, request=join.payload_id),
            size.model_copy(update={"subject": some, "serial": count + 50}),
            cast.model_copy(update={"reason": str(count)}),
            put_there,
            Approval(of=asked, community=node.community),
            Approval(of=put_there.roll, community=some),
            Withdraw(proposal=asked),
            ReviewRequest(proposal=asked, community=node.community, result=some, reason="?"),
            ReviewEnd(proposal=asked, witness=node.community, result=some, requests=(), contested=False),
            Receipt(proposal=asked, witness=node.community, listed=(some,)),
            CutVote(
                instance=papers.instance(asked),
                witness=node.community,
                step="com",
                round=50 + count,
                value=value,
                lock=None,
            ),
        ]
        made += [one.sign(signer) for one in said for signer in (key, node.device)]
        made += [one.sign(node.steward) for one in (own, size.model_copy(update={"serial": count + 50}))]
        made += [
            Membership(federation=federation, community=node.community, request=own.payload_id).sign(
                node.steward
            )
        ]
    return made


@pytest.mark.parametrize("hours", [1, 25])
def test_attack_junk_records_that_make_every_file_longer(hours: int) -> None:
    """What a member publishes beside what counts, with new keys, its own or its device's, is in no file."""
    nodes = federated(["ann", "bob", "carl"])
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], hours * HOUR)
    before = base64.b64decode(nodes[0].ask(commands.ExportDecision(proposal=proposal))["data"])
    published = junk(nodes[1], proposal, 6)
    for place in range(0, len(published), 100):
        slip(nodes[1], scope_of(nodes[1]), published[place : place + 100])
    assert len(nodes[0].store.records.about(scope_of(nodes[0]), Ballot.kind, ids.parse(proposal))) > 6
    after = base64.b64decode(nodes[0].ask(commands.ExportDecision(proposal=proposal))["data"])
    assert (len(after), after) == (len(before), before)
    assert dossier.verify(after, MemoryStore()).valid == (hours == 25)


def test_a_question_still_open_is_no_proof() -> None:
    """A file written before the close says that nothing is certified."""
    nodes = federated(["ann", "bob"])
    proposal = put(nodes[0])
    vote(nodes[0], proposal)
    data = base64.b64decode(nodes[0].ask(commands.ExportDecision(proposal=proposal))["data"])
    found = dossier.verify(data, MemoryStore())
    assert not found.valid
    assert "no certified result" in found.problems[0]


def test_attack_a_ballot_left_out_of_the_file() -> None:
    """Whoever takes a counted ballot out of the file leaves a cut that nobody can count."""
    form, proposal, founding, charters, records = canonical.decode(DATA, bytes_max=len(DATA))
    proved = 0
    for left_out in range(len(records)):
        fewer = [one for place, one in enumerate(records) if place != left_out]
        data = canonical.encode([form, proposal, founding, charters, fewer])
        found = dossier.verify(data, MemoryStore())
        if found.valid:
            assert found.reading is not None
            assert found.reading.result.result_id.hex() == SHOWN["result_id"]
            proved += 1
    # Three witnesses commit and two are enough: a few papers can go, and what is proved is still the same.
    assert proved < len(records) // 2


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_attack_a_changed_byte_proves_nothing_else(place: int, change: int) -> None:
    """A byte changed anywhere is an error, a problem that is named, or changes nothing that is proved."""
    data = bytearray(DATA)
    data[place] ^= change
    try:
        found = dossier.verify(bytes(data), MemoryStore())
    except InputFileError:
        return
    if found.valid:
        assert found.reading is not None
        assert found.reading.result.result_id.hex() == SHOWN["result_id"]


@pytest.mark.parametrize("data", [b"", b"\x00", b"not a decision", canonical.encode(["hedgerow/decision/9"])])
def test_another_file_is_refused_with_a_sentence(data: bytes) -> None:
    """What is no decision's file is the caller's mistake, in one sentence."""
    with pytest.raises(InputFileError, match=r"decision|newer version"):
        dossier.verify(data, MemoryStore())
