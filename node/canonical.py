"""Canonical bytes: the only spelling in which Hedgerow hashes and signs.

CBOR of RFC 8949, section 4.2.1: shortest integers, definite lengths, map keys in bytewise order of their
encoding; no floats, no tags, no trailing bytes. Admission of foreign bytes is ``encode(decode(b)) == b``;
what cbor2 is lenient about (long integers, length-first order) fails that test, and tags are refused before
they are followed.
"""

import hashlib
from functools import lru_cache
from io import BytesIO
from typing import Any, Final, NoReturn, TypeAlias, TypeGuard

import cbor2

from node.errors import LimitExceededError, MalformedMessageError
from node.limits import CBOR_DEPTH_MAX, STATEMENT_BYTES_MAX

# A tree of int, bytes, str, bool, None, list and dict: what canonical bytes can say.
Value: TypeAlias = Any

_ATOMS: Final = (int, bytes, str, bool, type(None))
_PLAIN: Final = frozenset({bytes, str, bool, type(None)})
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
    return cbor2.dumps(_ordered(value, 0))


def decode(data: bytes, *, bytes_max: int = STATEMENT_BYTES_MAX) -> Value:
    """Read bytes that somebody else wrote, refusing every spelling but the canonical one.

    Raises:
        LimitExceededError: more than `bytes_max` bytes.
        MalformedMessageError: not CBOR, or not canonical.
    """
    if len(data) > bytes_max:
        raise LimitExceededError(f"expected at most {bytes_max} bytes, found {len(data)}")
    stream = BytesIO(data)
    try:
        value = cbor2.CBORDecoder(
            stream,
            max_depth=CBOR_DEPTH_MAX + 1,
            semantic_decoders=_NO_TAGS,
            tag_hook=_refuse_tag,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        ).decode()
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
    for part in parts:
        # What is nearly always hashed is spelled by hand.
        if type(part) is bytes and len(part) < 0x1_0000:
            spelled += _bytes_head(len(part)), part
        elif type(part) is int and 0 <= part < 24:
            spelled.append(bytes((part,)))
        else:
            return hashlib.sha256(encode([tag, *parts])).digest()
    return hashlib.sha256(b"".join(spelled)).digest()


# How lists of so many parts begin; none is longer than this where hashes are made.
_LIST_HEADS: Final = tuple(bytes([0x80 | length]) for length in range(24))


def _bytes_head(length: int) -> bytes:
    """Return how a byte string of less than 64 KiB begins."""
    if length < 24:
        return bytes((0x40 | length,))
    return bytes((0x58, length)) if length < 0x100 else b"\x59" + length.to_bytes(2, "big")


def _ordered(value: Value, depth: int) -> Value:
    """Return the tree with map keys in canonical order, refusing what has no canonical spelling."""
    kind = type(value)
    if kind is int:
        if not _INTEGER_MIN <= value <= _INTEGER_MAX:
            raise ValueError(f"expected an integer of at most 64 bits, found {value}")
        return value
    if kind in _ATOMS:
        return value
    if depth >= CBOR_DEPTH_MAX:
        raise ValueError(f"expected at most {CBOR_DEPTH_MAX} levels of nesting")
    # What nests no further and needs no look at its size is most of what is written: it costs no call.
    if kind is list or kind is tuple:
        return [item if type(item) in _PLAIN else _ordered(item, depth + 1) for item in value]
    if kind is dict:
        return {
            key: item if type(item := value[key]) in _PLAIN else _ordered(item, depth + 1)
            for key in sorted(value, key=_spelled)
        }
    raise TypeError(f"expected int, bytes, str, bool, None, list or dict, found {kind.__name__}")


def _spelled(key: Value) -> bytes:
    """Return how a map key is spelled, after checking that it is an integer or text, the only keys we use."""
    if type(key) not in (int, str):
        raise TypeError(f"expected an integer or text as map key, found {type(key).__name__}")
    # Names of fields come again and again; a long key is some peer's own and not worth remembering.
    return _spelling(key) if type(key) is int or len(key) <= _KEY_CHARS_KEPT else cbor2.dumps(key)


@lru_cache(maxsize=4_096)
def _spelling(key: int | str) -> bytes:
    return cbor2.dumps(key)
