"""Links as a WebSocket gives them: ordered, delayed, cut as a whole, never missing one frame in the middle.

Frames under way when a link is cut are lost; a link that one side closes still delivers what was sent before.
Two hosts between whom the way is blocked cannot dial each other.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from node.engine.inputs import Connected, DialFailed, Disconnected, FrameReceived, Input
from tests.sim.timeline import Timeline

# How long one way takes while nothing is wrong, and while the weather is bad.
CALM_MS = (1, 12)
ROUGH_MS = (5, 1_500)
# A broken connection is noticed at once or only after a while.
NOTICED_MS = (1, 4_000)


class Host(Protocol):
    """Whatever has an address and takes inputs: a node, or a peer that lies."""

    @property
    def address(self) -> str:
        """Return where it can be dialled."""
        ...

    @property
    def up(self) -> bool:
        """Tell whether it runs."""
        ...

    def take(self, received: Input) -> None:
        """Take one input."""
        ...


@dataclass(slots=True)
class _End:
    """One side of a wire: whose, under which number, and when its last frame arrives."""

    host: Host
    link: int
    last_ms: int = 0
    told: bool = False


@dataclass(slots=True)
class Wire:
    """One connection between two hosts."""

    dialler: _End
    listener: _End
    delay_ms: tuple[int, int]
    open: bool = True
    closing: bool = field(default=False)

    @property
    def pair(self) -> frozenset[str]:
        """Return the two addresses."""
        return frozenset((self.dialler.host.address, self.listener.host.address))

    def far(self, host: Host) -> _End:
        """Return the other side."""
        return self.listener if self.dialler.host is host else self.dialler

    def near(self, host: Host) -> _End:
        """Return this host's side."""
        return self.dialler if self.dialler.host is host else self.listener


class Network:
    """Carry frames between hosts."""

    def __init__(self, timeline: Timeline, rng: Random, faults: Counter[str]) -> None:
        self._timeline = timeline
        self._rng = rng
        self._faults = faults
        self._hosts: dict[str, Host] = {}
        self._wires: dict[tuple[str, int], Wire] = {}
        self._links = 0
        self._blocked: set[frozenset[str]] = set()
        self.rough = False
        self.dial_failures_percent = 0

    def add(self, host: Host) -> None:
        """Give a host its place."""
        self._hosts[host.address] = host

    def wires(self) -> list[Wire]:
        """Return the open wires in the order in which they were dialled."""
        return [wire for (address, _), wire in self._wires.items() if wire.dialler.host.address == address]

    def dial(self, host: Host, address: str) -> None:
        """Connect a host to an address, or tell it that this failed."""
        self._timeline.plan(self._delay(), lambda: self._answer(host, address))

    def send(self, host: Host, link: int, frame: bytes) -> None:
        """Send a frame; on a wire that is gone it is lost."""
        wire = self._wires.get((host.address, link))
        if wire is not None and not wire.closing:
            far = wire.far(host)
            self._arrive(wire, far, FrameReceived(far.link, frame))

    def close(self, host: Host, link: int) -> None:
        """End a connection in good order: what was sent before arrives."""
        wire = self._wires.get((host.address, link))
        if wire is None or wire.closing:
            return
        wire.closing = True
        self._hang_up(wire.near(host), 1)
        far = wire.far(host)
        wait_ms = max(0, far.last_ms - self._timeline.now_ms) + self._draw(wire.delay_ms)
        self._hang_up(far, wait_ms)

    def cut(self, wire: Wire) -> None:
        """Break a connection: what is under way is lost, and both sides notice in their own time."""
        if not wire.open:
            return
        self._faults["cut"] += 1
        self._break(wire)

    def stall(self, wire: Wire, *, one_way_ms: int, breaks: bool) -> None:
        """Let nothing arrive at one side for a while, as when acknowledgements are lost; the other way works.

        Args:
            wire: which connection; the side is drawn.
            one_way_ms: for how long.
            breaks: whether the connection then breaks and loses what is under way; else all of it arrives.
        """
        self._faults["one_way"] += 1
        end = self._rng.choice((wire.dialler, wire.listener))
        end.last_ms = max(end.last_ms, self._timeline.now_ms) + one_way_ms
        if breaks:
            self._timeline.plan(one_way_ms, lambda: self.cut(wire), timer=True)

    def drop(self, host: Host) -> None:
        """Break all connections of a host that stopped; what it sent last may still arrive."""
        for wire in [w for (address, _), w in self._wires.items() if address == host.address]:
            wire.near(host).told = True
            self._wires.pop((host.address, wire.near(host).link), None)
            far = wire.far(host)
            if wire.open and not wire.closing and self._rng.randrange(2):
                wire.closing = True
                self._hang_up(far, max(0, far.last_ms - self._timeline.now_ms) + self._draw(NOTICED_MS))
            else:
                self._break(wire)

    def block(self, pairs: Iterable[frozenset[str]]) -> None:
        """Break the connections between hosts and let no new ones come about."""
        wanted = set(pairs)
        self._blocked |= wanted
        for wire in self.wires():
            if wire.pair in wanted:
                self.cut(wire)

    def unblock(self, pairs: Iterable[frozenset[str]] | None = None) -> None:
        """Open the way again between these hosts, or between all."""
        self._blocked = self._blocked.difference(pairs) if pairs is not None else set()

    def _answer(self, host: Host, address: str) -> None:
        if not host.up:
            return
        target = self._hosts.get(address)
        unlucky = self._rng.randrange(100) < self.dial_failures_percent
        if target is None or not target.up or unlucky or frozenset((host.address, address)) in self._blocked:
            self._faults["dial_failed"] += 1
            host.take(DialFailed(address, "nobody answered"))
            return
        self._links += 2
        delay = ROUGH_MS if self.rough and self._rng.randrange(4) == 0 else CALM_MS
        wire = Wire(_End(host, self._links - 1), _End(target, self._links), delay)
        self._wires[host.address, wire.dialler.link] = wire
        self._wires[target.address, wire.listener.link] = wire
        target.take(Connected(wire.listener.link, None))
        host.take(Connected(wire.dialler.link, address))

    def _arrive(self, wire: Wire, far: _End, received: Input) -> None:
        """Let an input reach one side, behind all that was sent there before."""
        arrival = max(self._timeline.now_ms + self._draw(wire.delay_ms), far.last_ms)
        far.last_ms = arrival

        def deliver() -> None:
            if wire.open and not far.told and far.host.up:
                far.host.take(received)

        self._timeline.plan(arrival - self._timeline.now_ms, deliver)

    def _hang_up(self, end: _End, wait_ms: int) -> None:
        """Tell one side that the connection is gone."""

        def tell() -> None:
            self._wires.pop((end.host.address, end.link), None)
            if not end.told:
                end.told = True
                if end.host.up:
                    end.host.take(Disconnected(end.link))

        self._timeline.plan(wait_ms, tell)

    def _break(self, wire: Wire) -> None:
        wire.open = False
        wire.closing = True
        for end in (wire.dialler, wire.listener):
            if not end.told:
                self._hang_up(end, self._draw(NOTICED_MS))

    def _delay(self) -> int:
        return self._draw(CALM_MS)

    def _draw(self, bounds: tuple[int, int]) -> int:
        return self._rng.randint(*bounds)
