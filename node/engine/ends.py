"""Ends: how far a device's edits count for a community that retired it, or that a federation removed."""

from collections.abc import Iterable, Sequence
from enum import IntEnum

from node.engine.ports import FeedStore
from node.federation.membership import Members
from node.feeds.entry import FeedKey, Head
from node.identity.charter import Cut
from node.identity.community import Community
from node.ids import EntryId


class Standing(IntEnum):
    """What of an entry counts; more is higher."""

    # Nobody's charter names its device.
    NOTHING = 0
    # A checkpoint of its feed says that nothing before its place counts (decision 0017), or it lies
    # behind a body that is kept back (decision 0021).
    PAST = 1
    # The device was retired before it, as rotated or stolen, or its community was removed: records verify by
    # themselves and stand, edits do not (decision 0016).
    RECORDS = 2
    COUNTS = 3


def of(owner: Community, feed: FeedKey, members: Members | None) -> list[list[Cut]]:
    """Return what limits a feed: of each list one place at least must lie behind an entry that counts.

    Args:
        owner: a community in whose charter the feed's device stands.
        feed: of which the limits are asked.
        members: of the federation whose members' scope it is, None to go by charters alone.
    """
    found = []
    retired = owner.cut(feed.device, feed.scope)
    if retired is not None:
        found.append([retired])
    lasts = members.lasts(owner.id) if members is not None else None
    if lasts is not None:
        named = [(seq, entry) for device, seq, entry in lasts if device == feed.device]
        found.append([Cut(scope=feed.scope, seq=seq, entry=entry) for seq, entry in named])
    return found


def standing(
    feed: FeedKey, place: Head, owners: Iterable[Community], members: Members | None, feeds: FeedStore
) -> Standing:
    """Tell what of an entry counts for the communities in whose charters its device stands."""
    limits = [of(owner, feed, members) for owner in owners]
    if any(_within(feed, place, one, feeds) for one in limits):
        return Standing.COUNTS
    # Else a community takes back a decision that its own word helped to make, by calling a device stolen.
    return Standing.RECORDS if limits else Standing.NOTHING


def _within(feed: FeedKey, place: Head, limits: Sequence[list[Cut]], feeds: FeedStore) -> bool:
    """Tell whether an entry lies, for each limit of its feed, on the way to one of the places it names."""
    return all(
        any(
            place.seq <= cut.seq and feeds.fork_point(feed, EntryId(cut.entry), [place]) == place.seq
            for cut in limit
        )
        for limit in limits
    )
