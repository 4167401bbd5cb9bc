"""Dropping bodies: which of a document's entries are superseded, so that nobody needs what they said.

Only the epoch that counts decides, from what this node itself holds: no peer's word ever drops a body.
"""

from collections.abc import Sequence

from node.crdt.epochs import Included
from node.engine.ports import FeedStore
from node.engine.replicas.epochs import Began, Listed
from node.feeds.entry import Entry, FeedKey, Head


def superseded(feeds: FeedStore, entries: Sequence[Entry], began: Sequence[Began]) -> list[Entry]:
    """Return the entries whose bodies may be dropped; an earlier epoch only if it says no more.

    An earlier epoch that lists something which the one that counts does not is kept: without it nobody
    could tell that what it lists is superseded.
    """
    if not began:
        return []
    first = began[0]
    listed = Listed(feeds, began[:1])
    further = {one.entry.id for one in began[1:] if not _all_covered(one, first, listed)}
    return [
        entry
        for entry in entries
        if entry.body is not None
        and entry.id not in further
        and listed.has(entry.feed, Head(entry.seq, entry.id))
    ]


def _all_covered(one: Began, first: Began, listed: Listed) -> bool:
    scope = one.genesis.scope
    return all(_covered(part, FeedKey(part.device, scope), first, listed) for part in one.epoch.included)


def _covered(part: Included, feed: FeedKey, first: Began, listed: Listed) -> bool:
    """Tell whether all that an earlier epoch lists of a branch is listed by the one that counts too."""
    if not listed.has(feed, Head(part.last, part.head)):
        return False
    ranges = [its for one in first.epoch.included if one.device == part.device for its in one.seqs]
    return all(any(its.start <= seqs.start and seqs.stop <= its.stop for its in ranges) for seqs in part.seqs)
