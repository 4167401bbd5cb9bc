"""The messages of a session: one closed union, each a canonical list that begins with its number.

docs/protocol.md describes each under the name of its class. Reading checks length, then shape, then bounds;
what a message means at this moment is the session's affair.
"""

from dataclasses import dataclass
from typing import TypeAlias

from node import canonical
from node.canonical import Value
from node.errors import LimitExceededError, MalformedMessageError
from node.feeds import scopes, stretch
from node.feeds.entry import Head
from node.feeds.stretch import Stretch
from node.ids import ID_BYTES, CommunityId, EntryId
from node.keys import KEY_BYTES, PublicKey
from node.limits import (
    CHARTER_RECORDS_PER_COMMUNITY_MAX,
    HEADS_PER_MESSAGE_MAX,
    MESSAGE_BYTES_MAX,
    WANTS_PER_MESSAGE_MAX,
)
from node.replication.beginning import Beginning
from node.replication.ranges import parts as ranges
from node.replication.ranges.parts import SCOPE_TAG_BYTES, Fingerprints, Ranges

FINGERPRINT_BYTES = 16
SCOPES_PER_SUMMARY_MAX = 256
# A want names points of the asker's branches, denser towards the end, so that the answer starts at the fork.
KNOWN_PER_WANT_MAX = 64
_TEXT_CHARS_MAX = 300


@dataclass(frozen=True, slots=True)
class ScopeSummary:
    """One fingerprint over everything held and shared in a scope."""

    scope: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Summary:
    """What the sender shares with this peer, one fingerprint a scope."""

    scopes: tuple[ScopeSummary, ...]


@dataclass(frozen=True, slots=True)
class ClaimedHead:
    """The sender holds this feed of this community up to here."""

    community: CommunityId
    device: PublicKey
    head: Head


@dataclass(frozen=True, slots=True)
class ClaimedCharter:
    """The sender's charter records of a community hash to this."""

    community: CommunityId
    digest: bytes


@dataclass(frozen=True, slots=True)
class Heads:
    """Branch ends and charters held in a scope: all of them after a difference, new ones as they come."""

    scope: str
    heads: tuple[ClaimedHead, ...]
    charters: tuple[ClaimedCharter, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Send the branch that ends here, from the last of these points that lies on it."""

    device: PublicKey
    head: EntryId
    known: tuple[Head, ...]


@dataclass(frozen=True, slots=True)
class Want:
    """Ask for branches of feeds in a scope."""

    scope: str
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """A stretch of a feed: an answer to a want, or live from its author."""

    stretch: Stretch


@dataclass(frozen=True, slots=True)
class Answered:
    """All that this answer to a want holds has been sent; ask again for what is still missing."""

    scope: str
    device: PublicKey
    head: EntryId


@dataclass(frozen=True, slots=True)
class WantCharters:
    """Ask for the charter records of communities."""

    communities: tuple[CommunityId, ...]


@dataclass(frozen=True, slots=True)
class Charters:
    """The charter records of one community that the sender holds."""

    community: CommunityId
    records: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """The sender shares the members' scope that this founding record begins; the peer did not name it."""

    founding: bytes


@dataclass(frozen=True, slots=True)
class Join:
    """Ask to join by an invitation: its secret, and the join request that the stewards signed."""

    secret: bytes
    records: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class JoinAnswer:
    """Whether the request was taken up; if not, why, in words."""

    accepted: bool
    text: str


@dataclass(frozen=True, slots=True)
class Farewell:
    """Why the sender ends the session, in words for the other steward's log."""

    text: str


@dataclass(frozen=True, slots=True)
class Paused:
    """The sender takes no more of these feeds for now: they are left out when the scope is compared."""

    scope: str
    devices: tuple[PublicKey, ...]


Message: TypeAlias = (
    Summary
    | Heads
    | Want
    | Entries
    | Answered
    | WantCharters
    | Charters
    | Opened
    | Join
    | JoinAnswer
    | Farewell
    | Fingerprints
    | Ranges
    | Paused
    | Beginning
)


def encode(message: Message) -> bytes:
    """Write a message."""
    return canonical.encode(_fields(message))


def decode(data: bytes) -> Message:  # noqa: PLR0911, PLR0912, C901 - one case a message: a table
    """Read a message.

    Raises:
        LimitExceededError: more bytes or items than the protocol allows.
        MalformedMessageError: not canonical, or not a message of this version.
    """
    fields = canonical.decode(data, bytes_max=MESSAGE_BYTES_MAX)
    if not isinstance(fields, list) or not fields or not canonical.is_natural(fields[0]):
        raise MalformedMessageError("expected a message: a list that begins with its number")
    match fields:
        case [1, [*summaries]]:
            return Summary(tuple(_scope_summary(s) for s in _at_most(SCOPES_PER_SUMMARY_MAX, summaries)))
        case [2, str(scope), [*heads], [*charters]]:
            _at_most(HEADS_PER_MESSAGE_MAX, [*heads, *charters])
            return Heads(
                scopes.check(scope), tuple(map(_claimed_head, heads)), tuple(map(_claimed_charter, charters))
            )
        case [3, str(scope), [*wanted]]:
            _at_most(WANTS_PER_MESSAGE_MAX, wanted)
            return Want(scopes.check(scope), tuple(map(_wanted, wanted)))
        case [4, value]:
            return Entries(stretch.from_value(value))
        case [5, str(scope), device, head]:
            return Answered(scopes.check(scope), PublicKey(_key(device)), EntryId(_id(head)))
        case [6, [*communities]]:
            _at_most(HEADS_PER_MESSAGE_MAX, communities)
            return WantCharters(tuple(CommunityId(_id(c)) for c in communities))
        case [7, community, [*records]]:
            return Charters(CommunityId(_id(community)), _records(records))
        case [8, bytes(founding)]:
            return Opened(founding)
        case [9, secret, [*records]]:
            return Join(_id(secret), _records(records))
        case [10, bool(accepted), str(text)] if len(text) <= _TEXT_CHARS_MAX:
            return JoinAnswer(accepted, text)
        case [11, str(text)] if len(text) <= _TEXT_CHARS_MAX:
            return Farewell(text)
        case [12, bytes(named)]:
            return Fingerprints(ranges.fingerprints(named))
        case [13, bytes(tag), [*values]] if len(tag) == SCOPE_TAG_BYTES:
            return Ranges(tag, ranges.from_value(values))
        case [14, str(scope), [*devices]]:
            _at_most(HEADS_PER_MESSAGE_MAX, devices)
            return Paused(scopes.check(scope), tuple(PublicKey(_key(device)) for device in devices))
        case [15, value]:
            return Beginning(stretch.from_value(value))
        case [int(number), *_] if number > 15:
            raise MalformedMessageError(f"expected a message from 1 to 15, found {number}")
        case _:
            raise MalformedMessageError("expected a message of the session protocol")


def _fields(message: Message) -> Value:  # noqa: PLR0911, PLR0912, C901 - one case a message: a table
    match message:
        case Summary(summaries):
            return [1, [[s.scope, s.fingerprint] for s in summaries]]
        case Heads(scope, heads, charters):
            return [
                2,
                scope,
                [[h.community, h.device, h.head.seq, h.head.id] for h in heads],
                [[c.community, c.digest] for c in charters],
            ]
        case Want(scope, wanted):
            return [3, scope, [[w.device, w.head, [[k.seq, k.id] for k in w.known]] for w in wanted]]
        case Entries(sent):
            return [4, stretch.to_value(sent)]
        case Answered(scope, device, head):
            return [5, scope, device, head]
        case WantCharters(communities):
            return [6, list(communities)]
        case Charters(community, records):
            return [7, community, list(records)]
        case Opened(founding):
            return [8, founding]
        case Join(secret, records):
            return [9, secret, list(records)]
        case JoinAnswer(accepted, text):
            return [10, accepted, text[:_TEXT_CHARS_MAX]]
        case Farewell(text):
            return [11, text[:_TEXT_CHARS_MAX]]
        case Fingerprints(summaries):
            return [12, b"".join(tag + fingerprint for tag, fingerprint in summaries)]
        case Ranges(tag, parts):
            return [13, tag, list(map(ranges.to_value, parts))]
        case Paused(scope, devices):
            return [14, scope, list(devices)]
        case Beginning(sent):
            return [15, stretch.to_value(sent)]


def _scope_summary(value: Value) -> ScopeSummary:
    match value:
        case [str(scope), bytes(fingerprint)] if len(fingerprint) == FINGERPRINT_BYTES:
            return ScopeSummary(scopes.check(scope), fingerprint)
        case _:
            raise MalformedMessageError("expected a summary [scope, fingerprint]")


def _claimed_head(value: Value) -> ClaimedHead:
    match value:
        case [community, device, seq, head]:
            return ClaimedHead(CommunityId(_id(community)), PublicKey(_key(device)), _head(seq, head))
        case _:
            raise MalformedMessageError("expected a head [community, device, seq, id]")


def _claimed_charter(value: Value) -> ClaimedCharter:
    match value:
        case [community, digest]:
            return ClaimedCharter(CommunityId(_id(community)), _id(digest))
        case _:
            raise MalformedMessageError("expected a charter [community, digest]")


def _wanted(value: Value) -> Wanted:
    match value:
        case [device, head, [*known]] if len(known) <= KNOWN_PER_WANT_MAX:
            points = tuple(_point(point) for point in known)
            return Wanted(PublicKey(_key(device)), EntryId(_id(head)), points)
        case _:
            raise MalformedMessageError("expected a want [device, head, known]")


def _point(value: Value) -> Head:
    match value:
        case [seq, head]:
            return _head(seq, head)
        case _:
            raise MalformedMessageError("expected a point [seq, id]")


def _head(seq: Value, head: Value) -> Head:
    if not (canonical.is_natural(seq) and seq >= 1):
        raise MalformedMessageError("expected a sequence number from 1")
    return Head(seq, EntryId(_id(head)))


def _records(value: list[Value]) -> tuple[bytes, ...]:
    _at_most(CHARTER_RECORDS_PER_COMMUNITY_MAX, value)
    if not all(isinstance(raw, bytes) for raw in value):
        raise MalformedMessageError("expected records as byte strings")
    return tuple(value)


def _id(value: Value) -> bytes:
    if not isinstance(value, bytes) or len(value) != ID_BYTES:
        raise MalformedMessageError(f"expected {ID_BYTES} bytes")
    return value


def _key(value: Value) -> bytes:
    if not isinstance(value, bytes) or len(value) != KEY_BYTES:
        raise MalformedMessageError(f"expected a key of {KEY_BYTES} bytes")
    return value


def _at_most(count_max: int, items: list[Value]) -> list[Value]:
    if len(items) > count_max:
        raise LimitExceededError(f"expected at most {count_max} items, found {len(items)}")
    return items
