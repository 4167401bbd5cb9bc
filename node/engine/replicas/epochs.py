"""Epochs in their entries: which of a document's epochs counts, and what they include.

Owns the rules that need feeds and charters; the shape of an epoch is node/crdt/epochs.py.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from node.crdt import epochs
from node.crdt.epochs import Epoch, Included
from node.crdt.genesis import Genesis
from node.engine import beginnings
from node.engine.ports import FeedStore
from node.engine.registry import Registry
from node.errors import RejectedChangeError
from node.feeds import bodies
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import EntryId
from node.limits import BODY_SALT_BYTES

# How the body of an epoch goes on behind its salt: text of five.
_EPOCH_HEAD: Final = b"\x65epoch"
_KIND_AT: Final = 2 + BODY_SALT_BYTES
# An epoch is asked for several times on its way, and some thousands come in one batch of input to whoever is
# new: with fewer than these each of them was read anew every time. Those of everyday size are remembered;
# together they and what was read of them take some 16 MB.
_SHORT_BYTES_MAX: Final = 1_024
_REMEMBERED_MAX: Final = 8_192


class Began(NamedTuple):
    """An epoch that holds by itself, in its entry."""

    entry: Entry
    epoch: Epoch
    genesis: Genesis


def check(entry: Entry, registry: Registry) -> Began:
    """Return the epoch in an entry that says it is one, if the document's owner wrote it, where that stands.

    Raises:
        RejectedChangeError: not an epoch, another document's or scope's, or by somebody else.
    """
    began = read(entry)
    if began.genesis.owner not in registry.communities_of(entry.feed.device):
        raise RejectedChangeError("expected its owner to restart a document, found another community")
    return began


def read(entry: Entry) -> Began:
    """Return the epoch in an entry that says it is one, whoever wrote it.

    Raises:
        RejectedChangeError: not an epoch, or another document's or scope's.
    """
    return Began(entry, *_read(entry))


# Epochs that have been checked since anything changed on which that hangs, by their entries.
Checked: TypeAlias = Mapping[EntryId, Began]
NONE_CHECKED: Final[Checked] = MappingProxyType({})


def among(entries: Iterable[Entry], registry: Registry, checked: Checked = NONE_CHECKED) -> list[Began]:
    """Return the epochs that hold among entries that count, the one that counts first.

    Of those in `checked` the caller knows already that they hold.
    """
    found = []
    for entry in entries:
        if entry.body is None or not is_epoch(entry):
            continue
        known = checked.get(entry.id)
        if known is not None:
            found.append(known)
            continue
        try:
            found.append(check(entry, registry))
        except RejectedChangeError:
            continue  # It has its verdict; another may hold.
    if len(found) == 1:
        return found
    first = epochs.counting((one.entry.id, one.epoch.number) for one in found)
    return sorted(found, key=lambda one: (one.entry.id != first, one.entry.id))


def _read(entry: Entry) -> tuple[Epoch, Genesis]:
    assert entry.body is not None
    read = _read_short if len(entry.body) <= _SHORT_BYTES_MAX else _read_whole
    return read(entry.body, entry.feed.scope)


@lru_cache(maxsize=_REMEMBERED_MAX)
def _read_short(raw: bytes, scope: str) -> tuple[Epoch, Genesis]:
    return _read_whole(raw, scope)


def _read_whole(raw: bytes, scope: str) -> tuple[Epoch, Genesis]:
    body = bodies.decode(raw)
    epoch = epochs.decode(body.content)
    return epoch, beginnings.founded(epoch.genesis, scope, body.document)


def is_epoch(entry: Entry) -> bool:
    """Tell whether an entry says that it begins an epoch, without reading the rest of its body."""
    return entry.body is not None and entry.body.startswith(_EPOCH_HEAD, _KIND_AT)


@dataclass(slots=True)
class _Named:
    """What epochs name of one feed.

    Attributes:
        unsure: those of whose ends nobody asked yet whether they are held. One that is asked about and is not
            is left out: it includes nothing, and there may be thousands.
        held: those whose ends are.
        alone: whether all of the feed lies on one branch, as it nearly always does.
    """

    unsure: list[Included]
    held: list[Included]
    alone: bool


class Listed:
    """Tell which entries some epochs include.

    Args:
        held: what the caller knows to be held; the rest is looked up.
    """

    def __init__(
        self, feeds: FeedStore, began: Sequence[Began], *, held: Collection[tuple[FeedKey, Head]] = ()
    ) -> None:
        self._feeds = feeds
        self._began = began
        self._held = held
        self._named: dict[FeedKey, _Named] = {}

    def has(self, feed: FeedKey, place: Head) -> bool:
        """Tell whether an entry that is held is included; the branch's end that says so is held too."""
        if feed not in self._named:
            self._named[feed] = self._of(feed)
        named = self._named[feed]
        if named.unsure:
            self._look_for(feed, place, named)
        return any(
            one.has_place(place.seq) and (named.alone or self._leads_to(feed, place, one))
            for one in named.held
        )

    def awaited(self) -> list[tuple[FeedKey, Head]]:
        """Return the ends of included branches that are not held yet."""
        named = [
            (FeedKey(one.device, began.genesis.scope), Head(one.last, one.head))
            for began in self._began
            for one in began.epoch.included
        ]
        return [(feed, head) for feed, head in named if not self._feeds.holds(feed, head)]

    def _of(self, feed: FeedKey) -> _Named:
        named = [
            one
            for began in self._began
            if began.genesis.scope == feed.scope
            for one in began.epoch.included
            if one.device == feed.device
        ]
        return _Named(named, [], alone=bool(named) and len(self._feeds.heads_of(feed)) == 1)

    def _look_for(self, feed: FeedKey, place: Head, named: _Named) -> None:
        """Find out whether the ends are held by which this place would be included."""
        unsure, named.unsure = named.unsure, []
        for one in unsure:
            end = Head(one.last, one.head)
            if not one.has_place(place.seq):
                named.unsure.append(one)
            elif place == end or (feed, end) in self._held or self._feeds.holds(feed, end):
                named.held.append(one)

    def _leads_to(self, feed: FeedKey, place: Head, included: Included) -> bool:
        if place.id == included.head:
            return True
        return self._feeds.fork_point(feed, included.head, [place]) == place.seq


def rivals(feeds: FeedStore, began: Sequence[Began]) -> list[Began]:
    """Return the epochs that the one that counts, which stands first, does not know of."""
    listed = Listed(feeds, began[:1])
    return [one for one in began[1:] if not listed.has(one.entry.feed, Head(one.entry.seq, one.entry.id))]


def include(feeds: FeedStore, scope: str, entries: Sequence[Entry]) -> tuple[Included, ...]:
    """Return what an epoch says of the entries that it includes, all in the document's scope."""
    by_feed: dict[FeedKey, list[Entry]] = {}
    for entry in entries:
        if entry.feed.scope == scope:
            by_feed.setdefault(entry.feed, []).append(entry)
    found = []
    for feed, written in by_feed.items():
        for branch in _branches(feeds, feed, written):
            last = max(branch, key=lambda entry: entry.seq)
            found.append(Included(feed.device, last.id, epochs.ranges(entry.seq for entry in branch)))
    return tuple(sorted(found, key=lambda one: (one.device, one.head)))


def _branches(feeds: FeedStore, feed: FeedKey, entries: Sequence[Entry]) -> list[list[Entry]]:
    """Part entries of one feed by the branches they lie on; none is left out, each is in one part."""
    ends = feeds.heads_of(feed)
    if len(ends) == 1:
        return [list(entries)]
    parts = []
    rest = list(entries)
    for end in ends:
        on = [e for e in rest if feeds.fork_point(feed, end.id, [Head(e.seq, e.id)]) == e.seq]
        rest = [entry for entry in rest if entry not in on]
        if on:
            parts.append(on)
    assert not rest, "every entry that is held lies on a branch"
    return parts
