"""What the store in memory and the one on disk do alike with a chain of entries."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from node.errors import StoreUnavailableError
from node.feeds.entry import Entry, build
from node.ids import ID_BYTES
from node.keys import KEY_BYTES, SIGNATURE_BYTES


def portion(entries: Iterable[Entry], *, entries_max: int, bytes_max: int) -> list[Entry]:
    """Return as many whole stretches from the start as fit both bounds, but at least the first.

    What follows the last signature is left out: nobody could prove it.

    Args:
        entries: consecutive entries of one branch; read no further than needed.
        entries_max: bound on the number of entries.
        bytes_max: bound on the sum of the lengths of the bodies.
    """
    taken: list[Entry] = []
    signed = size = 0
    for entry in entries:
        size += 0 if entry.body is None else len(entry.body)
        if signed and (len(taken) >= entries_max or size > bytes_max):
            break
        taken.append(entry)
        if entry.signature is not None:
            signed = len(taken)
    return taken[:signed]


def assert_chain(entries: Sequence[Entry]) -> None:
    """Rule out, before anything is kept, what only a mistake of ours could bring to the store.

    The ids themselves were computed from the bytes when the stretch was made or proved, just before; hashing
    all again here would cost as much as the database does.
    """
    for entry in entries:
        assert entry.feed == entries[0].feed, "entries of several feeds"
        assert entry.seq >= 1
        assert (entry.prev is None) == (entry.seq == 1)
        assert len(entry.id) == len(entry.body_hash) == ID_BYTES
        assert len(entry.feed.device) == KEY_BYTES
        assert entry.body is None or len(entry.body) == entry.body_bytes
        assert entry.signature is None or len(entry.signature) == SIGNATURE_BYTES
    for before, after in pairwise(entries):
        assert after.seq == before.seq + 1, "a gap between entries"
        assert after.prev == before.id, "entries that do not follow each other"


def prove_id(entry: Entry) -> None:
    """Check an entry that was kept against its id.

    Raises:
        StoreUnavailableError: its header is another.
    """
    computed = build(
        entry.feed,
        seq=entry.seq,
        prev=entry.prev,
        body=None,
        hours=entry.hours,
        body_hash=entry.body_hash,
        body_bytes=entry.body_bytes,
        document=entry.document,
    )
    if computed.id != entry.id:
        raise damaged(f"the header of entry {entry.seq} of a feed in {entry.feed.scope} was changed")


def damaged(what: str) -> StoreUnavailableError:
    """Return what is to be raised where what was kept is not what comes back."""
    return StoreUnavailableError(
        f"the database is damaged: {what}: restore a backup or sync into a new folder"
    )
