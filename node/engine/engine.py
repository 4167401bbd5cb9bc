"""The engine: every input of a node comes in here and every effect goes out; the rules live below.

It owns the order of things: what is admitted is kept and routed first, then told to the sessions, then
whatever was waiting for it goes on. It owns no state beyond its parts.
"""

from collections.abc import Callable

from node import ids
from node.clock import Timestamp
from node.engine import handlers, joining
from node.engine.author import Author
from node.engine.desk import Desk, Done
from node.engine.documents import Documents
from node.engine.effects import CloseLink, Dial, Effect, Note, Reply, WakeAt
from node.engine.ingest import Arrival, Ingest
from node.engine.inputs import (
    CommandReceived,
    Connected,
    DialFailed,
    Disconnected,
    FrameReceived,
    Input,
    Woken,
)
from node.engine.links import Link, Links
from node.engine.neighbours import Neighbours
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.setup import Keyring
from node.engine.sharing import Sharing
from node.errors import NodeError, PeerError, StorageError, UserError
from node.federation.founding import Founding
from node.feeds import scopes
from node.ids import CommunityId
from node.records import record
from node.replication.handshake import LocalIdentity
from node.replication.messages import JoinAnswer
from node.replication.outcomes import (
    Admit,
    AdmitCharter,
    Ended,
    Invited,
    JoinAnswered,
    JoinAsked,
    Outcome,
    Say,
)


class Engine:
    """One node, without clock, disk or sockets.

    Args:
        entropy: returns that many random bytes.
        static_private: 32 random bytes drawn by this process, its X25519 key for handshakes.
    """

    def __init__(
        self,
        *,
        store: Store,
        keyring: Keyring,
        entropy: Callable[[int], bytes],
        static_private: bytes,
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._entropy = entropy
        self._registry = Registry(store)
        self._documents = Documents(store, self._registry, keyring.device.public, entropy)
        self._ingest = Ingest(store, self._registry, self._documents)
        self._author = Author(store, self._ingest, keyring.device, entropy)
        self._sharing = Sharing(store, self._registry, keyring.community)
        self._neighbours = Neighbours(store, entropy)
        self._links = Links(
            store=store,
            registry=self._registry,
            sharing=self._sharing,
            identity=LocalIdentity(device=keyring.device, community=keyring.community),
            static_private=static_private,
            entropy=entropy,
            talks_to=self._talks_to,
        )

    def handle(self, received: Input, now: Timestamp) -> list[Effect]:
        """Handle one input and return what it asks of the world, in order."""
        effects: list[Effect]
        match received:
            case Connected(link, address):
                effects = self._links.connected(link, address, now)
            case FrameReceived(number, frame):
                effects = self._frame(number, frame, now)
            case Disconnected(number):
                effects = self._gone(number, "the connection ended", now)
            case DialFailed(address, reason):
                self._neighbours.failed(address, reason, now)
                effects = [Note("dial_failed", {"address": address, "reason": reason})]
            case CommandReceived():
                effects = self._command(received, now)
            case Woken():
                effects = self._links.tick(now) + self._dial(now)
        return effects + self._wake()

    def _frame(self, number: int, frame: bytes, now: Timestamp) -> list[Effect]:
        link = self._links.get(number)
        if link is None:
            return []  # A late frame of a link that was ended here.
        effects: list[Effect] = []
        try:
            sent, outcomes, proved = self._links.receive(link, frame, now)
            effects += sent
            if proved:
                effects += self._met(link, now)
            for outcome in outcomes:
                effects += self._carry_out(link, outcome, now)
        except PeerError as error:
            effects += self._end(link, str(error), now)
        return effects

    def _met(self, link: Link, now: Timestamp) -> list[Effect]:
        """Greet a peer that has just proved its device."""
        peer = link.peer
        assert peer is not None
        if peer.device == self._keyring.device.public:
            if link.address is not None:
                self._neighbours.remove_address(link.address)
            return self._end(link, "that is this node itself", now)
        effects: list[Effect] = []
        if link.address is not None:
            problem = self._reached(link.address, peer.community, now)
            if problem:
                return self._end(link, problem, now)
            for _, join in joining.request_for(
                self._store, self._keyring.community, peer.device, peer.community
            ):
                self._neighbours.add(peer.community, now)
                effects += self._links.say(link, join)
        for other in self._links.open_links():
            if other is not link and other.peer is not None and other.peer.device == peer.device:
                loser = self._lesser(link, other)
                effects += self._end(loser, "there is another connection between us", now)
                if loser.address is not None:
                    self._neighbours.rest(loser.address, now)
                if loser is link:
                    return effects
        return effects + self._introduce(link, now)

    def _reached(self, address: str, community: CommunityId, now: Timestamp) -> str:
        """Note who answered where we dialled; a sentence if it is not who should."""
        known = dict(self._neighbours.addresses()).get(address)
        if known is not None and known.community not in (None, community):
            return (
                "another community answers at this address now; remove it and add it again if that is right"
            )
        # The steward typed this address: whoever answers there first is whom the steward meant.
        self._neighbours.add(community, now)
        self._neighbours.reached(address, community, now)
        return ""

    def _lesser(self, link: Link, other: Link) -> Link:
        """Return which of two links between the same devices ends; both sides choose the same.

        The link that the lower device key began stays; of two begun by one side the newer.
        """
        ours, theirs = self._keyring.device.public, link.peer.device if link.peer else b""
        keep_outgoing = ours < theirs
        if (link.address is None) == (other.address is None):
            return other
        return other if (link.address is not None) == keep_outgoing else link

    def _introduce(self, link: Link, now: Timestamp) -> list[Effect]:
        effects, outcomes = self._links.introduce(link, now)
        peer = link.peer
        if link.session is None and peer is not None and not self._talks_to(peer.community):
            self._neighbours.knocked(peer.community, now)
        for outcome in outcomes:
            effects += self._carry_out(link, outcome, now)
        return effects

    def _carry_out(self, link: Link, outcome: Outcome, now: Timestamp) -> list[Effect]:
        match outcome:
            case Admit(sent):
                return self._after(self._ingest.admit(sent), now, own=False, origin=link.number)
            case AdmitCharter(community, raws):
                return self._charter(link, community, raws, now)
            case Invited(raw):
                return self._invited(link, raw)
            case JoinAsked(secret, raws):
                return self._join_asked(link, (secret, raws), now)
            case JoinAnswered(accepted, text):
                assert link.peer is not None
                joining.answered(self._store, link.peer.device, accepted=accepted, text=text)
                return [Note("join_answered", {"accepted": int(accepted), "text": text})]
            case Ended(text):
                return self._end(link, f"the neighbour said: {text}", now, tell=False)
            case Say():
                raise AssertionError("links turn what shall be said into frames")

    def _after(self, arrival: Arrival, now: Timestamp, *, own: bool, origin: int | None) -> list[Effect]:
        """Tell the sessions what is new here, and let go on what waited for it."""
        effects: list[Effect] = []
        if arrival.fresh:
            self._sharing.feeds_changed(arrival.fresh[0].feed.scope)
            effects += self._links.spread(arrival.fresh, own=own, origin=origin)
        if arrival.membership_changed:
            effects += self._sharing_changed(now)
        return effects + self._links.advance(now)

    def _sharing_changed(self, now: Timestamp) -> list[Effect]:
        """Begin and end sessions as is right by now, and compare in all: who belongs where has changed."""
        effects: list[Effect] = []
        for link in self._links.open_links():
            if link.session is not None and not self._registry.stands(link.peer):
                effects += self._end(link, "that device was retired by its community", now)
            elif link.session is None and link.channel.established:
                effects += self._introduce(link, now)
        return effects + self._links.compare()

    def _charter(
        self, link: Link, community: CommunityId, raws: tuple[bytes, ...], now: Timestamp
    ) -> list[Effect]:
        peer = link.peer
        assert peer is not None
        wanted = self._talks_to(community) or any(
            community in self._sharing.chartered(scope, peer.community)
            for scope in self._sharing.scopes_with(peer.community)
        )
        if not wanted:
            # A stranger's charter is not kept: strangers are many.
            self._neighbours.knocked(community, now)
            return []
        first = self._registry.community(community) is None
        if not self._registry.add_charter(community, raws):
            return []
        self._sharing.charters_changed()
        if first and community == self._keyring.community:
            # A further device learns only now that it belongs here, and with it what it wrote before.
            self._ingest.route_device(self._keyring.device.public)
        standing = self._registry.community(community)
        if standing is not None and standing.retirements:
            self._ingest.recount(community)
        return self._sharing_changed(now) + self._links.advance(now)

    def _invited(self, link: Link, raw: bytes) -> list[Effect]:
        """Take a federation in that a peer shares: as a founder, as one who asked, or as its own device."""
        assert link.peer is not None
        founding = Founding.read(record.read(raw))
        own = self._keyring.community
        asked = {federation for federation, _ in joining.asking(self._store)}
        if not (own in founding.founders or founding.federation in asked or link.peer.community == own):
            return []
        if self._registry.founding_record(founding.federation) is None:
            self._registry.add_federation(raw)
        return self._links.compare()

    def _join_asked(self, link: Link, join: tuple[bytes, tuple[bytes, ...]], now: Timestamp) -> list[Effect]:
        assert link.peer is not None
        stewards = self._keyring.stewards
        try:
            federation, drafts = joining.take_up(
                store=self._store,
                registry=self._registry,
                steward=stewards[0] if stewards else None,
                join=join,
                peer=link.peer.community,
                now=now,
            )
        except UserError as error:
            return self._links.say(link, JoinAnswer(accepted=False, text=str(error)))
        self._neighbours.add(link.peer.community, now)
        self._sharing.charters_changed()
        text = "your request is with the members: enough of them have to approve it"
        effects = self._links.say(link, JoinAnswer(accepted=True, text=text))
        if drafts:
            arrival = self._author.publish(scopes.members(federation), drafts, now)
            effects += self._after(arrival, now, own=True, origin=None)
        return effects + self._introduce(link, now)

    def _command(self, asked: CommandReceived, now: Timestamp) -> list[Effect]:
        desk = Desk(
            store=self._store,
            registry=self._registry,
            documents=self._documents,
            neighbours=self._neighbours,
            links=self._links,
            sharing=self._sharing,
            ingest=self._ingest,
            keyring=self._keyring,
            entropy=self._entropy,
            now=now,
        )
        try:
            done = handlers.handle(asked.command, desk)
        except StorageError:
            raise  # The disk's fault concerns the whole node.
        except NodeError as error:
            return [Reply(asked.ticket, error)]
        return [*self._do(done, now), Reply(asked.ticket, done.answer)]

    def _do(self, done: Done, now: Timestamp) -> list[Effect]:
        effects: list[Effect] = []
        if done.charters:
            self._registry.add_charter(self._keyring.community, done.charters)
            self._sharing.charters_changed()
            self._ingest.recount(self._keyring.community)
        for scope, drafts in done.publish:
            if drafts:
                effects += self._after(self._author.publish(scope, drafts, now), now, own=True, origin=None)
        if done.sharing_changed or done.charters:
            effects += self._sharing_changed(now)
        if done.addresses_changed:
            effects += self._dial(now)
        return effects

    def _dial(self, now: Timestamp) -> list[Effect]:
        connected = {link.peer.community for link in self._links.open_links() if link.peer is not None}
        return [Dial(address) for address in self._neighbours.due(now, connected=connected)]

    def _wake(self) -> list[Effect]:
        times = [t for t in (self._links.next_due(), self._neighbours.next_due()) if t is not None]
        return [WakeAt(min(times))] if times else []

    def _end(self, link: Link, reason: str, now: Timestamp, *, tell: bool = True) -> list[Effect]:
        """End a link from this side."""
        effects: list[Effect] = self._links.close(link, reason) if tell else [CloseLink(link.number, reason)]
        return effects + self._gone(link.number, reason, now)

    def _gone(self, number: int, reason: str, now: Timestamp) -> list[Effect]:
        link = self._links.disconnected(number)
        if link is None:
            return []
        if link.address is not None:
            self._neighbours.failed(link.address, reason, now)
        who = ids.show(link.peer.community) if link.peer is not None else ""
        note = Note("disconnected", {"link": number, "peer": who, "reason": reason})
        return [note, *self._links.advance(now)]

    def _talks_to(self, community: CommunityId) -> bool:
        """Tell whether this node holds sessions with a community."""
        if community == self._keyring.community or self._neighbours.is_neighbour(community):
            return True
        for federation in self._registry.federations():
            members = self._registry.members(federation)
            if members is not None and community in {*members.communities, *members.founding.founders}:
                return True
        return False
