"""Make inputs long: a cost that grows with the square of a length does not show in 4 kB.

What is repeated is often worth nothing when it is the same each time (equal records are one record, keys must
ascend), so copies can be numbered.
"""

from collections.abc import Callable
from random import Random
from typing import Any, NoReturn

import cbor2

_STRETCH_BITS = 12
_STAMP_BYTES = 2
_NESTED_BYTES_MIN = 8
_WORD = 2**16
# More of one thing in a tree is memory of the fuzzer's own; no list of ours may have as many.
_COPIES_MAX = 30_000


def _refuse(*_: object, **__: object) -> NoReturn:
    raise ValueError("expected nothing shared")


# Shared values and string references: written again, a few bytes of them are gigabytes.
_UNSHARED = dict.fromkeys((25, 28, 29, 256), _refuse)

Grow = Callable[[bytes, Random, int], bytes]


def lengthened(data: bytes, dice: Random, bytes_max: int) -> bytes:
    """Return the input with a stretch of it, or something in the CBOR behind its first byte, many times."""
    room = bytes_max - len(data)
    if room <= 0 or not data:
        return data[:bytes_max]
    if dice.random() < 0.6:
        grown = data[:1] + grown_tree(data[1:], dice, room)
        if len(data) < len(grown) <= bytes_max:
            return grown
    return _repeated(data, dice, room)


def parts_lengthened(before: int) -> Grow:
    """Return what lengthens inputs of parts, each with its length in two bytes and so many bytes before it.

    One part is made longer, or stands there many times, each with another number in it.
    """

    def grow(data: bytes, dice: Random, bytes_max: int) -> bytes:
        room = bytes_max - len(data)
        places = _places(data, before)
        if room <= 0 or not places:
            return lengthened(data, dice, bytes_max)
        start, end = places[dice.randrange(len(places))]
        content = data[start + before + 2 : end]
        if dice.random() < 0.3:
            made = grown_tree(content, dice, min(room, _WORD - 1 - len(content)))
            if len(content) < len(made) < _WORD:
                head = data[start : start + before] + len(made).to_bytes(2, "big")
                return (data[:start] + head + made + data[end:])[:bytes_max]
        count = _count(dice, room // max(1, end - start))
        place = dice.randrange(len(content)) if content else 0
        copies = [data[start : start + before + 2] + _stamped(content, place, one) for one in range(count)]
        return data[:end] + b"".join(copies) + data[end:]

    return grow


def grown_tree(raw: bytes, dice: Random, room: int) -> bytes:
    """Return CBOR with something in it longer by up to so many bytes; what is no CBOR comes back as it is."""
    try:
        tree = cbor2.loads(raw, semantic_decoders=_UNSHARED)
        return cbor2.dumps(_grown(tree, dice, room), canonical=True)
    except Exception:  # noqa: BLE001 - whatever the library says of bytes that mean nothing to it.
        return raw


def _grown(tree: Any, dice: Random, room: int) -> Any:  # noqa: PLR0911 - one case a type
    match tree:
        case list() if tree and (dice.random() < 0.5 or not any(map(_may_grow, tree))):
            return _more_elements(tree, dice, room)
        case list() if tree:
            at = dice.choice([at for at, one in enumerate(tree) if _may_grow(one)])
            return [*tree[:at], _grown(tree[at], dice, room), *tree[at + 1 :]]
        case dict() if tree:
            may = [key for key in tree if _may_grow(tree[key])]
            if may and dice.random() < 0.8:
                key = dice.choice(may)
                return {**tree, key: _grown(tree[key], dice, room)}
            key = dice.choice(list(tree))
            # Each copy is written whole: of a long value there is room for few.
            more = min(_COPIES_MAX, _count(dice, room // max(8, len(cbor2.dumps(tree[key])))))
            return {**tree, **{_numbered(key, number): tree[key] for number in range(more)}}
        case bytes() if len(tree) >= _NESTED_BYTES_MIN and dice.random() < 0.7:
            inner = grown_tree(tree, dice, room)
            return inner if inner != tree else tree * _count(dice, room // len(tree))
        case bytes() | str() if tree:
            return tree * _count(dice, room // len(tree))
        case _:
            return tree


def _more_elements(tree: list[Any], dice: Random, room: int) -> list[Any]:
    """Repeat one element, the copies numbered or not."""
    at = dice.randrange(len(tree))
    count = min(_COPIES_MAX, _count(dice, room // max(1, len(cbor2.dumps(tree[at])))))
    if dice.random() < 0.3:
        return [*tree[:at], *[tree[at]] * count, *tree[at:]]
    way = [dice.random() for _ in range(4)]
    return [*tree[: at + 1], *(_numbered(tree[at], number, way) for number in range(count)), *tree[at + 1 :]]


def _numbered(  # noqa: PLR0911 - one case a type
    tree: Any, number: int, way: list[float] | None = None
) -> Any:
    """Return the same with a number somewhere in it: at the same place for the same way."""
    first, *further = way or [0.0]
    match tree:
        case bool():
            return tree
        case int():
            return tree + number
        case bytes() if len(tree) >= _STAMP_BYTES:
            return _stamped(tree, int(first * len(tree)), number)
        case str():
            return f"{tree}{number:05}"
        case list() if tree:
            at = int(first * len(tree))
            return [*tree[:at], _numbered(tree[at], number, further), *tree[at + 1 :]]
        case dict() if tree:
            key = list(tree)[int(first * len(tree))]
            return {**tree, key: _numbered(tree[key], number, further)}
        case _:
            return tree


def _may_grow(tree: Any) -> bool:
    return isinstance(tree, list | dict | bytes | str) and len(tree) > 0


def _repeated(data: bytes, dice: Random, room: int) -> bytes:
    """Repeat a stretch of the bytes, the copies numbered or not."""
    size = min(len(data), 1 + dice.randrange(1 << dice.randrange(1, _STRETCH_BITS + 1)))
    at = dice.randrange(len(data) - size + 1)
    piece, count = data[at : at + size], _count(dice, room // size)
    if size <= _STAMP_BYTES or dice.random() < 0.5:
        return data[:at] + piece * count + data[at:]
    place = dice.randrange(size)
    return data[:at] + b"".join(_stamped(piece, place, number) for number in range(count)) + data[at:]


def _count(dice: Random, highest: int) -> int:
    """Return how often something is repeated: any order of magnitude is as likely, the highest most."""
    if highest <= 1 or dice.random() < 0.4:
        return max(1, highest)
    return min(highest, 1 + dice.randrange(1 << dice.randrange(1, highest.bit_length() + 1)))


def _stamped(piece: bytes, place: int, number: int) -> bytes:
    """Return the piece with a number in two of its bytes, as long as before."""
    place = max(0, min(place, len(piece) - _STAMP_BYTES))
    stamp = (number % _WORD).to_bytes(_STAMP_BYTES, "big")
    return (piece[:place] + stamp + piece[place + _STAMP_BYTES :])[: len(piece)]


def _places(data: bytes, before: int) -> list[tuple[int, int]]:
    """Return where each part begins and ends, behind the first byte."""
    found, at = [], 1
    while at + before + 2 <= len(data):
        end = at + before + 2 + int.from_bytes(data[at + before : at + before + 2], "big")
        if end > len(data):
            break
        found.append((at, end))
        at = end
    return found
