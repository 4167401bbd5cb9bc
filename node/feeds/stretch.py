"""Stretches: consecutive entries of one branch that end at a signature, as they are made and as they travel.

What can be derived does not travel: version, key, scope, sequence numbers, ids and hashes are computed again
by the receiver, so one signature proves them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from node import canonical
from node.canonical import Value
from node.errors import LimitExceededError, MalformedMessageError
from node.feeds import entry, scopes
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import ID_BYTES, DocumentId, EntryId
from node.keys import KEY_BYTES, SIGNATURE_BYTES, PublicKey, Signer
from node.limits import BODY_BYTES_MAX, MESSAGE_BYTES_MAX, STRETCH_BODY_BYTES_MAX, STRETCH_ENTRIES_MAX


class Item(NamedTuple):
    """One entry inside a stretch: its coarse time, and its body or what is left of it.

    A tuple, because one is made for every entry that arrives.
    """

    hours: int
    body: bytes | None
    body_hash: bytes | None = None
    body_bytes: int | None = None
    document: DocumentId | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of entries as it travels: shape checked, nothing proved yet."""

    feed: FeedKey
    first_seq: int
    prev: EntryId | None
    items: tuple[Item, ...]
    signature: bytes


def make(
    feed: FeedKey, head: Head | None, bodies: Sequence[bytes], *, hours: int, signer: Signer
) -> list[Entry]:
    """Write bodies behind a head as the feed's author, signing at the end and wherever a limit asks."""
    return sign(chain(feed, head, bodies, hours=hours), signer)


def chain(feed: FeedKey, head: Head | None, bodies: Sequence[bytes], *, hours: int) -> list[Entry]:
    """Write bodies behind a head, not yet signed."""
    made: list[Entry] = []
    seq, prev = (head.seq, head.id) if head else (0, None)
    for body in bodies:
        seq += 1
        made.append(entry.build(feed, seq=seq, prev=prev, body=body, hours=hours))
        prev = made[-1].id
    return made


def sign(entries: Sequence[Entry], signer: Signer) -> list[Entry]:
    """Sign consecutive entries as their feed's author: at the end and wherever a limit asks."""
    assert all(written.feed.device == signer.public for written in entries)
    made = list(entries)
    count = size = 0
    for index, written in enumerate(made):
        count, size = count + 1, size + written.body_bytes
        after = made[index + 1] if index + 1 < len(made) else None
        if after is None or count == STRETCH_ENTRIES_MAX or size + after.body_bytes > STRETCH_BODY_BYTES_MAX:
            made[index] = written.signed(entry.sign(written.id, signer))
            count = size = 0
    return made


def split(entries: Sequence[Entry]) -> list[Stretch]:
    """Cut consecutive entries of one branch into stretches; an unsigned tail is left out."""
    stretches: list[Stretch] = []
    start = 0
    for index, last in enumerate(entries):
        if last.signature is None:
            continue
        part = entries[start : index + 1]
        items = tuple(
            Item(e.hours, e.body)
            if e.body is not None
            else Item(e.hours, None, e.body_hash, e.body_bytes, e.document)
            for e in part
        )
        stretches.append(Stretch(last.feed, part[0].seq, part[0].prev, items, last.signature))
        start = index + 1
    return stretches


def prove(stretch: Stretch) -> list[Entry]:
    """Compute the entries of a stretch and check the signature over the last.

    Raises:
        BadSignatureError: the chain that follows from the bytes is not the one that was signed.
    """
    entries = _chained(stretch)
    entry.verify(entries[-1].id, stretch.feed.device, stretch.signature)
    entries[-1] = entries[-1].signed(stretch.signature)
    return entries


def _chained(stretch: Stretch) -> list[Entry]:
    """Compute the entries of a stretch, not yet proved."""
    entries: list[Entry] = []
    prev = stretch.prev
    for offset, item in enumerate(stretch.items):
        built = entry.build(
            stretch.feed,
            seq=stretch.first_seq + offset,
            prev=prev,
            body=item.body,
            hours=item.hours,
            body_hash=item.body_hash,
            body_bytes=item.body_bytes,
            document=item.document,
        )
        entries.append(built)
        prev = built.id
    return entries


def to_value(stretch: Stretch) -> Value:
    """Return the stretch as a canonical tree: [device, scope, first seq, prev, items, signature]."""
    items = [
        [i.hours, i.body] if i.body is not None else [i.hours, i.body_hash, i.body_bytes, i.document]
        for i in stretch.items
    ]
    return [
        stretch.feed.device,
        stretch.feed.scope,
        stretch.first_seq,
        stretch.prev,
        items,
        stretch.signature,
    ]


def from_value(value: Value) -> Stretch:
    """Read what `to_value` made, bounded and by shape only.

    Raises:
        MalformedMessageError: another shape.
        LimitExceededError: more entries or bytes than one signature may cover.
    """
    match value:
        case [bytes(device), str(scope), first, None | bytes() as prev, [*raw], bytes(signature)] if (
            len(device) == KEY_BYTES
            and len(signature) == SIGNATURE_BYTES
            and canonical.is_natural(first)
            and first >= 1
            and (prev is None) == (first == 1)
            and (prev is None or len(prev) == ID_BYTES)
            and raw
        ):
            pass
        case _:
            raise MalformedMessageError("expected a stretch [device, scope, seq, prev, items, signature]")
    if len(raw) > STRETCH_ENTRIES_MAX:
        raise LimitExceededError(f"expected at most {STRETCH_ENTRIES_MAX} entries, found {len(raw)}")
    items = tuple(_item(item) for item in raw)
    size = sum(len(item.body) for item in items if item.body is not None)
    # The last body may be what crossed the line: authors sign before the next one would.
    if size > STRETCH_BODY_BYTES_MAX:
        raise LimitExceededError(f"expected at most {STRETCH_BODY_BYTES_MAX} bytes of bodies, found {size}")
    feed = FeedKey(PublicKey(device), scopes.check(scope))
    return Stretch(feed, first, EntryId(prev) if prev is not None else None, items, signature)


def encode(stretch: Stretch) -> bytes:
    """Write a stretch on its own, as vectors and bundles keep it."""
    return canonical.encode(to_value(stretch))


def decode(raw: bytes) -> Stretch:
    """Read what `encode` wrote.

    Raises:
        MalformedMessageError: not canonical, or another shape.
        LimitExceededError: more entries or bytes than one signature may cover.
    """
    return from_value(canonical.decode(raw, bytes_max=MESSAGE_BYTES_MAX))


def _item(value: Value) -> Item:
    match value:
        case [hours, bytes(body)] if canonical.is_natural(hours) and len(body) <= BODY_BYTES_MAX:
            return Item(hours, body)
        case [hours, bytes(digest), size, None | bytes() as document] if (
            canonical.is_natural(hours)
            and canonical.is_natural(size)
            and len(digest) == ID_BYTES
            and size <= BODY_BYTES_MAX
            and (document is None or len(document) == ID_BYTES)
        ):
            named = DocumentId(document) if document is not None else None
            return Item(hours, None, digest, size, named)
        case _:
            raise MalformedMessageError("expected an entry [hours, body] or [hours, hash, length, document]")
