"""What two nodes say of ranges: their fingerprints, their short names, what one lacks of the other's.

Everything said is salted with a secret of this one connection, so that nobody else can prepare items whose
short names fall together, and what is overheard or remembered of one connection says nothing in another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Final, TypeAlias

from node import canonical
from node.canonical import Value
from node.errors import LimitExceededError, MalformedMessageError
from node.replication.ranges.items import Item
from node.replication.ranges.tree import LISTED_MAX, PARTS, Range

# Two of the scopes that a pair shares take one name once in billions of connections, and only in that one.
SCOPE_TAG_BYTES: Final = 4
# Nobody can steer an error, which the next connection ends: 2^-64 for each comparison.
WHOLE_BYTES: Final = 8
SHORT_BYTES: Final = 8
PARTS_PER_MESSAGE_MAX: Final = 256
SCOPES_MAX: Final = 256
_DIGITS: Final = frozenset("0123456789abcdef")
_PREFIX_DIGITS_MAX: Final = 64
_NOTHING: Final = bytes(SHORT_BYTES)


@dataclass(frozen=True, slots=True)
class Listed:
    """The sender holds exactly these items in this range."""

    prefix: str
    names: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """The fingerprints of the sixteen parts of this range, zeros where the sender holds nothing."""

    prefix: str
    fingerprints: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Lacking:
    """Of the items listed in this range the sender lacks these."""

    prefix: str
    names: tuple[bytes, ...]


Part: TypeAlias = Listed | Split | Lacking


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What the sender shares with this peer, in place of `Summary` where both sides speak of ranges.

    Attributes:
        scopes: names and fingerprints of scopes, both salted with this connection.
    """

    scopes: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Ranges:
    """What the sender holds in some ranges of a scope, which is named as in `Fingerprints`."""

    scope: bytes
    parts: tuple[Part, ...]


class Salt:
    """Spell scopes, ranges and items as one connection does.

    Args:
        binding: 32 bytes that both ends of this connection know and nobody else (Noise's handshake hash).
    """

    def __init__(self, binding: bytes) -> None:
        self._salt = canonical.digest("hedgerow/ranges/1", binding)

    def scope(self, scope: str) -> bytes:
        """Return the name of a scope, so that a list of scopes tells only those who share them."""
        return canonical.digest("hedgerow/scope/1", self._salt, scope)[:SCOPE_TAG_BYTES]

    def whole(self, tree: Range) -> bytes:
        """Return the fingerprint of a whole scope."""
        return sha256(self._salt + tree.hash).digest()[:WHOLE_BYTES]

    def part(self, held: Range) -> bytes:
        """Return the fingerprint of a range."""
        return sha256(self._salt + held.hash).digest()[:SHORT_BYTES] if held.count else _NOTHING

    def name(self, item: Item) -> bytes:
        """Return the short name of an item."""
        return sha256(self._salt + item.digest).digest()[:SHORT_BYTES]

    def show(self, prefix: str, held: Range) -> Listed | Split:
        """Return what to say of a range: its items if they are few, the fingerprints of its parts if not."""
        if held.count <= LISTED_MAX:
            return Listed(prefix, tuple(sorted(map(self.name, held))))
        return Split(prefix, tuple(map(self.part, held.parts)))


def to_value(part: Part) -> Value:
    """Return a part as it stands in a message: `[digits, kind, bytes]`."""
    match part:
        case Listed(prefix, names):
            return [prefix, 0, b"".join(names)]
        case Split(prefix, fingerprints):
            return [prefix, 1, b"".join(fingerprints)]
        case Lacking(prefix, names):
            return [prefix, 2, b"".join(names)]


def fingerprints(data: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Read the names and fingerprints of scopes, which stand behind one another.

    Raises:
        LimitExceededError: more scopes than two nodes can share.
        MalformedMessageError: the last is cut short.
    """
    step = SCOPE_TAG_BYTES + WHOLE_BYTES
    if len(data) > SCOPES_MAX * step:
        raise LimitExceededError(f"expected at most {SCOPES_MAX} scopes, found {len(data)} bytes")
    if len(data) % step:
        raise MalformedMessageError(f"expected {step} bytes for each scope, found {len(data)} in all")
    cuts = range(0, len(data), step)
    return tuple((data[at : at + SCOPE_TAG_BYTES], data[at + SCOPE_TAG_BYTES : at + step]) for at in cuts)


def from_value(values: Sequence[Value]) -> tuple[Part, ...]:
    """Read the parts of a message.

    Raises:
        LimitExceededError: more parts than one message may hold.
        MalformedMessageError: a part of another shape, or ranges that overlap or are out of order.
    """
    if len(values) > PARTS_PER_MESSAGE_MAX:
        raise LimitExceededError(f"expected at most {PARTS_PER_MESSAGE_MAX} ranges, found {len(values)}")
    parts = tuple(map(_part, values))
    for before, after in pairwise(parts):
        # Each range once: a message that names one again and again would be answered again and again.
        if after.prefix <= before.prefix or after.prefix.startswith(before.prefix):
            raise MalformedMessageError("expected ranges in order, none inside another")
    return parts


def _part(value: Value) -> Part:
    match value:
        case [str(prefix), int(kind), bytes(data)] if not isinstance(kind, bool):
            pass
        case _:
            raise MalformedMessageError("expected a range [digits, kind, bytes]")
    if len(prefix) > _PREFIX_DIGITS_MAX or not _DIGITS.issuperset(prefix):
        raise MalformedMessageError("expected at most 64 lower-case hexadecimal digits")
    names = tuple(data[at : at + SHORT_BYTES] for at in range(0, len(data), SHORT_BYTES))
    match kind:
        case 0:
            return Listed(prefix, _names(data, names, at_least=0))
        case 1 if len(data) == PARTS * SHORT_BYTES:
            return Split(prefix, names)
        case 2:
            return Lacking(prefix, _names(data, names, at_least=1))
        case _:
            raise MalformedMessageError("expected a list, sixteen fingerprints, or what is lacking")


def _names(data: bytes, names: tuple[bytes, ...], *, at_least: int) -> tuple[bytes, ...]:
    if len(data) % SHORT_BYTES or not at_least <= len(names) <= LISTED_MAX:
        raise MalformedMessageError(f"expected {at_least} to {LISTED_MAX} names of {SHORT_BYTES} bytes")
    if list(names) != sorted(set(names)):
        raise MalformedMessageError("expected names in order, each once")
    return names


def batches(parts: Iterable[Part]) -> list[tuple[Part, ...]]:
    """Cut parts into messages, in the order that messages have."""
    ordered = sorted(parts, key=lambda part: part.prefix)
    step = PARTS_PER_MESSAGE_MAX
    return [tuple(ordered[at : at + step]) for at in range(0, len(ordered), step)]
