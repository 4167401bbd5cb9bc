"""Files in which somebody who holds the keys signed something else: for two readers to agree on.

What a flipped byte makes is stopped by the signature. Here a statement is changed so that it says something
else about the same things, and signed by whoever had signed it.
"""

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from node import canonical
from node.errors import PeerError
from node.keys import KeyPair
from node.records import record
from node.records.record import Record
from tests.engine.harness import Node
from tests.verifier import delegating


def keys_of(nodes: Iterable[Node]) -> dict[bytes, KeyPair]:
    """Return the keys of some communities, by what they sign as."""
    held = [*delegating.CLERKS]
    for node in nodes:
        held += [node.steward, node.device, node.delegate, delegating.substitute_of(node)]
    return {one.public: one for one in held}


def resigned(data: bytes, keys: Mapping[bytes, KeyPair], chance: random.Random) -> bytes:
    """Return a decision's file in which some statements are changed, or changed ones are added."""
    tree = canonical.decode(data, bytes_max=len(data))
    pool = sorted({one for raw in tree[4] for one in _ids(canonical.decode(record.stored(raw).payload))})
    pool += sorted({record.stored(raw).id for raw in tree[4]})
    pool += sorted({record.stored(raw).payload_id for raw in tree[4]})
    for _ in range(chance.choice([1, 1, 2, 4])):
        true = _chosen(tree, chance)
        said = canonical.decode(true.payload)
        for _ in range(chance.choice([1, 1, 2])):
            said = _otherwise(said, pool, chance)
        signer = keys.get(true.signer) or keys[chance.choice(sorted(keys))]
        other = record.sign(true.kind, canonical.encode(said), signer)
        match chance.randrange(3):
            case 0:
                tree = _with(tree, {true.raw: other.raw})
            case 1:
                tree[4].append(other.raw)
            case _:
                tree = renamed(tree, true, other, keys)
    return canonical.encode(tree)


def _chosen(tree: Any, chance: random.Random) -> Record:
    """Choose a record of a file: some kind, and one of that kind; seldom one of a charter."""
    raws = [tree[2], *tree[4]]
    if chance.random() < 0.1:
        raws = chance.choice([held for _, held in tree[3]]) or raws
    by_kind: dict[str, list[Record]] = {}
    for one in filter(None, map(_record, raws)):
        by_kind.setdefault(one.kind, []).append(one)
    return chance.choice(by_kind[chance.choice(sorted(by_kind))])


def renamed(tree: Any, true: Record, other: Record, keys: Mapping[bytes, KeyPair]) -> Any:
    """Return a file in which all that names a record names another instead, and is signed again.

    So it is the changed question that is asked about, the changed roll on which it is put, and so on.
    """
    held = {raw: one for raw in _bytes(tree) if (one := _record(raw)) is not None}
    first = {true.raw: other.raw, true.id: other.id, true.payload_id: other.payload_id}
    names, before = first, dict[bytes, bytes]()
    while names != before:
        before, names = names, {**first}
        for raw, one in held.items():
            payload = canonical.encode(_with(canonical.decode(one.payload), before))
            if payload != one.payload and one.signer in keys and raw != true.raw:
                again = record.sign(one.kind, payload, keys[one.signer])
                names |= {raw: again.raw, one.id: again.id, one.payload_id: again.payload_id}
    return _with(tree, names)


def _record(raw: bytes) -> Record | None:
    try:
        return record.stored(raw) if len(raw) > 64 else None
    except PeerError:
        return None


def _bytes(value: Any) -> Iterator[bytes]:
    """Yield every byte string in a value, and those in the payloads of the records among them."""
    if isinstance(value, bytes):
        yield value
        if (one := _record(value)) is not None:
            yield from _bytes(canonical.decode(one.payload))
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _bytes(one)


def _with(value: Any, names: Mapping[bytes, bytes]) -> Any:
    """Return a value in which byte strings have other names."""
    match value:
        case bytes():
            return names.get(value, value)
        case dict():
            return {name: _with(one, names) for name, one in value.items()}
        case list():
            made = [_with(one, names) for one in value]
            # What ascends, as many lists of ids must, ascends again.
            ascends = value[1:] and all(isinstance(one, bytes) for one in value) and value == sorted(value)
            return sorted(made) if ascends else made
        case _:
            return value


def _ids(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes) and len(value) == 32:
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _ids(one)


def _otherwise(value: Any, pool: list[bytes], chance: random.Random) -> Any:
    """Change one thing, mostly into what could stand there."""
    match value:
        case dict() if value and chance.random() < 0.98:
            name = chance.choice(sorted(value, key=str))
            return {**value, name: _otherwise(value[name], pool, chance)}
        case dict():
            return {**value, "further": None}
        case [*_] if value and chance.random() < 0.6:
            place = chance.randrange(len(value))
            return [*value[:place], _otherwise(value[place], pool, chance), *value[place + 1 :]]
        case [*_]:
            return chance.choice([value[1:], value[::-1], sorted([*value, *value[:1]], key=canonical.encode)])
        case _:
            return _another(value, pool, chance)


def _another(value: Any, pool: list[bytes], chance: random.Random) -> Any:
    """Return another truth value, number, id or word."""
    match value:
        case bool():
            return not value
        case int():
            return max(0, value + chance.choice([-1, 1, 1, 100, 86_400]))
        case bytes() if len(value) == 32:
            return chance.choice([*pool, None])
        case str():
            return chance.choice(["", " ", "x", "others", "members", "all", "rc", "pre", "com", "decision"])
        case _:
            return chance.choice([None, 1, chance.choice(pool), b"", [], [1]])
