"""A large store as years of a federation's life would leave it, written without living through them.

Every entry is real: a signed change of an item in its device's feed, as `hedgerow rebuild` would read it.
Only the caches are written straight, as the core leaves them: judging a million changes takes minutes, and
no measurement here asks how long.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from node import canonical
from node.crdt import changes, genesis, runs
from node.crdt.changes import Change, ChangeHash
from node.crdt.operations import Action, Actor, Operation, OperationId, Scalar
from node.directory import item
from node.directory.item import ITEM_TYPE
from node.engine.circles.circles import Circles
from node.engine.ingest import Ingest
from node.engine.ports import DocumentRow
from node.engine.registry import Registry
from node.engine.replicas.documents import Documents
from node.engine.replicas.wanted import WantedBodies
from node.engine.sessions.quotas import Quotas
from node.engine.setup import Keyring, remember_community
from node.federation.bylaws import Bylaws
from node.federation.founding import Founding
from node.feeds import bodies, scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import FeedKey, Head
from node.governance.mandates import Mandate
from node.identity import charter
from node.identity.charter import Charter, Device, KeySet
from node.ids import CommunityId, DocumentId, FederationId
from node.keys import KeyPair
from node.limits import FEEDS_PER_COMMUNITY_MAX
from node.records.approvals import Approval
from node.records.record import Record
from node.storage.sqlite import SqliteStore

ENTRIES_PER_DOCUMENT = 10
ENTRIES_PER_FEED = 1_000
_HOURS = 500_000
_WORDS = ("bread", "seed", "tool", "repair", "garden", "compost", "apples", "workshop", "kitchen", "harvest")


@dataclass(frozen=True, slots=True)
class Household:
    """One founding community with all its devices."""

    community: CommunityId
    steward: KeyPair
    devices: tuple[KeyPair, ...]
    founding: Record


@dataclass(frozen=True, slots=True)
class Federation:
    """The communities of a large store, from which all its keys and ids follow."""

    households: tuple[Household, ...]
    founding: Record
    id: FederationId

    @property
    def scope(self) -> str:
        """Return the scope in which all of it stands."""
        return scopes.members(self.id)

    @property
    def owner(self) -> CommunityId:
        """Return the community that answers for common documents."""
        return CommunityId(Founding.read(self.founding).founders[0])

    def authors(self) -> list[KeyPair]:
        """Return the devices in the order in which they wrote."""
        return [device for one in self.households for device in one.devices]


def federation(feeds: int) -> Federation:
    """Return the federation whose devices write this many feeds, at least two communities."""
    per_household = min(FEEDS_PER_COMMUNITY_MAX, max(1, feeds // 2))
    count = max(2, -(-feeds // per_household))
    households = tuple(
        household(number, min(per_household, max(1, feeds - number * per_household)))
        for number in range(count)
    )
    founders = tuple(sorted(one.community for one in households))
    founding = Founding(founders=founders, bylaws=Bylaws(name="Large"), nonce=bytes(16))
    signed = founding.sign(households[0].steward)
    return Federation(households, signed, founding.federation)


def seat_of(made: Federation, one: Household, holder: KeyPair) -> Record:
    """Return the mandate by which a key votes for a community's only seat."""
    mandate = Mandate(
        federation=made.id,
        community=one.community,
        seat=1,
        seq=1,
        prev=None,
        holder=holder.public,
        revokes_ballots=False,
    )
    return mandate.sign(one.steward)


def write(
    path: Path,
    made: Federation,
    *,
    entries: int,
    further: Callable[[Household], Sequence[Record]] = lambda _: (),
) -> None:
    """Write a store of this many entries of items, beside the records that found their federation.

    `further` returns what else a community published.
    """
    store = SqliteStore.open(path)
    registry = Registry(store)
    for one in made.households:
        registry.add_charter(one.community, [one.founding.raw])
    registry.add_federation(made.founding.raw)
    ingest = _ingest(store, registry, made)
    for one in made.households:
        founded = (made.founding,) if one is made.households[0] else ()
        records = (*founded, _approval(made, one), *further(one))
        _publish(store, ingest, FeedKey(one.devices[0].public, made.scope), one, records)
    store.commit()
    authors = made.authors()
    per_feed = entries // ENTRIES_PER_DOCUMENT // len(authors)
    for number, author in enumerate(authors):
        _write_feed(store, made, author, range(number * per_feed, (number + 1) * per_feed))
        store.commit()
    store.close()


def publish(path: Path, made: Federation, written: Mapping[CommunityId, Sequence[Record]]) -> None:
    """Let communities publish further records, each in the feed of its first device."""
    store = SqliteStore.open(path)
    ingest = _ingest(store, Registry(store), made)
    for one in made.households:
        if one.community in written:
            feed = FeedKey(one.devices[0].public, made.scope)
            _publish(store, ingest, feed, one, written[one.community])
    store.commit()
    store.close()


def settle_in(path: Path, community: CommunityId) -> None:
    """Make a store that of this community's node."""
    store = SqliteStore.open(path)
    remember_community(store, community)
    store.commit()
    store.close()


def copy(source: Path, target: Path) -> None:
    """Copy a store that nobody has open, its log included."""
    before, after = sqlite3.connect(source), sqlite3.connect(target)
    before.backup(after)
    after.close()
    before.close()


def further_entry(store: SqliteStore, made: Federation, author: KeyPair, number: int) -> None:
    """Write one more entry at the end of a feed: a new document of this number, not yet judged."""
    feed = FeedKey(author.public, made.scope)
    end = store.feeds.heads_of(feed)[-1]
    body = next(_document(store, made, author, number))
    store.feeds.append(stretch.make(feed, end, [body], hours=_HOURS, signer=author))


def _ingest(store: SqliteStore, registry: Registry, made: Federation) -> Ingest:
    device = made.households[0].devices[0]
    circles = Circles(store, registry, Keyring(made.households[0].community, device))
    documents = Documents(store, registry, device.public, bytes, lambda _document, _owner: True)
    quotas = Quotas(store, registry, made.households[0].community)
    return Ingest(store, registry, documents, quotas, WantedBodies(store, registry), circles)


def _publish(
    store: SqliteStore, ingest: Ingest, feed: FeedKey, author: Household, records: Sequence[Record]
) -> None:
    ends = store.feeds.heads_of(feed)
    written = [bodies.encode(Kind.RECORD, each.raw, salt=bytes(16)) for each in records]
    end = ends[-1] if ends else None
    ingest.take(stretch.make(feed, end, written, hours=_HOURS, signer=author.devices[0]))


def _write_feed(store: SqliteStore, made: Federation, author: KeyPair, numbers: range) -> None:
    feed = FeedKey(author.public, made.scope)
    ends = store.feeds.heads_of(feed)
    end: Head | None = ends[-1] if ends else None
    written = [body for number in numbers for body in _document(store, made, author, number)]
    if written:
        store.feeds.append(stretch.make(feed, end, written, hours=_HOURS, signer=author))


def _document(store: SqliteStore, made: Federation, author: KeyPair, number: int) -> Iterator[bytes]:
    """Yield the bodies of one document's entries, and write its row."""
    key = f"doc-{number:07d}"
    founding = genesis.encode(item.founding(made.id, made.owner, key))
    document = genesis.document_id(founding)
    nonce = hashlib.sha256(key.encode()).digest()[: runs.RUN_NONCE_BYTES]
    actor = runs.actor(device_key=author.public, document=document, epoch=0, nonce=nonce)
    fields = _fields(number, key)
    pen = _Pen(actor)
    salt = nonce
    yield bodies.encode(Kind.GENESIS, [founding, nonce, [pen.write(fields)]], salt=salt, document=document)
    for revision in range(2, ENTRIES_PER_DOCUMENT + 1):
        edit: dict[str, Scalar] = {"rev": revision, "title": _text(number * 31 + revision, 60)}
        fields |= edit
        yield bodies.encode(Kind.CHANGES, [None, [pen.write(edit)]], salt=salt, document=document)
    store.documents.put(
        DocumentRow(
            id=DocumentId(document),
            type=ITEM_TYPE,
            owner=made.owner,
            scope=made.scope,
            genesis=founding,
            state=b"",
            tree=canonical.encode(fields),
        )
    )


class _Pen:
    """Write one run's changes of one flat document."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._seq = 0
        self._counter = 1
        self._before: tuple[ChangeHash, ...] = ()
        self._last: dict[str, OperationId] = {}

    def write(self, fields: dict[str, Scalar]) -> bytes:
        """Return the change that sets these fields."""
        self._seq += 1
        start = self._counter
        operations = []
        for name, value in sorted(fields.items()):
            made = OperationId(self._counter, self._actor)
            replaced = (self._last[name],) if name in self._last else ()
            operations.append(Operation(made, Action.SET, None, name, False, value, replaced))  # noqa: FBT003 - a row
            self._last[name] = made
            self._counter += 1
        raw = changes.encode(
            Change(self._actor, self._seq, start, _HOURS * 3_600, "", self._before, tuple(operations))
        )
        self._before = (changes.change_hash(raw),)
        return raw


def _fields(number: int, key: str) -> dict[str, Scalar]:
    return {
        "id": key,
        "kind": "offer",
        "community": f"c-{number % 97}",
        "title": _text(number, 60),
        "body": _text(number + 7, 260),
        "contact": f"{key}@example.org",
        "price": number % 1_000,
        "rev": 1,
    }


def _text(seed: int, chars: int) -> str:
    words = []
    length = 0
    while length < chars:
        seed = (seed * 1_664_525 + 1_013_904_223) % 2**32
        words.append(_WORDS[(seed >> 16) % len(_WORDS)])
        length += len(words[-1]) + 1
    return " ".join(words)[:chars]


def household(number: int, devices: int) -> Household:
    """Return a community with so many devices; the same number always gives the same."""
    steward, recovery, following = (_key(f"{kind} {number}") for kind in ("steward", "recovery", "next"))
    signers = tuple(_key(f"device {number} {index}") for index in range(devices))
    stewards = KeySet(keys=(steward.public,), threshold=1)
    recoverers = KeySet(keys=(recovery.public,), threshold=1)
    committed = KeySet(keys=(following.public,), threshold=1).commitment
    anchor = charter.founding_anchor(stewards, recoverers, committed, bytes(16))
    enrolled: tuple[Device, ...] = tuple(charter.enrol(anchor, signer, bytes(32)) for signer in signers)
    founded = Charter(
        stewards=stewards, recovery=recoverers, next=committed, devices=enrolled, nonce=bytes(16)
    )
    return Household(charter.community_of(founded), steward, signers, founded.sign(steward))


def _approval(made: Federation, household: Household) -> Record:
    return Approval(of=Founding.read(made.founding).payload_id, community=household.community).sign(
        household.steward
    )


def _key(name: str) -> KeyPair:
    return KeyPair(hashlib.sha256(name.encode()).digest())
