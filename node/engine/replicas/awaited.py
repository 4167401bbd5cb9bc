"""Ends of branches that epochs name and that are not held: with them it is known what the epochs include.

Whether an entry lies on a branch that an epoch names is known once that branch's end is held (docs/epochs.md,
section 2). The end may come long after the epoch and all before it, without a body, in an entry that counts
for nothing or that names another document. So it is noted here what to look at when it comes.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.replicas import epochs
from node.engine.replicas.epochs import Began
from node.engine.replicas.wanted import WantedBodies
from node.errors import RejectedChangeError
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import ID_BYTES, DocumentId, EntryId

# Of the local store: such ends, each with a document of which an epoch names it.
AWAITED: Final = "awaited"


class AwaitedEnds:
    """Know which ends are awaited; follows every write of the same transaction."""

    def __init__(self, store: Store, registry: Registry, wanted: WantedBodies) -> None:
        self._store = store
        self._wanted = wanted
        self._registry = registry
        # In order; anybody may name one end in any number of documents.
        self._documents: dict[EntryId, dict[DocumentId, None]] = {}
        for key, _ in store.local.all(AWAITED):
            self._keep(EntryId(key[:ID_BYTES]), DocumentId(key[ID_BYTES:]))

    def took(self, entries: Sequence[Entry]) -> Iterator[tuple[Began, int]]:
        """Note entries that came, and yield the epochs that include something else with them.

        Each with how many entries were read to find it.
        """
        came: dict[DocumentId, set[EntryId]] = {}
        for entry in entries:
            for document in self._documents.pop(entry.id, {}):
                self._store.local.remove(AWAITED, entry.id + document)
                came.setdefault(document, set()).add(entry.id)
        for document, ends in came.items():
            held = self._store.feeds.of_document(document)
            for one in epochs.among(held, self._registry):
                if any(named.head in ends for named in one.epoch.included):
                    yield one, len(held)
        for entry in filter(epochs.is_epoch, entries):
            self._note(entry)

    def _note(self, entry: Entry) -> None:
        """Note which ends an epoch names that are not held, whoever wrote it: that may be known later."""
        try:
            began = epochs.read(entry)
        except RejectedChangeError:
            return
        assert entry.document is not None, "a body of this kind that can be read names a document"
        for one in began.epoch.included:
            feed, head = FeedKey(one.device, began.genesis.scope), Head(one.last, one.head)
            # A newcomer holds nearly all without their bodies, which is known without a look at the store.
            if self._wanted.is_lacked(entry.document, feed, head) or self._store.feeds.holds(feed, head):
                continue
            if entry.document not in self._documents.get(head.id, {}):
                self._keep(head.id, entry.document)
                self._store.local.put(AWAITED, head.id + entry.document, b"")

    def _keep(self, end: EntryId, document: DocumentId) -> None:
        self._documents.setdefault(end, {})[document] = None
