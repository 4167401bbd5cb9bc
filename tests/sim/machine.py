"""One simulated machine: a disk that outlives crashes, a clock that is wrong, and a node that runs on both.

The node is the real one: engine, reactor, store in memory. Inputs share commits as they do on the node's own
thread, so a crash between an input and its commit loses rows together with every effect behind them.
"""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from node.clock import Timestamp
from node.engine.commands import Command
from node.engine.effects import CloseLink, Dial, Effect, Introduced, Note, Reply, SendFrame, WakeAt
from node.engine.engine import FEATURES, Engine
from node.engine.inputs import CommandReceived, Connected, FrameReceived, Input, Woken
from node.engine.reactor import Reactor
from node.engine.setup import FurtherStewards, Keyring, found_community
from node.errors import NodeError, StorageError
from node.feeds.entry import FeedKey, Head
from node.identity import charter
from node.identity.charter import DeviceAdded
from node.ids import CommunityId, EntryId, FederationId
from node.keys import KeyPair
from node.runtime.boxes import BoxKey
from tests.hpke import SeededBox
from tests.sim.disk import Disk
from tests.sim.later import LATER_FEATURES, LaterEngine
from tests.sim.surroundings import Surroundings

# Virtual time 0, by a clock that is right: some day in 2026.
START_MS = 1_790_000_000_000

# Of so many processes one is of an older version, which offers its peers none of what came later, and one of
# a later version, which says what the others have no words for.
_VERSIONS = 4
_OLDER, _LATER = 0, 1

Answer = dict[str, Any]
# Called with the answer, the error, or None when the node crashed before it said anything.
Then = Callable[[Answer | NodeError | None], None]


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one community's machine, and of two people who have theirs elsewhere.

    Attributes:
        second_steward: of whom the machine knows nothing but what the charter names; enters papers.
    """

    device: KeyPair
    steward: KeyPair
    delegate: KeyPair
    box_seed: bytes
    second_steward: KeyPair


@dataclass(frozen=True, slots=True)
class Estate:
    """What outlives a process: keys, the community they found, and the disk."""

    keys: Keys
    community: CommunityId
    disk: Disk


def settle_down(draw: Callable[[int], bytes]) -> Estate:
    """Found a community on a fresh disk."""
    device, steward, delegate, second = (KeyPair(draw(32)) for _ in range(4))
    owned = Keys(device, steward, delegate, draw(32), second)
    disk = Disk()
    community = found_community(
        disk,
        steward=owned.steward,
        device=owned.device,
        box_public=BoxKey(owned.box_seed).public,
        recovery_public=KeyPair(draw(32)).public,
        next_public=KeyPair(draw(32)).public,
        nonce=draw(16),
        further=FurtherStewards(keys=(owned.second_steward.public,)),
    )
    disk.commit()
    return Estate(owned, community, disk)


def further_device(estate: Estate, draw: Callable[[int], bytes]) -> Estate:
    """Return a community's second machine: a copy of what the first held, and a device of its own."""
    device, box_seed = KeyPair(draw(32)), draw(32)
    disk = pickle.loads(pickle.dumps(estate.disk))
    enrolled = charter.enrol(estate.community, device, BoxKey(box_seed).public)
    added = DeviceAdded(community=estate.community, device=enrolled).sign(estate.keys.steward)
    disk.charters.add(estate.community, added.id, added.raw)
    disk.commit()
    return replace(estate, keys=replace(estate.keys, device=device, box_seed=box_seed), disk=disk)


class Machine:
    """Run one node."""

    def __init__(self, index: int, estate: Estate, surroundings: Surroundings) -> None:
        self.index = index
        self.address = f"n{index}.example:80"
        self.up = False
        self.incarnation = 0
        self.later = self.older = False
        self.estate = estate
        self.keys, self.community, self.disk = estate.keys, estate.community, estate.disk
        # Its own and those of its community's other machines.
        self.devices = {estate.keys.device.public}
        # Own entries that existed when a reply was released, per scope the last of them.
        self.acknowledged: dict[str, Head] = {}
        self._surroundings = surroundings
        self._fall = ""
        self._skew_ms = 0
        self._due = False
        self._waiting: dict[int, Then] = {}
        self._alarm_ms = -1
        self._rng = Random()
        self._engine: Engine | None = None
        self._reactor: Reactor | None = None

    @property
    def reactor(self) -> Reactor:
        """Return what runs; only while up."""
        assert self._reactor is not None, "the machine is down"
        return self._reactor

    def start(self) -> None:
        """Begin a process: fresh randomness, fresh session key, another idea of what time it is."""
        assert not self.up
        self.up = True
        self.incarnation += 1
        self._rng = self._surroundings.stream(f"process {self.index} {self.incarnation}")
        most = self._surroundings.skew_ms_max
        self._skew_ms = self._rng.randint(-most, most)
        version = self._surroundings.stream(f"version {self.index} {self.incarnation}").randrange(_VERSIONS)
        self.later, self.older = version == _LATER, version == _OLDER
        offered = LATER_FEATURES if self.later else () if self.older else FEATURES
        draw = self._rng.randbytes
        self._engine = (LaterEngine if self.later else Engine)(
            store=self.disk,
            keyring=Keyring(
                self.community, self.keys.device, (self.keys.steward,), SeededBox(self.keys.box_seed, draw)
            ),
            entropy=draw,
            static_private=draw(32),
            features=offered,
            quota=self._surroundings.quota,
            growth=self._surroundings.growth,
        )
        self._reactor = Reactor(self._engine, self.disk)
        self._alarm_ms = -1
        self.take(Woken())

    def ask(self, command: Command, then: Then) -> None:
        """Give the node a command; it is up."""
        ticket = self._surroundings.ticket()
        self._waiting[ticket] = then
        self.take(CommandReceived(ticket, command))

    @property
    def clock_ms(self) -> Timestamp:
        """Return what this machine takes the time to be."""
        return Timestamp(START_MS + self._surroundings.timeline.now_ms + self._skew_ms)

    def members(self, federation: FederationId) -> tuple[CommunityId, ...]:
        """Return who belongs to a federation as this node sees it now."""
        assert self._engine is not None, "the machine is down"
        known = self._engine._registry.members(federation)
        return known.communities if known is not None else ()

    def asking(self, federation: FederationId) -> tuple[CommunityId, ...]:
        """Return who asked to belong to a federation as this node sees it now."""
        assert self._engine is not None, "the machine is down"
        known = self._engine._registry.members(federation)
        return tuple(sorted(known.claimed)) if known is not None else ()

    def whole(self, feed: FeedKey, ends: Sequence[Head]) -> list[Head]:
        """Return up to where this node holds the branches of a feed with all their bodies."""
        assert self._engine is not None, "the machine is down"
        return self._engine._wanted.ends(feed, ends)

    def wants(self, feed: FeedKey) -> set[EntryId]:
        """Return the entries of a feed whose bodies this node asks for."""
        assert self._engine is not None, "the machine is down"
        return {gap.place.id for gap in self._engine._wanted._rows.of(feed)}

    @property
    def keeps_circles(self) -> bool:
        """Tell whether this node still has something to do for its circles."""
        assert self._engine is not None, "the machine is down"
        return self._engine._circle_keeping.next_due() is not None

    def take(self, received: Input) -> None:
        """Hand one input to the node, and see to it that a commit follows."""
        self._surroundings.stepped(self.index, _shown(received))
        self.reactor.handle(received, self.clock_ms)
        if not self._due:
            self._due = True
            process = self.incarnation
            self._surroundings.timeline.plan(
                self._surroundings.commit_delay_ms(self._rng), lambda: self._commit(process)
            )

    def doom(self, fall: str) -> None:
        """Let the next commit that would keep an entry be the end of this process.

        Args:
            fall: "before" the entries are on the disk, "after" but before anything of it leaves, or when what
                leaves is "released" and under way.
        """
        self._fall = fall

    def crash(self) -> None:
        """Lose everything that was not committed, and all connections."""
        assert self.up
        lost = self.disk.lose()
        self._surroundings.crashed(self, rows=lost)
        self.up = False
        self._fall = ""
        self._due = False
        self._engine = self._reactor = None
        self._surroundings.network.drop(self)
        waiting, self._waiting = self._waiting, {}
        for then in waiting.values():
            then(None)

    def _commit(self, process: int) -> None:
        if not self.up or self.incarnation != process:
            return
        self._due = False
        fall = self._fall if self.disk.unsaved_entries else ""
        if fall == "before":
            self.crash()
            return
        try:
            effects = self.reactor.commit()
        except StorageError:
            # A node that cannot write stops, and releases nothing of what it could not keep.
            self._surroundings.faults["full_disk"] += 1
            self.crash()
            return
        for effect in effects if fall != "after" else ():
            self._carry_out(effect)
        if fall:
            self.crash()
        else:
            self._surroundings.committed(self)

    def _carry_out(self, effect: Effect) -> None:
        network = self._surroundings.network
        match effect:
            case SendFrame(link, frame):
                network.send(self, link, frame)
            case CloseLink(link, _):
                network.close(self, link)
            case Dial(address):
                network.dial(self, address)
            case WakeAt(at):
                self._wake_at(at - START_MS - self._skew_ms)
            case Reply(ticket, result):
                self._acknowledge()
                then = self._waiting.pop(ticket)
                self._surroundings.timeline.plan(0, lambda: then(result))
            case Introduced():
                pass  # Simulated networks have places for all.
            case Note(event, fields):
                self._surroundings.noted(self.index, event, fields)

    def _wake_at(self, at_ms: int) -> None:
        """Set the one alarm; a later one replaces it."""
        if at_ms == self._alarm_ms:
            return
        self._alarm_ms = at_ms
        process = self.incarnation

        def ring() -> None:
            if self.up and self.incarnation == process and self._alarm_ms == at_ms:
                self._alarm_ms = -1
                self.take(Woken())

        now = self._surroundings.timeline.now_ms
        self._surroundings.timeline.plan(max(1, at_ms - now), ring, timer=True)

    def _acknowledge(self) -> None:
        """Remember what of its own this node held when it answered: from now on it may not be lost."""
        self.acknowledged.update(self.disk.own_ends(self.keys.device.public))


def _shown(received: Input) -> bytes:
    """Return what the trace keeps of an input."""
    match received:
        case FrameReceived(link, frame):
            return b"frame %d " % link + frame
        case CommandReceived(ticket, command):
            return b"command %d " % ticket + repr(command).encode()
        case Connected(link, address):
            return b"connected %d " % link + (address or "").encode()
        case _:
            return repr(received).encode()
