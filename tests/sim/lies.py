"""The lies: each makes messages that a node must refuse, or keep and never show.

A lie is a function of what the liar knows and of its victim. What it writes holds the word of `LIE`, so that
wherever it shows it is found.
"""

from collections.abc import Callable, Iterable, Sequence
from random import Random

from node import canonical
from node.crdt import changes, genesis, runs
from node.crdt.document import Document
from node.crdt.edits import Put
from node.crdt.genesis import Communities, Genesis, MembersOf
from node.crdt.operations import Actor
from node.directory import offer, trees
from node.directory.board import BOARD_TYPE
from node.directory.offer import Offer
from node.directory.schemas import OFFER_SCHEMA, OFFER_TYPE
from node.engine.own_pages import profile_id
from node.errors import RejectedChangeError
from node.feeds import bodies, scopes, stretch
from node.feeds.bodies import Changes, Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Item, Stretch
from node.governance.mandates import Mandate
from node.governance.sizes import SizeAttestation
from node.ids import CommunityId, DocumentId, EntryId, FederationId
from node.keys import KeyPair
from node.limits import FORK_BRANCHES_MAX, HEADS_PER_MESSAGE_MAX
from node.replication.messages import (
    ClaimedHead,
    Entries,
    Heads,
    Join,
    JoinAnswer,
    Message,
    ScopeSummary,
    Summary,
    Want,
    WantCharters,
    Wanted,
)
from tests.sim.checkers import LIE
from tests.sim.machine import START_MS, Estate, Machine

HOURS = START_MS // 3_600_000
_SALT_BYTES = 16
# More epochs than a document has in one run.
_EPOCHS = 32


class Scheme:
    """What the liar knows and can do.

    Args:
        estate: its own keys and what it learned while it was honest.
    """

    def __init__(self, estate: Estate, federation: FederationId, *, turncoat: bool, rng: Random) -> None:
        self.estate = estate
        self.federation = federation
        self.turncoat = turncoat
        self.rng = rng
        self.device = estate.keys.device
        self.scopes = {scopes.members(federation)}
        self._ends = estate.disk.own_ends(self.device.public)
        self._branches = 1
        # What is still to be said as an actor that has spoken already.
        self.second: list[Message] | None = None
        self._kept: list[Stretch] = []

    def own_scope(self) -> str:
        """Return a scope in which its own feed is carried."""
        return self.rng.choice([scopes.PUBLIC, *(sorted(self.scopes) if self.turncoat else [])])

    def end(self, scope: str) -> Head | None:
        """Return the end of its own feed."""
        return self._ends.get(scope)

    def may_branch(self, more: int) -> bool:
        """Tell whether so many branches more are few enough for all to be kept, and count them."""
        if self._branches + more >= FORK_BRANCHES_MAX:
            return False
        self._branches += more
        return True

    def publish(self, scope: str, written: Sequence[bytes], *, beside: bool = True) -> list[Message]:
        """Write bodies into its own feed, signed as they should be; now and then beside its former end."""
        feed = FeedKey(self.device.public, scope)
        before = self._ends.get(scope)
        entries = stretch.make(feed, before, written, hours=HOURS, signer=self.device)
        fork = beside and self.rng.randrange(3) == 0 and self._branches < FORK_BRANCHES_MAX // 2
        if fork:
            self._branches += 1
        else:
            self._ends[scope] = Head(entries[-1].seq, entries[-1].id)
        return [Entries(part) for part in stretch.split(entries)]

    def keep(self, sent: Stretch) -> None:
        """Keep what a node sent, to send it again."""
        self._kept.append(sent)

    def kept(self) -> list[Stretch]:
        """Return what nodes sent."""
        return self._kept

    def summary(self, named: Iterable[str]) -> Summary:
        """Name scopes with fingerprints that fit nobody."""
        return Summary(tuple(ScopeSummary(scope, self.rng.randbytes(16)) for scope in named))

    def body(self, kind: Kind, content: canonical.Value, document: DocumentId | None = None) -> bytes:
        """Write a body."""
        return bodies.encode(kind, content, salt=self.rng.randbytes(_SALT_BYTES), document=document)

    def changes(
        self, document: DocumentId, present: Document, edits: Sequence[Put], author: KeyPair
    ) -> bytes:
        """Write changes of a document as one of its writers would."""
        nonce = self.rng.randbytes(runs.RUN_NONCE_BYTES)
        actor = runs.actor(device_key=author.public, document=document, epoch=0, nonce=nonce)
        raw = present.change(actor=actor, edits=edits, time_s=START_MS // 1_000)
        assert raw is not None
        return self.body(Kind.CHANGES, [nonce, [raw]], document)

    def offer(self, owner: CommunityId, author: KeyPair) -> list[bytes]:
        """Write an offer in a community's name."""
        founding = Genesis(OFFER_TYPE, owner, Communities((owner,)), scopes.PUBLIC, self.rng.randbytes(16))
        raw = genesis.encode(founding)
        document = genesis.document_id(raw)
        made = Offer(kind="offer", category="other", title={"und": LIE})
        edits = list(trees.edits({}, offer.to_tree(made), schema=OFFER_SCHEMA))
        empty = Document.empty(Actor(bytes(32)))
        nonce = self.rng.randbytes(runs.RUN_NONCE_BYTES)
        actor = runs.actor(device_key=author.public, document=document, epoch=0, nonce=nonce)
        change = empty.change(actor=actor, edits=edits, time_s=START_MS // 1_000)
        assert change is not None
        return [
            self.body(Kind.GENESIS, raw, document),
            self.body(Kind.CHANGES, [nonce, [change]], document),
        ]


Lie = Callable[[Scheme, Machine], list[Message | bytes]]


def forged_entry(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Go on with the victim's own feed, signed by the wrong key."""
    feed, path = _branch(victim)
    written = scheme.offer(victim.community, scheme.device)
    signature = scheme.device.sign(b"hedgerow/feed/1" + bytes(32))
    items = tuple(Item(HOURS, body) for body in written)
    return [Entries(Stretch(feed, path[-1].seq + 1, path[-1].id, items, signature))]


def tampered_entry(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Replay the first stretch of the victim's own feed with another body inside."""
    _, path = _branch(victim)
    first = stretch.split(path)[0]
    other = Item(HOURS, scheme.body(Kind.RECORD, LIE.encode()))
    return [
        Entries(Stretch(first.feed, first.first_seq, first.prev, (other, *first.items[1:]), first.signature))
    ]


def replay(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Send again what the victim has: its own stretches and whatever came from elsewhere."""
    _, path = _branch(victim)
    stretches = [*stretch.split(path), *scheme.kept()]
    return [Entries(part) for part in scheme.rng.choices(stretches, k=3)]


def false_claims(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Claim heads that nobody ever gives: invented ones, in both scopes."""
    scope = scheme.rng.choice([scopes.PUBLIC, *sorted(scheme.scopes)])
    claim = ClaimedHead(
        victim.community,
        victim.keys.device.public,
        Head(scheme.rng.randint(1, 10**6), EntryId(scheme.rng.randbytes(32))),
    )
    return [Heads(scope, (claim,), ())]


def ask_for_all(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Ask by their true ids for feeds that are none of its business."""
    told: list[Message | bytes] = [scheme.summary([scopes.PUBLIC, *sorted(scheme.scopes)])]
    for scope in [*sorted(scheme.scopes), scopes.PUBLIC]:
        ends = victim.disk.feeds.heads(scope)
        wanted = tuple(Wanted(end.feed.device, end.head.id, ()) for end in ends[:64])
        told.append(Want(scope, wanted))
    communities = tuple(victim.disk.charters.communities())
    return [*told, WantCharters(communities)]


def unknown_device(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Send a well signed feed of a device that stands in no charter."""
    stranger = KeyPair(scheme.rng.randbytes(32))
    scope = scheme.rng.choice([scopes.PUBLIC, *sorted(scheme.scopes)])
    written = scheme.offer(victim.community, stranger)
    entries = stretch.make(FeedKey(stranger.public, scope), None, written, hours=HOURS, signer=stranger)
    return [Entries(part) for part in stretch.split(entries)]


def foreign_profile(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Edit the victim's profile and put an offer in its name, in the liar's own feed."""
    document = profile_id(victim.community)
    row = victim.disk.documents.get(document)
    if row is None:
        return []
    shown = present(victim, row.id)
    if shown.read().get("name") == {"und": LIE}:
        return []  # The victim lies too, and calls itself so: there is nothing to change.
    edited = scheme.changes(document, shown, [Put(("name", "und"), LIE)], scheme.device)
    return [*scheme.publish(scopes.PUBLIC, [edited, *scheme.offer(victim.community, scheme.device)])]


def board_by_force(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Write on the members' board: into the public feed, or by a run that no device announced."""
    row = next(iter(victim.disk.documents.of_type(BOARD_TYPE)), None)
    if row is None:
        return []
    shown = present(victim, row.id)
    raw = shown.change(actor=Actor(scheme.rng.randbytes(32)), edits=[Put(("lie",), LIE)], time_s=0)
    if raw is None:
        return []  # It was said before, where nobody reads it.
    content: canonical.Value = [scheme.rng.randbytes(16), [raw]]
    unannounced = scheme.body(Kind.CHANGES, content, row.id)
    return [*scheme.publish(scheme.own_scope(), [unannounced])]


def present(victim: Machine, document: DocumentId) -> Document:
    """Return a document as the victim shows it, made of the changes that count there."""
    rejected = {verdict.entry for verdict in victim.disk.documents.verdicts()}
    present = Document.empty(Actor(bytes(32)))
    for entry in victim.disk.feeds.of_document(document):
        try:
            brought = bodies.changes_of(bodies.decode(entry.body)) if entry.body is not None else None
            if brought is not None and entry.id not in rejected and _is_own_run(entry, brought):
                present = present.apply(brought.raw_changes)
        except RejectedChangeError:
            continue  # It waits for another, or repeats what was there.
    return present


def _is_own_run(entry: Entry, brought: Changes) -> bool:
    """Tell whether the run that an entry announces, if any, is the one that its changes are of."""
    if brought.run_nonce is None or entry.document is None:
        return True
    device, nonce, actor = entry.feed.device, brought.run_nonce, changes.actor_of(brought.raw_changes[0])
    return actor in {
        runs.actor(device_key=device, document=entry.document, epoch=number, nonce=nonce)
        for number in range(_EPOCHS)
    }


def board_of_another(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Begin a document that others shall write, in a scope that is not theirs."""
    nobody = FederationId(scheme.rng.randbytes(32))
    founding = Genesis(BOARD_TYPE, victim.community, MembersOf(nobody), scopes.PUBLIC, bytes(16))
    raw = genesis.encode(founding)
    return [*scheme.publish(scopes.PUBLIC, [scheme.body(Kind.GENESIS, raw, genesis.document_id(raw))])]


def usurped_seat(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """State the victim's size and name a holder for its seat, signed by the liar's steward."""
    stated = SizeAttestation(
        federation=scheme.federation,
        attester=victim.community,
        subject=victim.community,
        size=10**6,
        serial=10**6,
    )
    named = Mandate(
        federation=scheme.federation,
        community=victim.community,
        seat=1,
        seq=1_000,
        prev=bytes(32),
        holder=scheme.estate.keys.delegate.public,
        revokes_ballots=True,
    )
    steward = scheme.estate.keys.steward
    written = [scheme.body(Kind.RECORD, one.sign(steward).raw) for one in (stated, named)]
    return [*scheme.publish(scheme.own_scope(), written)]


def garbage_bodies(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Sign bodies that cannot be read, or are not what their kind says."""
    noise = scheme.rng.randbytes(60)
    written = [
        noise,
        scheme.body(Kind.RECORD, noise),
        scheme.body(Kind.CHANGES, [None, [noise]], profile_id(victim.community)),
    ]
    return [*scheme.publish(scheme.own_scope(), written)]


def garbage_messages(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Send what is no message, too many heads, or a message at the wrong moment."""
    claim = ClaimedHead(victim.community, victim.keys.device.public, Head(1, EntryId(bytes(32))))
    oversized: Message = Heads(scopes.PUBLIC, (claim,) * (HEADS_PER_MESSAGE_MAX + 1), ())
    told: Sequence[Message | bytes] = (
        scheme.rng.randbytes(scheme.rng.randint(1, 200)),
        canonical.encode([99, LIE]),
        oversized,
        b"\x82\x18\x0b\x61x",  # A Farewell whose number is spelled in two bytes.
        Join(scheme.rng.randbytes(32), ()),
        JoinAnswer(accepted=True, text=LIE),
        canonical.encode([8, scheme.rng.randbytes(80)]),
    )
    return [scheme.rng.choice(told)]


LIES: tuple[Lie, ...] = (
    forged_entry,
    tampered_entry,
    replay,
    false_claims,
    ask_for_all,
    unknown_device,
    foreign_profile,
    board_by_force,
    board_of_another,
    usurped_seat,
    garbage_bodies,
    garbage_messages,
)


def _branch(victim: Machine) -> tuple[FeedKey, list[Entry]]:
    """Return a victim's own public feed, which holds its profile from the start."""
    feed = FeedKey(victim.keys.device.public, scopes.PUBLIC)
    (head,) = victim.disk.feeds.heads_of(feed)[-1:]
    path = victim.disk.feeds.path(feed, head.id, after_seq=0, entries_max=10**4, bytes_max=10**7)
    return feed, path
