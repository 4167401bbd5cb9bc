"""Documents: from the entries that name them to what a reader sees, and from edits to drafts.

A document is a cache: its state is a function of the entries that count. Open documents stay in memory, the
least recently used are closed again; a closed one is made anew from its entries.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence

from node import canonical
from node.canonical import Value
from node.clock import MS_PER_SECOND, Timestamp
from node.crdt import genesis, runs
from node.crdt.document import Document
from node.crdt.edits import Edit
from node.crdt.genesis import Communities, Genesis, MembersOf
from node.crdt.operations import Actor
from node.directory.board import BOARD_SCHEMA, BOARD_TYPE
from node.directory.schemas import OFFER_SCHEMA, OFFER_TYPE, PROFILE_SCHEMA, PROFILE_TYPE
from node.engine.drafts import Draft
from node.engine.listings import write_listing
from node.engine.opened import FIRST_EPOCH, OpenDocument, RivalError, genesis_among
from node.engine.ports import DocumentRow, Store, Verdict
from node.engine.registry import Registry, Standing
from node.errors import NotFoundError, RejectedChangeError
from node.feeds import bodies, scopes
from node.feeds.bodies import Body, Kind
from node.feeds.entry import Entry
from node.ids import DocumentId
from node.keys import PublicKey

SCHEMAS = {PROFILE_TYPE: PROFILE_SCHEMA, OFFER_TYPE: OFFER_SCHEMA, BOARD_TYPE: BOARD_SCHEMA}

# What stands in the directory in a community's name.
_OWNED = frozenset({PROFILE_TYPE, OFFER_TYPE})

# Open documents cost about 15 kB each, so this is some 8 MB.
_OPEN_MAX = 512
_TREE_BYTES_MAX = 16 * 1024 * 1024
_READER = Actor(bytes(32))


class Documents:
    """Hold the documents of a node.

    Args:
        device: this node's device key, whose runs make local edits.
        entropy: returns that many random bytes.
    """

    def __init__(
        self, store: Store, registry: Registry, device: PublicKey, entropy: Callable[[int], bytes]
    ) -> None:
        self._store = store
        self._registry = registry
        self._device = device
        self._entropy = entropy
        self._open: OrderedDict[DocumentId, OpenDocument] = OrderedDict()
        self._arrived: dict[DocumentId, list[Entry]] = {}
        self._anew: set[DocumentId] = set()
        # One run a document and process; `_begun` holds those whose first entry is written.
        self._nonces: dict[DocumentId, bytes] = {}
        self._begun: set[DocumentId] = set()

    def take(self, entry: Entry, body: Body) -> None:
        """Note an entry that names a document; `settle` judges it.

        Raises:
            RejectedChangeError: its body counts for nothing, for good.
        """
        if body.document is None:
            raise RejectedChangeError(f"expected an entry of kind {body.kind} to name a document")
        match body.kind:
            case Kind.GENESIS:
                _check_genesis(entry, body, self._registry)
                if body.document not in self._open:
                    self._anew.add(body.document)
            case Kind.CHANGES:
                bodies.changes(body.content)
                self._arrived.setdefault(body.document, []).append(entry)
            case Kind.RECORD | Kind.EPOCH | Kind.CHECKPOINT:
                pass  # Epochs and checkpoints wait, stored, for the version that reads them.

    def settle(self) -> None:
        """Judge all that was noted and write what readers see."""
        for document in sorted(self._anew | self._arrived.keys()):
            opened = self._open.get(document)
            if opened is None or document in self._anew:
                opened = self._build(document)
            else:
                opened = self._go_on(opened, self._arrived[document])
            if opened is not None:
                self._write(opened)
            else:
                self._take_out(document)
        self._anew.clear()
        self._arrived.clear()

    def reconsider(self, entries: Sequence[Entry]) -> None:
        """Note that what of these entries counts has changed; `settle` makes their documents anew."""
        self._anew.update(document for document in map(_named, entries) if document is not None)

    def writers_changed(self, scope: str) -> None:
        """Make documents anew that the members of this scope's federation write."""
        for kind in sorted(SCHEMAS):
            for row in self._store.documents.of_type(kind):
                if row.scope == scope and isinstance(genesis.decode(row.genesis).writers, MembersOf):
                    self._anew.add(row.id)
        self.settle()

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
        """Return the id of a new document and the drafts that begin it."""
        raw = genesis.encode(founding)
        document = genesis.document_id(raw)
        first = Draft(Kind.GENESIS, raw, document)
        return document, [first, *self._change(document, Document.empty(_READER), edits, now)]

    def edit(self, document: DocumentId, edits: Sequence[Edit], now: Timestamp) -> list[Draft]:
        """Return the drafts that carry out edits, none when the document says all of it already.

        Raises:
            NotFoundError: the document is not known here, or a path leads nowhere.
        """
        opened = self._open.get(document) or self._build(document)
        if opened is None:
            raise NotFoundError("no such document is known to this node")
        return self._change(document, opened.document, edits, now)

    def _change(
        self, document: DocumentId, present: Document, edits: Sequence[Edit], now: Timestamp
    ) -> list[Draft]:
        nonce = self._nonces.setdefault(document, self._entropy(runs.RUN_NONCE_BYTES))
        actor = runs.actor(device_key=self._device, document=document, epoch=FIRST_EPOCH, nonce=nonce)
        raw = present.change(actor=actor, edits=edits, time_s=now // MS_PER_SECOND)
        if raw is None:
            return []
        announced = None if document in self._begun else nonce
        self._begun.add(document)
        return [Draft(Kind.CHANGES, [announced, [raw]], document)]

    def _build(self, document: DocumentId) -> OpenDocument | None:
        """Make a document from its entries; None while its genesis is not held or its type not known."""
        self._open.pop(document, None)
        held = [entry for entry in self._store.feeds.of_document(document) if entry.body is not None]
        entries = [entry for entry in held if self._registry.standing(entry) is Standing.COUNTS]
        raw = genesis_among(entry for entry in entries if self._may_begin(entry))
        if raw is None:
            return None
        founding = genesis.decode(raw)
        schema = SCHEMAS.get(founding.type)
        if schema is None:
            return None  # A type of a newer version: it stays stored and is carried on.
        changing = [
            entry
            for entry in entries
            if entry.feed.scope == founding.scope
            and entry.body is not None
            and bodies.kind_of(entry.body) is Kind.CHANGES
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

    def _may_begin(self, entry: Entry) -> bool:
        """Tell whether an entry holds a genesis that founds its document."""
        if entry.body is None or bodies.kind_of(entry.body) is not Kind.GENESIS:
            return False
        try:
            _check_genesis(entry, bodies.decode(entry.body), self._registry)
        except RejectedChangeError:
            return False
        return True

    def _go_on(self, opened: OpenDocument, entries: Sequence[Entry]) -> OpenDocument | None:
        """Offer further entries to an open document."""
        if not opened.strict:
            return self._build(opened.id)
        try:
            fitting = [entry for entry in entries if entry.feed.scope == opened.genesis.scope]
            self._note(opened.offer(fitting, self._registry))
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
        tree = opened.document.read()
        row = DocumentRow(
            id=opened.id,
            type=opened.genesis.type,
            owner=opened.genesis.owner,
            scope=opened.genesis.scope,
            genesis=genesis.encode(opened.genesis),
            state=opened.document.save(),
            tree=canonical.encode(tree),
        )
        self._store.documents.put(row)
        write_listing(self._store.directory, row, tree)


def read_tree(row: DocumentRow) -> dict[str, Value]:
    """Return what a reader sees of a stored document."""
    found = canonical.decode(row.tree, bytes_max=_TREE_BYTES_MAX)
    assert isinstance(found, dict)
    return found


def _check_genesis(entry: Entry, body: Body, registry: Registry) -> None:
    """Check that a genesis founds the document it names, here, and that its carrier may begin it.

    What one community answers for is begun by that community alone, or anybody could offer things in a
    neighbour's name. What members write together any of them begins.

    Raises:
        RejectedChangeError: another document's, another scope's, another owner's, or not a genesis.
    """
    if not isinstance(body.content, bytes) or genesis.document_id(body.content) != body.document:
        raise RejectedChangeError("expected the genesis whose hash is the document's id")
    founding = genesis.decode(body.content)
    if founding.scope != entry.feed.scope:
        raise RejectedChangeError(f"expected the scope {founding.scope}, found {entry.feed.scope}")
    owners = registry.communities_of(entry.feed.device)
    match founding.writers:
        case MembersOf(federation=federation):
            if founding.scope != scopes.members(federation):
                raise RejectedChangeError("what the members of a federation write stands in their own scope")
            if founding.type in _OWNED:
                raise RejectedChangeError(f"expected one community to answer for a {founding.type}")
        case Communities(ids=writers):
            if founding.owner not in owners:
                raise RejectedChangeError("expected the owner to begin its document, found another community")
            if founding.type in _OWNED and (writers != (founding.owner,) or founding.scope != scopes.PUBLIC):
                raise RejectedChangeError(f"expected a public {founding.type} that its owner alone writes")


def _named(entry: Entry) -> DocumentId | None:
    """Return the document that an entry names, if its body can be read."""
    if entry.body is None:
        return None
    try:
        return bodies.decode(entry.body).document
    except RejectedChangeError:
        return None
