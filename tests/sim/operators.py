"""Operators whose nodes take little of others, and who one day let them take more.

A community that has used its quota is paused: of its feeds nothing more is taken. All the same neighbours
come to rest, for what is paused is left out of what they compare; and when the quotas are raised all hold
the same.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import product

from node import ids
from node.engine import commands
from node.engine.commands import Command
from node.engine.sessions.quotas import USUAL, Quota
from node.errors import NodeError
from node.ids import CommunityId
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
        distrusted: communities of which a device is not to be trusted.
        ask: asks a machine and waits for its answer.
    """

    def __init__(
        self,
        machines: Sequence[Machine],
        distrusted: Collection[CommunityId],
        surroundings: Surroundings,
        ask: Callable[[Machine, Command], Answer | NodeError],
    ) -> None:
        self._machines = machines
        self._distrusted = frozenset(distrusted)
        self._surroundings = surroundings
        self._rng = surroundings.stream("operators")
        self._ask = ask
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
            if apart and session["community"] in speaking:
                raise BrokenError("quiet", f"n{machine.index} and {session['name']} go on to differ: {apart}")
        return len(sessions)

    def raise_all(self, communities: Collection[CommunityId]) -> None:
        """Let every node take as much as there is of everybody whom it knows."""
        for machine, community in product(self._machines, sorted(communities)):
            if machine.community != community:
                command = commands.SetQuota(community=ids.show(community), times=_ENOUGH_TIMES)
                self._surroundings.deeds["raised"] += isinstance(self._ask(machine, command), dict)

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
