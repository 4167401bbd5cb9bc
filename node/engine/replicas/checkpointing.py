"""Checkpointing: what of this device's own public feed nobody needs any more, and the entry that says so.

What still counts of what lies before the place is begun anew behind it, in the same commit; the checkpoint
comes last, so that whoever reads it holds all that goes on. Only where everything before a place is taken
over is one written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from node.clock import MS_PER_HOUR, Timestamp
from node.crdt import epochs
from node.crdt.epochs import Included
from node.engine.drafts import Draft
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.replicas import dropping
from node.engine.replicas.documents import Documents
from node.engine.replicas.restarting import Publish, Restarting
from node.errors import ConflictError, NodeError
from node.feeds import checkpoints, scopes
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import DocumentId, EntryId
from node.keys import PublicKey
from node.limits import WANT_ANSWER_BYTES_MAX

# What one commit begins anew at most: each document costs about a millisecond, and others wait.
RENEWED_MAX: Final = 64
# How far behind the last place is looked in one go; reading a header costs some 20 microseconds.
_LOOKED_AT_MAX: Final = 8_192
# Of how many documents is asked what of them counts; one that is not open is made for it.
_DOCUMENTS_MAX: Final = 256
# By itself a node writes one where newcomers are spared so many headers, and this part of all before it.
SPARED_MIN: Final = 1_000
_SPARED_SHARE: Final = (4, 5)
_EVERY_MS: Final = MS_PER_HOUR


@dataclass(frozen=True, slots=True)
class _Plan:
    """A place that a checkpoint may name.

    Attributes:
        root: the entry before it.
        renewed: documents of which something before it counts.
        spared: how many headers newcomers need not read.
        before: of those entries the ones that name a document and have a body.
    """

    root: Head
    renewed: tuple[DocumentId, ...]
    spared: int
    before: tuple[Entry, ...]


class Checkpointing:
    """Write checkpoints of this device's public feed."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        documents: Documents,
        restarting: Restarting,
        device: PublicKey,
    ) -> None:
        self._store = store
        self._registry = registry
        self._documents = documents
        self._restarting = restarting
        self._feed = FeedKey(device, scopes.PUBLIC)
        # Not before the process has run a while: it has better things to do when it starts.
        self._next: Timestamp | None = None

    def act(self, now: Timestamp) -> list[Publish]:
        """Return what to publish in a quiet moment; nearly always nothing.

        It asks not to be woken for this: whoever has neighbours is woken often enough.
        """
        due, self._next = self._next, self._next or Timestamp(now + _EVERY_MS)
        if due is None or now < due:
            return []
        self._next = Timestamp(now + _EVERY_MS)
        end = self._registry.checkpoints.end(self._feed)
        holding = self._registry.checkpoints.holding(self._feed)
        if end is None or end.seq - (holding.root.seq if holding is not None else 0) < SPARED_MIN:
            return []
        try:
            plan = self._plan()
            more, of = _SPARED_SHARE
            if plan.spared < SPARED_MIN or plan.spared * of < more * (plan.spared + len(plan.renewed)):
                return []
            return self._publish(plan, now)
        except NodeError:
            return []  # It goes on as it is.

    def write(self, now: Timestamp) -> tuple[int, list[Publish]]:
        """Return how many headers newcomers are spared, and what to publish for that.

        Raises:
            ConflictError: too little is to be spared for what must be written, or not everything before
                a place can be taken over.
        """
        plan = self._plan()
        if 2 * plan.spared <= len(plan.renewed):
            raise ConflictError("expected more in this node's public feed that newcomers need not read")
        return plan.spared, self._publish(plan, now)

    def _plan(self) -> _Plan:
        """Return the last place that a checkpoint may name now.

        Raises:
            ConflictError: this device told two stories, or its charter does not let it.
        """
        known, feeds = self._registry.checkpoints, self._store.feeds
        ends = feeds.heads_of(self._feed)
        if len(ends) != 1:
            raise ConflictError(
                "expected one story of this device's, found several: retire it with its copies"
            )
        if self._registry.cuts(self._feed) or not known.whole(self._feed):
            raise ConflictError("expected a device that stands in its charter, found a retired one")
        holding = known.holding(self._feed)
        after = holding.root.seq if holding is not None else 0
        renewed: dict[DocumentId, None] = {}
        gone: dict[DocumentId, frozenset[EntryId]] = {}
        invalid = {verdict.entry for verdict in self._store.documents.verdicts()}
        before: list[Entry] = []
        root = Head(0, ends[0].id)
        for entry in self._entries(ends[0], after):
            if entry.document is None and entry.body is not None and not checkpoints.says(entry):
                break  # A record stands where it is carried.
            if entry.document is not None and entry.body is not None:
                if len(gone) > _DOCUMENTS_MAX:
                    break
                if entry.id not in invalid and entry.id not in self._superseded(entry.document, gone):
                    if entry.document not in renewed and len(renewed) == RENEWED_MAX:
                        break
                    renewed[entry.document] = None
                before.append(entry)
            root = Head(entry.seq, entry.id)
        spared = root.seq - after - len(renewed) if root.seq > after else 0
        return _Plan(root, tuple(renewed), spared, tuple(before))

    def _publish(self, plan: _Plan, now: Timestamp) -> list[Publish]:
        """Return what begins documents anew and then says that nothing before the place counts.

        Raises:
            ConflictError: something before it would be lost.
            NodeError: a document cannot be begun anew.
        """
        anew = self._restarting.restart(plan.renewed, erases=False, now=now)
        if any(scope != scopes.PUBLIC for scope, _ in anew):
            raise ConflictError("expected documents that stand in public alone")
        drafts = [draft for _, written in anew for draft in written]
        self._check(plan, drafts)
        said = Draft(Kind.CHECKPOINT, checkpoints.content(plan.root), None)
        return [(scopes.PUBLIC, (*drafts, said))]

    def _check(self, plan: _Plan, drafts: Sequence[Draft]) -> None:
        """Rule out that something is lost.

        Raises:
            ConflictError: an entry before the place is neither taken over nor invalid for good.
        """
        includes: dict[DocumentId, list[Included]] = {}
        for draft in drafts:
            if draft.kind is Kind.EPOCH:
                assert draft.document is not None
                includes[draft.document] = list(epochs.decode(draft.content).included)
        invalid = {verdict.entry for verdict in self._store.documents.verdicts()}
        for entry in plan.before:
            assert entry.document is not None
            taken = any(
                one.device == self._feed.device and one.has_place(entry.seq)
                for one in includes.get(entry.document, ())
            )
            if not taken and entry.document in includes and entry.id not in invalid:
                raise ConflictError("expected everything before the place to be taken over; try again later")

    def _entries(self, end: Head, after: int) -> Iterator[Entry]:
        """Yield the own entries behind a place, so many at most."""
        looked = 0
        while looked < _LOOKED_AT_MAX and (
            part := self._store.feeds.path(
                self._feed, end.id, after_seq=after, entries_max=1_024, bytes_max=WANT_ANSWER_BYTES_MAX
            )
        ):
            yield from part
            looked, after = looked + len(part), part[-1].seq

    def _superseded(
        self, document: DocumentId, known: dict[DocumentId, frozenset[EntryId]]
    ) -> frozenset[EntryId]:
        """Return which own entries of a document its epoch has taken over.

        Raises:
            NotFoundError: the document is of a type that a newer version knows.
        """
        if document not in known:
            held = self._store.feeds.of_document(document)
            own = [one for one in held if one.feed == self._feed]
            began = self._documents.began(document)
            known[document] = frozenset(one.id for one in dropping.superseded(self._store.feeds, own, began))
        return known[document]
