"""Making a document from its entries: the epoch that counts, and what of the entries belongs to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from node.crdt.genesis import Communities, Genesis
from node.crdt.operations import Actor
from node.directory.board import BOARD_SCHEMA, BOARD_TYPE
from node.directory.body import BODY_SCHEMA, BODY_TYPE
from node.directory.item import ITEM_SCHEMA, ITEM_TYPE
from node.directory.meeting import MEETING_SCHEMA, MEETING_TYPE
from node.directory.schemas import OFFER_SCHEMA, OFFER_TYPE, PROFILE_SCHEMA, PROFILE_TYPE
from node.engine import beginnings
from node.engine.ports import FeedStore
from node.engine.registry import Registry
from node.engine.replicas import epochs
from node.engine.replicas.epochs import NONE_CHECKED, Began, Checked, Listed
from node.engine.replicas.opened import FIRST_EPOCH, OpenDocument, RivalError
from node.feeds.entry import Entry, Head
from node.ids import DocumentId

SCHEMAS: Final = {
    PROFILE_TYPE: PROFILE_SCHEMA,
    OFFER_TYPE: OFFER_SCHEMA,
    BOARD_TYPE: BOARD_SCHEMA,
    ITEM_TYPE: ITEM_SCHEMA,
    BODY_TYPE: BODY_SCHEMA,
    MEETING_TYPE: MEETING_SCHEMA,
}
# A document is begun anew before automerge slows down (facts: near 2,000 changes), or when its history weighs
# this many times what it says; below the third it does not pay.
GROWN_CHANGES_MIN: Final = 1_900
GROWN_TIMES_MIN: Final = 10
GROWN_BYTES_MIN: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Growth:
    """From when on a document that one community writes is worth beginning anew.

    Attributes:
        changes: so many of them count in it; or
        times: its history weighs so many times what it says, and
        bytes: that many.
    """

    changes: int = GROWN_CHANGES_MIN
    times: int = GROWN_TIMES_MIN
    bytes: int = GROWN_BYTES_MIN

    def reached(self, opened: OpenDocument, state_bytes: int) -> bool:
        """Tell whether a document has grown so much."""
        # The numbers first: nearly no document has grown, and each is asked after every change.
        is_heavy = opened.history_bytes >= max(self.bytes, self.times * state_bytes)
        if not is_heavy and opened.changes_counted < self.changes:
            return False
        return opened.genesis.writers == Communities((opened.genesis.owner,))


USUAL_GROWTH: Final = Growth()
READER: Final = Actor(bytes(32))


@dataclass(frozen=True, slots=True)
class Made:
    """A document as its entries make it.

    Attributes:
        began: its epochs that hold, the one that counts first; none where it never began anew.
        judged: the entries on which no earlier verdict stands.
        rejected: those that count for nothing, with the reason.
    """

    opened: OpenDocument
    began: tuple[Began, ...]
    judged: tuple[Entry, ...]
    rejected: tuple[tuple[Entry, str], ...]


def make(
    document: DocumentId,
    entries: Sequence[Entry],
    registry: Registry,
    feeds: FeedStore,
    checked: Checked = NONE_CHECKED,
    *,
    recalled: Genesis | None = None,
) -> Made | None:
    """Make a document from those of its entries that count; None without genesis or for an unknown type.

    Of the epochs in `checked` it is known that they hold. A genesis that is `recalled` need be brought by no
    entry that counts: whoever names it is about to bring it again.
    """
    began = tuple(epochs.among(entries, registry, checked))
    founding = began[0].genesis if began else beginnings.among(entries, registry) or recalled
    if founding is None or founding.type not in SCHEMAS:
        return None
    listed = Listed(feeds, began)
    judged = bringing(entries, founding, began, registry)
    counting = [entry for entry in judged if not listed.has(entry.feed, Head(entry.seq, entry.id))]
    opened, rejected = open_epoch(document, founding, counting, began[0] if began else None, registry)
    return Made(opened, began, tuple(judged), tuple(rejected))


def counting(made: Made, feeds: FeedStore) -> list[Entry]:
    """Return the entries with changes that no epoch includes: those that this one is made of, and strays."""
    listed = Listed(feeds, made.began)
    offered = [entry for entry in made.judged if not listed.has(entry.feed, Head(entry.seq, entry.id))]
    return [entry for entry in offered if entry.id == made.opened.began or not epochs.is_epoch(entry)]


def bringing(
    entries: Iterable[Entry], founding: Genesis, began: Sequence[Began], registry: Registry
) -> list[Entry]:
    """Return the entries that bring changes of a document, whatever their epoch."""
    held = {one.entry.id: one.epoch.first is not None for one in began}
    return [
        entry
        for entry in entries
        if entry.feed.scope == founding.scope
        and (
            held.get(entry.id, False)
            if epochs.is_epoch(entry)
            else beginnings.brings_changes(entry, registry)
        )
    ]


def open_epoch(
    document: DocumentId,
    founding: Genesis,
    entries: Sequence[Entry],
    began: Began | None,
    registry: Registry,
) -> tuple[OpenDocument, list[tuple[Entry, str]]]:
    """Open one epoch of a document, the first for None; entries of other epochs are its strays."""
    this = began.entry.id if began is not None else None
    offered = [entry for entry in entries if entry.id == this or not epochs.is_epoch(entry)]
    try:
        opened = begin(document, founding, began)
        first = began.epoch.first if began is not None else None
        known = {began.entry.id: first} if began is not None and first is not None else {}
        return opened, opened.offer(offered, registry, known=known)
    except RivalError:
        opened = begin(document, founding, began, strict=False)
        # Settled by entry ids: what counts may not hang on which of two rivals came first.
        return opened, opened.offer(sorted(offered, key=lambda entry: entry.id), registry)


def begin(
    document: DocumentId, founding: Genesis, began: Began | None, *, strict: bool = True
) -> OpenDocument:
    """Return a document without changes, in this epoch."""
    return OpenDocument(
        document,
        founding,
        SCHEMAS[founding.type],
        reader=READER,
        strict=strict,
        epoch=began.epoch.number if began is not None else FIRST_EPOCH,
        began=began.entry.id if began is not None else None,
    )


def blank(document: DocumentId, founding: Genesis, number: int) -> OpenDocument:
    """Return a document without changes in an epoch that no entry has begun yet."""
    return OpenDocument(document, founding, SCHEMAS[founding.type], reader=READER, epoch=number)
