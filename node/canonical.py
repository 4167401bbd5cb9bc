"""Canonical bytes: the only spelling in which Hedgerow hashes and signs.

CBOR of RFC 8949, section 4.2.1: shortest integers, definite lengths, map keys in bytewise order of their
encoding; no floats, no tags, no trailing bytes. Admission of foreign bytes is ``encode(decode(b)) == b``;
what cbor2 is lenient about (long integers, length-first order) fails that test, and tags are refused before
they are followed.
"""

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NoReturn, TypeAlias, TypeGuard

import cbor2

from node.errors import LimitExceededError, MalformedMessageError
from node.limits import CBOR_DEPTH_MAX, STATEMENT_BYTES_MAX

# A tree of int, bytes, str, bool, None, list and dict: what canonical bytes can say.
Value: TypeAlias = Any

_INTEGER_MIN: Final = -(2**64)
_INTEGER_MAX: Final = 2**64 - 1
# Every reader in every language can hold these exactly (IEEE 754 doubles included).
_NATURAL_END: Final = 2**53
_KEY_CHARS_KEPT: Final = 64


def encode(value: Value) -> bytes:
    """Write a tree in its one canonical spelling.

    Raises:
        TypeError: the tree holds a float, a tag, a set or another type that has no canonical spelling.
        ValueError: an integer needs more than 64 bits, or the nesting is too deep.
    """
    spelled: list[bytes] = []
    _spell((value,), 0, spelled)
    return b"".join(spelled)


def decode(data: bytes, *, bytes_max: int = STATEMENT_BYTES_MAX) -> Value:
    """Read bytes that somebody else wrote, refusing every spelling but the canonical one.

    Raises:
        LimitExceededError: more than `bytes_max` bytes.
        MalformedMessageError: not CBOR, or not canonical.
    """
    if len(data) > bytes_max:
        raise LimitExceededError(f"expected at most {bytes_max} bytes, found {len(data)}")
    try:
        value = cbor2.loads(
            data,
            max_depth=CBOR_DEPTH_MAX + 1,
            semantic_decoders=_NO_TAGS,
            tag_hook=_refuse_tag,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
        spelled = encode(value)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError, MemoryError) as error:
        raise MalformedMessageError(f"expected canonical CBOR: {error}") from error
    if spelled != data:
        raise MalformedMessageError("expected canonical CBOR, found another spelling of the same value")
    return value


def _refuse_tag(*_: object, **__: object) -> NoReturn:
    raise ValueError("expected no tag")


# Every tag for which cbor2 has a decoder of its own. They are refused while decoding and not after: shared
# values and string references let 154 bytes from a stranger expand to gigabytes before any check of ours.
_NO_TAGS: Final = dict.fromkeys(
    [
        *range(6),
        *(25, 28, 29, 30, 35, 36, 37, 52, 54, 100),
        *(256, 258, 260, 261, 1_004, 43_000, 55_799),
    ],
    _refuse_tag,
)


def is_natural(value: Value) -> TypeGuard[int]:
    """Tell whether a decoded value is an integer from 0 to 2**53 - 1.

    ``isinstance(True, int)`` holds in Python: without this check CBOR's `true` would pass for 1 and be stored
    as another spelling than the one that was signed.
    """
    return type(value) is int and 0 <= value < _NATURAL_END


def digest(tag: str, *parts: Value) -> bytes:
    """Return SHA-256 over the canonical list of a domain tag and its parts.

    The tag keeps hashes of different meanings apart; the list keeps ``ab, c`` apart from ``a, bc``.
    """
    spelled = [_LIST_HEADS[len(parts) + 1], _spelling(tag)]
    _spell(parts, 1, spelled)
    return hashlib.sha256(b"".join(spelled)).digest()


# Values whose heads stand in a table: nearly all lengths, and the small numbers.
_TABLE_END: Final = 1_024
_BYTES, _TEXT, _LIST, _MAP = 0x40, 0x60, 0x80, 0xA0


def _head(major: int, number: int) -> bytes:
    """Return how a value of one of CBOR's major types begins, with its number, value or length, shortest."""
    if number < 24:
        return bytes((major | number,))
    if number < 0x100:
        return bytes((major | 24, number))
    if number < 0x1_0000:
        return bytes((major | 25,)) + number.to_bytes(2, "big")
    if number < 0x1_0000_0000:
        return bytes((major | 26,)) + number.to_bytes(4, "big")
    return bytes((major | 27,)) + number.to_bytes(8, "big")


_NATURAL_HEADS, _BYTES_HEADS, _TEXT_HEADS, _LIST_HEADS = (
    tuple(_head(major, number) for number in range(_TABLE_END)) for major in (0, _BYTES, _TEXT, _LIST)
)
_NESTED: Final = frozenset({list, tuple, dict})
_ATOMS: Final = {None: b"\xf6", False: b"\xf4", True: b"\xf5"}


def _spell(values: Iterable[Value], depth: int, spelled: list[bytes]) -> None:
    """Add how each of these values is spelled, which are nested so deep.

    By hand: cbor2 reads ten times as fast as it writes, and all that is read is written again to compare.
    """
    add = spelled.append
    for value in values:
        kind = type(value)
        if kind is bytes:
            add(_BYTES_HEADS[size] if (size := len(value)) < _TABLE_END else _head(_BYTES, size))
            add(value)
        elif kind is int:
            add(_NATURAL_HEADS[value] if 0 <= value < _TABLE_END else _integer(value))
        elif kind is str:
            text = value.encode()
            add(_TEXT_HEADS[size] if (size := len(text)) < _TABLE_END else _head(_TEXT, size))
            add(text)
        elif value is None or kind is bool:
            add(_ATOMS[value])
        else:
            _spell(_within(value, kind, depth, spelled), depth + 1, spelled)


def _within(value: Value, kind: type, depth: int, spelled: list[bytes]) -> Sequence[Value]:
    """Add how a list or a map begins, and return what follows: of a map key and value by turns, in order."""
    if kind not in _NESTED:
        raise TypeError(f"expected int, bytes, str, bool, None, list or dict, found {kind.__name__}")
    if depth >= CBOR_DEPTH_MAX:
        raise ValueError(f"expected at most {CBOR_DEPTH_MAX} levels of nesting")
    size = len(value)
    if kind is dict:
        spelled.append(_head(_MAP, size))
        return [part for key in sorted(value, key=_spelled) for part in (key, value[key])]
    spelled.append(_LIST_HEADS[size] if size < _TABLE_END else _head(_LIST, size))
    found: Sequence[Value] = value
    return found


def _integer(value: int) -> bytes:
    if not _INTEGER_MIN <= value <= _INTEGER_MAX:
        raise ValueError(f"expected an integer of at most 64 bits, found {value}")
    return _head(0, value) if value >= 0 else _head(0x20, -1 - value)


def _spelled(key: Value) -> bytes:
    """Return how a map key is spelled, after checking that it is an integer or text, the only keys we use."""
    if type(key) not in (int, str):
        raise TypeError(f"expected an integer or text as map key, found {type(key).__name__}")
    # Names of fields come again and again; a long key is some peer's own and not worth remembering.
    return _spelling(key) if type(key) is int or len(key) <= _KEY_CHARS_KEPT else encode(key)


@lru_cache(maxsize=4_096)
def _spelling(key: int | str) -> bytes:
    return encode(key)
