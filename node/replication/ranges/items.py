"""What is compared in a scope: one item for each feed and one for each charter.

An item has a *place*, which stays while what it says changes, and a *digest*, which covers all it says. All
branch ends of a feed are one item: a fork changes the digest like any further entry does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from node import canonical
from node.feeds.entry import Head
from node.ids import CommunityId
from node.keys import PublicKey


@dataclass(frozen=True, slots=True)
class FeedEnds:
    """All branch ends of one feed, sorted by seq and id; none when it is full of branches.

    Which branches of a full feed a node holds depends on which came first. Two nodes that hold a full feed
    are equal in it: otherwise one forger could keep all others apart for ever.
    """

    device: PublicKey
    ends: tuple[Head, ...]


@dataclass(frozen=True, slots=True)
class CharterState:
    """The digest of a community's charter records."""

    community: CommunityId
    digest: bytes


Subject: TypeAlias = FeedEnds | CharterState


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that both sides hold or that one side lacks.

    Attributes:
        place: 32 bytes; what decides in which range it lies.
        digest: 32 bytes over everything it says.
    """

    place: bytes
    digest: bytes
    subject: Subject


def feed_place(device: PublicKey) -> bytes:
    """Return where the item of a feed lies."""
    return canonical.digest("hedgerow/place/1", "feed", device)


def charter_place(community: CommunityId) -> bytes:
    """Return where the item of a charter lies."""
    return canonical.digest("hedgerow/place/1", "charter", community)


def of_feed(scope: str, device: PublicKey, ends: Iterable[Head]) -> Item:
    """Make the item of a feed."""
    subject = FeedEnds(device, tuple(ends))
    named = [[end.seq, end.id] for end in subject.ends]
    return Item(feed_place(device), canonical.digest("hedgerow/ends/1", scope, device, named), subject)


def of_charter(community: CommunityId, digest: bytes) -> Item:
    """Make the item of a charter."""
    subject = CharterState(community, digest)
    return Item(charter_place(community), canonical.digest("hedgerow/charter/1", community, digest), subject)
