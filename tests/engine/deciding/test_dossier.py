"""A decision's own file, recounted offline: tests of node/engine/deciding/dossier.py."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node import canonical
from node.engine import commands
from node.engine.deciding import dossier
from node.errors import InputFileError
from node.governance.mandates import Mandate
from node.keys import KeyPair
from node.records import record
from node.records.approvals import Approval
from node.storage.memory import MemoryStore
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of
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
    approvals = [Approval(of=said.payload_id).sign(key) for key in keys]
    slip(nodes[1], scope_of(nodes[1]), [*forged, *(said.sign(key) for key in keys), *approvals])
    assert nodes[0].ask(commands.ExportDecision(proposal=proposal))["data"] == before
    assert dossier.verify(base64.b64decode(before), MemoryStore()).valid


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
