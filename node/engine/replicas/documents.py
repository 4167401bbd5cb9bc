"""Documents: from the entries that name them to what a reader sees, and from edits to drafts.

A document is a cache: its state is a function of the entries that count. Entries are only noted as they come
and judged together, a document at a time, before anybody reads or commits: what is judged in one go costs one
check of the document. Open documents stay in memory, the least recently used are closed again; a closed one
is made anew from its entries.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain

from node import canonical
from node.canonical import Value
from node.clock import MS_PER_SECOND, Timestamp
from node.crdt import genesis
from node.crdt.edits import Edit
from node.crdt.genesis import Genesis
from node.engine import beginnings
from node.engine.drafts import Draft
from node.engine.ends import Standing
from node.engine.listings import take_out, write_listing
from node.engine.pace import CHANGE_AGAIN_US, DOCUMENT_US, TREE_BYTES_PER_US
from node.engine.ports import DocumentRow, Store, Verdict
from node.engine.registry import Registry
from node.engine.replicas import epochs, gathering, making, writers
from node.engine.replicas.bringers import AnewError
from node.engine.replicas.epochs import NONE_CHECKED, Began, Checked, Listed
from node.engine.replicas.known_writers import KnownWriters
from node.engine.replicas.making import SCHEMAS, USUAL_GROWTH, Growth
from node.engine.replicas.news import News
from node.engine.replicas.open_documents import OpenDocuments
from node.engine.replicas.opened import OpenDocument
from node.engine.replicas.own_runs import OwnRuns
from node.errors import NotFoundError, RejectedChangeError
from node.feeds import bodies, scopes
from node.feeds.bodies import Body, Kind
from node.feeds.entry import Entry, Head
from node.ids import CommunityId, DocumentId
from node.keys import PublicKey

# What may wait to be judged: the bodies of some answers of neighbours.
_WAITING_BYTES_MAX = 8 * 1024 * 1024
_TREE_BYTES_MAX = 16 * 1024 * 1024
# Of the local store: the documents that an epoch began anew, until what it includes is dealt with.
RESTARTED = "restarted"


class Documents:
    """Hold the documents of a node.

    Args:
        device: this node's device key, whose runs make local edits.
        entropy: returns that many random bytes.
        shows: tells whether this node shows a document of an owner.
        growth: from when on a document is said to have grown long.
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        device: PublicKey,
        entropy: Callable[[int], bytes],
        shows: Callable[[DocumentId, CommunityId], bool],
        growth: Growth = USUAL_GROWTH,
    ) -> None:
        self._store, self._shows, self._growth = store, shows, growth
        self._registry, self._writers = registry, KnownWriters(registry)
        self._open = OpenDocuments()
        self._news: dict[DocumentId, News] = {}
        self._waiting_bytes = 0
        # Who wrote in each federation when its documents were judged last; of others all is judged anew.
        self._wrote = {known: writers.writing(registry, known) for known in registry.federations()}
        self._began: dict[DocumentId, tuple[Began, ...]] = {}
        self.runs = OwnRuns(device, entropy)
        # Whether something is to be looked at in a quiet moment, and which documents have grown long.
        self.restarted = False
        self.grown: set[DocumentId] = set()
        # By device, until they are taken out: operations that came to count, and what writing them cost.
        self._worked: Counter[PublicKey] = Counter()
        self._writing_us: Counter[PublicKey] = Counter()
        # Documents in which something fell or waits, or that lost their beginning, until they are taken out.
        self.rivalled: set[DocumentId] = set()
        self.looked_at: set[DocumentId] = set()  # Where something was to be made again, until nothing is.

    @property
    def full(self) -> bool:
        """Tell whether so much waits that it should be judged before more is taken in."""
        return self._waiting_bytes > _WAITING_BYTES_MAX

    def take(self, entry: Entry, body: Body | None) -> None:
        """Note an entry that names a document, an epoch without its body; `settle` judges it.

        Raises:
            RejectedChangeError: its body counts for nothing, for good.
        """
        document = entry.document
        if document is None:
            raise RejectedChangeError("expected an entry that names a document")
        founding, began, changes = None, None, None
        if body is None:
            began = epochs.check(entry, self._registry)
        elif body.kind is Kind.GENESIS:
            founding, changes = beginnings.check(entry, body, self._registry), bodies.changes_of(body)
        elif body.kind is Kind.CHANGES:
            changes = bodies.changes_of(body)
        else:
            return  # About no document.
        if changes is not None:
            self.runs.wrote(entry, document, changes)
        news = self._news.setdefault(document, News())
        news.note(entry, changes)
        if began is not None:
            news.anew, news.epochs[entry.id] = True, began
        if founding is not None and document not in self._open:
            news.founding = founding
        self._waiting_bytes += entry.body_bytes

    def take_worked(self) -> tuple[Counter[PublicKey], Counter[PublicKey]]:
        """Return, by device, operations that came to count since last asked, and microseconds of writing."""
        taken = self._worked, self._writing_us
        self._worked, self._writing_us = Counter(), Counter()
        return taken

    def settle(self) -> None:
        """Judge all that was noted and write what readers see."""
        if not self._news:
            return
        news, self._news, self._waiting_bytes = self._news, {}, 0
        self._writers.forget()
        # Of what nobody has begun all that is held would be read back whenever more of it comes.
        stands = self._store.documents.get
        news = {it: one for it, one in news.items() if one.begins or it in self._open or stands(it)}
        held = self._store.feeds.naming([it for it in sorted(news) if news[it].anew or it not in self._open])
        whole: list[tuple[DocumentId, list[Entry]]] = []
        anew = []
        for document in sorted(news):
            one, opened = news[document], self._open.get(document)
            if opened is not None and not one.anew:
                self._judged(document, self._go_on(opened, one), one)
            elif held.get(document) != len(one.taken):
                anew.append(document)
            elif one.founding is not None and not one.anew:
                self._judged(document, self._begin(document, one.founding, one), one)
            else:  # All that is held came just now, and need not be read back.
                whole.append((document, list(one.taken.values())))
        for document, entries in chain(whole, gathering.with_bodies(self._store.feeds, anew)):
            one = news[document]
            # Of what all came just now it is known what counts, and its epochs have been read.
            is_whole = len(entries) == len(one.taken)
            made = self._make(document, entries, one.epochs) if is_whole else self._build(document, entries)
            self._judged(document, made, one)
            if self._began.get(document) and len(entries) > 1:
                self._look_at(document)  # Others than the epoch that counts may be dropped or carried over.

    def _judged(self, document: DocumentId, opened: OpenDocument | None, one: News) -> None:
        """Write what readers see of a document, and count what that took."""
        if opened is None:
            take_out(self._store, document)
            return
        for device, operations in opened.worked.items():
            self._worked[device] += operations
        opened.worked.clear()
        cost_us = self._write(opened)
        for device in dict.fromkeys(entry.feed.device for entry in one.entries):
            self._writing_us[device] += cost_us

    def reconsider(self, entries: Sequence[Entry]) -> None:
        """Note that what of these entries counts has changed; `settle` makes their documents anew."""
        for entry in entries:
            if entry.document is not None:
                self._news.setdefault(entry.document, News()).begin_anew()

    def writers_changed(self, scope: str) -> None:
        """Note anew what those wrote here of whom something else counts since it was judged."""
        federation = scopes.federation_of(scope)
        if federation is None:
            return
        now, before = writers.writing(self._registry, federation), self._wrote.get(federation)
        self._wrote[federation] = now
        if now == before:
            return
        changed = {community for community, _ in now ^ before} if before is not None else None
        for known in self._store.feeds.heads(scope):
            if changed is None or not self._registry.communities_of(known.feed.device).isdisjoint(changed):
                for part in gathering.branch(self._store.feeds, known.feed, known.head.id):
                    self.reconsider(part)

    def _look_at(self, document: DocumentId) -> None:
        """Note that an epoch, or something too late for one, is to be dealt with."""
        self._store.local.put(RESTARTED, document, b"")
        self.restarted = True

    def close_all(self) -> None:
        """Forget what is in memory: the caches below were emptied."""
        self._open.clear()
        self._began.clear()
        self._wrote.clear()

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
        first = self._change(making.begin(document, founding, None), edits, now)
        if first is None:
            return document, [Draft(Kind.GENESIS, raw, document)]
        return document, [Draft(Kind.GENESIS, [raw, self.runs.announce(document), [first]], document)]

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
        raw = self._change(self.held(document), edits, now)
        return [] if raw is None else [Draft(Kind.CHANGES, [self.runs.announce(document), [raw]], document)]

    def held(self, document: DocumentId) -> OpenDocument:
        """Return a document as it stands.

        Raises:
            NotFoundError: it is not known here.
        """
        opened = self._open.get(document) or self._build(document)
        if opened is None:
            raise NotFoundError("no such document is known to this node")
        return opened

    def began(self, document: DocumentId) -> tuple[Began, ...]:
        """Return the epochs of a document that is held, the one that counts first."""
        self.held(document)
        return self._began.get(document, ())

    def _change(self, opened: OpenDocument, edits: Sequence[Edit], now: Timestamp) -> bytes | None:
        """Return the change that carries out edits in this process's run; None when nothing is to do."""
        return opened.change(actor=self.runs.actor(opened), edits=edits, time_s=now // MS_PER_SECOND)

    def _begin(self, document: DocumentId, founding: Genesis, news: News) -> OpenDocument | None:
        """Open a document of which nothing was held before these entries."""
        if founding.type not in SCHEMAS:
            return None  # A type of a newer version: it stays stored and is carried on.
        return self._go_on(making.begin(document, founding, None), news)

    def _build(self, document: DocumentId, held: Sequence[Entry] | None = None) -> OpenDocument | None:
        """Make a document from its entries with bodies; None without genesis or for a type not known."""
        every = held if held is not None else self._store.feeds.of_document(document)
        entries = [entry for entry in every if self._registry.standing(entry) is Standing.COUNTS]
        return self._make(document, entries, NONE_CHECKED)

    def _make(self, document: DocumentId, entries: Sequence[Entry], checked: Checked) -> OpenDocument | None:
        """Make a document from those of its entries that count, and keep it open."""
        self._open.close(document)
        made = making.make(document, entries, self._registry, self._store.feeds, checked)
        if made is None:
            if any(map(self.runs.is_own, entries)):
                self.rivalled.add(document)  # What it was begun by counts no more.
                self.runs.begin_anew(document)  # Its numbers would be used twice.
            return None
        for entry in made.judged:
            self._store.documents.drop_verdict(Verdict(entry.feed, entry.seq, entry.id, ""))
        self._note(made.rejected)
        # Of the first epoch there are strays where the one that they were written in does not count any more.
        strays = made.opened.strays.values() if not made.began else ()
        if not made.opened.strict or made.opened.unsettled or any(map(self.runs.is_own, strays)):
            self.rivalled.add(document)
        made.opened.worked.clear()
        self._began[document] = made.began
        self._keep_open(made.opened)
        return made.opened

    def _go_on(self, opened: OpenDocument, news: News) -> OpenDocument | None:
        """Offer further entries to an open document."""
        if opened.id in self.looked_at:
            return self._build(opened.id)  # What was made again since may be looked at once more.
        try:
            fitting = [entry for entry in news.entries if entry.feed.scope == opened.genesis.scope]
            if began := self._began.get(opened.id):
                listed = Listed(self._store.feeds, began)
                needed = [it for it in fitting if not listed.has(it.feed, Head(it.seq, it.id))]
                if len(needed) < len(fitting):
                    self._look_at(opened.id)  # What came is not needed any more.
                fitting = needed
            rejected = opened.offer(fitting, self._writers, known=news.brought)
            if not opened.strict and opened.lost(filter(self.runs.is_own, fitting), rejected):
                return self._build(opened.id)
            self._note(rejected)
            if any(entry.id in opened.strays for entry in fitting) and opened.began is not None:
                self._look_at(opened.id)
        except AnewError as error:
            self._writing_us[opened.maker(error.actor)] += opened.changes_counted * CHANGE_AGAIN_US
            return self._build(opened.id)
        self._keep_open(opened)
        return opened

    def _keep_open(self, opened: OpenDocument) -> None:
        for closed in self._open.keep(opened):
            self._began.pop(closed, None)

    def _note(self, rejected: Sequence[tuple[Entry, str]]) -> None:
        for entry, reason in rejected:
            self._store.documents.put_verdict(Verdict(entry.feed, entry.seq, entry.id, reason))

    def _write(self, opened: OpenDocument) -> int:
        """Write what readers see, and return about how many microseconds that took."""
        tree = opened.read()
        row = DocumentRow(
            id=opened.id,
            type=opened.genesis.type,
            owner=opened.genesis.owner,
            scope=opened.genesis.scope,
            genesis=genesis.encode(opened.genesis),
            state=b"",
            tree=canonical.encode(tree),
        )
        self._store.documents.put(row)
        if self._growth.reached(opened, len(row.tree)):
            self.grown.add(opened.id)
        moved = write_listing(self._store, row, tree, shown=self._shows(row.id, row.owner))
        return DOCUMENT_US * (1 + moved) + len(row.tree) // TREE_BYTES_PER_US


def read_tree(row: DocumentRow) -> dict[str, Value]:
    """Return what a reader sees of a stored document."""
    found = canonical.decode(row.tree, bytes_max=_TREE_BYTES_MAX)
    assert isinstance(found, dict)
    return found
