"""A node that serves and neighbours that say what they like, on a clock of its own, for bench.flood.

It is the node's engine, its reactor and the batches and turns of a serving node (node/runtime/batches.py)
over a store, without threads and sockets. A neighbour's frames come in as they do from a socket: so much of
a link may wait, and the next is read when one was handled. The clock goes on by what the node works: by the
processor's time, or by made-up costs for whoever wants the same twice.
"""

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from bench.clocks import START_MS, Clock
from node import ids
from node.clock import Timestamp
from node.crdt import genesis, runs
from node.crdt.edits import Put
from node.crdt.gate import DocumentGate
from node.crdt.genesis import Communities, Genesis
from node.directory.schemas import OFFER_SCHEMA, OFFER_TYPE
from node.engine import commands
from node.engine.effects import Effect, SendFrame
from node.engine.engine import FEATURES, Engine
from node.engine.inputs import CommandReceived, Connected, FrameReceived, Input, Woken
from node.engine.pace import Pace
from node.engine.ports import Store
from node.engine.setup import Keyring, found_community
from node.feeds import bodies, scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Stretch
from node.identity import charter
from node.identity.charter import DeviceAdded
from node.ids import CommunityId
from node.keys import KeyPair
from node.replication import messages
from node.replication.channel import SecureChannel
from node.replication.handshake import LocalIdentity, Role
from node.replication.messages import Charters, Message, Want, WantCharters
from node.runtime.batches import Batches
from node.runtime.network_links import FRAME_WAITING_BYTES, WAITING_BYTES_PER_LINK_MAX
from node.storage.memory.store import MemoryStore

# Nothing is due for so long.
_IDLE_US = 200


def seed(name: str) -> bytes:
    """Return 32 bytes that stand for a name."""
    return hashlib.sha256(name.encode()).digest()


@dataclass
class Neighbour:
    """A neighbour that says what it likes.

    Attributes:
        outbox: encrypted frames that the node has not read yet.
        waiting: the sizes of its frames that the node has read and not handled.
        asked: what the node wants of it.
    """

    name: str
    link: int
    device: KeyPair
    community: CommunityId
    charter: tuple[bytes, ...]
    channel: SecureChannel
    outbox: deque[bytes] = field(default_factory=deque)
    asked: deque[Want] = field(default_factory=deque)
    waiting: deque[int] = field(default_factory=deque)
    waiting_bytes: int = 0

    def say(self, message: Message) -> None:
        """Put a message under way."""
        self.outbox.extend(self.channel.seal(messages.encode(message)))

    def read(self) -> bytes:
        """Let the node read the next frame."""
        frame = self.outbox.popleft()
        self.waiting.append(len(frame) + FRAME_WAITING_BYTES)
        self.waiting_bytes += self.waiting[-1]
        return frame

    def handled(self) -> None:
        """Note that the node has handled the frame that has waited longest."""
        self.waiting_bytes -= self.waiting.popleft()

    def hear(self, frame: bytes) -> None:
        """Take a frame of the node's."""
        if not self.channel.established:
            self.outbox.extend(self.channel.receive_handshake(frame))
            return
        data = self.channel.open(frame)
        message = messages.decode(data) if data is not None else None
        if isinstance(message, WantCharters) and self.community in message.communities:
            self.say(Charters(self.community, self.charter))
        elif isinstance(message, Want):
            self.asked.append(message)


@dataclass(frozen=True)
class Member:
    """A community with its devices.

    Attributes:
        charter: its records.
    """

    name: str
    community: CommunityId
    devices: tuple[KeyPair, ...]
    steward: KeyPair
    charter: tuple[bytes, ...]


def found(name: str, *, devices: int = 1) -> Member:
    """Found a community with so many devices; the same name gives the same."""
    keys = tuple(KeyPair(seed(f"{name} device {number}")) for number in range(devices))
    steward, store = KeyPair(seed(f"{name} steward")), MemoryStore()
    community = found_community(
        store,
        steward=steward,
        device=keys[0],
        box_public=seed("box"),
        recovery_public=KeyPair(seed(f"{name} recovery")).public,
        next_public=KeyPair(seed(f"{name} next")).public,
        nonce=seed(name)[:16],
    )
    records = list(store.charters.of(community))
    for key in keys[1:]:
        added = DeviceAdded(community=community, device=charter.enrol(community, key, seed("box")))
        records.append(added.sign(steward).raw)
    return Member(name, community, keys, steward, tuple(records))


class Ledger(Pace):
    """A pace that also says what each party has cost in all."""

    def __init__(self) -> None:
        super().__init__()
        self.spent_us: Counter[CommunityId] = Counter()

    def spent(self, party: CommunityId, work_us: int, now: Timestamp) -> None:
        """Note work done for a party."""
        super().spent(party, work_us, now)
        self.spent_us[party] += work_us


class Node:
    """One node that serves, and neighbours with sessions.

    Args:
        members: the neighbours, each with as many links as it has devices.
    """

    def __init__(self, store: Store, members: Sequence[Member], clock: Clock) -> None:
        self.clock, self.store, self._waiting = clock, store, 0
        own = found("victim")
        for raw in own.charter:
            store.charters.add(own.community, ids.RecordId(seed("founding")), raw)
        drawn = count()
        engine = Engine(
            store=store,
            keyring=Keyring(own.community, own.devices[0], (own.steward,)),
            entropy=lambda size: (seed(f"drawn {next(drawn)}") * (size // 32 + 1))[:size],
            static_private=seed("static"),
            features=FEATURES,
        )
        self.ledger = Ledger()
        self._batches = Batches(
            clock.node(engine, store),
            now=lambda: clock.now,
            elapsed_s=clock.seconds,
            worked_s=clock.seconds,
            pace=self.ledger,
        )
        self.neighbours: list[Neighbour] = []
        for member in members:
            self._put(CommandReceived(0, commands.AddPeer(target=ids.show(member.community))))
            for device in member.devices:
                self._meet(member, device)
        while any(one.outbox for one in self.neighbours):
            self.turn()

    def turn(self) -> bool:
        """Read what there is room for, handle a batch and hand out what it says; False when nothing waits."""
        for one in self.neighbours:
            while one.outbox and one.waiting_bytes < WAITING_BYTES_PER_LINK_MAX:
                self._put(FrameReceived(one.link, one.read()), one.handled)
        if not self._waiting:
            self.clock.us += _IDLE_US
            return False
        self._put(Woken())
        released: list[Effect] = []

        def work() -> None:
            handled = self._batches.handle()
            released.extend(self._batches.commit())
            self._waiting -= len(handled)
            for each in handled:
                if each.handled is not None:
                    each.handled()

        self.clock.run(work)
        by_link = {one.link: one for one in self.neighbours}
        for effect in released:
            if isinstance(effect, SendFrame):
                by_link[effect.link].hear(effect.frame)
        return True

    def held_of(self, member: Member) -> int:
        """Return how many entries of a member are held."""
        devices = {device.public for device in member.devices}
        return sum(entry.feed.device in devices for entry in self.store.feeds.walk())

    def _put(self, received: Input, handled: Callable[[], None] | None = None) -> None:
        self._waiting += 1
        self._batches.put(received, handled)

    def _meet(self, member: Member, device: KeyPair) -> None:
        link = len(self.neighbours) + 1
        channel = SecureChannel(
            role=Role.INITIATOR,
            identity=LocalIdentity(device, member.community, FEATURES),
            static_private=seed(f"{member.name} static {link}"),
            ephemeral_private=seed(f"{member.name} ephemeral {link}"),
        )
        met = Neighbour(member.name, link, device, member.community, member.charter, channel)
        self._put(Connected(link, None))
        met.outbox.extend(channel.start())
        self.neighbours.append(met)


def offers(author: Neighbour, number: int, *, keys: int = 1, begin: int = 0) -> list[bytes]:
    """Return so many bodies, each another offer with its first change."""
    made = []
    for at in range(begin, begin + number):
        name = f"{author.name} {author.link} {at}"
        founding = Genesis(
            OFFER_TYPE, author.community, Communities((author.community,)), scopes.PUBLIC, seed(name)[:16]
        )
        raw = genesis.encode(founding)
        document = genesis.document_id(raw)
        nonce = seed(f"run {name}")[: runs.RUN_NONCE_BYTES]
        actor = runs.actor(device_key=author.device.public, document=document, epoch=0, nonce=nonce)
        tags = {f"tag-{key}": True for key in range(keys)}
        edits = [Put(("kind",), "offer"), Put(("title",), {"und": f"Offer {name}"}), Put(("tags",), tags)]
        change = DocumentGate(OFFER_SCHEMA).change(actor=actor, edits=edits, time_s=START_MS // 1_000)
        assert change is not None
        made.append(
            bodies.encode(Kind.GENESIS, [raw, nonce, [change]], salt=seed(name)[:16], document=document)
        )
    return made


def feed(author: Neighbour, written: list[bytes], after: Head | None = None) -> list[Entry]:
    """Return entries of a neighbour's public feed, not yet signed."""
    return stretch.chain(FeedKey(author.device.public, scopes.PUBLIC), after, written, hours=1)


def signed(author: Neighbour, entries: list[Entry], size: int) -> list[Stretch]:
    """Cut entries into stretches of so many, each signed."""
    parts = [entries[at : at + size] for at in range(0, len(entries), size)]
    return [stretch.split(stretch.sign(part, author.device))[0] for part in parts]
