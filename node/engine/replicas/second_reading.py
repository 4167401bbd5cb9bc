"""A second reading: what automerge makes of the changes that count, held against what this node shows.

What counts and what is shown is worked out by our own code (docs/decisions/0009). The library has no say in
it, but it is what others read our documents with, and a mistake of ours would show here first.
"""

from collections.abc import Sequence
from typing import Final

from node.engine.ends import Standing
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.replicas import making
from node.engine.replicas.documents import read_tree
from node.engine.replicas.making import SCHEMAS
from node.engine.replicas.opened import OpenDocument
from node.ids import DocumentId

# Documents of all types in one order: by type, then by id.
TYPES: Final = tuple(sorted(SCHEMAS))


def after(store: Store, place: tuple[str, DocumentId | None], limit: int) -> list[tuple[str, DocumentId]]:
    """Return the documents that follow a place, at most so many."""
    kind, last = place
    found: list[tuple[str, DocumentId]] = []
    for one in TYPES:
        if one >= kind and len(found) < limit:
            rows = store.documents.of_type(one, after=last if one == kind else None, limit=limit - len(found))
            found += [(one, row.id) for row in rows]
    return found


def differences(document: DocumentId, store: Store, registry: Registry) -> Sequence[str]:
    """Return in words what the two readings of a document, or its entries and its cache, do not agree in."""
    held = store.feeds.of_document(document)
    entries = [entry for entry in held if registry.standing(entry) is Standing.COUNTS]
    made = making.make(document, entries, registry, store.feeds)
    row = store.documents.get(document)
    if made is None or row is None:
        return ["it is kept, and its entries do not make it: `hedgerow rebuild` puts that right"]
    first = made.opened
    counting = making.counting(made, store.feeds)
    again = OpenDocument(
        document,
        first.genesis,
        SCHEMAS[first.genesis.type],
        reader=making.READER,
        strict=first.strict,
        compared=True,
        epoch=first.epoch,
        began=first.began,
    )
    again.offer(counting if first.strict else sorted(counting, key=lambda entry: entry.id), registry)
    found = again.differences()
    if first.read() != read_tree(row):
        found.append("what is kept is not what its entries make: `hedgerow rebuild` puts that right")
    return found
