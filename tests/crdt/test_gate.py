import random
from collections.abc import Sequence

import pytest

from node.crdt import changes, waiting
from node.crdt.changes import Change, ChangeHash
from node.crdt.gate import DocumentGate, Outcome, replay
from node.crdt.history import DOCUMENT_DEPTH_MAX
from node.crdt.operations import HEAD, Action, Actor, Key, Operation, OperationId, Scalar
from node.crdt.verdicts import Admitted, Duplicate, Rejected, Waiting
from node.crdt.waiting import Offer
from tests.crdt.histories import AnySchema, actor, gated_history, mutated, put
from tests.crdt.test_schema import TOY


def fresh() -> DocumentGate:
    """Return a gate before an empty document that allows everything."""
    return DocumentGate(AnySchema())


def offer(change: Change) -> Offer:
    """Return a change as its own author's entry brings it."""
    return Offer(changes.encode(change), change.actor)


def name_of(change: Change) -> ChangeHash:
    """Return the hash of a change."""
    return changes.change_hash(changes.encode(change))


def step(
    place: int,
    action: Action,
    key: Key,
    *,
    by: int = 1,
    object: OperationId | None = None,  # noqa: A002  named as in Operation
    insert: bool = False,
    value: Scalar = None,
    predecessors: tuple[OperationId, ...] = (),
) -> Operation:
    """Return one operation."""
    return Operation(OperationId(place, actor(by)), action, object, key, insert, value, predecessors)


def one(place: int, by: int = 1) -> OperationId:
    """Return an operation's name."""
    return OperationId(place, actor(by))


# A first change with one of everything: name, list of two, map, text of one character, and a deleted key.
BASE = put(
    operations=(
        step(1, Action.SET, "name", value="Oak"),
        step(2, Action.MAKE_LIST, "tags"),
        step(3, Action.SET, HEAD, object=one(2), insert=True, value="a"),
        step(4, Action.SET, one(3), object=one(2), insert=True, value="b"),
        step(5, Action.MAKE_MAP, "place"),
        step(6, Action.MAKE_TEXT, "story"),
        step(7, Action.SET, HEAD, object=one(6), insert=True, value="x"),
        step(8, Action.SET, "gone", value=1),
        step(9, Action.DELETE, "gone", predecessors=(one(8),)),
    )
)


def following(*operations: Operation) -> Change:
    """Return actor 1's next change after BASE."""
    return put(seq=2, start=10, after=(name_of(BASE),), operations=operations)


@pytest.mark.parametrize(
    "operation",
    [
        step(10, Action.SET, "name", value="Elm", predecessors=(one(1),)),
        step(10, Action.SET, "name", value="a conflict that names nothing"),
        step(10, Action.DELETE, "name", predecessors=(one(1),)),
        step(10, Action.SET, one(3), object=one(2), value="c", predecessors=(one(3),)),
        step(10, Action.DELETE, one(4), object=one(2), predecessors=(one(4),)),
        step(10, Action.MAKE_MAP, one(4), object=one(2), insert=True),
        step(10, Action.SET, "country", object=one(5), value="DE"),
        step(10, Action.SET, one(7), object=one(6), insert=True, value="é"),
        step(10, Action.DELETE, one(7), object=one(6), predecessors=(one(7),)),
    ],
)
def test_what_builds_on_known_operations_is_admitted(operation: Operation) -> None:
    """Every way to act on known objects, elements and values passes and takes effect."""
    gate = fresh()
    outcome = gate.admit([offer(BASE), offer(following(operation))])
    assert [type(it.verdict) for it in outcome.judged] == [Admitted, Admitted]
    assert gate.heads == (name_of(following(operation)),)


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (step(10, Action.SET, "x", object=one(99), value=1), "an object"),
        (step(10, Action.SET, "x", object=one(2, by=2), value=1), "an object"),
        (step(10, Action.SET, "x", object=one(1), value=1), "inside a value"),
        (step(10, Action.SET, "x", object=one(10), value=1), "an object"),
        (step(10, Action.SET, "x", object=one(2), value=1), "found a map key"),
        (step(10, Action.SET, HEAD, insert=True, value=1), "expected a map key"),
        (step(10, Action.SET, "x", insert=True, value=1), "expected a map key"),
        (step(10, Action.SET, one(99), object=one(2), insert=True, value=1), "element that"),
        (step(10, Action.SET, one(7), object=one(2), insert=True, value=1), "same list"),
        (step(10, Action.SET, one(1), object=one(2), insert=True, value=1), "same list"),
        (step(10, Action.SET, HEAD, object=one(2), value=1), "values that are replaced"),
        (step(10, Action.SET, one(3), object=one(2), value=1), "values that are replaced"),
        (
            step(10, Action.SET, one(3), object=one(2), insert=True, value=1, predecessors=(one(3),)),
            "an insertion",
        ),
        (step(10, Action.DELETE, one(3), object=one(2), insert=True), "an insertion"),
        (step(10, Action.DELETE, "name"), "a deletion"),
        (step(10, Action.SET, "name", value=1, predecessors=(one(99),)), "predecessor"),
        (step(10, Action.SET, "name", value=1, predecessors=(one(10),)), "predecessor"),
        (step(10, Action.SET, "name", value=1, predecessors=(one(2),)), "same place"),
        (step(10, Action.SET, "gone", value=1, predecessors=(one(9),)), "same place"),
        (step(10, Action.SET, one(3), object=one(2), value=1, predecessors=(one(4),)), "same place"),
        (step(10, Action.SET, one(7), object=one(6), insert=True, value="two"), "one character"),
        (step(10, Action.SET, one(7), object=one(6), insert=True, value=2), "one character"),
        (step(10, Action.MAKE_MAP, one(7), object=one(6), insert=True), "one character"),
    ],
)
def test_what_does_not_build_on_known_operations_is_rejected(operation: Operation, reason: str) -> None:
    """Each reference that the closure does not hold, or that is of the wrong kind, is rejected for good."""
    gate = fresh()
    wrong = following(operation)
    outcome = gate.admit([offer(BASE), offer(wrong)])
    verdict = outcome.judged[1].verdict
    assert isinstance(verdict, Rejected)
    assert reason in verdict.reason
    assert verdict.hash == name_of(wrong)
    assert gate.admitted_count == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (put(seq=3, start=10, after=(name_of(BASE),)), "number 2 of the same actor"),
        (put(seq=1, start=10, after=(name_of(BASE),)), "sequence number above 1"),
        (put(seq=2), "number 1 of the same actor"),
        (put(by=2, start=2, after=(name_of(BASE),)), "count from 10"),
        (put(by=2, start=11, after=(name_of(BASE),)), "count from 10"),
        (put(by=2, start=2), "count from 1"),
    ],
)
def test_a_change_out_of_its_place_is_rejected(change: Change, reason: str) -> None:
    """Sequence numbers follow the own chain without a gap, and counters the dependencies."""
    gate = fresh()
    gate.admit([offer(BASE)])
    verdict = gate.judge(offer(change))
    assert isinstance(verdict, Rejected)
    assert reason in verdict.reason


def test_only_the_closure_counts_not_what_the_document_holds() -> None:
    """An object that exists, but not below the change, is as unknown as one that does not exist."""
    blind = put(by=2, operations=(step(1, Action.SET, "x", by=2, object=one(5), value=1),))
    for order in ([BASE, blind], [blind, BASE]):
        gate = fresh()
        outcome = gate.admit([offer(it) for it in order])
        assert [it.hash for it in outcome.admitted] == [name_of(BASE)]


def test_a_rejected_dependency_rejects_whatever_builds_on_it() -> None:
    """It does so whether the dependant comes before, with or after it."""
    wrong = following(step(10, Action.SET, "name", value=1, predecessors=(one(99),)))
    child = put(by=2, start=11, after=(name_of(wrong),))
    grandchild = put(by=3, start=12, after=(name_of(child),))
    together = [BASE, wrong, child, grandchild]
    for order in (together, together[::-1]):
        for size in (1, 2, 4):
            gate = fresh()
            for at in range(0, 4, size):
                gate.admit([offer(it) for it in order[at : at + size]])
            assert gate.admitted_count == 1
            assert not gate.wanted
            assert isinstance(gate.judge(offer(grandchild)), Rejected)


def test_a_change_waits_for_its_dependencies_and_is_reported_when_they_come() -> None:
    """What is missing is named; when it comes, the waiting change is admitted after it."""
    later = offer(put(by=2, start=10, after=(name_of(BASE),))._replace(message="later"))
    gate = fresh()
    first = gate.admit([later])
    assert first.judged[0].verdict == Waiting(changes.change_hash(later.raw), frozenset({name_of(BASE)}))
    assert gate.wanted == (name_of(BASE),)
    second = gate.admit([offer(BASE)])
    assert [it.hash for it in second.admitted] == [name_of(BASE), changes.change_hash(later.raw)]
    assert gate.judge(later) == Duplicate(changes.change_hash(later.raw))
    assert not gate.wanted


def test_the_waiting_room_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond its bound the latest offers are handed back, and admitted when they are offered again."""
    monkeypatch.setattr(waiting, "WAITING_CHANGES_MAX", 3)
    orphans = [offer(put(by=2 + it, start=10, after=(name_of(BASE),))) for it in range(5)]
    gate = fresh()
    outcome = gate.admit(orphans)
    assert outcome.turned_away == (orphans[4], orphans[3])
    assert len(outcome.judged) == 3
    assert len(gate.admit([offer(BASE)]).admitted) == 4
    assert len(gate.admit(outcome.turned_away).admitted) == 2


def test_attack_carrying_a_neighbours_change_first_does_not_spoil_it() -> None:
    """A change under a foreign run or broken checksum is refused; rightly carried it still counts."""
    good = offer(BASE)
    gate = fresh()
    for spoiled in (Offer(good.raw, actor(2)), Offer(good.raw[:4] + bytes(4) + good.raw[8:], actor(1))):
        verdict = gate.admit([spoiled]).judged[0].verdict
        assert isinstance(verdict, Rejected)
        assert verdict.hash is None
    assert len(gate.admit([good]).admitted) == 1
    assert isinstance(gate.judge(Offer(good.raw, actor(2))), Rejected)


def test_what_the_documents_type_does_not_allow_is_rejected() -> None:
    """The schema is asked with the path, list elements as a star, and its no is final."""
    gate = DocumentGate(TOY)
    tags = put(
        operations=(
            step(1, Action.MAKE_LIST, "tags"),
            step(2, Action.SET, HEAD, object=one(1), insert=True, value="a"),
        )
    )
    colour = put(by=2, key="colour", value="green")
    outcome = gate.admit([offer(tags), offer(colour)])
    assert [type(it.verdict) for it in outcome.judged] == [Admitted, Rejected]
    assert gate.read() == {"tags": ["a"]}


def test_attack_nesting_without_end_is_rejected() -> None:
    """Objects nest only so deep: readers recurse."""

    def nested(depth: int) -> Change:
        maps = [step(1, Action.MAKE_MAP, "deeper")]
        maps += [step(2 + it, Action.MAKE_MAP, "deeper", object=one(1 + it)) for it in range(depth - 1)]
        return put(operations=tuple(maps))

    assert isinstance(fresh().judge(offer(nested(DOCUMENT_DEPTH_MAX))), Admitted)
    assert isinstance(fresh().judge(offer(nested(DOCUMENT_DEPTH_MAX + 1))), Rejected)


def settle(offers: Sequence[Offer], sizes: random.Random) -> DocumentGate:
    """Offer changes in batches, beginning again in the order of sources whenever a rival shows: `gate.py`."""
    gate = fresh()
    at = 0
    while at < len(offers):
        size = sizes.choice([1, 3, 10, 50])
        outcome = gate.admit(offers[at : at + size])
        at += size
        if has_rival(outcome):
            gate, _ = replay(AnySchema(), offers[:at])
    return gate


def has_rival(outcome: Outcome) -> bool:
    """Tell whether an actor appeared twice at one place."""
    return any(isinstance(it.verdict, Rejected) and it.verdict.rival for it in outcome.judged)


@pytest.mark.parametrize("seed", range(8))
def test_any_order_and_grouping_ends_the_same(seed: int) -> None:
    """Honest edits, hostile variants and forged twins give one admitted set, the same heads and content."""
    dice = random.Random(seed)
    honest = gated_history(seed, 40)
    hostile = [
        Offer(
            mutated(dice, it.raw), it.actor if dice.random() < 0.8 else actor(7), bytes(2) + dice.randbytes(3)
        )
        for it in dice.choices(honest, k=25)
    ]
    offers = [*honest, *hostile, *(it._replace(actor=Actor(b"?" * 32)) for it in honest[:5])]
    ends = set()
    for _ in range(6):
        dice.shuffle(offers)
        gate = settle(offers, dice)
        names = frozenset(
            changes.change_hash(it.raw) for it in offers if isinstance(gate.judge(it), Duplicate)
        )
        assert len(names) == gate.admitted_count
        ends.add((names, gate.heads, repr(gate.read())))
    assert len(ends) == 1


@pytest.mark.parametrize("seed", range(6))
def test_honest_changes_are_all_admitted_whatever_else_arrives(seed: int) -> None:
    """Hostile changes under other runs cost honest writers nothing, in whatever order all of it comes."""
    dice = random.Random(seed)
    honest = gated_history(seed, 30)
    hostile = [Offer(mutated(dice, it.raw), actor(7)) for it in dice.choices(honest, k=20)]
    offers = [*honest, *hostile]
    dice.shuffle(offers)
    gate = fresh()
    gate.admit(offers)
    assert {changes.change_hash(it.raw) for it in honest} == {
        changes.change_hash(it.raw) for it in offers if isinstance(gate.judge(it), Duplicate)
    }


def test_of_two_changes_at_one_place_the_lower_entry_counts() -> None:
    """A gate names the rival; judged anew, the lower counts and what builds on the other does not."""
    low = offer(put(value="low"))._replace(source=b"1")
    high = offer(put(value="high"))._replace(source=b"2")
    child = offer(put(by=2, start=2, after=(changes.change_hash(high.raw),)))._replace(source=b"0")
    gate = fresh()
    gate.admit([high, child])
    verdict = gate.admit([low]).judged[0].verdict
    assert isinstance(verdict, Rejected)
    assert verdict.rival == changes.change_hash(high.raw)
    gate, outcome = replay(AnySchema(), [high, child, low])
    assert [it.hash for it in outcome.admitted] == [changes.change_hash(low.raw)]
    assert gate.read() == {"name": "low"}
