"""What the gate writes, held against what automerge makes of the same edits."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.crdt import changes
from node.crdt.document import Document
from node.crdt.edits import Delete, Edit, Insert, Put, Tree
from node.crdt.gate import DocumentGate
from node.crdt.operation_table import CHANGE_PREDECESSORS_MAX
from node.crdt.operations import Action, Operation, OperationId
from node.crdt.waiting import Offer
from node.errors import NotFoundError, UserError
from node.limits import CHANGE_DEPENDENCIES_MAX
from tests.crdt.histories import NOWHERE, AnySchema, actor, put, random_edit
from tests.crdt.test_content import automerge_offers
from tests.crdt.test_document import TREES
from tests.crdt.test_gate import name_of, offer
from tests.crdt.test_schema import TOY


def edited(gate: DocumentGate, *edits: Edit, by: int = 1) -> bytes:
    """Write edits, admit the change, and return it."""
    raw = gate.change(actor=actor(by), edits=edits, time_s=0)
    assert raw is not None
    assert len(gate.admit([Offer(raw, actor(by))]).admitted) == 1
    return raw


@pytest.mark.parametrize("seed", range(12))
def test_a_change_is_what_automerge_would_write(seed: int) -> None:
    """For random edits of random concurrent histories, the bytes are equal, and so is what is read."""
    dice = random.Random(seed)
    gate = DocumentGate(AnySchema())
    document = Document.empty(actor(0))
    for it in automerge_offers(seed, 12):
        gate.admit([it])
        document = document.apply([it.raw])
    for place in range(25):
        edits = [random_edit(dice, gate.read())]
        by = actor(1 + place % 3)
        ours = gate.change(actor=by, edits=edits, time_s=place, message="Grüße")
        theirs = document.change(actor=by, edits=edits, time_s=place, message="Grüße")
        assert ours == theirs
        if ours is not None:
            gate.admit([Offer(ours, by)])
            document = document.apply([ours])
            assert gate.read() == document.read()


@given(st.dictionaries(st.text(min_size=1, max_size=4), TREES, min_size=1, max_size=4))
def test_what_is_put_is_read(content: dict[str, Tree]) -> None:
    """Maps, lists and plain values come back as written, here and from automerge, by the same bytes."""
    gate = DocumentGate(AnySchema())
    edits = [Put((key,), value) for key, value in content.items()]
    theirs = Document.empty(actor(0)).change(actor=actor(1), edits=edits, time_s=0)
    assert edited(gate, *edits) == theirs
    assert gate.read() == content
    assert gate.change(actor=actor(2), edits=edits_of_plain_values(content), time_s=0) is None


def edits_of_plain_values(content: dict[str, Tree]) -> list[Edit]:
    """Return the edits that say again what stands there already."""
    return [Put((key,), value) for key, value in content.items() if not isinstance(value, dict | list)]


def test_edits_reach_into_what_earlier_edits_of_the_change_wrote() -> None:
    """Insert, put and delete work at any depth, in one change and after it."""
    gate = DocumentGate(AnySchema())
    edited(
        gate,
        Put(("people",), [{"name": "Ada"}, {"name": "Bo"}]),
        Put(("people", 1, "name"), "Bea"),
        Insert(("people",), 2, {"name": "Cy"}),
    )
    edited(gate, Delete(("people", 0)), Insert(("people",), 0, "first"), Put(("people", 2, "age"), 7))
    assert gate.read() == {"people": ["first", {"name": "Bea"}, {"name": "Cy", "age": 7}]}


@pytest.mark.parametrize("edit", NOWHERE)
def test_an_edit_that_leads_nowhere_says_so_and_leaves_no_trace(edit: Edit) -> None:
    """A path to nothing is the caller's mistake; what earlier edits wrote is taken back with it."""
    gate = DocumentGate(AnySchema())
    edited(gate, Put(("name",), "Oak"), Put(("list",), [1, 2]))
    before = gate.read()
    with pytest.raises(NotFoundError):
        gate.change(
            actor=actor(2),
            edits=[Delete(("list", 0)), Put(("name",), "Elm"), Put(("list",), [1, 2]), edit],
            time_s=0,
        )
    assert gate.read() == before
    edited(gate, Put(("name",), "Elm"))
    assert gate.read() == {"name": "Elm", "list": [1, 2]}


@pytest.mark.parametrize("value", [1.5, 2**63, {1, 2}, object(), [0.5], {"": 1}, {"a": 2**64}, "\ud800"])
def test_a_value_that_documents_do_not_hold_is_refused(value: Any) -> None:
    """Floats, large integers, foreign types and half characters are the caller's mistake."""
    gate = DocumentGate(AnySchema())
    with pytest.raises(UserError):
        gate.change(actor=actor(1), edits=[Put(("name",), value)], time_s=0)
    assert gate.read() == {}


def test_edits_that_no_neighbour_would_take_are_refused() -> None:
    """What the limits or the document's type do not allow is refused when it is made, not after signing."""
    gate = DocumentGate(TOY)
    for edit in (
        Put(("name",), "x" * 100_000),
        Put(("tags",), ["a"] * 5_000),
        Put(("colour",), "green"),
        Put(("homes",), "many"),
    ):
        with pytest.raises(UserError, match="one change"):
            gate.change(actor=actor(1), edits=[edit], time_s=0)
    with pytest.raises(UserError, match="one change"):
        gate.change(actor=actor(1), edits=[Put(("name",), "x")], time_s=-1)


def test_a_change_carries_its_time_and_message() -> None:
    """What `change` returns is what peers see: actor, time and message as asked."""
    raw = DocumentGate(AnySchema()).change(
        actor=actor(1), edits=[Put(("name",), "Oak")], time_s=1_790_000_000, message="Grüße"
    )
    assert raw is not None
    change = changes.decode(raw)
    assert (change.actor, change.time_s, change.message) == (actor(1), 1_790_000_000, "Grüße")


def test_attack_many_heads_do_not_stop_an_honest_writer() -> None:
    """Where more changes stand side by side than one may name, an edit still shows, and joins them."""
    gate = DocumentGate(AnySchema())
    mine = edited(gate, Put(("list",), [1]), by=1)
    crowd = [
        put(by=10 + number, start=3, after=(changes.change_hash(mine),), value=f"crowd {number}")
        for number in range(3 * CHANGE_DEPENDENCIES_MAX)
    ]
    assert len(gate.admit([offer(it) for it in crowd]).admitted) == len(crowd)
    edited(gate, Put(("list", 0), 2), Insert(("list",), 1, 3), by=2)
    for text in ("mine", "once more", "and again"):
        edited(gate, Put(("name",), text), by=1)
        assert gate.read() == {"list": [2, 3], "name": text}
    assert len(gate.heads) == 1
    assert name_of(crowd[0]) not in gate.heads


def test_attack_a_crowd_of_values_at_one_place_stops_nobody() -> None:
    """One writer puts more values side by side than a change may replace: an edit still shows at once."""
    gate = DocumentGate(AnySchema())
    per_change = 64
    after: tuple[bytes, ...] = ()
    for number in range(1 + CHANGE_PREDECESSORS_MAX // per_change):
        start = 1 + number * per_change
        operations = tuple(
            Operation(OperationId(start + it, actor(9)), Action.SET, None, "name", False, it, ())  # noqa: FBT003
            for it in range(per_change)
        )
        crowded = put(by=9, seq=number + 1, start=start, after=after, operations=operations)
        gate.admit([offer(crowded)])
        after = (name_of(crowded),)
    assert gate.admitted_count * per_change > CHANGE_PREDECESSORS_MAX
    edited(gate, Put(("name",), "mine"))
    assert gate.read() == {"name": "mine"}
    edited(gate, Delete(("name",)))
    edited(gate, Put(("name",), "again"))
    assert gate.read() == {"name": "again"}
