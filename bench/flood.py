"""What a flooding neighbour costs the others: `python -m bench.flood --rate 100 --seconds 10`.

One real node (engine, reactor, SQLite with synchronous=FULL) and three neighbours. Two are honest and push
offers one by one at a steady rate. The third sends whatever its attack says, as fast as the node takes it;
each connection has one frame under way and they take turns, as the event loop's backpressure has it.

Time is the processor time of the node alone, so that what else runs on the machine does not show. Each attack
is compared with a run without one: how many offers of the honest were taken in the same time, and how long
they waited.
"""

import argparse
import hashlib
import json
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

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
from node.engine.inputs import CommandReceived, Connected, FrameReceived, Woken
from node.engine.reactor import Reactor
from node.engine.setup import Keyring, found_community
from node.feeds import bodies, scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Stretch
from node.ids import CommunityId
from node.keys import KeyPair
from node.replication import messages
from node.replication.channel import SecureChannel
from node.replication.handshake import LocalIdentity, Role
from node.replication.messages import Answered, Charters, Entries, Message, Want, WantCharters
from node.storage.memory.store import MemoryStore
from node.storage.sqlite import SqliteStore

_START_MS = 1_790_000_000_000
# A frame of the flood holds so many entries under one signature, and there are so many frames to begin with.
_ENTRIES_A_FRAME = 40
_FRAMES = 400
_BRANCHES = 1_000
_HUGE_KEYS = 60


def seed(name: str) -> bytes:
    """Return 32 bytes that stand for a name."""
    return hashlib.sha256(name.encode()).digest()


class Clock:
    """The processor time of the node, and idle time between what it has to do."""

    def __init__(self) -> None:
        self.us = 0.0

    @property
    def now(self) -> Timestamp:
        """Return the time in milliseconds, as the node reads it."""
        return Timestamp(_START_MS + int(self.us) // 1_000)

    def run(self, work: Callable[[], None]) -> None:
        """Let the node work, and let so much time go by."""
        begun = time.process_time()
        work()
        self.us += (time.process_time() - begun) * 1_000_000


@dataclass
class Neighbour:
    """A neighbour that says what it likes.

    Attributes:
        outbox: encrypted frames on their way to the node.
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

    def say(self, message: Message) -> None:
        """Put a message under way."""
        self.outbox.extend(self.channel.seal(messages.encode(message)))

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


def found(name: str) -> tuple[KeyPair, KeyPair, MemoryStore, CommunityId]:
    """Found a community; the same name gives the same."""
    device, steward, store = KeyPair(seed(f"{name} device")), KeyPair(seed(f"{name} steward")), MemoryStore()
    community = found_community(
        store,
        steward=steward,
        device=device,
        box_public=seed("box"),
        recovery_public=KeyPair(seed(f"{name} recovery")).public,
        next_public=KeyPair(seed(f"{name} next")).public,
        nonce=seed(name)[:16],
    )
    return device, steward, store, community


class Bench:
    """One node with three neighbours."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        device, steward, founded, own = found("victim")
        self.store = SqliteStore.open(folder / "node.db")
        for raw in founded.charters.of(own):
            self.store.charters.add(own, ids.RecordId(seed("founding")), raw)
        drawn = count()
        engine = Engine(
            store=self.store,
            keyring=Keyring(own, device, (steward,)),
            entropy=lambda size: (seed(f"drawn {next(drawn)}") * (size // 32 + 1))[:size],
            static_private=seed("static"),
            features=FEATURES,
        )
        self.reactor = Reactor(engine, self.store)
        self.neighbours = [self._meet(name, link) for link, name in enumerate(("ann", "ben", "mallory"), 1)]

    def turn(self, frames: list[tuple[Neighbour, bytes]]) -> None:
        """Let the node handle one frame of each and commit once, and hand out what it says."""
        released: list[Effect] = []

        def work() -> None:
            for neighbour, frame in frames:
                self.reactor.handle(FrameReceived(neighbour.link, frame), self.clock.now)
            self.reactor.handle(Woken(), self.clock.now)
            released.extend(self.reactor.commit())

        self.clock.run(work)
        self._deliver(released)

    def settle(self) -> None:
        """Let everybody say what they have to say."""
        while any(one.outbox for one in self.neighbours):
            self.turn([(one, one.outbox.popleft()) for one in self.neighbours if one.outbox])

    def _meet(self, name: str, link: int) -> Neighbour:
        device, _, store, community = found(name)
        channel = SecureChannel(
            role=Role.INITIATOR,
            identity=LocalIdentity(device, community, FEATURES),
            static_private=seed(f"{name} static"),
            ephemeral_private=seed(f"{name} ephemeral"),
        )
        met = Neighbour(name, link, device, community, tuple(store.charters.of(community)), channel)
        target = commands.AddPeer(target=ids.show(community))
        self.reactor.handle(CommandReceived(link, target), self.clock.now)
        self.reactor.handle(Connected(link, None), self.clock.now)
        self.reactor.commit()
        met.outbox.extend(channel.start())
        return met

    def _deliver(self, released: list[Effect]) -> None:
        by_link = {one.link: one for one in self.neighbours}
        for effect in released:
            if isinstance(effect, SendFrame):
                by_link[effect.link].hear(effect.frame)


def offers(author: Neighbour, number: int, *, keys: int = 1) -> list[bytes]:
    """Return so many bodies, each an offer with its first change."""
    made = []
    for at in range(number):
        name = f"{author.name} {at}"
        founding = Genesis(
            OFFER_TYPE, author.community, Communities((author.community,)), scopes.PUBLIC, seed(name)[:16]
        )
        raw = genesis.encode(founding)
        document = genesis.document_id(raw)
        nonce = seed(f"run {name}")[: runs.RUN_NONCE_BYTES]
        actor = runs.actor(device_key=author.device.public, document=document, epoch=0, nonce=nonce)
        tags = {f"tag-{key}": True for key in range(keys)}
        edits = [Put(("kind",), "offer"), Put(("title",), {"und": f"Offer {name}"}), Put(("tags",), tags)]
        change = DocumentGate(OFFER_SCHEMA).change(actor=actor, edits=edits, time_s=_START_MS // 1_000)
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


def nothing(author: Neighbour) -> list[Stretch]:
    """Send nothing."""
    del author
    return []


def flood(author: Neighbour) -> list[Stretch]:
    """Push valid offers without end."""
    return signed(author, feed(author, offers(author, _FRAMES * _ENTRIES_A_FRAME)), _ENTRIES_A_FRAME)


def branches(author: Neighbour) -> list[Stretch]:
    """Begin a thousand branches behind one entry."""
    trunk = feed(author, offers(author, 1))
    found_ = signed(author, trunk, 1)
    for number in range(_BRANCHES):
        beside = feed(author, [b"branch %d" % number], Head(trunk[0].seq, trunk[0].id))
        found_ += signed(author, beside, 1)
    return found_


def endless(author: Neighbour) -> list[Stretch]:
    """Go on with one branch of bodies that nobody can read, a signature each."""
    written = [b"%d" % number for number in range(_FRAMES * 20)]
    return signed(author, feed(author, written), 1)


def operations(author: Neighbour) -> list[Stretch]:
    """Push offers that hold as many words as a change may."""
    return signed(author, feed(author, offers(author, _FRAMES * 4, keys=_HUGE_KEYS)), 4)


ATTACKS: dict[str, Callable[[Neighbour], list[Stretch]]] = {
    "nothing": nothing,
    "flood": flood,
    "thousand branches": branches,
    "endless branch": endless,
    "operations": operations,
}


def run(attack: str, rate: int, seconds: int) -> dict[str, float]:
    """Let the honest push at a rate while the third attacks, and return how they fared."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        bench.settle()
        *honest, mallory = bench.neighbours
        waiting = {one.name: signed(one, feed(one, offers(one, rate * seconds)), 1) for one in honest}
        arsenal = ATTACKS[attack](mallory)
        pending = iter(arsenal)
        begun_us = bench.clock.us
        waits: list[float] = []
        while bench.clock.us - begun_us < seconds * 1_000_000:
            elapsed = bench.clock.us - begun_us
            frames: list[tuple[Neighbour, bytes]] = []
            due_of: list[float] = []
            for one in honest:
                due = (rate * seconds - len(waiting[one.name])) * 1_000_000 / rate
                if not one.outbox and waiting[one.name] and due <= elapsed:
                    one.say(Entries(waiting[one.name].pop(0)))
                    due_of.append(due)
                if one.outbox:
                    frames.append((one, one.outbox.popleft()))
            if not mallory.outbox:
                _attack(mallory, arsenal, pending)
            if mallory.outbox:
                frames.append((mallory, mallory.outbox.popleft()))
            if frames:
                bench.turn(frames)
            else:
                bench.clock.us += 200  # Nothing is due.
            waits += [bench.clock.us - begun_us - due for due in due_of]
        held = {one.name: 0 for one in bench.neighbours}
        for entry in bench.store.feeds.walk():
            held[next(one.name for one in bench.neighbours if one.device.public == entry.feed.device)] += 1
        waits.sort()
        bench.store.close()
    return {
        "taken_per_s": sum(held[one.name] for one in honest) / seconds,
        "wait_ms_p50": round(waits[len(waits) // 2] / 1_000, 2),
        "wait_ms_p99": round(waits[len(waits) * 99 // 100] / 1_000, 2),
        "taken_of_attacker": held[mallory.name],
    }


def _attack(mallory: Neighbour, arsenal: list[Stretch], pending: Iterator[Stretch]) -> None:
    """Put the attacker's next frame under way: what it was asked for, or the next of what it has."""
    if mallory.asked:
        want = mallory.asked.popleft()
        for wanted in want.wanted:
            known = max((point.seq for point in wanted.known), default=0)
            part = next((one for one in arsenal if one.first_seq == known + 1), None)
            if part is not None:
                mallory.say(Entries(part))
            mallory.say(Answered(want.scope, wanted.device, wanted.head))
        return
    part = next(pending, None)
    if part is not None:
        mallory.say(Entries(part))


def main() -> None:
    """Measure and print a line for each attack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=100, help="offers a second of each honest neighbour")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    results = {attack: run(attack, wanted.rate, wanted.seconds) for attack in ATTACKS}
    if wanted.json:
        print(json.dumps(results, indent=1))
        return
    alone = results["nothing"]["taken_per_s"]
    for attack, found_ in results.items():
        lost = 100 * (1 - found_["taken_per_s"] / alone)
        print(
            f"{attack:18} {found_['taken_per_s']:7.1f} offers/s of the honest ({lost:4.1f} % fewer),"
            f" waited {found_['wait_ms_p50']:.1f} ms, p99 {found_['wait_ms_p99']:.1f} ms;"
            f" took {found_['taken_of_attacker']:,} of the attacker"
        )


if __name__ == "__main__":
    main()
