"""Straight histories: judged without a history, to the same effect as with one."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.crdt import changes, straight_reading
from node.crdt.changes import Change
from node.crdt.edits import Delete, Edit, Put
from node.crdt.gate import DocumentGate
from node.crdt.history import Schema
from node.crdt.operations import DELETE, MAKE_MAP, SET, Operation, OperationId
from node.crdt.straight import StraightHistory
from node.crdt.straight_reading import Plain
from node.crdt.waiting import Offer
from node.directory.item import ITEM_SCHEMA
from node.directory.schemas import OFFER_SCHEMA
from node.errors import RejectedChangeError
from node.limits import CHANGE_OPERATIONS_PER_KEY_MAX
from tests.crdt.histories import (
    AnySchema,
    actor,
    automerge_changes,
    flipped,
    gated_history,
    mutated,
    put,
    resealed,
)

VALUES = ("", "a hedge", "hé😀" * 40, 0, -1, 64, -65, 2**63 - 1, True, False, None, b"", b"\x00\xff")
NAMES = ("kind", "title", "tags", "cafés", "x" * 130)


def straight_edit(dice: random.Random, gate: DocumentGate) -> Edit:
    """Return an edit of a map, whichever: what most documents are made of."""
    held = gate.read()
    name = dice.choice(NAMES)
    inner = held.get(name)
    if isinstance(inner, dict) and dice.random() < 0.7:
        key = dice.choice(NAMES)
        if key in inner and dice.random() < 0.3:
            return Delete((name, key))
        return Put((name, key), dice.choice([*VALUES, {"inmost": dice.choice(VALUES)}]))
    if name in held and dice.random() < 0.2:
        return Delete((name,))
    return Put((name,), dice.choice([*VALUES, {}, {"more": dice.choice(VALUES), "yet": True}]))


def straight_history(seed: int, steps: int, actors: int) -> list[Offer]:
    """Return the changes of some authors, each of whom knows all that was written before."""
    dice = random.Random(seed)
    gate, quick = DocumentGate(AnySchema(), straight=False), DocumentGate(AnySchema())
    offers: list[Offer] = []
    for _ in range(steps):
        by = actor(dice.randrange(1, actors + 1))
        edits = [straight_edit(dice, gate)]
        if dice.random() < 0.4:
            edits.append(Put((dice.choice(NAMES),), dice.choice(VALUES)))
        time_s = dice.choice([1_700_000_000, 1_900_000_000])
        raw = gate.change(actor=by, edits=edits, time_s=time_s)
        assert quick.change(actor=by, edits=edits, time_s=time_s) == raw
        if raw is not None:
            assert quick.admit([Offer(raw, by)]).admitted
            offers.append(Offer(raw, by, len(offers).to_bytes(4, "big")))
            assert gate.admit(offers[-1:]).admitted
    return offers


def assert_same(parts: Sequence[Sequence[Offer]], schema: Schema) -> None:
    """Offer the same to a gate of each kind, and hold together all that can be asked of them."""
    quick, thorough = DocumentGate(schema), DocumentGate(schema, straight=False)
    for part in parts:
        assert quick.admit(part) == thorough.admit(part)
        assert quick.read() == thorough.read()
        assert quick.heads == thorough.heads
        assert quick.admitted_count == thorough.admitted_count
        assert quick.operations_count == thorough.operations_count
        assert quick.wanted == thorough.wanted
    by, edits = actor(1), [Put(("kind",), "at last")]
    assert quick.change(actor=by, edits=edits, time_s=1) == thorough.change(actor=by, edits=edits, time_s=1)


def parted(dice: random.Random, offers: list[Offer]) -> list[list[Offer]]:
    """Return offers in parts of any size."""
    parts: list[list[Offer]] = []
    while offers:
        size = dice.randrange(1, 5)
        parts.append(offers[:size])
        offers = offers[size:]
    return parts


@given(st.integers(0, 2**32), st.integers(1, 3))
def test_a_history_that_runs_straight_is_followed_to_its_end(seed: int, actors: int) -> None:
    """Whoever writes one after the other in maps never lets a history be made, and each count is the same."""
    offers = straight_history(seed, 12, actors)
    straight = StraightHistory(AnySchema())
    assert all(straight.follow(it.raw, [it.actor]) for it in offers)
    assert_same(parted(random.Random(seed), offers), AnySchema())


@given(st.integers(0, 2**32), st.sampled_from([AnySchema(), ITEM_SCHEMA, OFFER_SCHEMA]))
def test_histories_of_any_kind_are_judged_the_same(seed: int, schema: Schema) -> None:
    """Concurrent, out of order, twice, for other actors, broken and forged: both gates say the same."""
    dice = random.Random(seed)
    offers = straight_history(seed, dice.randrange(1, 8), 2)
    further = gated_history(seed, dice.randrange(0, 8)) if dice.random() < 0.5 else []
    offers += further
    for _ in range(dice.randrange(4)):
        chosen = dice.choice(offers) if offers else None
        if chosen is not None:
            offers.append(chosen._replace(actor=actor(dice.randrange(1, 4))))
            try:
                broken = mutated(dice, chosen.raw)
            except (ValueError, RejectedChangeError):
                continue
            offers.insert(dice.randrange(len(offers)), chosen._replace(raw=broken))
    for _ in range(dice.randrange(3)):
        one, other = dice.randrange(len(offers) or 1), dice.randrange(len(offers) or 1)
        if offers:
            offers[one], offers[other] = offers[other], offers[one]
    assert_same(parted(dice, offers), schema)


def rows_of(change: Change) -> list[tuple[object, ...]]:
    """Return the operations of a change as a plain one has them."""
    return [
        (it.key, int(it.action), it.value, it.object, it.predecessors[0] if it.predecessors else None)
        for it in change.operations
    ]


def assert_read_alike(raw: bytes) -> Plain | None:
    """Read bytes both ways: what is read as plain is what the codec reads."""
    plain = straight_reading.read(raw)
    if plain is not None:
        change = changes.decode(raw)
        assert (plain.actor, plain.seq, plain.start) == (change.actor, change.seq, change.start)
        assert plain.name == changes.change_hash(raw)
        assert change.dependencies == plain.dependencies
        columns = (plain.keys, plain.actions, plain.values, plain.objects, plain.predecessors)
        found = list(zip(*columns, strict=True))
        assert found == rows_of(change)
        assert [type(it[2]) for it in found] == [type(it.value) for it in change.operations]
        assert not any(it.insert or len(it.predecessors) > 1 for it in change.operations)
    return plain


@given(st.integers(0, 2**32))
def test_bytes_with_a_fault_are_read_as_the_codec_reads_them_or_not_at_all(seed: int) -> None:
    """No flipped, cut or longer bytes are plain unless the codec takes them, and then for the same."""
    dice = random.Random(seed)
    offers = [*straight_history(seed, 4, 2), *gated_history(seed, 3)]
    for it in offers:
        assert_read_alike(it.raw)
        for _ in range(20):
            raw = resealed(flipped(dice, it.raw))
            assert_read_alike(raw if dice.random() < 0.8 else resealed(flipped(dice, raw)))
        cut = dice.randrange(10, len(it.raw))
        assert_read_alike(resealed(it.raw[:cut]))
        assert_read_alike(resealed(it.raw + dice.randbytes(dice.randrange(1, 3))))


@pytest.mark.parametrize("seed", range(6))
def test_what_automerge_writes_is_read_alike(seed: int) -> None:
    """Changes of the library itself, with lists and texts among them, are read the same or left alone."""
    for made in automerge_changes(seed, 20):
        assert_read_alike(bytes(made.bytes))


def test_an_edit_of_a_card_is_plain() -> None:
    """The everyday change, with values of every kind, is one that is read in one go."""
    gate = DocumentGate(AnySchema())
    for time_s in (1_700_000_000, 1_700_000_001):
        edits = [Put((f"key {time_s} {place}",), value) for place, value in enumerate(VALUES)]
        raw = gate.change(actor=actor(1), edits=[*edits, Put(("name",), str(time_s))], time_s=time_s)
        assert raw is not None
        assert assert_read_alike(raw) is not None
        assert gate.admit([Offer(raw, actor(1))]).admitted
        assert gate.is_straight, "neither writing nor counting it needed a history"


def operation(
    counter: int, *, replaces: tuple[int, ...] = (), key: str = "name", inside: int = 0
) -> Operation:
    """Return an operation of the first actor that sets a key, in the root or in another's map."""
    return Operation(
        OperationId(counter, actor(1)),
        SET,
        OperationId(inside, actor(1)) if inside else None,
        key,
        insert=False,
        value=counter,
        predecessors=tuple(OperationId(one, actor(1)) for one in replaces),
    )


FIRST = put(operations=(operation(1),))._replace(time_s=1_700_000_000)


@pytest.mark.parametrize(
    "changed",
    [
        {"seq": 1},
        {"seq": 3},
        {"start": 3, "operations": (operation(3, replaces=(1,)),)},
        {"start": 1, "operations": (operation(1),)},
        {"dependencies": ()},
        {"operations": (operation(2),)},
        {"operations": (operation(2, key="other", replaces=(1,)),)},
        {"operations": (operation(2, inside=1),)},
        {"operations": (operation(2, replaces=(1,))._replace(action=DELETE),)},
        {"operations": (operation(2)._replace(action=DELETE, value=None),)},
        {"operations": (operation(2, replaces=(1,))._replace(action=MAKE_MAP),)},
        {"actor": actor(2), "seq": 1},
        {"message": "why"},
        {"time_s": 5},
    ],
    ids=str,
)
def test_a_change_that_does_not_simply_follow_is_judged_by_the_history(changed: dict[str, Any]) -> None:
    """Each rule on what a change may follow and replace is kept, whoever breaks it alone."""
    first = changes.encode(FIRST)
    second = FIRST._replace(
        seq=2, start=2, dependencies=(changes.change_hash(first),), operations=(operation(2, replaces=(1,)),)
    )
    straight = StraightHistory(AnySchema())
    assert straight.follow(first, [actor(1)])
    assert straight.follow(changes.encode(second), [actor(1)])
    third = second._replace(**changed)
    try:
        raw = changes.encode(third)
    except KeyError:
        return
    offers = [Offer(first, actor(1)), Offer(raw, third.actor), Offer(changes.encode(second), actor(1))]
    assert_same([[it] for it in offers], AnySchema())
    assert StraightHistory(AnySchema()).follow(raw, [third.actor]) is None


def test_rows_in_great_number_are_left_to_the_codec() -> None:
    """Above the bound on one key, or where a run announces rows without end, nothing is spread out."""
    many = tuple(operation(place + 1, key=str(place)) for place in range(CHANGE_OPERATIONS_PER_KEY_MAX + 1))
    raw = changes.encode(FIRST._replace(operations=many))
    assert straight_reading.read(raw) is None
    assert straight_reading.read(changes.encode(FIRST._replace(operations=many[:-1]))) is not None
    endless = b"\xff\xff\xff\xff\x07"
    body = changes.encode(FIRST)
    for column in (b"\x70\x02\x7f\x00", b"\x42\x02\x7f\x01"):
        at = body.find(column[:2])
        assert at > 0
        assert assert_read_alike(resealed(body[:at] + endless + body[at + 2 :])) is None
