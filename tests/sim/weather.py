"""Bad weather: when links are cut, machines fall, people act and the liar knocks, as the seed decides."""

from collections.abc import Callable, Sequence
from itertools import product
from random import Random
from typing import Protocol

from tests.sim.machine import Machine
from tests.sim.people import People
from tests.sim.surroundings import Surroundings

RAGING_MS = 45_000
COMMANDS = (16, 21)
CUTS = (6, 9)
CRASHES = (5, 6)
JOINING_STEPS = 5
LIES = (6, 9)
STALLS = (2, 4)
# While questions close, and how long that is looked on.
CRASHES_CLOSING = (4, 6)
CLOSING_FALLS_MS = 30_000
FULL_DISKS = (0, 1)
DIAL_FAILURES_PERCENT = 10
# How long a way stays blocked, a machine stays down.
_BLOCKED_MS = (300, 15_000)
_DOWN_MS = (100, 8_000)
# How long nothing arrives one way, a disk has no room.
_STALLED_MS = (1_000, 15_000)
_FULL_MS = (500, 8_000)
# How far a commit gets before the machine falls.
_FALLS = ("before", "before", "before", "after", "released", "released")
# A machine that was to fall with its next entry falls anyway after this.
_DOOM_MS_MAX = 6_000


class Attacker(Protocol):
    """A suspect, whatever its manner."""

    def attack(self) -> None:
        """Do what an honest node would not."""
        ...


class Weather:
    """Let things go wrong for a while, then stop."""

    def __init__(
        self,
        machines: list[Machine],
        people: People,
        suspects: Sequence[Attacker],
        surroundings: Surroundings,
    ) -> None:
        self._machines = machines
        self._people = people
        self._suspects = suspects
        self._surroundings = surroundings
        self._timeline = surroundings.timeline
        self._network = surroundings.network
        self._rng = surroundings.stream("weather")
        self._troubles = surroundings.stream("stalls and full disks")
        self._falls = surroundings.stream("falls while questions close")
        # Whether questions are closing and nobody gives commands any more.
        self._closing = False
        self._raging = True

    def rage(self) -> None:
        """Let the bad weather come and go on to its end."""
        self._surroundings.rough = self._network.rough = True
        self._network.dial_failures_percent = DIAL_FAILURES_PERCENT
        self._spread(COMMANDS, self._people.act)
        self._spread(CUTS, self._cut)
        self._spread(CRASHES, self._doom)
        if self._rng.randrange(2):
            self._spread((JOINING_STEPS, JOINING_STEPS), self._people.join)
        for suspect in self._suspects:
            self._spread(LIES, suspect.attack)
        if self._rng.randrange(2):
            self._spread((1, 1), self._split)
        self._spread(STALLS, self._stall, self._troubles)
        self._spread(FULL_DISKS, self._fill_up, self._troubles)
        self._timeline.run_until(self._timeline.now_ms + RAGING_MS)

    def heal(self) -> None:
        """Open all ways, start all machines, let nothing more go wrong."""
        self._raging = False
        self._surroundings.rough = self._network.rough = False
        self._network.dial_failures_percent = 0
        self._network.unblock()
        for machine in self._machines:
            machine.doom("")
            machine.disk.full = False
            if not machine.up:
                machine.start()

    def fall_again(self) -> None:
        """Let machines fall while questions close, on a network that works, and start all in the end."""
        self._raging = True
        self._closing = True
        self._spread(CRASHES_CLOSING, self._doom, self._falls, CLOSING_FALLS_MS)
        self._timeline.run_until(self._timeline.now_ms + CLOSING_FALLS_MS + _DOOM_MS_MAX)
        self._closing = False
        self.heal()

    def _spread(
        self,
        count: tuple[int, int],
        happening: Callable[[], None],
        rng: Random | None = None,
        within_ms: int = RAGING_MS,
    ) -> None:
        """Plan something a number of times, at any time while it rages."""
        rng = rng or self._rng
        for _ in range(rng.randint(*count)):
            self._timeline.plan(rng.randrange(within_ms), happening, timer=True)

    def _stall(self) -> None:
        """Let one way of a connection stand still; then all arrives late, or the connection breaks."""
        wires = self._network.wires()
        if wires:
            wire, stalled_ms = self._troubles.choice(wires), self._troubles.randint(*_STALLED_MS)
            self._network.stall(wire, one_way_ms=stalled_ms, breaks=self._troubles.randrange(2) == 0)

    def _fill_up(self) -> None:
        """Let a disk have no room for a while: its machine stops at the next write, and cannot start."""
        machine = self._troubles.choice(self._machines)
        machine.disk.full = True

        def make_room() -> None:
            machine.disk.full = False
            if self._raging and not machine.up:
                machine.start()

        self._timeline.plan(self._troubles.randint(*_FULL_MS), make_room, timer=True)

    def _cut(self) -> None:
        wires = self._network.wires()
        if wires:
            wire = self._rng.choice(wires)
            self._block([wire.pair])

    def _split(self) -> None:
        """Divide the world: nothing passes between its two parts."""
        addresses = [machine.address for machine in self._machines]
        self._rng.shuffle(addresses)
        middle = self._rng.randrange(1, len(addresses))
        across = product(addresses[:middle], addresses[middle:])
        self._surroundings.faults["split"] += 1
        self._block([frozenset(pair) for pair in across])

    def _block(self, pairs: list[frozenset[str]]) -> None:
        self._network.block(pairs)
        blocked_ms = self._rng.randint(*_BLOCKED_MS)
        self._timeline.plan(blocked_ms, lambda: self._network.unblock(pairs), timer=True)

    def _doom(self) -> None:
        """Let a machine fall with the next entry it would keep, mostly its own."""
        rng = self._falls if self._closing else self._rng
        running = [machine for machine in self._machines if machine.up]
        if not running:
            return
        machine = rng.choice(running)
        process = machine.incarnation
        machine.doom(rng.choice(_FALLS))
        if not self._closing and rng.randrange(3):
            self._people.act_on(machine)

        def fall() -> None:
            if self._raging and machine.up and machine.incarnation == process:
                machine.crash()

        self._timeline.plan(_DOOM_MS_MAX, fall, timer=True)
        down_ms = rng.randint(*_DOWN_MS)

        def rise() -> None:
            if not machine.up:
                machine.start()

        self._timeline.plan(_DOOM_MS_MAX + down_ms, rise, timer=True)
