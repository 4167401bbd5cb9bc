"""Whether this node's disk holds all that it ever signed as a witness.

A disk that was put back to an old copy looks like one that a crash left as it was. A witness that goes on
from there signs a second time, and otherwise, what it has told its neighbours; and they take it for a liar.
So after each start a witness signs nothing about a federation until some other member's node held the same of
it as this one does: what it had told that one is on its disk again by then. Who reaches nobody has nobody to
tell; and the steward can say that the disk is what it was.
"""

from collections.abc import Sequence
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from node.clock import Timestamp
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.sessions.links import Link
from node.feeds import scopes
from node.ids import CommunityId, FederationId
from node.limits import COMPARE_INTERVAL_MS

# Drawer of the local store: the federations in which the steward said to go on, until this node did.
ALONE: Final = "going-on-alone"
NOT_COMPARED: Final = (
    "since its start it has not compared with another member's node yet what it signed before: if its disk is"
    " no old copy and nobody can be reached, say `hedgerow federation go-on`"
)
# Neighbours are asked to compare so long after a duty came up; the next comparison may be a minute away.
_PAUSE: Final = Timestamp(500)
# Scopes in which this process knows what it signed.
_SURE: WeakKeyDictionary[Registry, set[str]] = WeakKeyDictionary()


class Comparisons(Protocol):
    """The connections of this process, by which it compares."""

    def open_links(self) -> Sequence[Link]:
        """Return those that are open."""
        ...


class Recollection:
    """Know whether this node may sign as a witness."""

    def __init__(self, store: Store, registry: Registry, own: CommunityId, comparisons: Comparisons) -> None:
        self._store = store
        self._registry = registry
        self._own = own
        self._comparisons = comparisons
        self._sure = _SURE.setdefault(registry, set())
        # Scopes in which something waits for a comparison, and when neighbours are asked for one next.
        self._waiting: set[str] = set()
        self._due: Timestamp | None = None
        self._pause = _PAUSE

    def is_sure(self, scope: str) -> bool:
        """Tell whether this node knows what it signed in a scope; once it does, it does until it stops."""
        if scope not in self._sure and (self._compared(scope) or self._alone(scope)):
            self._sure.add(scope)
        if scope not in self._sure:
            self._waiting.add(scope)
            return False
        self._waiting.discard(scope)
        return True

    def wants_comparing(self, now: Timestamp) -> bool:
        """Tell whether to compare with the neighbours now: something waits for it, and the next time is far.

        Asked for again after twice as long each time: whoever is still catching up is not disturbed.
        """
        if not self._waiting:
            self._due, self._pause = None, _PAUSE
            return False
        if self._due is None:
            self._due = Timestamp(now + self._pause)
        if now < self._due:
            return False
        self._pause = min(Timestamp(self._pause * 2), Timestamp(COMPARE_INTERVAL_MS))
        self._due = Timestamp(now + self._pause)
        return True

    def next_due(self) -> Timestamp | None:
        """Return when to compare next, None where nothing waits for it."""
        return self._due if self._waiting else None

    def _compared(self, scope: str) -> bool:
        """Tell whether a neighbour held the same of a scope as this node; members alone share one."""
        return any(
            link.session is not None and link.session.shown.equal_at(scope) is not None
            for link in self._comparisons.open_links()
        )

    def _alone(self, scope: str) -> bool:
        """Tell whether there is nobody to compare with, or the steward said to go on without."""
        federation = scopes.federation_of(scope)
        if federation is None:
            return False
        if self._store.local.get(ALONE, federation) is not None:
            self._store.local.remove(ALONE, federation)  # Said of this start alone.
            return True
        members = self._registry.members(FederationId(federation))
        return members is not None and set(members.communities) == {self._own}


def is_sure(registry: Registry, scope: str) -> bool:
    """Tell whether the node of this registry signs in a scope by now."""
    return scope in _SURE.get(registry, ())
