"""What must hold at every commit and after every crash, whatever the weather.

A claim that does not hold raises `BrokenError` with the name of the check. What must hold once all is healed
is in agreement.py.
"""

from collections.abc import Collection, Iterable, Sequence

from node import canonical
from node.crdt import epochs
from node.engine.sessions.quotas import USAGE
from node.errors import PeerError
from node.feeds import bodies, scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import CommunityId, EntryId, FederationId
from node.keys import PublicKey
from tests.sim.broken import BrokenError
from tests.sim.disk import Disk
from tests.sim.later import carried
from tests.sim.machine import Machine
from tests.sim.promises import Promises
from tests.sim.witnesses import Witnesses

# Every text by which the liar wants to be seen holds this word; honest people never write it.
LIE = "FORGED"
# Epochs that one takes the place of because neither knew of the other.
_RIVALS = 2


class Watch:
    """Look at every machine whenever it commits or crashes.

    Args:
        owners: whose device each key is, of all honest communities and of the liar's.
        dishonest: device keys of which nothing is expected.
        founders: communities that are members from the start.
        newcomer: the community that may become one once enough others approved.
    """

    def __init__(
        self,
        *,
        federation: FederationId,
        owners: dict[PublicKey, CommunityId],
        dishonest: Collection[PublicKey],
        founders: Collection[CommunityId],
        newcomer: CommunityId,
        promises: Promises,
        approvals_needed: int,
    ) -> None:
        self._scope = scopes.members(federation)
        self._owners = owners
        self._dishonest = dishonest
        self._founders = founders
        self._newcomer = newcomer
        self._promises = promises
        self._approvals_needed = approvals_needed
        self._witnesses = Witnesses(self._scope)
        self._places: dict[tuple[FeedKey, int], EntryId] = {}
        self._seen: dict[int, int] = {}
        self._checks = 0
        # How often a node began a document anew by itself, without taking the place of two that met.
        self.restarted = 0

    @property
    def checks(self) -> int:
        """Return how many claims were looked at."""
        return self._checks + self._witnesses.checks

    def committed(self, machine: Machine) -> None:
        """Look at the entries that a machine keeps by now and did not before."""
        count = machine.disk.feeds.count()
        before = self._seen.get(machine.index, 0)
        self._seen[machine.index] = count
        for _, entry in machine.disk.feeds.recent(limit=max(0, count - before)):
            self._entry(machine, entry)
        self._witnesses.committed()

    def crashed(self, machine: Machine) -> None:
        """See that nothing acknowledged went with the crash."""
        self.committed(machine)
        self.kept(machine, machine.disk)

    def kept(self, machine: Machine, disk: Disk) -> None:
        """See that a disk has what a machine acknowledged."""
        device = machine.keys.device.public
        for scope, head in sorted(machine.acknowledged.items()):
            self._checks += 1
            # Who took a public feed up from a checkpoint holds its end and not what lies before the place.
            end = machine.disk.own_ends(device).get(scope, head) if disk is not machine.disk else head
            enough = (head, end) if scope == scopes.PUBLIC else (head,)
            if not any(disk.feeds.holds(FeedKey(device, scope), one) for one in enough):
                raise BrokenError(
                    "acknowledged",
                    f"entry {head.seq} of n{machine.index} in {scope[:14]} was acknowledged and is gone",
                )

    def is_member(self, community: CommunityId) -> bool:
        """Tell whether a community may by now be a member in anybody's eyes."""
        approved = self._promises.approvals + 1 >= self._approvals_needed or self._promises.admitting
        return community in self._founders or (community == self._newcomer and approved)

    def _entry(self, machine: Machine, entry: Entry) -> None:
        self._checks += 3
        owner = self._owners.get(entry.feed.device)
        if owner is None:
            raise BrokenError("charter", f"n{machine.index} carries a feed of a device in no charter")
        if entry.feed.scope not in (scopes.PUBLIC, self._scope):
            raise BrokenError("scope", f"n{machine.index} carries the unknown scope {entry.feed.scope}")
        if entry.feed.scope == self._scope:
            if not self.is_member(machine.community):
                raise BrokenError("scope", f"n{machine.index} is no member and holds what members share")
            if not self.is_member(owner):
                raise BrokenError("scope", f"n{machine.index} carries what no member wrote for members")
        if entry.feed.device in self._dishonest:
            return
        own = entry.feed.device == machine.keys.device.public
        if own and entry.body is not None and bodies.kind_of(entry.body) is Kind.EPOCH:
            said = epochs.decode(bodies.decode(entry.body).content)
            self.restarted += not said.erases and len(said.before) < _RIVALS
        self._witnesses.signed(machine, entry, owner)
        first = self._places.setdefault((entry.feed, entry.seq), entry.id)
        if first != entry.id:
            raise BrokenError(
                "self-fork",
                f"two entries {entry.seq} by one device in {entry.feed.scope[:14]}, one on n{machine.index}",
            )


def quotas_hold(machine: Machine) -> int:
    """See that a node knows what each device uses of it, on all branches; return how many there are."""
    counted: dict[bytes, list[int]] = {}
    for entry in machine.disk.feeds.walk():
        known = counted.setdefault(entry.feed.device, [0, 0])
        known[0], known[1] = known[0] + 1, known[1] + entry.body_bytes
    used = {device: canonical.decode(value)[:2] for device, value in machine.disk.local.all(USAGE)}
    if {device: list(known) for device, known in used.items()} != counted:
        raise BrokenError("quota", f"n{machine.index} takes devices to use other than what it holds of them")
    return len(counted)


def disks_hold(
    watch: Watch,
    machines: Sequence[Machine],
    members: Sequence[Machine],
    later: Iterable[tuple[FeedKey, Head]],
) -> int:
    """See that disks hold what was acknowledged, prove it, and know how much of whom it is.

    Args:
        watch: that looked on.
        machines: all that are honest.
        members: those that hold what members share.
        later: where what a later version said ends.
    """
    checks = 0
    for machine in machines:
        watch.kept(machine, machine.disk)
    for machine in members:
        for other in members:
            watch.kept(machine, other.disk)
        for feed, head in later:
            checks += 1
            if not carried(machine.disk, feed, head):
                raise BrokenError("later", f"n{machine.index} lacks what a later version said")
    checks += sum(map(quotas_hold, machines))
    proofs = Proofs()
    return checks + sum(proofs.verify(machine.index, machine.disk) for machine in machines)


class Proofs:
    """Verify again what disks hold; what was proved once is only compared."""

    def __init__(self) -> None:
        self._proved: dict[tuple[EntryId, bytes | None], Entry] = {}

    def verify(self, index: int, disk: Disk) -> int:
        """Verify every entry of a disk and return how many there are."""
        for scope in disk.feeds.scopes():
            for end in disk.feeds.heads(scope):
                self._branch(index, disk, end.feed, end.head)
        for entry in disk.feeds.walk():
            if self._proved.get((entry.id, entry.signature)) != entry:
                raise BrokenError("signature", f"n{index} holds an entry that no signature covers")
        return disk.feeds.count()

    def _branch(self, index: int, disk: Disk, feed: FeedKey, head: Head) -> None:
        path = disk.feeds.path(feed, head.id, after_seq=0, entries_max=10**6, bytes_max=10**9)
        if not path or path[-1].id != head.id:
            raise BrokenError("signature", f"n{index} holds a branch whose end nobody signed")
        if all(self._proved.get((entry.id, entry.signature)) == entry for entry in path):
            return
        try:
            for part in stretch.split(path):
                for entry in stretch.prove(part):
                    self._proved[entry.id, entry.signature] = entry
        except PeerError as error:
            raise BrokenError("signature", f"n{index} holds what was never signed: {error}") from error
