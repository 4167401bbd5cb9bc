"""Forks that are held: which devices told two stories, where, and the proof of it.

All branches of a feed are kept and carried on (design, section 2), so whoever carries a feed finds the same
forks and needs no message about them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from node.engine.ports import FeedStore
from node.feeds import forking
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.forking import ForkProof
from node.ids import EntryId
from node.keys import PublicKey
from node.limits import FORK_BRANCHES_MAX, WANT_ANSWER_BYTES_MAX

# How far back the place where two branches part is looked for at first; doubled until it is found.
_BACK = 64


@dataclass(frozen=True, slots=True)
class Fork:
    """One feed with several branches.

    Attributes:
        seq: the place of the first two entries that differ, as far as the proof says.
        branches: how many ends there are.
    """

    feed: FeedKey
    seq: int
    branches: int
    proof: ForkProof


def among(feeds: FeedStore, devices: Iterable[PublicKey] | None = None) -> list[Fork]:
    """Return the forks of some devices, or of all, sorted by scope and device."""
    wanted = None if devices is None else frozenset(devices)
    ends: dict[FeedKey, list[Head]] = {}
    for scope in feeds.scopes():
        for known in feeds.heads(scope):
            if wanted is None or known.feed.device in wanted:
                ends.setdefault(known.feed, []).append(known.head)
    found = []
    for feed, heads in ends.items():
        for alike in _begun_alike(feeds, feed, heads) if len(heads) > 1 else ():
            proof = _proof(feeds, feed, alike[0], alike[1])
            found.append(Fork(feed, proof.seq, len(alike), proof))
    return found


def known_to_all(feeds: FeedStore, feed: FeedKey) -> list[Head]:
    """Return ends of a feed that whoever holds it can come to hold.

    These are its ends; but of a feed that is full of branches each node keeps those that came first, and
    never learns what leads to any other: there it is the last entry on all of them, or none.
    """
    ends = feeds.heads_of(feed)
    if len(ends) < FORK_BRANCHES_MAX:
        return ends
    shared = min(_shared(feeds, feed, ends[0], other) for other in ends[1:])
    part = feeds.path(feed, ends[0].id, after_seq=shared - 1, entries_max=1, bytes_max=0) if shared else ()
    return [Head(entry.seq, entry.id) for entry in part]


def _begun_alike(feeds: FeedStore, feed: FeedKey, heads: Sequence[Head]) -> list[list[Head]]:
    """Return the ends of each set of several branches that are held from one place on.

    Of a branch that is held from a later place on nobody knows here whether it leaves another.
    """
    found: dict[EntryId | None, list[Head]] = {}
    for end in heads:
        first = feeds.path(feed, end.id, after_seq=0, entries_max=1, bytes_max=0)[0]
        found.setdefault(first.prev, []).append(end)
    return [known for known in found.values() if len(known) > 1]


def _proof(feeds: FeedStore, feed: FeedKey, one: Head, other: Head) -> ForkProof:
    """Prove the fork of two branches by their first entries that differ."""
    shared = _shared(feeds, feed, one, other)
    first, second = (
        feeds.path(feed, end.id, after_seq=shared, entries_max=1, bytes_max=0) for end in (one, other)
    )
    return forking.prove(first, second)


def _shared(feeds: FeedStore, feed: FeedKey, one: Head, other: Head) -> int:
    """Return the place of the last entry on two branches, 0 where there is none."""
    back = _BACK
    while True:
        after = max(0, one.seq - back)
        points = [Head(entry.seq, entry.id) for entry in _whole(feeds, feed, one, after)]
        shared = feeds.fork_point(feed, other.id, points)
        if shared or not after:
            return shared
        back *= 4


def _whole(feeds: FeedStore, feed: FeedKey, end: Head, after: int) -> list[Entry]:
    """Return a branch behind a place up to its end."""
    found: list[Entry] = []
    while part := feeds.path(
        feed, end.id, after_seq=after, entries_max=4_096, bytes_max=WANT_ANSWER_BYTES_MAX
    ):
        found += part
        after = part[-1].seq
    return found
