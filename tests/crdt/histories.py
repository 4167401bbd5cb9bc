"""Random histories of documents: what automerge itself writes, and what our gates pass around."""

import random
from typing import Any

from automerge import core

from node.crdt import changes
from node.crdt.changes import Change
from node.crdt.edits import Delete, Edit, Insert, Put, Tree
from node.crdt.gate import DocumentGate
from node.crdt.operations import Action, Actor, Operation, OperationId, Scalar
from node.crdt.waiting import Offer

NAMES = ("name", "story", "tags", "links", "cafés")
SCALARS: tuple[tuple[Any, Scalar], ...] = (
    (core.ScalarType.Str, ""),
    (core.ScalarType.Str, "a hedge"),
    (core.ScalarType.Str, "hé😀" * 7),
    *(
        (core.ScalarType.Int, number)
        for number in (0, -1, 63, 64, -64, -65, 2**63 - 1, -(2**63), 1_700_000_000)
    ),
    (core.ScalarType.Null, None),
    (core.ScalarType.Boolean, True),
    (core.ScalarType.Boolean, False),
    (core.ScalarType.Bytes, b""),
    (core.ScalarType.Bytes, b"\x00\xff"),
)

# Of a document with a text `name` and a `list` of two: edits whose paths lead nowhere.
NOWHERE: tuple[Edit, ...] = (
    Put((), "x"),
    Put(("",), "x"),
    Put((0,), "x"),
    Put(("absent", "name"), "x"),
    Put(("name", "inside a text"), "x"),
    Put(("list", 2), "x"),
    Put(("list", -1), "x"),
    Put(("list", True), "x"),
    Put(("list", "first"), "x"),
    Put(("list", "0"), "x"),
    Put(("list", 7, "deep"), "x"),
    Delete(("absent",)),
    Delete(("list", 2)),
    Insert(("list",), 3, "x"),
    Insert(("list",), -1, "x"),
    Insert(("name",), 0, "x"),
    Insert((), 0, "x"),
)


class AnySchema:
    """Allow everything everywhere."""

    def allows(self, *, action: Action, path: tuple[str, ...], value: Scalar) -> bool:
        """Say yes."""
        del action, path, value
        return True


def actor(number: int) -> Actor:
    """Return an actor for the tests."""
    return Actor(bytes([number]) * 32)


def automerge_changes(seed: int, transactions: int) -> list[Any]:
    """Return what automerge itself made of random edits at three places: its own Change objects."""
    dice = random.Random(seed)
    documents = [core.Document(dice.randbytes(32)) for _ in range(3)]
    made: list[Any] = []
    for _ in range(transactions):
        document = dice.choice(documents)
        before = document.get_heads()
        with document.transaction() as transaction:
            for _ in range(dice.randrange(1, 12)):
                _edit_anywhere(dice, transaction)
        made += document.get_changes(before)
        other = dice.choice(documents)
        if other is not document and dice.random() < 0.7:
            other.merge(document)
    return made


def _edit_anywhere(dice: random.Random, transaction: Any) -> None:
    found = [core.ROOT]
    for container in found:
        if transaction.object_type(container) != core.ObjType.Text:
            found += [it for kind, it in transaction.values(container) if not isinstance(kind, tuple)]
    container = dice.choice(found)
    kind = transaction.object_type(container)
    if kind == core.ObjType.Map:
        _edit_map(dice, transaction, container)
    else:
        _edit_sequence(dice, transaction, container, is_text=kind == core.ObjType.Text)


def _edit_map(dice: random.Random, transaction: Any, container: bytes) -> None:
    key = dice.choice(NAMES)
    match dice.randrange(4):
        case 0 | 1:
            transaction.put(container, key, *dice.choice(SCALARS))
        case 2:
            kinds = (core.ObjType.Map, core.ObjType.List, core.ObjType.Text)
            transaction.put_object(container, key, dice.choice(kinds))
        case _:
            if key in transaction.keys(container):
                transaction.delete(container, key)


def _edit_sequence(dice: random.Random, transaction: Any, container: bytes, *, is_text: bool) -> None:
    length = transaction.length(container)
    scalar = (core.ScalarType.Str, dice.choice("aé😀")) if is_text else dice.choice(SCALARS)
    match dice.randrange(5) if length else 0:
        case 0 | 1:
            transaction.insert(container, dice.randrange(length + 1), *scalar)
        case 2 if not is_text:
            transaction.insert_object(container, dice.randrange(length + 1), core.ObjType.Map)
        case 3:
            transaction.put(container, dice.randrange(length), *scalar)
        case _:
            transaction.delete(container, dice.randrange(length))


def random_edit(dice: random.Random, content: dict[str, Tree]) -> Edit:
    """Return an edit that the content of a document allows."""
    name = dice.choice(NAMES)
    value: Tree = dice.choice([number for _, number in SCALARS])
    held = content.get(name)
    chosen: list[Edit] = [
        Put((name,), [value, {"place": value}]),
        Put((name,), {"more": [value]}),
        Put((name,), value),
    ]
    if name in content:
        chosen.append(Delete((name,)))
    if isinstance(held, list):
        chosen.append(Insert((name,), dice.randrange(len(held) + 1), value))
        if held:
            place = dice.randrange(len(held))
            chosen += [Put((name, place), value), Delete((name, place))]
    return dice.choice(chosen)


def gated_history(seed: int, steps: int, actors: int = 3) -> list[Offer]:
    """Return what some nodes, each behind its own gate, wrote concurrently while passing changes around."""
    dice = random.Random(seed)
    gates = [DocumentGate(AnySchema()) for _ in range(actors)]
    offers: list[Offer] = []
    seen = [0] * actors
    for step in range(steps):
        place = dice.randrange(actors)
        gate = gates[place]
        content = gate.read()
        edits = [random_edit(dice, content)]
        raw = gate.change(actor=actor(place + 1), edits=edits, time_s=step, message="")
        if raw is not None:
            offers.append(Offer(raw, actor(place + 1), step.to_bytes(4, "big")))
            assert len(gate.admit([offers[-1]]).admitted) == 1
        if dice.random() < 0.4:
            reader = dice.randrange(actors)
            gates[reader].admit(offers[seen[reader] :])
            seen[reader] = len(offers)
    return offers


def put(
    *,
    by: int = 1,
    seq: int = 1,
    start: int = 1,
    after: tuple[bytes, ...] = (),
    operations: tuple[Operation, ...] | None = None,
    key: str = "name",
    value: Scalar = "Oak Lane",
) -> Change:
    """Return the smallest valid change: one value at one key; everything can be said otherwise."""
    single = Operation(
        OperationId(start, actor(by)), Action.SET, None, key, insert=False, value=value, predecessors=()
    )
    return Change(
        actor=actor(by),
        seq=seq,
        start=start,
        time_s=0,
        message="",
        dependencies=tuple(sorted(changes.ChangeHash(it) for it in after)),
        operations=operations or (single,),
    )


def mutated(dice: random.Random, raw: bytes) -> bytes:
    """Return a change with a fault in it and a checksum that fits: what a hostile author can sign."""
    match dice.randrange(6):
        case 0:
            return changes.encode(changes.decode(raw)._replace(seq=dice.randrange(1, 9)))
        case 1:
            change = changes.decode(raw)
            shift = dice.randrange(1, 9)
            moved = [
                it._replace(id=OperationId(it.id.counter + shift, it.id.actor)) for it in change.operations
            ]
            return changes.encode(change._replace(start=change.start + shift, operations=tuple(moved)))
        case 2:
            return changes.encode(changes.decode(raw)._replace(dependencies=()))
        case 3:
            change = changes.decode(raw)
            lost = [it._replace(predecessors=(OperationId(10**6, change.actor),)) for it in change.operations]
            return changes.encode(change._replace(operations=tuple(lost)))
        case 4:
            return changes.encode(changes.decode(raw)._replace(message=f"again {dice.random()}"))
        case _:
            return resealed(flipped(dice, raw))


def flipped(dice: random.Random, raw: bytes) -> bytes:
    """Return the bytes with one of them changed, behind the checksum and the type."""
    at = dice.randrange(9, len(raw))
    return raw[:at] + bytes([raw[at] ^ dice.randrange(1, 256)]) + raw[at + 1 :]


def resealed(raw: bytes) -> bytes:
    """Return the bytes with the checksum that fits them."""
    return changes.MAGIC + changes.change_hash(raw)[:4] + raw[8:]
