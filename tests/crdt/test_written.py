"""What a gate remembers of the change that it wrote last: nothing that another gate would not find out."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from node.crdt.edits import Delete, Edit, Put
from node.crdt.gate import DocumentGate, Judged
from node.crdt.operations import Actor
from node.crdt.verdicts import Rejected
from node.crdt.waiting import Offer
from node.directory.item import ITEM_SCHEMA

RUNS = tuple(Actor(sha256(b"run %d" % number).digest()) for number in range(3))
# Who writes which value under which key, and whether the change is held back until the next is offered.
STEPS = st.lists(
    st.tuples(st.sampled_from(RUNS), st.sampled_from("abc"), st.integers(0, 3), st.booleans()), max_size=12
)


def edit(gate: DocumentGate, key: str, value: int) -> Edit:
    """Return an edit that can be carried out: 0 deletes what is there."""
    return Delete((key,)) if value == 0 and key in gate.read() else Put((key,), value)


def judged(gate: DocumentGate, offers: list[Offer]) -> list[Judged]:
    """Return what becomes of offers."""
    return list(gate.admit(offers).judged)


@given(STEPS)
def test_a_change_is_judged_the_same_by_the_gate_that_wrote_it(
    steps: list[tuple[Actor, str, int, bool]],
) -> None:
    """The writer's own reading and check of a change stand for everybody's, whatever came between."""
    writer, reader = DocumentGate(ITEM_SCHEMA), DocumentGate(ITEM_SCHEMA)
    held: list[Offer] = []
    for actor, key, value, is_held in steps:
        raw = writer.change(actor=actor, edits=[edit(writer, key, value)], time_s=1)
        if raw is None:
            continue
        held.append(Offer(raw, actor))
        if is_held:
            continue
        offers = [held.pop(), *held]
        assert judged(writer, offers) == judged(reader, offers)
        held.clear()
        assert (writer.read(), writer.heads) == (reader.read(), reader.heads)


def test_a_remembered_change_counts_for_its_own_actor_alone() -> None:
    """A copy of the change that another run carries is refused, and the change itself counts."""
    gate = DocumentGate(ITEM_SCHEMA)
    raw = gate.change(actor=RUNS[0], edits=[Put(("a",), 1)], time_s=1)
    assert raw is not None
    (stolen,) = judged(gate, [Offer(raw, RUNS[1])])
    assert isinstance(stolen.verdict, Rejected)
    assert gate.admit([Offer(raw, RUNS[0])]).admitted
    assert gate.read() == {"a": 1}


def test_a_remembered_change_does_not_count_twice() -> None:
    """Offered again, the change that was written here is known, and the next is not taken for it."""
    gate = DocumentGate(ITEM_SCHEMA)
    first = gate.change(actor=RUNS[0], edits=[Put(("a",), 1)], time_s=1)
    assert first is not None
    assert gate.admit([Offer(first, RUNS[0])]).admitted
    assert not gate.admit([Offer(first, RUNS[0])]).admitted
    second = gate.change(actor=RUNS[0], edits=[Put(("a",), 2)], time_s=1)
    assert second is not None
    assert not gate.admit([Offer(first, RUNS[0])]).admitted
    assert gate.admit([Offer(second, RUNS[0])]).admitted
    assert gate.read() == {"a": 2}
