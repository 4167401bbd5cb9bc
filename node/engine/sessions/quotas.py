"""How much of each community this node takes: counted as it comes, and bounded.

A community that has used its quota is *paused*: nothing more of its feeds is received here until the steward
raises the quota. What is held stays, counts and is carried on; a paused feed is left out when scopes are
compared (docs/protocol.md, Paused), so that it keeps nobody from being equal in everything else. What counts
never depends on it: an entry is held, or it has not arrived yet.

What was used is this node's own affair and stands in the local store, written once a commit. The own
community is counted and never paused.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Final

from node import canonical
from node.clock import Timestamp
from node.engine.pace import ENTRY_US, OPERATION_US, OWN, REREAD_US, STRETCH_US
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.sessions.fetching import Fetching
from node.feeds.entry import Entry
from node.ids import CommunityId
from node.keys import PublicKey

# Drawers of the local store: what each device has used, and how many times the usual each community may.
USAGE: Final = "usage"
RAISED: Final = "quotas"
# Beside its body an entry takes so much of the disk: its row, two indexes and what a document's cache adds.
ENTRY_DISK_BYTES: Final = 400
TIMES_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Usage:
    """What something has used of this node, since ever.

    Attributes:
        bytes: of bodies.
        work_us: estimated microseconds of this node's time, see pace.py.
    """

    entries: int = 0
    bytes: int = 0
    operations: int = 0
    work_us: int = 0

    @property
    def disk_bytes(self) -> int:
        """Return what it takes of the disk, roughly."""
        return self.bytes + self.entries * ENTRY_DISK_BYTES

    def plus(self, other: "Usage") -> "Usage":
        """Return both together."""
        return Usage(
            self.entries + other.entries,
            self.bytes + other.bytes,
            self.operations + other.operations,
            self.work_us + other.work_us,
        )


@dataclass(frozen=True, slots=True)
class Quota:
    """What one community may use of this node: its devices, scopes and branches together.

    The usual one holds an importer's 100,000 listings with nine later edits of two fields each, ten times
    over the text that people write, and is a part of what a small machine has: a rebuild takes as long as
    everybody's work together, so ten minutes each are much, and an open operation takes some 300 bytes.
    """

    entries: int = 1_000_000
    bytes: int = 1024**3
    operations: int = 3_000_000
    work_us: int = 600_000_000
    disk_bytes: int = 3 * 1024**3 // 2

    def reached(self, used: Usage) -> tuple[str, ...]:
        """Return what of it is used up, by name."""
        parts = {
            "entries": used.entries >= self.entries,
            "bytes": used.bytes >= self.bytes,
            "operations": used.operations >= self.operations,
            "work": used.work_us >= self.work_us,
            "disk": used.disk_bytes >= self.disk_bytes,
        }
        return tuple(name for name, is_reached in parts.items() if is_reached)

    def times(self, factor: int) -> "Quota":
        """Return so many times as much of everything."""
        return Quota(*(part * factor for part in astuple(self)))


USUAL: Final = Quota()


class Quotas:
    """Count what communities use, and say which of them are paused.

    Args:
        own: the community of this node.
        usual: what each other one may use until a steward raises it.
    """

    def __init__(self, store: Store, registry: Registry, own: CommunityId, usual: Quota = USUAL) -> None:
        self._store = store
        self._registry = registry
        self._own = own
        self._usual = usual
        self.fetching = Fetching()
        self._work: Counter[CommunityId] = Counter()
        self._now = Timestamp(0)
        self._used = {PublicKey(key): _read(value) for key, value in store.local.all(USAGE)}
        self._changed: set[PublicKey] = set()
        self._times = {
            CommunityId(key): int(canonical.decode(value)) for key, value in store.local.all(RAISED)
        }
        self._raised = {community: usual.times(times) for community, times in self._times.items()}
        self._paused: frozenset[CommunityId] = frozenset()
        self._told = self._paused
        self.review()

    def at(self, now: Timestamp) -> None:
        """Note what time it is."""
        self._now = now

    def took(self, entries: Sequence[Entry]) -> None:
        """Count entries of one feed that are new here, on whatever branch they are."""
        if not entries:
            return
        size = sum(entry.body_bytes for entry in entries)
        work_us = STRETCH_US + len(entries) * ENTRY_US
        self._add(entries[0].feed.device, Usage(len(entries), size, work_us=work_us))

    def worked(self, operations: Mapping[PublicKey, int], writing_us: Mapping[PublicKey, int]) -> None:
        """Count operations of devices that came to count, and the time of writing what they changed."""
        for device in sorted(operations.keys() | writing_us.keys()):
            done = operations.get(device, 0)
            work_us = done * OPERATION_US + writing_us.get(device, 0)
            self._add(device, Usage(operations=done, work_us=work_us))

    def read_again(self, device: PublicKey, entries: int) -> None:
        """Count entries that were read once more because of what a device wrote."""
        self._add(device, Usage(work_us=entries * REREAD_US))

    def flush(self) -> None:
        """Write what was counted, once before each commit."""
        for device in sorted(self._changed):
            used = self._used[device]
            kept = [used.entries, used.bytes, used.operations, used.work_us]
            self._store.local.put(USAGE, device, canonical.encode(kept))
        self._changed.clear()

    def recount(self, entries: Mapping[PublicKey, Usage]) -> None:
        """Set right how many entries and bytes devices have here, as counted from the entries themselves."""
        for device in sorted(self._used.keys() | entries.keys()):
            counted = entries.get(device, Usage())
            known = self._used.get(device, Usage())
            self._used[device] = replace(known, entries=counted.entries, bytes=counted.bytes)
            self._changed.add(device)
        self.review()

    def usage(self, community: CommunityId) -> Usage:
        """Return what a community's devices have used, those too that its full charter names no more."""
        known = self._registry.community(community)
        total = Usage()
        devices = frozenset(known.devices if known is not None else ())
        for device in devices | self._registry.former_devices(community):
            if device in self._used:
                total = total.plus(self._used[device])
        return total

    def quota(self, community: CommunityId) -> Quota:
        """Return what a community may use."""
        return self._raised.get(community, self._usual)

    def times(self, community: CommunityId) -> int:
        """Return how many times the usual a community may use."""
        return self._times.get(community, 1)

    def allow(self, community: CommunityId, times: int) -> None:
        """Let a community use so many times the usual."""
        assert 1 <= times <= TIMES_MAX
        if times == 1:
            self._store.local.remove(RAISED, community)
        else:
            self._store.local.put(RAISED, community, canonical.encode(times))
        self._times[community] = times
        self._raised[community] = self._usual.times(times)
        self.review()

    @property
    def paused(self) -> frozenset[CommunityId]:
        """Return the communities of which nothing more is taken."""
        return self._paused

    def takes(self, device: PublicKey) -> bool:
        """Tell whether more of a device's feeds is taken: one of its communities has room."""
        if not self._paused:
            return True
        owners = self._registry.communities_of(device)
        return not owners or not owners <= self._paused

    def may_fetch(self, device: PublicKey) -> bool:
        """Tell whether entries of a device may be asked for now: its community need not yield to others."""
        owner = self._registry.community_of(device)
        return owner is None or owner == self._own or self.fetching.may_fetch(owner, self._now)

    def take_work(self) -> dict[CommunityId, int]:
        """Return the estimated microseconds worked for each community since this was last asked.

        Our own is named OWN. Work for several communities at once counts for each.
        """
        taken, self._work = dict(self._work), Counter()
        return taken

    def news(self) -> bool:
        """Tell, once, whether other communities are paused than before."""
        changed, self._told = self._paused != self._told, self._paused
        return changed

    def review(self) -> None:
        """Look at every community anew: quotas, charters or what was used have changed."""
        known = self._registry.communities()
        self._paused = frozenset(one for one in known if self._is_full(one))

    def _add(self, device: PublicKey, used: Usage) -> None:
        self._used[device] = self._used.get(device, Usage()).plus(used)
        self._changed.add(device)
        self.fetching.worked(used.work_us, self._now)
        for owner in self._registry.communities_of(device):
            party = OWN if owner == self._own else owner
            self._work[party] += used.work_us
            self.fetching.spent(party, used.work_us, self._now)
            if owner not in self._paused and self._is_full(owner):
                self._paused |= {owner}

    def _is_full(self, community: CommunityId) -> bool:
        return community != self._own and bool(self.quota(community).reached(self.usage(community)))


def _read(value: bytes) -> Usage:
    fields = canonical.decode(value)
    assert isinstance(fields, list), "a stored usage is broken"
    return Usage(*map(int, fields))
