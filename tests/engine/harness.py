"""Real engines over stores in memory, joined by ordered links, and a peer for tests to speak with.

No time passes unless a test lets it: `Network.settle` delivers all that is under way and nothing else.
"""

import itertools
import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from node import ids
from node.clock import Timestamp
from node.engine import commands
from node.engine.commands import Command
from node.engine.effects import CloseLink, Dial, Effect, Introduced, Note, Reply, SendFrame, WakeAt
from node.engine.engine import FEATURES, Engine
from node.engine.inputs import (
    CommandReceived,
    Connected,
    DialFailed,
    Disconnected,
    FrameReceived,
    Input,
    Woken,
)
from node.engine.reactor import Reactor
from node.engine.replicas.making import USUAL_GROWTH
from node.engine.sessions.quotas import USUAL
from node.engine.setup import FurtherStewards, Keyring, found_community
from node.errors import NodeError, PeerError
from node.ids import CommunityId
from node.keys import KeyPair
from node.replication import messages
from node.replication.channel import SecureChannel
from node.replication.handshake import LocalIdentity, Role
from node.replication.messages import Charters, Message, WantCharters
from node.runtime.boxes import BoxKey
from node.storage.memory.store import MemoryStore

# Two nodes that still talk after this many deliveries will never stop.
DELIVERIES_MAX = 20_000
START = Timestamp(1_790_000_000_000)
Answer = dict[str, Any]


class Network:
    """Ordered links between nodes and peers, and the time; `boxed` nodes can open what is sealed for them."""

    def __init__(self, *, boxed: bool = False) -> None:
        self.boxed = boxed
        self.now = START
        self.numbers: Iterator[int] = itertools.count(1)
        self.deliveries = 0
        self.sent_bytes = 0
        self._nodes: dict[str, Node] = {}
        self._under_way: deque[tuple[End, int, bytes | None]] = deque()
        self._others: dict[int, tuple[End, int]] = {}

    def node(
        self,
        name: str,
        *,
        features: tuple[str, ...] = FEATURES,
        stewards: Sequence[KeyPair] = (),
        cosigners: Sequence[KeyPair] = (),
    ) -> "Node":
        """Found a community, with further stewards or none, and start its node at the address `name`.

        As many more must sign whatever it says as there are cosigners.
        """
        made = Node(self, name, features, stewards, cosigners)
        self._nodes[name] = made
        return made

    def connect(self, dialler: "End", address: str) -> int | None:
        """Join two ends; the number of the dialler's link, None when nobody is there."""
        answerer = self._nodes.get(address)
        if answerer is None:
            return None
        near, far = next(self.numbers), next(self.numbers)
        self._others[near], self._others[far] = (answerer, far), (dialler, near)
        answerer.handle(Connected(far, None))
        return near

    def send(self, number: int, frame: bytes) -> None:
        """Put a frame under way; it is lost when the link is cut by now."""
        if number in self._others:
            self.sent_bytes += len(frame)
            self._under_way.append((*self._others[number], frame))

    def cut(self, number: int) -> None:
        """End a link; the other side learns it after what was sent before."""
        other = self._others.pop(number, None)
        if other is not None:
            self._others.pop(other[1], None)
            self._under_way.append((*other, None))

    def lose(self, node: "Node") -> None:
        """Let nobody reach a node any more; it is not woken either."""
        del self._nodes[node.name]

    def settle(self) -> None:
        """Deliver until nothing is under way."""
        for _ in range(DELIVERIES_MAX):
            if not self._under_way:
                return
            self.deliveries += 1
            end, number, frame = self._under_way.popleft()
            if frame is None:
                end.ended(number)
            else:
                end.frame(number, frame)
        raise AssertionError(f"still talking after {DELIVERIES_MAX} deliveries")

    def wait(self, milliseconds: int) -> None:
        """Let time pass, wake every node once, and settle."""
        self.now = Timestamp(self.now + milliseconds)
        for name in sorted(self._nodes):
            self._nodes[name].handle(Woken())
        self.settle()


class End:
    """What a link ends at."""

    def frame(self, number: int, frame: bytes) -> None:
        """Take a frame."""
        raise NotImplementedError

    def ended(self, number: int) -> None:
        """Learn that a link is gone."""
        raise NotImplementedError


class Node(End):
    """One community's node: a real engine and reactor over a store in memory."""

    def __init__(
        self,
        network: Network,
        name: str,
        features: tuple[str, ...] = FEATURES,
        stewards: Sequence[KeyPair] = (),
        cosigners: Sequence[KeyPair] = (),
    ) -> None:
        self.network, self.name, self.features = network, name, features
        self.random = random.Random(name)
        draw = self.random.randbytes
        self.store = MemoryStore()
        self.device, self.steward, self.delegate = (KeyPair(draw(32)) for _ in range(3))
        self.recovery, seed = KeyPair(draw(32)), draw(32)
        self.box = BoxKey(seed)
        self.community = found_community(
            self.store,
            steward=self.steward,
            device=self.device,
            box_public=self.box.public if network.boxed else seed,
            recovery_public=self.recovery.public,
            next_public=KeyPair(draw(32)).public,
            nonce=draw(16),
            further=FurtherStewards(tuple(one.public for one in stewards), tuple(cosigners)),
        )
        self.store.commit()
        self.notes: list[Note] = []
        # The numbers of the links on which a session began, in that order.
        self.introduced: list[int] = []
        self.quota, self.growth = USUAL, USUAL_GROWTH
        self.reactor = self._start()
        self._replies: dict[int, Answer | NodeError] = {}

    def restart(self) -> None:
        """Start the node again from its store, without the links it had."""
        self.reactor = self._start()

    def handle(self, received: Input) -> None:
        """Handle one input, commit, and carry the effects out."""
        self.reactor.handle(received, self.network.now)
        for effect in self.reactor.commit():
            self._carry_out(effect)

    def ask(self, command: Command) -> Answer:
        """Carry out a command and let the network settle.

        Raises:
            NodeError: what the node answered.
        """
        ticket = next(self.network.numbers)
        self.handle(CommandReceived(ticket, command))
        self.network.settle()
        answer = self._replies.pop(ticket)
        if isinstance(answer, NodeError):
            raise answer
        return answer

    def frame(self, number: int, frame: bytes) -> None:
        """Take a frame."""
        self.handle(FrameReceived(number, frame))

    def ended(self, number: int) -> None:
        """Learn that a link is gone."""
        self.handle(Disconnected(number))

    def reasons(self) -> list[str]:
        """Return why links ended, as this side put it."""
        return [str(note.fields["reason"]) for note in self.notes if note.event == "disconnected"]

    def _start(self) -> Reactor:
        self.engine = Engine(
            store=self.store,
            keyring=Keyring(self.community, self.device, (self.steward,), self.box),
            entropy=self.random.randbytes,
            static_private=self.random.randbytes(32),
            features=self.features,
            quota=self.quota,
            growth=self.growth,
        )
        return Reactor(self.engine, self.store)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case SendFrame(number, frame):
                self.network.send(number, frame)
            case CloseLink(number, _):
                self.network.cut(number)
            case Dial(address):
                begun = self.network.connect(self, address)
                if begun is None:
                    self.handle(DialFailed(address, "nobody is there"))
                else:
                    self.handle(Connected(begun, address))
            case Reply(ticket, result):
                self._replies[ticket] = result
            case Note():
                self.notes.append(effect)
            case Introduced(number):
                self.introduced.append(number)
            case WakeAt():
                pass


@dataclass(eq=False)
class Peer(End):
    """A peer without an engine: it proves a device and then says whatever a test wants.

    Attributes:
        community: the community it claims to belong to.
        charter: what it answers when asked for its charter; silent when empty.
        heard: the messages received, in order.
        features: what it offers.
    """

    network: Network
    device: KeyPair
    community: CommunityId
    charter: Sequence[bytes] = ()
    heard: list[Message] = field(default_factory=list)
    closed: bool = False
    features: tuple[str, ...] = ()

    def dial(self, address: str) -> "Peer":
        """Connect to a node and go through the handshake."""
        self._channel = SecureChannel(
            role=Role.INITIATOR,
            identity=LocalIdentity(self.device, self.community, self.features),
            static_private=random.Random(self.device.seed).randbytes(32),
            ephemeral_private=random.Random(self.device.seed + b"e").randbytes(32),
        )
        number = self.network.connect(self, address)
        assert number is not None, address
        self._number = number
        for opening in self._channel.start():
            self.network.send(number, opening)
        self.network.settle()
        return self

    def say(self, *said: Message) -> None:
        """Send messages and let the network settle."""
        for message in said:
            self.say_bytes(messages.encode(message))

    def say_bytes(self, data: bytes) -> None:
        """Send the bytes of a message, whatever they are, and let the network settle."""
        for frame in self._channel.seal(data):
            self.network.send(self._number, frame)
        self.network.settle()

    def say_frame(self, frame: bytes) -> None:
        """Send a frame as it is and let the network settle."""
        self.network.send(self._number, frame)
        self.network.settle()

    def heard_of(self, kind: type[Message]) -> list[Message]:
        """Return the messages of one kind."""
        return [message for message in self.heard if isinstance(message, kind)]

    def frame(self, number: int, frame: bytes) -> None:
        """Take a frame, and answer a question for the charter."""
        try:
            if not self._channel.established:
                for reply in self._channel.receive_handshake(frame):
                    self.network.send(number, reply)
                return
            data = self._channel.open(frame)
        except PeerError as error:
            raise AssertionError(f"the node sent what no peer can read: {error}") from error
        if data is None:
            return
        message = messages.decode(data)
        self.heard.append(message)
        if isinstance(message, WantCharters) and self.community in message.communities and self.charter:
            for sealed in self._channel.seal(messages.encode(Charters(self.community, tuple(self.charter)))):
                self.network.send(number, sealed)

    def ended(self, number: int) -> None:  # noqa: ARG002 - a peer has one link
        """Learn that the link is gone."""
        self.closed = True


def peer_of(node: Node) -> Peer:
    """Return a peer that holds a node's keys: what a cloned or hostile device of its community can do.

    The node's own links end, for a community's device is connected once.
    """
    for link in node.engine._links.open_links():
        node.network.cut(link.number)
        node.handle(Disconnected(link.number))
    node.network.settle()
    return Peer(node.network, node.device, node.community, charter=node.store.charters.of(node.community))


def neighbours(*nodes: Node) -> None:
    """Make every two of these nodes neighbours of each other, and connect them."""
    for node, other in itertools.permutations(nodes, 2):
        node.ask(commands.AddPeer(target=ids.show(other.community)))
    for node, other in itertools.combinations(nodes, 2):
        node.ask(commands.AddPeer(target=other.name))


def federate(*nodes: Node, approvals: int = 1) -> Answer:
    """Let neighbours found a federation together, named Valley."""
    first, *others = nodes
    bylaws = f'name = "Valley"\n[admission]\napprovals = {approvals}\n'.encode()
    founders = tuple(ids.show(other.community) for other in others)
    asked = commands.FoundFederation(bylaws=bylaws, file_name="b.toml", founders=founders)
    founded = first.ask(asked)
    for other in others:
        other.ask(commands.Approve())
    return founded
