"""What all parts of one run share: time, links, randomness by name, the trace and the counts."""

from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

from node.clock import MS_PER_DAY
from node.engine.replicas.making import USUAL_GROWTH, Growth
from node.engine.sessions.quotas import USUAL
from tests.sim.network import Network
from tests.sim.timeline import Timeline

if TYPE_CHECKING:
    from tests.sim.machine import Machine

# One run of ten nodes takes some 4,000 happenings; ten times that is a run that never rests.
HAPPENINGS_PER_NODE_MAX = 20_000
# How long a commit takes: mostly a fast disk, now and then one that is busy.
_COMMIT_MS = (0, 4)
_SLOW_COMMIT_MS = (20, 250)
_SKEW_MS_MAX = 10_000
# In all runs from this seed on, and before it in one of so many, people shorten feeds and copied devices are
# retired.
SHORTENING_FROM = 1_000_000
# In one of so many little is taken of others until somebody raises that, and in one documents that a single
# community writes begin anew after few changes.
ONE_IN = 5
_USUAL, _PAUSES, _SHORTENS, _GROWS = 0, 1, 2, 4
_GROWTH_CHANGES = (3, 7)


class Surroundings:
    """Hold the world around the machines of one run.

    Args:
        seed: decides everything that happens.
    """

    def __init__(self, seed: int, nodes: int) -> None:
        self._seed = seed
        # Time decides nothing but when a witness seals: in some runs clocks are a day apart, and questions do
        # not close; in the others they are as far apart as on machines that nobody looks after.
        self.clocks_wild = seed % 4 == 3
        self.skew_ms_max = MS_PER_DAY if self.clocks_wild else _SKEW_MS_MAX
        # While a federation is founded, with a seed below nothing, all is as usual.
        manner = seed % ONE_IN if seed >= 0 else _USUAL
        self.shortens = seed >= SHORTENING_FROM or manner == _SHORTENS
        self.pauses, self.grows = manner == _PAUSES, manner == _GROWS
        # What nodes take of other communities, and from when on they begin documents anew by themselves.
        self.quota = USUAL
        few = self.stream("growth").randint(*_GROWTH_CHANGES)
        self.growth = Growth(changes=few) if self.grows else USUAL_GROWTH
        self.timeline = Timeline(nodes * HAPPENINGS_PER_NODE_MAX)
        self.faults: Counter[str] = Counter({"cut": 0, "crash": 0, "lost_write": 0, "duplicate": 0})
        self.network = Network(self.timeline, self.stream("network"), self.faults)
        # What was done, beside what went wrong.
        self.deeds: Counter[str] = Counter()
        self.steps = 0
        self.commands = 0
        self.rough = False
        self.after_commit: Callable[[Machine], None] = lambda _machine: None
        self.after_crash: Callable[[Machine], None] = lambda _machine: None
        self.lines: list[str] | None = None
        self._trace = sha256()
        self._tickets = 0

    def stream(self, name: str) -> Random:
        """Return a source of randomness of its own, so that more draws in one place shift no other."""
        return Random(f"{self._seed} {name}")

    def ticket(self) -> int:
        """Return a fresh ticket."""
        self._tickets += 1
        return self._tickets

    def commit_delay_ms(self, rng: Random) -> int:
        """Return how long after an input its commit comes; inputs until then share it."""
        slow = self.rough and rng.randrange(8) == 0
        return rng.randint(*(_SLOW_COMMIT_MS if slow else _COMMIT_MS)) if self.rough else 0

    def stepped(self, index: int, shown: bytes) -> None:
        """Count and trace one handled input."""
        self.steps += 1
        self._trace.update(b"%d %d " % (self.timeline.now_ms, index) + shown)
        if self.lines is not None:
            text = shown if len(shown) < 200 else shown[:24] + b"... %d bytes" % len(shown)
            self.tell(f"n{index} {text!r}")

    def tell(self, line: str) -> None:
        """Keep a line for people who asked for the trace."""
        if self.lines is not None:
            self.lines.append(f"{self.timeline.now_ms:>8} ms  {line}")

    def noted(self, index: int, event: str, fields: dict[str, str | int]) -> None:
        """Keep what a node wrote into its log."""
        if self.lines is not None:
            self.tell(f"n{index} {event} {fields}")

    def committed(self, machine: "Machine") -> None:
        """Let the checkers look at what a machine has kept and said."""
        self.after_commit(machine)

    def crashed(self, machine: "Machine", *, rows: int) -> None:
        """Count a crash."""
        self.faults["crash"] += 1
        self.faults["lost_write"] += rows > 0
        self.tell(f"n{machine.index} crashes and loses {rows} rows")
        self.after_crash(machine)

    @property
    def trace(self) -> bytes:
        """Return the hash of all that happened so far."""
        return self._trace.digest()
