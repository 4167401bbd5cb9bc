"""What is shared of each scope with one set of communities, as trees that follow every change.

All members of a federation are shown the same of its scope, so there is one tree for them all; of `public`
there is one for each set of communities that some peer and this node have in common. What changed is noted
at once and looked up when a tree is next asked for: one feed after the other, never the whole scope.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable
from typing import Final

from node import canonical
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.replicas.wanted import WantedBodies
from node.feeds.entry import FeedKey, Head
from node.ids import CommunityId
from node.keys import PublicKey
from node.limits import FORK_BRANCHES_MAX
from node.replication.ranges import items
from node.replication.ranges.items import Item
from node.replication.ranges.tree import Range, build

# Each open session looks at one of `public` and at one of each federation; sets that nobody has in common
# any more go first. An item costs some hundred bytes; trees of one scope share what they do not differ in.
VIEWS_MAX: Final = 2_048

_Shared = tuple[tuple[CommunityId, ...], tuple[CommunityId, ...]]


class _View:
    """One tree, and what changed since it was made.

    Attributes:
        feeds: communities whose feeds it holds; charters: those whose charters it holds.
    """

    __slots__ = ("changed_charters", "changed_devices", "charters", "feeds", "tree")

    def __init__(self, shared: _Shared, tree: Range) -> None:
        self.feeds, self.charters = map(frozenset, shared)
        self.tree = tree
        self.changed_devices: set[PublicKey] = set()
        self.changed_charters: set[CommunityId] = set()


class Views:
    """Keep the trees of all scopes."""

    def __init__(self, store: Store, registry: Registry, wanted: WantedBodies) -> None:
        self._store = store
        self._wanted = wanted
        self._registry = registry
        self._views: defaultdict[str, OrderedDict[_Shared, _View]] = defaultdict(OrderedDict)

    def tree(self, scope: str, feeds: tuple[CommunityId, ...], charters: tuple[CommunityId, ...]) -> Range:
        """Return the tree of these communities' feeds and charters in a scope."""
        shared, views = (feeds, charters), self._views[scope]
        view = views.get(shared)
        if view is None:
            view = self._begin(scope, shared, next(reversed(views.values()), None))
            views[shared] = view
            if len(views) > VIEWS_MAX:
                views.popitem(last=False)
        views.move_to_end(shared)
        self._follow(scope, view)
        return view.tree

    def feed_changed(self, feed: FeedKey) -> None:
        """Note that a feed has grown."""
        for view in self._views[feed.scope].values():
            view.changed_devices.add(feed.device)

    def charter_changed(self, community: CommunityId, before: Iterable[PublicKey] = ()) -> None:
        """Note that a charter has changed: its digest is another, and it may list other devices."""
        devices = self._devices([community]).union(before)
        for views in self._views.values():
            for view in views.values():
                view.changed_charters.add(community)
                view.changed_devices |= devices

    def _begin(self, scope: str, shared: _Shared, like: _View | None) -> _View:
        """Make a tree, from one of the same scope if there is any: most communities are in both."""
        if like is None:
            view = _View(shared, Range())
            view.tree = build(self._all(scope, view))
            return view
        view = _View(shared, like.tree)
        view.changed_charters = like.changed_charters | (like.charters ^ view.charters)
        view.changed_devices = like.changed_devices | self._devices(like.feeds ^ view.feeds)
        return view

    def _all(self, scope: str, view: _View) -> Iterable[Item]:
        """Yield every item of a tree."""
        ends: defaultdict[PublicKey, list[Head]] = defaultdict(list)
        for end in self._store.feeds.heads(scope):
            ends[end.feed.device].append(end.head)
        for device, heads in ends.items():
            if not self._registry.communities_of(device).isdisjoint(view.feeds):
                whole = self._wanted.ends(FeedKey(device, scope), heads)
                if whole:
                    yield _feed(scope, device, whole)
        for community in view.charters:
            item = self._charter(community)
            if item is not None:
                yield item

    def _follow(self, scope: str, view: _View) -> None:
        """Take over what changed, in an order of its own: the tree depends on what it holds alone."""
        for device in view.changed_devices:
            feed = FeedKey(device, scope)
            heads = self._wanted.ends(feed, self._store.feeds.heads_of(feed))
            carried = bool(heads) and not self._registry.communities_of(device).isdisjoint(view.feeds)
            item = _feed(scope, device, heads) if carried else None
            view.tree = _replaced(view.tree, items.feed_place(device), item)
        for community in view.changed_charters:
            item = self._charter(community) if community in view.charters else None
            view.tree = _replaced(view.tree, items.charter_place(community), item)
        view.changed_devices.clear()
        view.changed_charters.clear()

    def _charter(self, community: CommunityId) -> Item | None:
        held = self._store.charters.of(community)
        return (
            items.of_charter(community, canonical.digest("hedgerow/charter-digest/1", held)) if held else None
        )

    def _devices(self, communities: Collection[CommunityId]) -> set[PublicKey]:
        known = (self._registry.community(community) for community in communities)
        return {device for one in known if one is not None for device in one.devices}


def _feed(scope: str, device: PublicKey, heads: list[Head]) -> Item:
    # A feed that is full of branches is the same everywhere: each node holds whichever came first.
    return items.of_feed(scope, device, heads if len(heads) < FORK_BRANCHES_MAX else ())


def _replaced(tree: Range, place: bytes, item: Item | None) -> Range:
    if item is not None:
        return tree.put(item)
    return tree.drop(place) if tree.get(place) is not None else tree
