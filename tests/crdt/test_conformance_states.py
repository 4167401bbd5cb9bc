"""What stands in the documents of Automerge's makers: the same here and there, or refused by a named rule."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from node.crdt import changes
from node.crdt.document import Document
from node.crdt.edits import Tree
from node.crdt.gate import DocumentGate
from node.crdt.verdicts import Admitted, Rejected, Verdict
from node.crdt.waiting import Offer
from node.errors import RejectedChangeError, StoreUnavailableError
from tests.crdt.foreign_documents import changes_in, respelled, their_content
from tests.crdt.histories import AnySchema, actor

pytestmark = pytest.mark.shared

# Documents of which our types can say everything, floating-point numbers as the bytes that they are: how many
# changes each has.
SAME = {
    "fixtures/two_change_chunks.automerge": 2,
    "fixtures/two_change_chunks_compressed.automerge": 2,
    "fixtures/two_change_chunks_out_of_order.automerge": 2,
    "other/brave-ape-49.automerge": 184,
}
# Documents that Automerge reads and our types cannot say: by which rule the first change is refused, how many
# changes count without it, and how many there are.
REFUSED = {
    "fixtures/broken_zero_width_mark.automerge": (
        "expected a known column above number 112, found 148",
        1,
        4,
    ),
    "fixtures/counter_value_is_ok.automerge": ("integer, text or bytes, found counter", 0, 1),
    "interop/exemplar": ("integer, text or bytes, found timestamp", 0, 1),
}
# Files that Automerge cannot read either: single changes by the rule that refuses them with an actor of ours.
BROKEN_CHANGES = {
    "fixtures/64bit_obj_id_change.automerge": "a first counter from 1 to 4294967295, found 4398046511104",
    "fixtures/counter_value_has_incorrect_meta.automerge": "integer, text or bytes, found counter",
    "fixtures/counter_value_is_overlong.automerge": "integer, text or bytes, found counter",
    "fuzz-crashers/action-is-48.automerge": "expected a known column above number 86, found 97",
}
# And whole documents, which no peer may send, whatever is in them.
BROKEN_DOCUMENTS = {
    "fixtures/64bit_obj_id_doc.automerge",
    "fuzz-crashers/crash-da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "fuzz-crashers/incorrect_max_op.automerge",
    "fuzz-crashers/invalid_deflate_stream.automerge",
    "fuzz-crashers/missing_actor.automerge",
    "fuzz-crashers/overflow_in_length.automerge",
    "fuzz-crashers/too_many_deps.automerge",
    "fuzz-crashers/too_many_ops.automerge",
}


def file(shared: Path, name: str) -> bytes:
    """Return one of the conformance files."""
    return (shared / "data/automerge" / name).read_bytes()


def judged(offers: Sequence[Offer]) -> tuple[DocumentGate, list[Verdict]]:
    """Return a gate that was offered these all at once, and what became of each."""
    gate = DocumentGate(AnySchema())
    return gate, [one.verdict for one in gate.admit(offers).judged]


def exactly(tree: Tree) -> str:
    """Return a tree as text in which 1, true and "1" differ."""
    return json.dumps(tree, sort_keys=True, default=lambda raw: {"$bytes": raw.hex()})


def test_every_file_has_its_place(shared: Path) -> None:
    """No document of the makers' is left out of these tests."""
    folder = shared / "data/automerge"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files - {"README.md"} == {*SAME, *REFUSED, *BROKEN_CHANGES, *BROKEN_DOCUMENTS}


@pytest.mark.parametrize("name", SAME)
def test_what_stands_there_is_what_automerge_reads(shared: Path, name: str) -> None:
    """All its changes count here, in whatever order they stand; content, types and heads are Automerge's."""
    raw = file(shared, name)
    offers, old_names = respelled(changes_in(raw), floats=True)
    content, heads = their_content(raw)
    assert len(offers) == SAME[name]
    for order in (offers, offers[::-1]):
        gate, verdicts = judged(order)
        assert all(isinstance(one, Admitted) for one in verdicts), verdicts
        assert exactly(gate.read()) == exactly(content)
        assert tuple(sorted(old_names[head] for head in gate.heads)) == heads
    assert all(changes.encode(changes.decode(one.raw)) == one.raw for one in offers)


def test_every_state_on_the_way_is_what_automerge_reads(shared: Path) -> None:
    """The longest document, change by change in Automerge's order: both read the same at each step."""
    offers, _ = respelled(changes_in(file(shared, "other/brave-ape-49.automerge")), floats=True)
    gate, document, states = DocumentGate(AnySchema()), Document.empty(actor(1)), set()
    for offer in offers:
        gate.admit([offer])
        document = document.apply([offer.raw])
        assert exactly(gate.read()) == exactly(document.read())
        assert tuple(sorted(gate.heads)) == document.heads()
        states.add(exactly(gate.read()))
    assert len(states) > len(offers) // 2, "most changes show"


@pytest.mark.parametrize("name", REFUSED)
def test_what_our_types_cannot_say_is_refused_by_its_rule(shared: Path, name: str) -> None:
    """A mark, a counter, a time: its change is refused for that, what builds on it waits, the rest counts."""
    rule, counting, count = REFUSED[name]
    offers, _ = respelled(changes_in(file(shared, name)))
    gate, verdicts = judged(offers)
    refused = [one.reason for one in verdicts if isinstance(one, Rejected)]
    admitted = [
        one.raw for one, verdict in zip(offers, verdicts, strict=True) if isinstance(verdict, Admitted)
    ]
    assert len(offers) == count
    assert len(admitted) == counting
    assert rule in refused[0]
    assert all(one.startswith("expected dependencies that count") for one in refused[1:])
    assert exactly(gate.read()) == exactly(Document.empty(actor(1)).apply(admitted).read())


def test_floating_point_numbers_are_refused_by_their_rule(shared: Path) -> None:
    """As it was written, the longest document has numbers that nothing of ours may hold."""
    offers, _ = respelled(changes_in(file(shared, "other/brave-ape-49.automerge")))
    reasons = []
    for offer in offers:
        try:
            changes.decode(offer.raw)
        except RejectedChangeError as error:
            reasons.append(str(error))
    assert len(reasons) == 16
    assert all(one.endswith("integer, text or bytes, found floating-point number") for one in reasons)


@pytest.mark.parametrize("name", BROKEN_CHANGES)
def test_broken_changes_are_refused_by_their_rule(shared: Path, name: str) -> None:
    """Neither Automerge nor our gate reads them, and our gate not because of their actor alone."""
    raw = file(shared, name)
    with pytest.raises(StoreUnavailableError):
        Document.load(raw, actor(1))
    with pytest.raises(RejectedChangeError, match="expected an actor of 32 bytes, found 16"):
        changes.decode(raw)
    (offer,), _ = respelled([raw])
    with pytest.raises(RejectedChangeError, match=BROKEN_CHANGES[name]):
        changes.decode(offer.raw)


@pytest.mark.parametrize("name", sorted(BROKEN_DOCUMENTS))
def test_broken_documents_are_refused_unread(shared: Path, name: str) -> None:
    """Automerge fails somewhere inside them; our gate does not look."""
    raw = file(shared, name)
    with pytest.raises(StoreUnavailableError):
        Document.load(raw, actor(1))
    with pytest.raises(RejectedChangeError, match="expected an uncompressed change, found a whole document"):
        changes.decode(raw)
