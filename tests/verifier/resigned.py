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
    form, proposal, founding, charters, records = canonical.decode(data, bytes_max=len(data))
    pool = sorted({one for raw in records for one in _ids(canonical.decode(record.stored(raw).payload))})
    pool += sorted({record.stored(raw).id for raw in records})
    pool += sorted({record.stored(raw).payload_id for raw in records})
    lists = [records, *(held for _, held in charters)]
    for _ in range(chance.choice([1, 1, 2, 4])):
        among = records if chance.random() < 0.9 else chance.choice(lists)
        place = chance.randrange(len(among))
        try:
            true = record.stored(among[place])
        except PeerError:
            continue
        said = canonical.decode(true.payload)
        for _ in range(chance.choice([1, 1, 2])):
            said = _otherwise(said, pool, chance)
        signer = keys.get(true.signer) or keys[chance.choice(sorted(keys))]
        other = record.sign(true.kind, canonical.encode(said), signer).raw
        if chance.random() < 0.5:
            among[place] = other
        else:
            among.append(other)
    return canonical.encode([form, proposal, founding, charters, records])


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
