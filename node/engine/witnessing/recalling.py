"""Whether this node's disk holds all that it ever signed as a witness.

A disk that was put back to an old copy looks like one that a crash left as it was. A witness that goes on
from there signs a second time, and otherwise, what it has told its neighbours; and they take it for a liar.
So after each start a witness signs nothing about a federation until those whom it may have told held the same
of it as this one does: all its neighbours that are members, or as many members as no certificate is without.
Where some of them cannot be reached it waits as long as anybody waits before dialling again, and then takes
all that are there. Who reaches nobody has nobody to tell; and the steward can say that the disk is no copy.
"""

from collections.abc import Sequence
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from node.clock import Timestamp
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.sessions.links import Link
from node.engine.sessions.neighbours import NEIGHBOURS
from node.feeds import scopes
from node.governance.closing.quorum import Quorum
from node.ids import CommunityId, FederationId
from node.limits import COMPARE_INTERVAL_MS, RECONNECT_MS_MAX, WITNESSES_MAX

# Drawer of the local store: the federations in which the steward said to go on, until this node did.
ALONE: Final = "going-on-alone"
NOT_COMPARED: Final = (
    "since its start it has not compared with enough other members' nodes yet what it signed before: if its"
    " disk is no old copy and nobody can be reached, say `hedgerow federation go-on`"
)
# Neighbours are asked to compare so long after a duty came up; the next comparison may be a minute away.
_PAUSE: Final = Timestamp(500)
# How long after the first comparison neighbours that are away are waited for: by then who can be reached was
# dialled, or has dialled, again. One that is connected and does not come to hold the same is waited for twice
# as long: it may be busy, or may wish to keep a witness from its duty.
OTHERS_WITHIN: Final = Timestamp(RECONNECT_MS_MAX)
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
        self._now = Timestamp(0)
        self._known: tuple[Timestamp | None, list[CommunityId]] = (None, [])
        # By scope the communities whose node held the same, and when the first of them was found to.
        self._told: dict[str, set[CommunityId]] = {}
        self._first: dict[str, Timestamp] = {}
        # Scopes in which something waits for a comparison, and when neighbours are asked for one next.
        self._waiting: set[str] = set()
        self._due: Timestamp | None = None
        self._pause = _PAUSE

    def at(self, now: Timestamp) -> None:
        """Note the time."""
        if now < self._now:  # The clock was set back: others are waited for anew.
            self._first = dict.fromkeys(self._first, now)
        self._now = now

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
        self.at(now)
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
        if not self._waiting or self._due is None:
            return None
        firsts = [self._first[one] for one in self._waiting if one in self._first]
        ends = [Timestamp(one + OTHERS_WITHIN * times) for one in firsts for times in (1, 2)]
        return min([self._due, *(one for one in ends if one > self._now)])

    def _compared(self, scope: str) -> bool:
        """Tell whether those held the same of a scope as this node whom it may have told what it signed.

        Members alone share one.
        """
        told, here = self._told.setdefault(scope, set()), set[CommunityId]()
        for link in self._comparisons.open_links():
            if link.session is not None and link.peer is not None and link.peer.community != self._own:
                here.add(link.peer.community)
                if link.session.shown.equal_at(scope) is not None:
                    told.add(link.peer.community)
        if not told:
            return False
        waited = self._now - self._first.setdefault(scope, self._now)
        here = {one for one in here if self._is_member(scope, one)}
        away = {one for one in self._neighbours() if self._is_member(scope, one)} - told
        if not away | (here - told) or len(told) >= told_needed(self._quorum(scope)):
            return True
        return waited >= (OTHERS_WITHIN if here <= told else 2 * OTHERS_WITHIN)

    def _neighbours(self) -> list[CommunityId]:
        """Return the neighbours, read once at each time: every open question asks."""
        at, found = self._known
        if at != self._now:
            found = [CommunityId(key) for key, _ in self._store.local.all(NEIGHBOURS) if key != self._own]
            self._known = (self._now, found)
        return found

    def _quorum(self, scope: str) -> Quorum:
        federation = scopes.federation_of(scope)
        members = self._registry.members(FederationId(federation)) if federation is not None else None
        known = len(members.communities) if members is not None else 0
        return Quorum.of(min(max(known, 1), WITNESSES_MAX))

    def _is_member(self, scope: str, community: CommunityId) -> bool:
        federation = scopes.federation_of(scope)
        return federation is not None and self._registry.is_member(federation, community)

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


def told_needed(quorum: Quorum) -> int:
    """Return with how many others it is enough to compare: among them is an honest one of each certificate.

    A certificate has Q voices, this node's among them perhaps, and those of liars: Q - f - 1 are others' and
    honest. Of the W - 1 others at most W - Q + f are none of these.
    """
    return quorum.witnesses - quorum.needed + quorum.liars + 1


def is_sure(registry: Registry, scope: str) -> bool:
    """Tell whether the node of this registry signs in a scope by now."""
    return scope in _SURE.get(registry, ())
