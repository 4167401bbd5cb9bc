"""Which papers may not reach all members, or not stay with them, by the feeds that carry them.

A feed with branches may show everybody something else. A device that a full charter names no more takes with
it what only its feed carries; those that found a charter stay in it, and those that a certified roll names.
Whoever goes by other papers carries them in a feed of its own that does neither.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.rolls.rolls import Rolls
from node.feeds import scopes
from node.governance.closing.quorum import Quorum
from node.ids import FederationId, RecordId
from node.keys import PublicKey


@dataclass(frozen=True, slots=True)
class Doubt:
    """Devices by whose feeds a paper may be lost.

    Attributes:
        branching: their feeds have branches.
        passing: their charters may come to name them no more.
    """

    branching: frozenset[PublicKey] = frozenset()
    passing: frozenset[PublicKey] = frozenset()

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self.branching or self.passing)


@dataclass(frozen=True, slots=True)
class Turns:
    """Who of several witnesses sees to a paper that all of them hold.

    Attributes:
        witnesses: their communities, sorted; empty where each sees to all.
        me: the community of this node.
        quorum: how many of them may lie.
    """

    witnesses: Sequence[bytes]
    me: bytes
    quorum: Quorum

    def has(self, paper: RecordId) -> bool:
        """Tell whether this node is one of f+1 whose turn it is, so that an honest one is among them."""
        if self.me not in self.witnesses:
            return True
        number = len(self.witnesses)
        after = self.witnesses.index(self.me) - int.from_bytes(paper[:8]) % number
        return after % number < self.quorum.honest_among


class Reaching:
    """Tell by which feeds papers may be lost."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._rolls = Rolls(store, registry)
        # By the last roll, which names all before it: communities and devices that its chain names.
        self._named: dict[bytes, frozenset[tuple[bytes, bytes]]] = {}

    def doubt(self, scope: str) -> Doubt:
        """Return what may be lost of a federation's feeds, as far as it is held here: mostly nothing."""
        ends = Counter(one.feed.device for one in self._store.feeds.heads(scope))
        later = [device for device in ends if not self._founded(device)]
        pinned = self._pinned(scope) if later else frozenset()
        return Doubt(
            branching=frozenset(device for device, number in ends.items() if number > 1),
            passing=frozenset(
                device
                for device in later
                if not any((one, device) in pinned for one in self._registry.communities_of(device))
            ),
        )

    def _founded(self, device: PublicKey) -> bool:
        known = map(self._registry.community, self._registry.communities_of(device))
        return any(one is not None and device in one.founding_devices for one in known)

    def _pinned(self, scope: str) -> frozenset[tuple[bytes, bytes]]:
        """Return the communities and devices that certified rolls name."""
        federation = scopes.federation_of(scope)
        members = self._registry.members(FederationId(federation)) if federation is not None else None
        rolls = self._rolls.certified(members) if members is not None else ()
        last = rolls[-1].payload_id if rolls else b""
        if last not in self._named:
            self._named.clear()
            self._named[last] = frozenset(
                (one.community, one.device) for roll in rolls for one in roll.witnesses
            )
        return self._named[last]
