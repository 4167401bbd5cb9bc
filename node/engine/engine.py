"""The engine: every input of a node comes in here and every effect goes out; the rules live below.

It owns the order of things: what is admitted is kept and routed first, then told to the sessions, then
whatever was waiting for it goes on. It owns no state beyond its parts.
"""

from collections.abc import Callable, Iterable, Sequence

from node.clock import Timestamp
from node.engine import handlers, inputs
from node.engine.author import Author
from node.engine.circles.circles import Circles
from node.engine.circles.keeping import CircleKeeping
from node.engine.deciding import enacting
from node.engine.desk import Desk, Done
from node.engine.drafts import Draft
from node.engine.effects import Effect, Note, Reply, WakeAt
from node.engine.ingest import Arrival, Ingest
from node.engine.inputs import CommandReceived, Input
from node.engine.moderation import Moderation
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.remembered import RememberedStore
from node.engine.replicas.documents import Documents
from node.engine.replicas.making import USUAL_GROWTH, Growth
from node.engine.replicas.reissuing import Reissuing
from node.engine.replicas.restarting import Restarting
from node.engine.replicas.tidying import Tidying
from node.engine.replicas.wanted import WantedBodies
from node.engine.sessions import joining
from node.engine.sessions.accounts import Accounts
from node.engine.sessions.links import Link, Links
from node.engine.sessions.neighbours import Neighbours
from node.engine.sessions.peers import Peers
from node.engine.sessions.quotas import USUAL, Quota, Quotas
from node.engine.sessions.sharing import Sharing
from node.engine.setup import Keyring
from node.engine.witnessing.witness import Witnessing
from node.errors import NodeError, StorageError
from node.feeds import scopes
from node.identity.community import Community
from node.ids import CommunityId
from node.replication import comparing, compression
from node.replication.handshake import LocalIdentity
from node.replication.outcomes import (
    Admit,
    AdmitCharter,
    Ended,
    Invited,
    JoinAnswered,
    JoinAsked,
    Outcome,
    Say,
    Yielded,
)

# What this build offers its peers, sorted.
FEATURES = (comparing.FEATURE, compression.FEATURE)


class Engine:
    """One node, without clock, disk or sockets.

    Args:
        entropy: returns that many random bytes.
        static_private: 32 random bytes drawn by this process, its X25519 key for handshakes.
        features: what it offers its peers (docs/handshake.md); fewer to be as an older version is.
        quota: what it takes of each other community until its steward raises that.
        growth: from when on it begins documents of its community anew by itself.

    Attributes:
        accounts: tells on whose account what is done.
    """

    def __init__(
        self,
        *,
        store: Store,
        keyring: Keyring,
        entropy: Callable[[int], bytes],
        static_private: bytes,
        features: tuple[str, ...] = FEATURES,
        quota: Quota = USUAL,
        growth: Growth = USUAL_GROWTH,
    ) -> None:
        self._store = store = RememberedStore(store)
        self._keyring = keyring
        self._entropy = entropy
        self._registry = Registry(store)
        enacting.attach(self._registry, store)
        self._moderation = Moderation(store, self._registry, keyring.community)
        self._documents = Documents(
            store, self._registry, keyring.device.public, entropy, self._moderation.shows, growth
        )
        self._quotas = Quotas(store, self._registry, keyring.community, quota)
        self._wanted = WantedBodies(store, self._registry, keyring.device.public)
        self._circles = Circles(store, self._registry, keyring)
        self._ingest = Ingest(
            store, self._registry, self._documents, self._quotas, self._wanted, self._circles
        )
        self._circle_keeping = CircleKeeping(store, self._registry, self._circles, keyring, entropy)
        self._reissuing = Reissuing(store, self._registry, self._documents, keyring.device.public)
        self._now = Timestamp(0)
        self._author = Author(store, self._ingest, keyring.device, entropy)
        self._sharing = Sharing(store, self._registry, keyring.community, self._wanted)
        self._neighbours = Neighbours(store, entropy)
        self._restarting = Restarting(store, self._registry, self._documents, self._reissuing, keyring)
        self._tidying = Tidying(store, self._registry, self._documents, self._restarting, keyring)
        self._links = Links(
            store=store,
            registry=self._registry,
            sharing=self._sharing,
            quotas=self._quotas,
            identity=LocalIdentity(keyring.device, keyring.community, features),
            static_private=static_private,
            entropy=entropy,
        )
        self.accounts = Accounts(self._links, self._quotas, keyring.community)
        self._witnessing = Witnessing(store, self._registry, keyring, self._links)
        self._peers = Peers(
            store=store,
            registry=self._registry,
            neighbours=self._neighbours,
            links=self._links,
            sharing=self._sharing,
            moderation=self._moderation,
            keyring=keyring,
            carry_out=self._carry_out,
        )

    def handle(self, received: Input, now: Timestamp) -> list[Effect]:
        """Handle one input and return what it asks of the world, in order.

        Before the commit that follows, `conclude` is called.
        """
        effects: list[Effect]
        self._now = now
        self._quotas.at(now)
        # Commands that follow each other are signed for together; whoever else speaks hears of them first.
        before = [] if isinstance(received, CommandReceived) else self._sign()
        match received:
            case inputs.Connected(link, address):
                effects = self._links.connected(link, address, now)
            case inputs.FrameReceived(number, frame):
                effects = self._peers.receive(number, frame, now)
            case inputs.Disconnected(number):
                effects = self._peers.gone(number, "the connection ended", now)
            case inputs.DialFailed(address, reason):
                self._neighbours.failed(address, reason, now)
                effects = [Note("dial_failed", {"address": address, "reason": reason})]
            case CommandReceived():
                effects = self._command(received, now)
            case inputs.Woken():
                self._sharing.prepare()
                effects = self._links.tick(now) + self._peers.dial(now) + self._witness(now)
                effects += self._links.ask_for(self._wanted, now)
                if self._quotas.fetching.due(now):
                    effects += self._links.advance(now)
        return before + effects

    def conclude(self) -> list[Effect]:
        """Finish what handling left open: own entries are signed and pushed, documents are judged."""
        effects = self._told(self._ingest.catch_up(), self._now)
        effects += self._publish(self._reissuing.act(self._now), self._now)
        self._documents.settle()
        self._quotas.worked(*self._documents.take_worked())
        effects += self._sign() + self._settle_wanted() + self._links.tell(self._now)
        self._quotas.flush()
        # Whoever shares a feed of which no more is taken shall not go on comparing it.
        compares = self._quotas.news() or self._witnessing.wants_comparing(self._now)
        return effects + (self._links.compare() if compares else []) + self._wake()

    def _sign(self) -> list[Effect]:
        """Sign what this node published since it last did, and push it."""
        spread = self._links.spread
        return [one for entries in self._author.sign() for one in spread(entries, own=True, origin=None)]

    def _carry_out(  # noqa: PLR0911 - one case an outcome: a table
        self, link: Link, outcome: Outcome, now: Timestamp
    ) -> list[Effect]:
        match outcome:
            case Admit(sent, by):
                return self._after(self._ingest.admit(sent, by=by), now, own=False, origin=link.number)
            case AdmitCharter(community, raws):
                return self._charter(link, community, raws, now)
            case Invited(raw):
                return self._peers.invited(link, raw)
            case JoinAsked(secret, raws):
                return self._join_asked(link, (secret, raws), now)
            case JoinAnswered(accepted, text):
                assert link.peer is not None
                asked = joining.answered(self._store, link.peer.device, accepted=accepted, text=text)
                self._registry.forget_inviters()
                # Where nobody asked it is not even noted, or any stranger could fill the log.
                return [Note("join_answered", {"accepted": int(accepted), "text": text})] if asked else []
            case Yielded():
                return self._links.advance(now)
            case Ended(text):
                return self._peers.end(link, f"the neighbour said: {text}", now, tell=False)
            case Say():
                raise AssertionError("links turn what shall be said into frames")

    def _after(self, arrival: Arrival, now: Timestamp, *, own: bool, origin: int | None) -> list[Effect]:
        """Tell the sessions what is new here, and let go on what waited for it.

        What is our own is told when it is signed, but before anybody compares because of it.
        """
        effects: list[Effect] = []
        if arrival.fresh:
            feed = arrival.fresh[0].feed
            self._sharing.feed_changed(feed)
            effects += self._links.spread(arrival.fresh, own=False, origin=origin) if not own else []
            if own and arrival.membership_changed:
                effects += self._sign()
            self._witnessing.arrived(feed.scope, arrival.kinds, now)
        self._links.admitted = True
        return effects + (self._review(now) if arrival.membership_changed else [])

    def _told(self, arrivals: Iterable[Arrival], now: Timestamp) -> list[Effect]:
        """Let go on what waited for arrivals of our own, or for what was told when it came."""
        return [one for it in arrivals for one in self._after(it, now, own=True, origin=None)]

    def _settle_wanted(self) -> list[Effect]:
        """Take over what is wanted by now; what is whole at last was here before and could not be claimed."""
        for changed in (settled := self._wanted.settle()):
            self._sharing.feed_changed(changed)
        return self._links.compare() if any(map(self._wanted.whole, settled)) else []

    def _charter(
        self, link: Link, community: CommunityId, raws: tuple[bytes, ...], now: Timestamp
    ) -> list[Effect]:
        peer = link.peer
        assert peer is not None
        shared = self._sharing.scopes_with(peer.community) if link.session is not None else []
        wanted = self._peers.talks_to(community) or any(
            community in self._sharing.chartered(scope, peer.community) for scope in shared
        )
        if not wanted:
            return []  # A stranger's charter is not kept, nor that of whom a neighbour names: they are many.
        before = self._registry.community(community)
        if not self._registry.add_charter(community, raws):
            return self._peers.introduce(link, now)
        return self._charter_grew(community, before, now)

    def _charter_grew(self, community: CommunityId, before: Community | None, now: Timestamp) -> list[Effect]:
        """Count anew what a charter's growth bears on, and let everybody know."""
        self._sharing.charter_changed(community, before)
        self._circles.charter_changed(community)
        self._quotas.review()  # What a further device has used counts for its community.
        standing = self._registry.community(community)
        own_at_last = before is None and community == self._keyring.community
        if standing is not None and (own_at_last or before is not None):
            # A further device learns only now that it belongs here, and with it what it wrote before.
            self._ingest.recount(standing, before)
        effects = self._settle_wanted() + self._links.charter_grew(community)
        return effects + self._review(now) + self._links.advance(now)

    def _review(self, now: Timestamp) -> list[Effect]:
        """Show, talk and share as is right by now: who belongs where, or what is decided here, changed."""
        self._moderation.review()
        return self._peers.review(now)

    def _join_asked(self, link: Link, join: tuple[bytes, tuple[bytes, ...]], now: Timestamp) -> list[Effect]:
        assert link.peer is not None
        community, grew = link.peer.community, list[Effect]()
        before = self._registry.community(community)
        taken = self._peers.take_up(link, join, now)
        if isinstance(taken, list):
            return taken
        if before is None:
            self._sharing.charter_changed(community)
        elif self._registry.community(community) is not before:
            grew = self._charter_grew(community, before, now)
        effects, federation, drafts = taken
        effects += self._publish(((scopes.members(federation), drafts),), now)
        return effects + grew + self._peers.introduce(link, now)

    def _command(self, asked: CommandReceived, now: Timestamp) -> list[Effect]:
        desk = Desk(
            store=self._store,
            registry=self._registry,
            documents=self._documents,
            neighbours=self._neighbours,
            links=self._links,
            sharing=self._sharing,
            moderation=self._moderation,
            ingest=self._ingest,
            circles=self._circles,
            circle_keeping=self._circle_keeping,
            restarting=self._restarting,
            quotas=self._quotas,
            keyring=self._keyring,
            entropy=self._entropy,
            now=now,
        )
        before = self._told(self._ingest.catch_up(), now)  # Whoever asks reads what came before.
        try:
            done = handlers.handle(asked.command, desk)
            return [*before, *self._do(done, now), Reply(asked.ticket, done.answer)]
        except StorageError:
            raise  # The disk's fault concerns the whole node.
        except NodeError as error:
            return [*before, Reply(asked.ticket, error)]

    def _do(self, done: Done, now: Timestamp) -> list[Effect]:
        effects: list[Effect] = []
        own = self._keyring.community
        if done.charters:
            before = self._registry.community(own)
            self._registry.add_charter(own, done.charters)
            effects += self._charter_grew(own, before, now)
        for community, stood in done.grown:
            effects += self._charter_grew(community, stood, now)
        for arrival in done.arrivals:
            effects += self._after(arrival, now, own=False, origin=None)
        effects += self._publish(done.publish, now)
        if done.sharing_changed:
            effects += self._review(now)
        if done.addresses_changed:
            effects += self._peers.ask_to_join(self._links.open_links(), now) + self._peers.dial(now)
        return effects

    def _witness(self, now: Timestamp) -> list[Effect]:
        """Do a witness's duty for what is being decided, and what documents and circles need.

        What came in this transaction is judged before: else what is made again of what is held would be
        written into documents as they stood without it.
        """
        before = self._told(self._ingest.catch_up(), now)
        duties = (*self._witnessing.act(now), *self._tidying.act(now), *self._circle_keeping.act(now))
        return before + self._publish(duties, now)

    def _publish(self, published: Iterable[tuple[str, Sequence[Draft]]], now: Timestamp) -> list[Effect]:
        """Write drafts into our own feeds, by scope."""
        return self._told((self._author.publish(to, drafts, now) for to, drafts in published if drafts), now)

    def _wake(self) -> list[Effect]:
        asked = (
            self._links.next_due(),
            self._neighbours.next_due(),
            self._witnessing.next_due(),
            self._tidying.next_due(),
            self._circle_keeping.next_due(),
            self._wanted.next_due(),
            self._quotas.fetching.next_due(),
        )
        times = [t for t in asked if t is not None]
        return [WakeAt(min(times))] if times else []
