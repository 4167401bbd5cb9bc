"""Operators whose nodes take little of others, and who one day let them take more.

A community that has used its quota is paused: of its feeds nothing more is taken. All the same neighbours
come to rest, for what is paused is left out of what they compare; and when the quotas are raised all hold
the same.

What a paused feed would say is not known to whoever pauses it. So two may see different members, or different
communities that ask to be one, and compare the feeds and charters of different communities; and one may ask
for a body that the other passed over, because of an epoch that the first does not take. Of everything else
that both carry they must be equal even then.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import product

from node import ids
from node.engine import commands
from node.engine.commands import Command
from node.engine.sessions.quotas import USUAL, Quota
from node.errors import NodeError
from node.feeds import scopes
from node.feeds.entry import FeedKey
from node.ids import CommunityId, FederationId
from node.keys import PublicKey
from tests.sim.agreement import compared
from tests.sim.broken import BrokenError
from tests.sim.disk import Disk
from tests.sim.machine import Answer, Machine
from tests.sim.surroundings import Surroundings

# So many entries more than nearly everybody has written before a run are taken of each community.
_MORE = (2, 9)
# How often an operator looks, and raises the quota of somebody who is paused, while the weather is bad.
_LOOKS = 3
_RAISED_TIMES = 2
# Until neighbours have compared all that they hold, and a time in which they should not do so on and on.
_CALM_MS = 130_000
_QUIET_MS = 60_000
# On each connection in that time: they compare once a minute, in a handful of frames each way.
_FRAMES_MAX = 40
# Enough for everything there is.
_ENOUGH_TIMES = 1_000


def small_quota(disks: Sequence[Disk], surroundings: Surroundings) -> Quota:
    """Return a quota that holds what nearly every community has written so far, and little more."""
    *_, nearly_most, _most = sorted(_written(disks))
    return replace(USUAL, entries=nearly_most + surroundings.stream("quotas").randint(*_MORE))


class Operators:
    """Raise quotas, and see that nodes come to rest while they are too small.

    Args:
        owners: of every device the community.
        distrusted: communities of which a device is not to be trusted.
        ask: asks a machine and waits for its answer.
    """

    def __init__(
        self,
        machines: Sequence[Machine],
        federation: FederationId,
        owners: Mapping[PublicKey, CommunityId],
        distrusted: Collection[CommunityId],
        surroundings: Surroundings,
        ask: Callable[[Machine, Command], Answer | NodeError],
    ) -> None:
        self._machines = machines
        self._federation = federation
        self._owners = owners
        self._distrusted = frozenset(distrusted)
        self._surroundings = surroundings
        self._rng = surroundings.stream("operators")
        self._ask = ask
        # Whose quota could not be raised where, for they were not known there yet.
        self._refused: set[tuple[int, CommunityId]] = set()
        self.checks = 0

    def begin(self, raging_ms: int) -> None:
        """Plan when somebody looks while the weather is bad."""
        for _ in range(_LOOKS):
            self._surroundings.timeline.plan(self._rng.randrange(raging_ms), self._look, timer=True)

    def rest(self) -> None:
        """Wait until nodes have compared everything, and see that they leave out what is paused.

        Raises:
            BrokenError: two neighbours hold different things and say so, or they never come to rest.
        """
        timeline = self._surroundings.timeline
        paused = [(machine, one) for machine in self._machines for one in _paused(self._status(machine))]
        self._surroundings.deeds["paused"] += len(paused)
        if not paused:
            return
        timeline.run_until(timeline.now_ms + _CALM_MS)
        before = self._surroundings.steps
        timeline.run_until(timeline.now_ms + _QUIET_MS)
        steps = self._surroundings.steps - before
        sessions = sum(self._equal(machine) for machine in self._machines)
        if steps > _FRAMES_MAX * max(1, sessions):
            raise BrokenError("quiet", f"{steps} inputs in a quiet minute on {sessions} sessions")

    def _equal(self, machine: Machine) -> int:
        """See that a node finds all equal with its honest neighbours; return how many sessions it has.

        Where one side is of a version that cannot say whom it has paused nothing is left out, and both
        compare once a minute what they will not take.
        """
        older = {other.community for other in self._machines if other.older}
        speaking = {ids.show(other.community) for other in self._machines}
        speaking -= {ids.show(one) for one in older | self._distrusted}
        sessions = self._status(machine)["sessions"]
        for session in sessions if not machine.older else ():
            self.checks += 1
            apart = [one for one in session["scopes"] if one["differs_since"] is not None or one["missing"]]
            if not apart or session["community"] not in speaking:
                continue
            others = [one for one in self._machines if ids.show(one.community) == session["community"]]
            if not any(self._see_differently(machine, one) for one in others):
                raise BrokenError("quiet", f"n{machine.index} and {session['name']} go on to differ: {apart}")
        return len(sessions)

    def _see_differently(self, one: Machine, other: Machine) -> bool:
        """Tell whether two nodes are apart only by what somebody says whom one of them pauses."""
        members = [machine.members(self._federation) for machine in (one, other)]
        asking = [machine.asking(self._federation) for machine in (one, other)]
        carried = {*members[0]}.intersection(members[1])
        for machine in (one, other):
            carried -= {CommunityId(ids.parse(named)) for named in _paused(self._status(machine))}
        devices = sorted(device for device, owner in self._owners.items() if owner in carried)
        feeds = [FeedKey(device, scope) for device in devices for scope in self._scopes]
        charters = [[machine.disk.charters.of(c) for c in sorted(carried)] for machine in (one, other)]
        if charters[0] != charters[1]:
            return False
        ends = [[compared(machine, feed) for feed in feeds] for machine in (one, other)]
        apart = [feed for feed, here, there in zip(feeds, *ends, strict=True) if here != there]
        explained = members[0] != members[1] or asking[0] != asking[1] or bool(apart)
        return explained and all(_passed_over(one, other, feed) for feed in apart)

    @property
    def _scopes(self) -> tuple[str, str]:
        return scopes.PUBLIC, scopes.members(self._federation)

    def raise_all(self, communities: Collection[CommunityId]) -> None:
        """Let every node take as much as there is of everybody whom it knows."""
        for machine, community in product(self._machines, sorted(communities)):
            if machine.community != community:
                self._raise_for_good(machine, community)

    def raise_rest(self, machines: Collection[Machine]) -> None:
        """Let these nodes take as much as there is of those too whom they came to know since."""
        for machine in machines:
            for index, community in sorted(self._refused):
                if index == machine.index:
                    self._raise_for_good(machine, community)

    def _raise_for_good(self, machine: Machine, community: CommunityId) -> None:
        answer = self._ask(machine, commands.SetQuota(community=ids.show(community), times=_ENOUGH_TIMES))
        raised = isinstance(answer, dict)
        self._surroundings.deeds["raised"] += raised
        (self._refused.discard if raised else self._refused.add)((machine.index, community))

    def _look(self) -> None:
        """Raise the quota of somebody who is paused, on some node; what that node answers is all one."""
        running = [machine for machine in self._machines if machine.up]
        if not running:
            return
        machine = self._rng.choice(running)

        def seen(status: object) -> None:
            full = _paused(status) if isinstance(status, dict) else []
            if full and machine.up:
                chosen = self._rng.choice(full)
                machine.ask(commands.SetQuota(community=chosen, times=_RAISED_TIMES), lambda _answer: None)

        machine.ask(commands.PeerStatus(), seen)

    def _status(self, machine: Machine) -> Answer:
        status = self._ask(machine, commands.PeerStatus())
        assert isinstance(status, dict), status
        return status


def _passed_over(one: Machine, other: Machine, feed: FeedKey) -> bool:
    """Tell whether two hold the same of a feed, and neither has a body of it that the other asks for."""
    if one.disk.feeds.heads_of(feed) != other.disk.feeds.heads_of(feed):
        return False
    bare = [
        {entry.id for entry in machine.disk.feeds.walk() if entry.feed == feed and entry.body is None}
        for machine in (one, other)
    ]
    return one.wants(feed) <= bare[1] and other.wants(feed) <= bare[0]


def _paused(status: Answer) -> list[str]:
    """Return the communities of which a node takes no more."""
    return [one["community"] for one in status["usage"] if one["paused"]]


def _written(disks: Sequence[Disk]) -> list[int]:
    """Return how many entries there are of each device."""
    counted: dict[bytes, int] = {}
    for disk in disks:
        here = Counter(entry.feed.device for entry in disk.feeds.walk())
        counted |= {device: max(count, counted.get(device, 0)) for device, count in here.items()}
    return list(counted.values())
