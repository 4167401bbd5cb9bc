"""Documents: from the entries that name them to what a reader sees, and from edits to drafts.

A document is a cache: its state is a function of the entries that count. Entries are only noted as they come
and judged together, a document at a time, before anybody reads or commits: what is judged in one go costs one
check of the document. Open documents stay in memory, the least recently used are closed again; a closed one
is made anew from its entries.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from node import canonical
from node.canonical import Value
from node.clock import MS_PER_SECOND, Timestamp
from node.crdt import genesis, runs
from node.crdt.edits import Edit
from node.crdt.genesis import Genesis
from node.crdt.operations import Actor
from node.directory.board import BOARD_SCHEMA, BOARD_TYPE
from node.directory.item import ITEM_SCHEMA, ITEM_TYPE
from node.directory.schemas import OFFER_SCHEMA, OFFER_TYPE, PROFILE_SCHEMA, PROFILE_TYPE
from node.engine import beginnings
from node.engine.drafts import Draft
from node.engine.listings import write_listing
from node.engine.opened import FIRST_EPOCH, OpenDocument, RivalError
from node.engine.ports import DocumentRow, Store, Verdict
from node.engine.registry import Registry, Standing
from node.errors import NotFoundError, RejectedChangeError
from node.feeds import bodies, scopes
from node.feeds.bodies import Body, Changes, Kind
from node.feeds.entry import Entry
from node.ids import CommunityId, DocumentId, EntryId, FederationId
from node.keys import PublicKey
from node.limits import STRETCH_ENTRIES_MAX, WANT_ANSWER_BYTES_MAX

SCHEMAS = {
    PROFILE_TYPE: PROFILE_SCHEMA,
    OFFER_TYPE: OFFER_SCHEMA,
    BOARD_TYPE: BOARD_SCHEMA,
    ITEM_TYPE: ITEM_SCHEMA,
}

# An open document of a few changes costs about 12 kB, so this is some 50 MB.
_OPEN_MAX = 4_096
# What may wait to be judged: the bodies of some answers of neighbours.
_WAITING_BYTES_MAX = 8 * 1024 * 1024
_TREE_BYTES_MAX = 16 * 1024 * 1024
_READER = Actor(bytes(32))


@dataclass(slots=True)
class _News:
    """What came for one document since it was judged last.

    Attributes:
        entries: those that bring changes, in order of arrival.
        brought: what they bring, as read when they came.
        named: how many entries that count named the document.
        founding: the genesis among them, where the document was not open.
        anew: whether what of its earlier entries counts has changed.
    """

    entries: list[Entry] = field(default_factory=list)
    brought: dict[EntryId, Changes] = field(default_factory=dict)
    named: int = 0
    founding: Genesis | None = None
    anew: bool = False


class Documents:
    """Hold the documents of a node.

    Args:
        device: this node's device key, whose runs make local edits.
        entropy: returns that many random bytes.
        shows: tells whether this node shows a document of an owner.
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        device: PublicKey,
        entropy: Callable[[int], bytes],
        shows: Callable[[DocumentId, CommunityId], bool],
    ) -> None:
        self._store = store
        self._registry = registry
        self._device = device
        self._entropy = entropy
        self._shows = shows
        self._open: OrderedDict[DocumentId, OpenDocument] = OrderedDict()
        self._news: dict[DocumentId, _News] = {}
        self._waiting_bytes = 0
        # Who belonged to each federation when its documents were judged last.
        self._members = {known: _members(registry, known) for known in registry.federations()}
        # One run a document and process; `_begun` holds those whose first entry is written.
        self._nonces: dict[DocumentId, bytes] = {}
        self._begun: set[DocumentId] = set()

    @property
    def full(self) -> bool:
        """Tell whether so much waits that it should be judged before more is taken in."""
        return self._waiting_bytes > _WAITING_BYTES_MAX

    def take(self, entry: Entry, body: Body) -> None:
        """Note an entry that names a document; `settle` judges it.

        Raises:
            RejectedChangeError: its body counts for nothing, for good.
        """
        if body.document is None:
            raise RejectedChangeError(f"expected an entry of kind {body.kind} to name a document")
        founding = None
        match body.kind:
            case Kind.GENESIS:
                founding = beginnings.check(entry, body, self._registry)
            case Kind.CHANGES:
                pass
            case Kind.RECORD | Kind.EPOCH | Kind.CHECKPOINT:
                return  # Epochs and checkpoints wait, stored, for the version that reads them.
        changes = bodies.changes_of(body)
        news = self._news.setdefault(body.document, _News())
        news.named += 1
        if founding is not None and body.document not in self._open:
            news.founding = founding
        if changes is not None:
            news.entries.append(entry)
            news.brought[entry.id] = changes
            self._waiting_bytes += entry.body_bytes

    def settle(self) -> None:
        """Judge all that was noted and write what readers see."""
        if not self._news:
            return
        news, self._news, self._waiting_bytes = self._news, {}, 0
        founded = sorted(document for document, one in news.items() if one.founding is not None)
        held = self._store.feeds.naming(founded)
        for document in sorted(news):
            one = news[document]
            opened = self._open.get(document)
            if opened is not None and not one.anew:
                opened = self._go_on(opened, one)
            elif one.founding is not None and not one.anew and held[document] == one.named:
                opened = self._begin(document, one.founding, one)
            else:
                opened = self._build(document)
            if opened is not None:
                self._write(opened)
            else:
                self._take_out(document)

    def reconsider(self, entries: Sequence[Entry]) -> None:
        """Note that what of these entries counts has changed; `settle` makes their documents anew."""
        for entry in entries:
            document = bodies.document_named(entry.body) if entry.body is not None else None
            if document is not None:
                self._news.setdefault(document, _News()).anew = True

    def writers_changed(self, scope: str) -> None:
        """Note anew what those wrote here who joined or left the scope's federation since it was judged."""
        federation = scopes.federation_of(scope)
        if federation is None:
            return
        now = _members(self._registry, federation)
        changed = now ^ self._members.get(federation, frozenset())
        self._members[federation] = now
        if not changed:
            return
        for known in self._store.feeds.heads(scope):
            if self._registry.communities_of(known.feed.device).isdisjoint(changed):
                continue
            after = 0
            while part := self._store.feeds.path(
                known.feed,
                known.head.id,
                after_seq=after,
                entries_max=STRETCH_ENTRIES_MAX,
                bytes_max=WANT_ANSWER_BYTES_MAX,
            ):
                self.reconsider(part)
                after = part[-1].seq

    def close_all(self) -> None:
        """Forget what is in memory: the caches below were emptied."""
        self._open.clear()

    def tree(self, document: DocumentId) -> dict[str, Value]:
        """Return what a reader sees of a document.

        Raises:
            NotFoundError: it is not known here.
        """
        row = self._store.documents.get(document)
        if row is None:
            raise NotFoundError("no such document is known to this node")
        return read_tree(row)

    def create(
        self, founding: Genesis, edits: Sequence[Edit], now: Timestamp
    ) -> tuple[DocumentId, list[Draft]]:
        """Return the id of a new document and the draft that begins it with its first changes."""
        raw = genesis.encode(founding)
        document = genesis.document_id(raw)
        empty = OpenDocument(document, founding, SCHEMAS[founding.type], reader=_READER)
        first = self._change(empty, edits, now)
        if first is None:
            return document, [Draft(Kind.GENESIS, raw, document)]
        self._begun.add(document)
        return document, [Draft(Kind.GENESIS, [raw, self._nonces[document], [first]], document)]

    def keep(
        self, founding: Genesis, edits: Sequence[Edit], now: Timestamp
    ) -> tuple[DocumentId, list[Draft]]:
        """Return the drafts that carry out edits on a document, beginning it if nobody has."""
        document = genesis.document_id(genesis.encode(founding))
        if document in self._open or self._store.documents.get(document) is not None:
            return document, self.edit(document, edits, now)
        return self.create(founding, edits, now)

    def edit(self, document: DocumentId, edits: Sequence[Edit], now: Timestamp) -> list[Draft]:
        """Return the drafts that carry out edits, none when the document says all of it already.

        Raises:
            NotFoundError: the document is not known here, or a path leads nowhere.
        """
        opened = self._open.get(document) or self._build(document)
        if opened is None:
            raise NotFoundError("no such document is known to this node")
        raw = self._change(opened, edits, now)
        if raw is None:
            return []
        announced = None if document in self._begun else self._nonces[document]
        self._begun.add(document)
        return [Draft(Kind.CHANGES, [announced, [raw]], document)]

    def _change(self, opened: OpenDocument, edits: Sequence[Edit], now: Timestamp) -> bytes | None:
        """Return the change that carries out edits in this process's run; None when nothing is to do."""
        nonce = self._nonces.get(opened.id)
        if nonce is None:
            nonce = self._nonces[opened.id] = self._entropy(runs.RUN_NONCE_BYTES)
        actor = runs.actor(device_key=self._device, document=opened.id, epoch=FIRST_EPOCH, nonce=nonce)
        return opened.change(actor=actor, edits=edits, time_s=now // MS_PER_SECOND)

    def _begin(self, document: DocumentId, founding: Genesis, news: _News) -> OpenDocument | None:
        """Open a document of which nothing was held before these entries."""
        if founding.type not in SCHEMAS:
            return None  # A type of a newer version: it stays stored and is carried on.
        opened = OpenDocument(document, founding, SCHEMAS[founding.type], reader=_READER)
        return self._go_on(opened, news)

    def _build(self, document: DocumentId) -> OpenDocument | None:
        """Make a document from its entries; None while its genesis is not held or its type not known."""
        self._open.pop(document, None)
        entries = [
            entry
            for entry in self._store.feeds.of_document(document)
            if self._registry.standing(entry) is Standing.COUNTS
        ]
        founding = beginnings.among(entries, self._registry)
        schema = SCHEMAS.get(founding.type) if founding is not None else None
        if founding is None or schema is None:
            return None
        changing = [
            entry
            for entry in entries
            if entry.feed.scope == founding.scope and beginnings.brings_changes(entry, self._registry)
        ]
        for entry in changing:  # They are judged anew.
            self._store.documents.drop_verdict(Verdict(entry.feed, entry.seq, entry.id, ""))
        opened = OpenDocument(document, founding, schema, reader=_READER)
        try:
            rejected = opened.offer(changing, self._registry)
        except RivalError:
            opened = OpenDocument(document, founding, schema, reader=_READER, strict=False)
            # Settled by entry ids: what counts may not hang on which of two rivals came first.
            rejected = opened.offer(sorted(changing, key=lambda entry: entry.id), self._registry)
        self._note(rejected)
        self._keep_open(opened)
        return opened

    def _go_on(self, opened: OpenDocument, news: _News) -> OpenDocument | None:
        """Offer further entries to an open document."""
        if not opened.strict:
            return self._build(opened.id)
        try:
            fitting = [entry for entry in news.entries if entry.feed.scope == opened.genesis.scope]
            self._note(opened.offer(fitting, self._registry, known=news.brought))
        except RivalError:
            return self._build(opened.id)
        self._keep_open(opened)
        return opened

    def _keep_open(self, opened: OpenDocument) -> None:
        self._open[opened.id] = opened
        self._open.move_to_end(opened.id)
        while len(self._open) > _OPEN_MAX:
            self._open.popitem(last=False)

    def _take_out(self, document: DocumentId) -> None:
        """Remove what no entry that counts makes any more."""
        self._store.documents.remove(document)
        self._store.directory.remove(document)

    def _note(self, rejected: Sequence[tuple[Entry, str]]) -> None:
        for entry, reason in rejected:
            self._store.documents.put_verdict(Verdict(entry.feed, entry.seq, entry.id, reason))

    def _write(self, opened: OpenDocument) -> None:
        tree = opened.read()
        row = DocumentRow(
            id=opened.id,
            type=opened.genesis.type,
            owner=opened.genesis.owner,
            scope=opened.genesis.scope,
            genesis=_spelled(opened.genesis),
            state=b"",
            tree=canonical.encode(tree),
        )
        self._store.documents.put(row)
        if self._shows(row.id, row.owner):
            write_listing(self._store.directory, row, tree)
        else:
            self._store.directory.remove(row.id)


def read_tree(row: DocumentRow) -> dict[str, Value]:
    """Return what a reader sees of a stored document."""
    found = canonical.decode(row.tree, bytes_max=_TREE_BYTES_MAX)
    assert isinstance(found, dict)
    return found


@lru_cache(maxsize=_OPEN_MAX)
def _spelled(founding: Genesis) -> bytes:
    return genesis.encode(founding)


def _members(registry: Registry, federation: FederationId) -> frozenset[CommunityId]:
    """Return who belongs to a federation by now."""
    known = registry.members(federation)
    return frozenset(known.communities if known is not None else ())
