"""A peer that lies: it has a charter and neighbours like everybody, and then sends what it must not.

Built from the real pieces, so that what it sends gets as far as it can: the handshake holds, its stretches
have the right shape, and an oracle tells it what its victims hold. What reaches it is looked at, for it is
entitled to little. As a turncoat it is a member whose own feeds are carried and say what it likes.
"""

from dataclasses import dataclass

from node.engine.inputs import Connected, DialFailed, Disconnected, FrameReceived, Input
from node.errors import PeerError, UnsupportedVersionError
from node.feeds import scopes
from node.ids import FederationId
from node.replication import messages
from node.replication.channel import SecureChannel
from node.replication.handshake import VERSION_MAX, VERSION_MIN, LocalIdentity, Role
from node.replication.messages import Charters, Entries, Heads, Opened, Summary, Want, WantCharters
from tests.sim.broken import BrokenError
from tests.sim.excess import EXCESSES, endless_branches
from tests.sim.lies import LIES, Lie, Scheme
from tests.sim.machine import Estate, Machine
from tests.sim.network import Host
from tests.sim.surroundings import Surroundings
from tests.sim.voices import VOICES, made_up_receipts

# What each manner of lying tells. What a feed with too many branches carries is different on each node, so a
# brancher says nothing there that could count.
REPERTOIRES: dict[str, tuple[Lie, ...]] = {
    "liar": (*LIES, *EXCESSES, made_up_receipts),
    "two-voiced": (*LIES, *EXCESSES, *VOICES),
    "brancher": (*LIES, endless_branches, endless_branches),
}
# How many lies one attack tells before it waits for the next.
_LIES_PER_ATTACK = (2, 5)
# After a handshake it waits until it is taken for a neighbour.
_PATIENCE_MS = 400
# With one connection in so many it speaks only a version of the protocol that nobody else does.
_STRANGE_ONE_IN = 10


@dataclass(slots=True)
class _Line:
    """One connection of the liar, with whom and how it stands."""

    channel: SecureChannel
    victim: Machine | None


class Liar:
    """Be dialled, dial, and lie.

    Args:
        estate: keys and disk of the community that it was during the founding.
        manner: which lies it tells: a key of `REPERTOIRES`.
        machines: the nodes, about which an oracle tells it everything.
        friends: those among them that have it as a neighbour.
        turncoat: whether it is a member of the federation.
    """

    def __init__(
        self,
        estate: Estate,
        *,
        address: str,
        manner: str,
        machines: list[Machine],
        friends: list[Machine],
        federation: FederationId,
        turncoat: bool,
        surroundings: Surroundings,
    ) -> None:
        self.address = address
        self.up = True
        self.community = estate.community
        self.device = estate.keys.device.public
        self.checks = 0
        self._estate = estate
        self._machines = machines
        self._friends = friends
        self._entitled = {scopes.PUBLIC} | ({scopes.members(federation)} if turncoat else set())
        self._surroundings = surroundings
        self._repertoire = REPERTOIRES[manner]
        self._rng = surroundings.stream(f"liar {address}")
        self._strange = surroundings.stream(f"versions {address}")
        self._static = self._rng.randbytes(32)
        self._scheme = Scheme(estate, federation, turncoat=turncoat, rng=self._rng)
        self._turncoat = turncoat
        self._lines: dict[int, _Line] = {}

    @property
    def hosts(self) -> list[Host]:
        """Return what of it can be dialled."""
        return [self]

    def begin(self) -> None:
        """Wait for the weather."""

    def fall_silent(self) -> None:
        """Go on to answer, and to say nothing."""

    def attack(self) -> None:
        """Lie to somebody who listens, or dial somebody who may."""
        victim = self._rng.choice(self._machines if self._rng.randrange(5) == 0 else self._friends)
        for number, line in sorted(self._lines.items()):
            if line.victim is victim:
                self._lie(number)
                return
        self._surroundings.network.dial(self, victim.address)

    def take(self, received: Input) -> None:
        """Take what the network brings."""
        match received:
            case Connected(link, address):
                self._connected(link, address)
            case FrameReceived(link, frame):
                if link in self._lines:
                    self._frame(link, self._lines[link], frame)
            case Disconnected(link):
                self._lines.pop(link, None)
            case DialFailed():
                pass
            case _:
                raise AssertionError(received)

    def _lie(self, number: int) -> None:
        """Tell some lies, if anybody still listens."""
        line = self._lines.get(number)
        if line is None or line.victim is None:
            return
        for lie in self._rng.choices(self._repertoire, k=self._rng.randint(*_LIES_PER_ATTACK)):
            self._tell(number, line, line.victim, lie)

    def _connected(self, link: int, address: str | None) -> None:
        channel = SecureChannel(
            role=Role.RESPONDER if address is None else Role.INITIATOR,
            identity=LocalIdentity(device=self._estate.keys.device, community=self.community),
            static_private=self._static,
            ephemeral_private=self._rng.randbytes(32),
            versions=self._versions(),
        )
        self._lines[link] = _Line(channel, None)
        for frame in channel.start():
            self._surroundings.network.send(self, link, frame)

    def _frame(self, link: int, line: _Line, frame: bytes) -> None:
        try:
            if line.channel.established:
                data = line.channel.open(frame)
                if data is not None:
                    self._hear(link, line, messages.decode(data))
                return
            for answer in line.channel.receive_handshake(frame):
                self._surroundings.network.send(self, link, answer)
        except UnsupportedVersionError:
            self._surroundings.faults["other_version"] += 1
            self._lines.pop(link)
            self._surroundings.network.close(self, link)
            return
        except PeerError as error:
            raise BrokenError("honest bytes", f"a node sent what it must not: {error}") from error
        peer = line.channel.peer
        if peer is not None:
            line.victim = next(m for m in self._machines if m.keys.device.public == peer.device)
            line_scopes = [scopes.PUBLIC, *sorted(self._scheme.scopes)]
            self._say(link, line, messages.encode(self._scheme.summary(line_scopes)))
            self._surroundings.timeline.plan(_PATIENCE_MS, lambda: self._lie(link), timer=True)

    def _versions(self) -> tuple[int, int]:
        """Return which versions of the protocol it speaks on one connection."""
        later = VERSION_MAX + 1
        return (later, later) if self._strange.randrange(_STRANGE_ONE_IN) == 0 else (VERSION_MIN, VERSION_MAX)

    def _hear(self, link: int, line: _Line, message: messages.Message) -> None:
        """Look at what a node sends, and answer as little as keeps it talking."""
        self.checks += 1
        victim = f"n{line.victim.index}" if line.victim is not None else "somebody"
        match message:
            case Summary(summaries):
                named = {summary.scope for summary in summaries}
                self._allow(named <= self._entitled, f"{victim} names the liar a scope of others")
            case Heads(scope, _, _) | Want(scope, _):
                self._allow(scope in self._entitled, f"{victim} speaks to the liar of what members share")
            case Entries(sent):
                self._allow(sent.feed.scope in self._entitled, f"{victim} sends the liar what members share")
                self._allow(self._carried(line, sent.feed.device), f"{victim} sends the liar others' feeds")
                self._scheme.keep(sent)
            case Opened(_):
                self._allow(self._turncoat, f"{victim} shows the liar a federation")
            case WantCharters(communities) if self.community in communities:
                raws = tuple(self._estate.disk.charters.of(self.community))
                self._say(link, line, messages.encode(Charters(self.community, raws)))
            case _:
                pass

    def _carried(self, line: _Line, device: bytes) -> bool:
        """Tell whether this is a feed that both carry: each other's, and in a federation everybody's."""
        both = {self.device, *line.victim.devices} if line.victim is not None else set()
        return self._turncoat or device in both

    def _tell(self, link: int, line: _Line, victim: Machine, lie: Lie) -> None:
        """Tell one lie."""
        for told in lie(self._scheme, victim):
            self._surroundings.faults["lie"] += 1
            if isinstance(told, bytes):
                self._say(link, line, told)
            else:
                self._say(link, line, messages.encode(told))

    def _say(self, link: int, line: _Line, data: bytes) -> None:
        for frame in line.channel.seal(data):
            self._surroundings.network.send(self, link, frame)

    def _allow(self, allowed: bool, found: str) -> None:  # noqa: FBT001 (a claim and its sentence)
        if not allowed:
            raise BrokenError("scope", found)
