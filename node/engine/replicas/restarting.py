"""Restarting: write a document anew in a further epoch, and carry over what came too late for it.

The owner's node restarts what has grown long, or what somebody wants forgotten. Every node makes its own late
changes again in the epoch that counts, once; the owner's does so for those whose device stays away. What
somebody else has written over since stays as it is, and the place is noted for the stewards.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from node import canonical
from node.clock import MS_PER_SECOND, Timestamp, hours
from node.crdt import carrying, epochs
from node.crdt.carrying import Carried
from node.crdt.edits import Edit, Tree
from node.crdt.epochs import Epoch, Included
from node.crdt.operations import Actor
from node.engine import beginnings
from node.engine.drafts import Draft
from node.engine.ports import Store
from node.engine.registry import Registry, Standing
from node.engine.replicas import epochs as epochs_in
from node.engine.replicas import first_changes, gathering, making
from node.engine.replicas.documents import Documents
from node.engine.replicas.dropping import superseded
from node.engine.replicas.epochs import Began, Listed, include
from node.engine.replicas.making import Made
from node.engine.replicas.opened import OpenDocument
from node.engine.setup import Keyring
from node.errors import NotAuthorisedError, NotFoundError, UserError
from node.feeds import bodies
from node.feeds.entry import Entry, Head
from node.ids import DocumentId

# Of the local store: late entries whose changes were made again, with the places that were left as they are.
CARRIED: Final = "carried"

Publish: TypeAlias = tuple[str, tuple[Draft, ...]]


@dataclass(slots=True)
class Late:
    """What came too late for an epoch.

    Attributes:
        carried: what is to be done for it now.
        settled: the entries that this does justice to.
        closed: entries that cannot be read, because something they build on is not held.
    """

    carried: Carried = field(default_factory=Carried)
    settled: list[Entry] = field(default_factory=list)
    closed: list[Entry] = field(default_factory=list)


class Restarting:
    """Write epochs of the documents that this node's community owns, and carry over late changes."""

    def __init__(self, store: Store, registry: Registry, documents: Documents, keyring: Keyring) -> None:
        self._store = store
        self._registry = registry
        self._documents = documents
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
        for late, (scope, drafts) in planned:
            self._mark(late, now)
            written.setdefault(scope, []).extend(drafts)
        return [(scope, tuple(drafts)) for scope, drafts in sorted(written.items())]

    def _plan(self, document: DocumentId, *, erases: bool, now: Timestamp) -> tuple[Late, Publish]:
        """Return what begins a document anew, and what that does justice to; nothing is written yet."""
        entries, made = self._made(document) if self.has_late(document) else self._standing(document)
        founding = made.opened.genesis
        if founding.owner != self._keyring.community:
            raise NotAuthorisedError("only the community that answers for a document can begin it anew")
        late = self._late(entries, made, lambda _: True)
        first = Epoch(
            genesis=beginnings.spelled(founding),
            number=max((one.epoch.number for one in made.began), default=0) + 1,
            erases=erases,
            before=tuple(sorted(one.entry.id for one in made.began[: epochs.BEFORE_MAX])),
            included=self._included(entries, made, late),
            first=None,
        )
        nonce = self._documents.runs.nonce()
        raws = self._write(made.opened, first.number, nonce, late.carried, now)
        return late, (founding.scope, tuple(first_changes.drafts(document, first, nonce, raws)))

    def carry_over(self, document: DocumentId, now: Timestamp, *, everybody: bool) -> Publish | None:
        """Return what makes late changes again in the epoch that counts, None where nothing is late.

        Those of this device alone, or `everybody`'s.

        Raises:
            NotFoundError: the document is not known here.
        """
        device = self._keyring.device.public
        if not self.has_late(document):
            return None
        entries, made = self._made(document)
        if not made.began or not made.opened.may_write(device, self._registry):
            return None
        late = self._late(entries, made, lambda entry: everybody or entry.feed.device == device)
        if not late.settled:
            return None
        opened = self._documents.held(document)
        edits = _fitting(opened, late.carried, self._documents.runs.actor(opened))
        drafts = self._documents.edit(document, edits, now)
        self._mark(late, now)
        return made.opened.genesis.scope, tuple(drafts)

    def waiting(self, document: DocumentId) -> bool:
        """Tell whether late changes of this device are still to be made again."""
        device = self._keyring.device.public
        if not self.has_late(document):
            return False
        entries, made = self._made(document)
        late = self._strays(entries, made)
        return any(entry.feed.device == device for entry in late)

    def has_late(self, document: DocumentId) -> bool:
        """Tell whether something came too late for the epoch that counts, dealt with or not."""
        return bool(self._documents.held(document).strays) or self.contested(document)

    def contested(self, document: DocumentId) -> bool:
        """Tell whether there are epochs of which the one that counts does not know."""
        return bool(self._rivals(self._documents.began(document)))

    def forget(self, documents: Sequence[DocumentId]) -> None:
        """Drop the bodies that the epochs that count include."""
        feeds = self._store.feeds
        for document, entries in gathering.with_bodies(feeds, documents):
            feeds.drop_bodies(superseded(feeds, entries, self._documents.began(document)))

    def left(self) -> int:
        """Return how many late entries were not carried over whole, because others wrote there since."""
        return sum(1 for _, value in self._store.local.all(CARRIED) if canonical.decode(value)[1])

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

    def _strays(self, entries: Sequence[Entry], made: Made) -> list[Entry]:
        """Return the entries that came too late for the epoch that counts and were not dealt with."""
        return [
            entry
            for entry in entries
            if entry.id in made.opened.strays and self._store.local.get(CARRIED, entry.id) is None
        ]

    def _late(self, entries: Sequence[Entry], made: Made, picks: Callable[[Entry], bool]) -> Late:
        """Return what late entries change, of those that are picked."""
        late = Late()
        strays = self._strays(entries, made)
        picked = [entry for entry in strays if picks(entry)]
        rivals = self._rivals(made.began)
        if not picked and not rivals:
            return late
        stands = made.opened.read()
        edits: dict[tuple[str | int, ...], Edit] = {}
        closed = {entry.id for entry in picked}
        for old in (None, *made.began[1:]):
            before, after = self._epoch(made, old, picked)
            if after.unsettled & closed:
                before, after = self._epoch(made, old, strays)
            closed -= after.counted - after.unsettled
            base: Mapping[str, Tree] = {} if old in rivals else before.read()
            carried = carrying.carry(base, after.read(), stands)
            edits |= {edit.path: edit for edit in carried.edits}
            late.carried.left += carried.left
        gone = [one for one in picked if one.id in closed] if _is_gone(entries, made.began) else []
        for entry in gone:
            body = bodies.changes_of(bodies.decode(entry.body)) if entry.body is not None else None
            saved = carrying.salvage(body.raw_changes if body is not None else (), stands)
            edits = {edit.path: edit for edit in saved.edits} | edits
            late.carried.left += saved.left
            closed.discard(entry.id)
        late.carried.edits = [edits[path] for path in sorted(edits, key=_in_order)]
        late.settled = [entry for entry in picked if entry.id not in closed]
        late.closed = [entry for entry in picked if entry.id in closed]
        return late

    def _rivals(self, began: Sequence[Began]) -> list[Began]:
        """Return the epochs that the one that counts does not know of."""
        listed = Listed(self._store.feeds, began[:1])
        return [one for one in began[1:] if not listed.has(one.entry.feed, _place(one.entry))]

    def _epoch(
        self, made: Made, old: Began | None, late: Sequence[Entry]
    ) -> tuple[OpenDocument, OpenDocument]:
        """Return an old epoch as far as it was included, and the same with late entries."""
        listed = Listed(self._store.feeds, made.began[:1])
        own = old.entry.id if old is not None else None
        included = [one for one in made.judged if listed.has(one.feed, _place(one)) or one.id == own]
        known = {entry.id for entry in included}
        document, founding = made.opened.id, made.opened.genesis
        later = [*included, *(entry for entry in late if entry.id not in known)]
        return (
            making.open_epoch(document, founding, included, old, self._registry)[0],
            making.open_epoch(document, founding, later, old, self._registry)[0],
        )

    def _included(self, entries: Sequence[Entry], made: Made, late: Late) -> tuple[Included, ...]:
        """Return what the next epoch includes: all that counts, and what was included before."""
        scope = made.opened.genesis.scope
        listed = Listed(self._store.feeds, made.began)
        counted = made.opened.counted - made.opened.unsettled
        counted |= {one.entry.id for one in made.began} | {entry.id for entry in late.settled}
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
        """Return the first changes of an epoch: the document's state, and late edits."""
        begun = making.blank(opened.id, opened.genesis, number)
        actor = self._documents.runs.actor_of(begun, nonce)
        raws = []
        for part in first_changes.parts(opened.read()):
            raw = begun.change(actor=actor, edits=part, time_s=now // MS_PER_SECOND)
            if raw is not None:
                begun.count(raw, actor)
                raws.append(raw)
        late = begun.change(actor=actor, edits=_fitting(begun, more, actor), time_s=now // MS_PER_SECOND)
        return raws if late is None else [*raws, late]

    def _mark(self, late: Late, now: Timestamp) -> None:
        """Remember what was dealt with, and which places were left."""
        left = ["/".join(map(str, path)) for path in late.carried.left]
        for entry in late.settled:
            self._store.local.put(CARRIED, entry.id, canonical.encode([hours(now), left, entry.document]))


def _fitting(opened: OpenDocument, carried: Carried, actor: Actor) -> list[Edit]:
    """Return the edits that can be made here; of the others the places are left as they are."""
    found = []
    for edit in carried.edits:
        try:
            opened.change(actor=actor, edits=[edit], time_s=0)
            found.append(edit)
        except UserError:  # The place it belongs to is gone, or it never fitted the document.
            carried.left.append(edit.path)
    return found


def _is_gone(entries: Sequence[Entry], began: Sequence[Began]) -> bool:
    """Tell whether something that an epoch includes can be read no more, for it was dropped."""
    return bool(began) and any(entry.body is None for entry in entries)


def _place(entry: Entry) -> Head:
    return Head(entry.seq, entry.id)


def _in_order(path: tuple[str | int, ...]) -> list[str]:
    return [str(step) for step in path]
