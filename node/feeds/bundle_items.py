"""What stands in the parts of a bundle: charters, founding records, stretches, and what its writer holds.

Only shapes and bounds are checked here. Stretches and charters prove themselves where they are admitted; what
a writer claims to hold carries the writer's signature (docs/bundles.md).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from node import canonical, keys
from node.canonical import Value
from node.errors import LimitExceededError, MalformedMessageError
from node.feeds import scopes, stretch
from node.feeds.bundle import PART_BYTES_MAX, PART_BYTES_WANTED
from node.feeds.entry import FeedKey, Head
from node.feeds.stretch import Stretch
from node.ids import ID_BYTES, CommunityId, EntryId
from node.keys import KEY_BYTES, SIGNATURE_BYTES, PublicKey, Signer
from node.limits import (
    CHARTER_BYTES_PER_COMMUNITY_MAX,
    CHARTER_RECORDS_PER_COMMUNITY_MAX,
    FORK_BRANCHES_MAX,
    STATEMENT_BYTES_MAX,
)

BUNDLE_ID_BYTES: Final = 16
# One signature covers so many feeds: with 16 branches each they still fit into a part.
CLAIMED_FEEDS_MAX: Final = 500

_OPENING, _CHARTER, _FOUNDING, _STRETCH, _CLAIMS = range(5)
_SIGNED_TAG: Final = "hedgerow/bundle-claims/1"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a bundle says of itself, unproved: for people, before they take it in.

    Attributes:
        reader: the community it was written for, None for anybody.
        hours: when, by the writer's clock, whole hours since 1970.
        whole: whether it holds everything, not only what the reader was known to lack.
    """

    bundle: bytes
    community: CommunityId
    reader: CommunityId | None
    hours: int
    whole: bool


@dataclass(frozen=True, slots=True)
class CharterRecords:
    """The charter records of a community."""

    community: CommunityId
    records: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class FoundingRecord:
    """The founding record of a federation."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class ClaimedFeed:
    """All ends of one feed that the writer holds."""

    feed: FeedKey
    ends: tuple[Head, ...]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a bundle's writer holds, under the writer's signature: what need not be sent to it again."""

    bundle: bytes
    community: CommunityId
    device: PublicKey
    feeds: tuple[ClaimedFeed, ...]
    signature: bytes

    def verify(self) -> None:
        """Check the signature.

        Raises:
            BadSignatureError: it does not hold.
        """
        signed = _signed(self.bundle, self.community, self.device, self.feeds)
        keys.verify(self.device, self.signature, signed)


Item: TypeAlias = Opening | CharterRecords | FoundingRecord | Stretch | Claims


def claims(bundle: bytes, community: CommunityId, feeds: Sequence[ClaimedFeed], signer: Signer) -> Claims:
    """Sign what this node holds."""
    assert len(feeds) <= CLAIMED_FEEDS_MAX
    signature = signer.sign(_signed(bundle, community, signer.public, feeds))
    return Claims(bundle, community, signer.public, tuple(feeds), signature)


def contents(items: Iterable[Item]) -> Iterator[bytes]:
    """Yield the contents of parts that hold these items in order, each of about the wanted size."""
    held: list[bytes] = []
    size = 0
    for item in items:
        encoded = canonical.encode(_to_value(item))
        if held and size + len(encoded) > PART_BYTES_WANTED:
            yield _joined(held)
            held, size = [], 0
        held.append(encoded)
        size += len(encoded)
    if held:
        yield _joined(held)


def decode(content: bytes) -> list[Item]:
    """Read the items of a part.

    Raises:
        PeerError: it is none; the message says what was expected.
    """
    match canonical.decode(content, bytes_max=PART_BYTES_MAX):
        case [_, *_] as found:
            return list(map(_item, found))
        case _:
            raise MalformedMessageError("expected a part to be a list of items")


def _joined(encoded: Sequence[bytes]) -> bytes:
    """Spell the canonical list of values that are spelled already."""
    empty = canonical.encode([0] * len(encoded))
    return empty[: len(empty) - len(encoded)] + b"".join(encoded)


def _signed(bundle: bytes, community: bytes, device: bytes, feeds: Sequence[ClaimedFeed]) -> bytes:
    return canonical.digest(_SIGNED_TAG, bundle, community, device, _feeds(feeds))


def _feeds(feeds: Sequence[ClaimedFeed]) -> Value:
    return [[one.feed.scope, one.feed.device, [[end.seq, end.id] for end in one.ends]] for one in feeds]


def _to_value(item: Item) -> Value:
    match item:
        case Opening(bundle, community, reader, hours, whole):
            return [_OPENING, bundle, community, reader, hours, whole]
        case CharterRecords(community, records):
            return [_CHARTER, community, list(records)]
        case FoundingRecord(raw):
            return [_FOUNDING, raw]
        case Stretch():
            return [_STRETCH, stretch.to_value(item)]
        case Claims(bundle, community, device, feeds, signature):
            return [_CLAIMS, bundle, community, device, _feeds(feeds), signature]


def _item(value: Value) -> Item:
    match value:
        case [bool(), *_]:  # It would pass for the number 0 or 1.
            raise MalformedMessageError("expected an item's number, found true or false")
        case [int(kind), sent] if kind == _STRETCH:
            return stretch.from_value(sent)
        case [int(kind), bytes(community), [*records]] if kind == _CHARTER:
            return _charter(_id(community), records)
        case [int(kind), bytes(raw)] if kind == _FOUNDING and len(raw) <= STATEMENT_BYTES_MAX:
            return FoundingRecord(raw)
        case [int(kind), bytes(bundle), bytes(community), None | bytes() as reader, hours, bool(whole)] if (
            kind == _OPENING and canonical.is_natural(hours)
        ):
            named = CommunityId(_id(reader)) if reader is not None else None
            return Opening(_bundle_id(bundle), CommunityId(_id(community)), named, hours, whole)
        case [int(kind), bytes(bundle), bytes(community), bytes(device), [*feeds], bytes(signature)] if (
            kind == _CLAIMS and len(device) == KEY_BYTES and len(signature) == SIGNATURE_BYTES
        ):
            if len(feeds) > CLAIMED_FEEDS_MAX:
                raise LimitExceededError(f"expected at most {CLAIMED_FEEDS_MAX} feeds, found {len(feeds)}")
            read = tuple(map(_claimed, feeds))
            return Claims(_bundle_id(bundle), CommunityId(_id(community)), PublicKey(device), read, signature)
        case _:
            raise MalformedMessageError("expected an item of a bundle, found another shape")


def _charter(community: bytes, records: list[Value]) -> CharterRecords:
    raws = tuple(raw for raw in records if isinstance(raw, bytes))
    if len(raws) != len(records):
        raise MalformedMessageError("expected the records of a charter to be bytes")
    if len(raws) > CHARTER_RECORDS_PER_COMMUNITY_MAX or sum(map(len, raws)) > CHARTER_BYTES_PER_COMMUNITY_MAX:
        raise LimitExceededError(
            f"expected a charter of at most {CHARTER_RECORDS_PER_COMMUNITY_MAX} records and"
            f" {CHARTER_BYTES_PER_COMMUNITY_MAX:,} bytes"
        )
    return CharterRecords(CommunityId(community), raws)


def _claimed(value: Value) -> ClaimedFeed:
    match value:
        case [str(scope), bytes(device), [_, *_] as ends] if (
            len(device) == KEY_BYTES and len(ends) <= FORK_BRANCHES_MAX
        ):
            return ClaimedFeed(FeedKey(PublicKey(device), scopes.check(scope)), tuple(map(_end, ends)))
        case _:
            raise MalformedMessageError("expected a feed [scope, device, [[seq, id], …]]")


def _end(value: Value) -> Head:
    match value:
        case [seq, bytes(entry)] if canonical.is_natural(seq) and seq >= 1:
            return Head(seq, EntryId(_id(entry)))
        case _:
            raise MalformedMessageError("expected an end of a feed [seq, id]")


def _id(raw: bytes) -> bytes:
    if len(raw) != ID_BYTES:
        raise MalformedMessageError(f"expected an id of {ID_BYTES} bytes, found {len(raw)}")
    return raw


def _bundle_id(raw: bytes) -> bytes:
    if len(raw) != BUNDLE_ID_BYTES:
        raise MalformedMessageError(f"expected a bundle's id of {BUNDLE_ID_BYTES} bytes, found {len(raw)}")
    return raw
