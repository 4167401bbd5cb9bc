"""Ends: how far a device's edits count for a community that retired it, or that a federation removed."""

from collections.abc import Iterable

from node.engine.ports import FeedStore
from node.federation.membership import Members
from node.feeds.entry import Entry, FeedKey, Head
from node.identity.charter import Cut
from node.identity.community import Community
from node.ids import EntryId


def of(owner: Community, feed: FeedKey, members: Members | None) -> list[list[Cut]]:
    """Return what limits a feed: of each list one place at least must lie behind an entry that counts.

    Args:
        owner: a community in whose charter the feed's device stands.
        feed: of which the limits are asked.
        members: of the federation whose members' scope it is, None in any other scope.
    """
    found = []
    retired = owner.cut(feed.device, feed.scope)
    if retired is not None:
        found.append([retired])
    lasts = members.lasts(owner.id) if members is not None else ()
    if lasts:
        named = [(seq, entry) for device, seq, entry in lasts if device == feed.device]
        found.append([Cut(scope=feed.scope, seq=seq, entry=entry) for seq, entry in named])
    return found


def within(entry: Entry, limits: Iterable[list[Cut]], feeds: FeedStore) -> bool:
    """Tell whether an entry lies, for each limit of its feed, on the way to one of the places it names."""
    place = [Head(entry.seq, entry.id)]
    return all(
        any(
            entry.seq <= cut.seq and feeds.fork_point(entry.feed, EntryId(cut.entry), place) == entry.seq
            for cut in limit
        )
        for limit in limits
    )
