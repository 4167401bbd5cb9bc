"""Restarting: write a document anew in a further epoch, with all that did not count before.

The owner's node restarts what has grown long, or what somebody wants forgotten. What comes too late for the
epoch is made again in it (reissuing.py).
"""

from collections.abc import Sequence
from typing import TypeAlias

from node.clock import MS_PER_SECOND, Timestamp
from node.crdt import epochs
from node.crdt.carrying import Carried
from node.crdt.epochs import Epoch, Included
from node.engine import beginnings
from node.engine.drafts import Draft
from node.engine.ends import Standing
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.replicas import epochs as epochs_in
from node.engine.replicas import first_changes, gathering, making, reissuing
from node.engine.replicas.documents import Documents
from node.engine.replicas.dropping import superseded
from node.engine.replicas.epochs import Listed, include, rivals
from node.engine.replicas.making import Made
from node.engine.replicas.opened import OpenDocument
from node.engine.replicas.reissuing import Again, Reissuing
from node.engine.setup import Keyring
from node.errors import NotAuthorisedError, NotFoundError
from node.feeds.entry import Entry, Head
from node.ids import DocumentId

Publish: TypeAlias = tuple[str, tuple[Draft, ...]]


class Restarting:
    """Write epochs of the documents that this node's community owns."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        documents: Documents,
        reissuing: Reissuing,
        keyring: Keyring,
    ) -> None:
        self._store = store
        self._registry = registry
        self._documents = documents
        self.reissuing = reissuing
        self._keyring = keyring

    def restart(self, documents: Sequence[DocumentId], *, erases: bool, now: Timestamp) -> list[Publish]:
        """Return what begins documents anew at their present state, late changes included.

        Raises:
            NotFoundError: the document is not known here.
            NotAuthorisedError: another community owns it.
            UserError: it is too large to be begun anew.
        """
        planned = [self._plan(document, erases=erases, now=now) for document in documents]
        written: dict[str, list[Draft]] = {}
        for again, (scope, drafts) in planned:
            self.reissuing.mark(again, now)
            written.setdefault(scope, []).extend(drafts)
        return [(scope, tuple(drafts)) for scope, drafts in sorted(written.items())]

    def _plan(self, document: DocumentId, *, erases: bool, now: Timestamp) -> tuple[Again, Publish]:
        """Return what begins a document anew, and what that does justice to; nothing is written yet."""
        founding = self._documents.held(document).genesis
        if founding.owner != self._keyring.community:
            raise NotAuthorisedError("only the community that answers for a document can begin it anew")
        is_whole = not self.reissuing.may_have(document) and not self.contested(document)
        entries, made = self._standing(document) if is_whole else self._made(document)
        again = self.reissuing.everybodys(made)
        first = Epoch(
            genesis=beginnings.spelled(founding),
            number=max((one.epoch.number for one in made.began), default=0) + 1,
            erases=erases,
            before=tuple(sorted(one.entry.id for one in made.began[: epochs.BEFORE_MAX])),
            included=self._included(entries, made, again),
            first=None,
        )
        nonce = self._documents.runs.nonce()
        raws = self._write(made.opened, first.number, nonce, again.carried, now)
        return again, (founding.scope, tuple(first_changes.drafts(document, first, nonce, raws)))

    def contested(self, document: DocumentId) -> bool:
        """Tell whether there are epochs of which the one that counts does not know."""
        return bool(rivals(self._store.feeds, self._documents.began(document)))

    def forget(self, documents: Sequence[DocumentId]) -> None:
        """Drop the bodies that the epochs that count include."""
        feeds = self._store.feeds
        for document, entries in gathering.with_bodies(feeds, documents):
            feeds.drop_bodies(superseded(feeds, entries, self._documents.began(document)))

    def _counting(self, document: DocumentId) -> list[Entry]:
        """Return the entries of a document that count, and what its epoch took over before a checkpoint.

        Late changes are read against that; what stands in the document does not hang on it.
        """
        held = self._store.feeds.of_document(document)
        standing = {entry.id: self._registry.standing(entry) for entry in held}
        counting = [entry for entry in held if standing[entry.id] is Standing.COUNTS]
        if len(counting) == len(held):
            return counting
        listed = Listed(self._store.feeds, epochs_in.among(counting, self._registry)[:1])
        return [
            entry
            for entry in held
            if standing[entry.id] is Standing.COUNTS
            or (standing[entry.id] is Standing.PAST and listed.has(entry.feed, _place(entry)))
        ]

    def _standing(self, document: DocumentId) -> tuple[list[Entry], Made]:
        """Return the entries of a document that count, and it as it stands here: enough if nothing is late.

        Raises:
            NotFoundError: the document is not known here.
        """
        opened, began = self._documents.held(document), self._documents.began(document)
        return self._counting(document), Made(opened, began, (), ())

    def _made(self, document: DocumentId) -> tuple[list[Entry], Made]:
        """Return the entries of a document that count, and what they make.

        Raises:
            NotFoundError: the document is not known here.
        """
        entries = self._counting(document)
        made = making.make(document, entries, self._registry, self._store.feeds)
        if made is None:
            raise NotFoundError("no such document is known to this node")
        return entries, made

    def _included(self, entries: Sequence[Entry], made: Made, again: Again) -> tuple[Included, ...]:
        """Return what the next epoch includes: all that counts, and what was included before."""
        scope = made.opened.genesis.scope
        listed = Listed(self._store.feeds, made.began)
        counted = made.opened.counted - made.opened.unsettled
        counted |= {one.entry.id for one in made.began} | {entry.id for entry in again.settled}
        chosen = [
            entry
            for entry in entries
            if entry.feed.scope == scope
            and (
                entry.id in counted
                or listed.has(entry.feed, _place(entry))
                or beginnings.among([entry], self._registry) is not None
            )
        ]
        # What it lists of branches that are not held here goes on as it is.
        unheld = {(feed.device, head.id) for feed, head in listed.awaited()}
        kept = {
            (one.device, one.head): one
            for began in made.began
            for one in began.epoch.included
            if (one.device, one.head) in unheld
        }
        found = [*include(self._store.feeds, scope, chosen), *kept.values()]
        return tuple(sorted(found, key=lambda one: (one.device, one.head)))

    def _write(
        self, opened: OpenDocument, number: int, nonce: bytes, more: Carried, now: Timestamp
    ) -> list[bytes]:
        """Return the first changes of an epoch: the document's state, and what is made again."""
        begun = making.blank(opened.id, opened.genesis, number)
        actor = self._documents.runs.actor_of(begun, nonce)
        raws = []
        for part in first_changes.parts(opened.read()):
            raw = begun.change(actor=actor, edits=part, time_s=now // MS_PER_SECOND)
            if raw is not None:
                begun.count(raw, actor)
                raws.append(raw)
        pending = reissuing.fitting(begun, more, actor)
        while pending:
            raw, count = reissuing.as_many(
                pending, lambda part: begun.change(actor=actor, edits=part, time_s=now // MS_PER_SECOND)
            )
            if raw is not None:
                begun.count(raw, actor)
                raws.append(raw)
            pending = pending[max(1, count) :]
        return raws


def _place(entry: Entry) -> Head:
    return Head(entry.seq, entry.id)
