"""Who wrote on a board: notes by the devices whose entries touched them.

The document itself knows notes, not authors; a run's entries stand in the feed of the device that made them.
"""

from collections.abc import Callable, Iterator

from node.crdt import changes
from node.engine.ports import Store
from node.errors import RejectedChangeError
from node.feeds import bodies
from node.feeds.entry import Entry
from node.ids import DocumentId
from node.keys import PublicKey


def touched(store: Store, board: DocumentId, by: Callable[[PublicKey], bool]) -> set[str]:
    """Return the keys of the notes that some of these devices wrote, wrote over or took off."""
    return {key for entry in store.feeds.of_document(board) if by(entry.feed.device) for key in _keys(entry)}


def _keys(entry: Entry) -> Iterator[str]:
    """Yield the keys at the root that an entry's changes name; none when they cannot be read."""
    if entry.body is None:
        return
    try:
        for raw in bodies.changes(bodies.decode(entry.body).content).raw_changes:
            for operation in changes.decode(raw).operations:
                if operation.object is None and isinstance(operation.key, str):
                    yield operation.key
    except RejectedChangeError:
        return  # It counts for nothing, so it wrote no note.
