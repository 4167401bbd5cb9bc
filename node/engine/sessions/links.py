"""The connections of a node: handshake, introduction, session; one `Link` each.

A link goes through three states. While the channel shakes hands nothing is known. Once it stands the peer's
device is proved, and it is *introduced* when its community's charter is held, lists that device, and the
community is one we talk to. Only then does a session begin; before, a peer may show its charter and knock.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from node import ids
from node.clock import Timestamp
from node.engine.effects import CloseLink, Effect, Introduced, Note, SendFrame
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.replicas.wanted import WantedBodies
from node.engine.sessions.news import COMPARING, News
from node.engine.sessions.quotas import Quotas
from node.engine.sessions.sharing import Sharing
from node.engine.sessions.shelf import PeerShelf, Reservations
from node.errors import PeerError, UnexpectedMessageError
from node.feeds.entry import Entry
from node.ids import CommunityId
from node.keys import PublicKey
from node.limits import COMPARE_INTERVAL_MS, HANDSHAKE_MS_MAX, SESSIONS_MAX
from node.replication import comparing, messages
from node.replication.channel import SecureChannel
from node.replication.comparing import Manner
from node.replication.handshake import LocalIdentity, PeerIdentity, Role
from node.replication.messages import Charters, Entries, Farewell, Join, Message, Want, WantCharters
from node.replication.outcomes import AdmitCharter, JoinAnswered, JoinAsked, Outcome, Say
from node.replication.session import Session
from node.replication.shown import Shown

_EPHEMERAL_BYTES = 32
# Devices of which it is remembered what they have shown: every session there can be, and some that left.
_SHOWN_MAX = 2 * SESSIONS_MAX
# What may arrive between the handshake and the introduction; more is a peer that does not listen, and a
# stranger must not fill the memory.
_WAITING_MAX = 16
_WAITING_BYTES_MAX = 256 * 1024


@dataclass(slots=True)
class Link:
    """One connection.

    Attributes:
        address: where we dialled, None for an incoming connection.
        due: when the introduction must be over, or when to compare next.
        asked: for the charter that lists the peer's device.
        waiting: session messages that came before the introduction was over.
        news: what the peer shall hear of others' entries when this batch ends.
    """

    number: int
    channel: SecureChannel
    address: str | None
    due: Timestamp
    session: Session | None = None
    asked: bool = False
    waiting: list[Message] = field(default_factory=list)
    waiting_bytes: int = 0
    proved: PeerIdentity | None = None
    news: News = field(default_factory=News)

    @property
    def peer(self) -> PeerIdentity | None:
        """Return who the peer proved to be; known beyond the end of the channel, for the log."""
        return self.proved


class Links:
    """Hold the connections and turn frames into outcomes, and outcomes into frames.

    Attributes:
        admitted: something was, in this batch: every session may go on when it ends (`tell`).

    Args:
        static_private: this process's X25519 key for handshakes.
        entropy: returns that many random bytes.
    """

    def __init__(
        self,
        *,
        store: Store,
        registry: Registry,
        sharing: Sharing,
        quotas: Quotas,
        identity: LocalIdentity,
        static_private: bytes,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._registry = registry
        self._sharing = sharing
        self._quotas = quotas
        self._identity = identity
        self._static_private = static_private
        self._entropy = entropy
        self._reservations = Reservations()
        # By device: what it has shown, on all its connections to this process.
        self._shown: OrderedDict[PublicKey, Shown] = OrderedDict()
        self._links: dict[int, Link] = {}
        self.admitted = False

    def get(self, number: int) -> Link | None:
        """Return a link that is still open."""
        return self._links.get(number)

    def open_links(self) -> list[Link]:
        """Return the open links in order of their numbers."""
        return [self._links[number] for number in sorted(self._links)]

    def connected(self, number: int, address: str | None, now: Timestamp) -> list[Effect]:
        """Begin a handshake."""
        channel = SecureChannel(
            role=Role.RESPONDER if address is None else Role.INITIATOR,
            identity=self._identity,
            static_private=self._static_private,
            ephemeral_private=self._entropy(_EPHEMERAL_BYTES),
        )
        self._links[number] = Link(number, channel, address, Timestamp(now + HANDSHAKE_MS_MAX))
        return [SendFrame(number, frame) for frame in channel.start()]

    def disconnected(self, number: int) -> Link | None:
        """Forget a link; nothing of it survives into another."""
        self._reservations.forget(number)
        return self._links.pop(number, None)

    def receive(self, link: Link, frame: bytes, now: Timestamp) -> tuple[list[Effect], list[Outcome], bool]:
        """Take one frame.

        Returns:
            what to send, what the engine shall carry out, and whether the handshake ended with this frame.

        Raises:
            PeerError: the peer broke the protocol.
        """
        if not link.channel.established:
            replies = link.channel.receive_handshake(frame)
            link.proved = link.channel.peer
            effects: list[Effect] = [SendFrame(link.number, reply) for reply in replies]
            return effects, [], link.channel.established
        data = link.channel.open(frame)
        if data is None:
            return [], [], False
        message = messages.decode(data)
        if link.session is None:
            link.waiting_bytes += len(data)
            return *self._before_session(link, message), False
        return *self._split(link, link.session.receive(message, now)), False

    def introduce(self, link: Link, now: Timestamp, *, welcome: bool) -> tuple[list[Effect], list[Outcome]]:
        """Begin the session if the peer's charter is held and lists its device, and the peer is welcome.

        Raises:
            PeerError: something that waited for the session breaks the protocol.
        """
        peer = link.peer
        if link.session is not None or peer is None:
            return [], []
        known = self._registry.community(peer.community)
        if known is None or (peer.device not in known.devices and not link.asked):
            # Of a device that was added since only its own machine may know, when the others are gone.
            link.asked = True
            return self.say(link, WantCharters((peer.community,))), []
        if not self._registry.stands(peer):
            raise UnexpectedMessageError("the device does not stand in its community's charter")
        if not welcome:
            return [], []
        manner = None
        if comparing.FEATURE in peer.features:
            manner = Manner(binding=link.channel.binding, begins=link.address is not None)
        link.session = Session(
            PeerShelf(
                store=self._store,
                registry=self._registry,
                sharing=self._sharing,
                reservations=self._reservations,
                quotas=self._quotas,
                link=link.number,
                peer=peer.community,
            ),
            shown=self._shown_by(peer.device),
            manner=manner,
        )
        link.due = Timestamp(now + COMPARE_INTERVAL_MS)
        effects, outcomes = self._split(link, link.session.compare())
        return [Introduced(link.number), *effects], outcomes

    def receive_waiting(self, link: Link, now: Timestamp) -> tuple[list[Effect], list[Outcome]]:
        """Take the first of the messages that waited for the session; there is one.

        One at a time: what was sealed for one must leave even if the next breaks the protocol, or the
        channel's numbers no longer fit.
        """
        assert link.session is not None
        return self._split(link, link.session.receive(link.waiting.pop(0), now))

    def spread(self, entries: Sequence[Entry], *, own: bool, origin: int | None) -> list[Effect]:
        """Tell every session but the one they came from about entries that are new here.

        Of others' entries the sessions are told when the batch ends (`tell`).
        """
        community = self._registry.community_of(entries[-1].feed.device)
        effects: list[Effect] = []
        if community is None:
            return effects
        for link in self.open_links():
            if link.session is not None and link.number != origin:
                said = link.session.published(entries, community, own=own)
                effects += self._split(link, link.news.gather(entries, said))[0]
        return effects

    def tell(self, now: Timestamp) -> list[Effect]:
        """Tell what is new here, and let sessions go on: once for all that was handled together."""
        effects = [effect for link in self.open_links() for effect in self._news(link)]
        admitted, self.admitted = self.admitted, False
        return effects + (self.advance(now) if admitted else [])

    def ask_for(self, wanted: WantedBodies, now: Timestamp) -> list[Effect]:
        """Ask for bodies that were left out and that nothing includes: of each neighbour in its turn."""
        turn, gaps = wanted.ask(now)
        effects: list[Effect] = [Note("bodies_wanted", {"count": len(wanted)})] if gaps else []
        for gap in gaps:
            able = [
                link
                for link in self.open_links()
                if link.session and link.peer and self._sharing.admits(gap.feed, link.peer.community)
            ]
            if able:
                asked = Want(gap.feed.scope, (wanted.request(gap),))
                effects += self.say(able[turn % len(able)], asked)
        return effects

    def advance(self, now: Timestamp) -> list[Effect]:
        """Let every session go on after something was admitted."""
        return self._in_all(lambda session: session.advance(now))

    def compare(self) -> list[Effect]:
        """Let every session name its fingerprints: who belongs where has changed."""
        return self._in_all(lambda session: session.compare())

    def charter_grew(self, community: CommunityId) -> list[Effect]:
        """Tell every session that shares it that a charter grew."""
        return self._in_all(lambda session: session.charter_grew(community))

    def tick(self, now: Timestamp) -> list[Effect]:
        """Go on with long answers, compare where it is time, and end what never introduced itself."""
        effects = self._in_all(lambda session: session.go_on())
        for link in self.open_links():
            if link.due > now:
                continue
            link.due = Timestamp(now + COMPARE_INTERVAL_MS)
            if link.session is not None:
                effects += self._split(link, link.session.compare())[0]
            elif link.channel.established:
                effects += self.close(link, "we are not neighbours yet: ask this community's steward")
            else:
                effects.append(CloseLink(link.number, "the handshake took too long"))
        return effects

    def next_due(self) -> Timestamp | None:
        """Return when `tick` has something to do: at once while an answer is under way."""
        answering = any(link.session and link.session.answering for link in self._links.values())
        return Timestamp(0) if answering else min((it.due for it in self._links.values()), default=None)

    def say(self, link: Link, message: Message) -> list[Effect]:
        """Return the frames of one message."""
        # Entries are all of one author and hold no secret of this connection: they may be compressed.
        frames = link.channel.seal(messages.encode(message), compress=isinstance(message, Entries))
        return [SendFrame(link.number, frame) for frame in frames]

    def close(self, link: Link, reason: str) -> list[Effect]:
        """End a link, telling the peer why if it can be told."""
        effects: list[Effect] = []
        if link.channel.established and not link.channel.dead:
            effects += self.say(link, Farewell(reason))
        who = ids.show(link.peer.community) if link.peer else ""
        note = Note("link_closed", {"link": link.number, "peer": who, "reason": reason})
        return [*effects, note, CloseLink(link.number, reason)]

    def _shown_by(self, device: PublicKey) -> Shown:
        """Return what a device has shown, and remember that it was here last."""
        known = self._shown.setdefault(device, Shown())
        self._shown.move_to_end(device)
        if len(self._shown) > _SHOWN_MAX:
            self._shown.popitem(last=False)
        return known

    def _before_session(self, link: Link, message: Message) -> tuple[list[Effect], list[Outcome]]:
        """Handle what a proved device may say before its community is introduced."""
        assert link.peer is not None
        match message:
            case WantCharters(communities):
                own = self._identity.community
                asked = own in communities
                return self.say(link, Charters(own, tuple(self._store.charters.of(own)))) if asked else [], []
            case Charters(community, records) if community == link.peer.community:
                return [], [AdmitCharter(community, records)]
            case Join(secret, records):
                return [], [JoinAsked(secret, records)]
            case messages.JoinAnswer(accepted, text):
                return [], [JoinAnswered(accepted, text)]
            case Farewell(text):
                raise PeerError(f"the peer said: {text}")
            case _ if len(link.waiting) < _WAITING_MAX and link.waiting_bytes <= _WAITING_BYTES_MAX:
                link.waiting.append(message)
                return [], []
            case _:
                raise UnexpectedMessageError("expected an introduction before the session")

    def _in_all(self, said: Callable[[Session], list[Outcome]]) -> list[Effect]:
        """Let every session say something."""
        return [
            effect
            for link in self.open_links()
            if link.session is not None
            for effect in self._split(link, said(link.session))[0]
        ]

    def _news(self, link: Link) -> list[Effect]:
        """Return the frames that tell a peer what is new, as far as it may still see it."""
        peer = link.peer
        if link.session is None or peer is None:
            return []
        told = link.news.take(lambda feed: self._sharing.tells(feed, peer.community))
        return [effect for message in told for effect in self.say(link, message)]

    def _split(self, link: Link, outcomes: list[Outcome]) -> tuple[list[Effect], list[Outcome]]:
        """Turn what shall be said into frames; the rest is for the engine."""
        effects: list[Effect] = []
        rest: list[Outcome] = []
        for outcome in outcomes:
            if isinstance(outcome, Say):
                if isinstance(outcome.message, COMPARING):
                    effects += self._news(link)  # What is compared holds it already.
                effects += self.say(link, outcome.message)
            else:
                rest.append(outcome)
        return effects, rest
