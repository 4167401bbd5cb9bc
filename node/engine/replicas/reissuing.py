"""Issuing again: what an honest device wrote, where somebody else wrote as it at the same place.

Two changes of one actor and number come from a machine resumed twice from one image, or from a thief. The one
in the lower entry counts, everywhere; the other falls, with all that builds on it (docs/changes.md,
section 5). A node whose own changes fell makes them again, in a run that begins anew, in the transaction that
showed it: a crash in between loses both or neither, and what was made again is not made a third time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from node import canonical
from node.clock import Timestamp, hours
from node.crdt import carrying, changes
from node.crdt.changes import Change, ChangeHash
from node.crdt.edits import Edit, Path
from node.engine.drafts import Draft
from node.engine.ports import Store
from node.engine.registry import Registry, Standing
from node.engine.replicas import making
from node.engine.replicas.documents import Documents
from node.engine.replicas.making import Made
from node.engine.replicas.opened import OpenDocument
from node.errors import RejectedChangeError, UserError
from node.feeds import bodies
from node.feeds.entry import Entry
from node.ids import DocumentId
from node.keys import PublicKey

# Of the local store: own entries that fell and were made again, or could not be.
REISSUED: Final = "reissued"

Publish: TypeAlias = tuple[str, tuple[Draft, ...]]


@dataclass(frozen=True, slots=True)
class _Fallen:
    """One entry that fell, and what its changes are called and build on."""

    entry: Entry
    names: frozenset[ChangeHash]
    dependencies: frozenset[ChangeHash]


class Reissuing:
    """Make own changes again that fell to another of the same actor and number."""

    def __init__(self, store: Store, registry: Registry, documents: Documents, device: PublicKey) -> None:
        self._store = store
        self._registry = registry
        self._documents = documents
        self._device = device

    def act(self, now: Timestamp) -> list[Publish]:
        """Return what is to be published for documents that were settled by entry ids since last asked."""
        rivalled = sorted(self._documents.rivalled)
        self._documents.rivalled.clear()
        return [found for document in rivalled for found in self._again(document, now)]

    def _again(self, document: DocumentId, now: Timestamp) -> list[Publish]:
        entries = [
            entry
            for entry in self._store.feeds.of_document(document)
            if self._registry.standing(entry) is Standing.COUNTS
        ]
        made = making.make(document, entries, self._registry, self._store.feeds)
        if made is None or made.opened.strict or not made.opened.may_write(self._device, self._registry):
            return []
        fallen = _fallen(made, self._registry)
        own = [one for one in fallen if one.entry.feed.device == self._device and self._is_new(one.entry)]
        if not own:
            return []
        self._documents.runs.begin_anew(document)
        for one in own:
            self._store.local.put(REISSUED, one.entry.id, canonical.encode(hours(now)))
        try:
            drafts = self._documents.edit(document, self._edits(made, fallen, own), now)
        except UserError:
            return []  # The place it belongs to is gone; the entry stays, with its verdict.
        return [(made.opened.genesis.scope, tuple(drafts))] if drafts else []

    def _edits(self, made: Made, fallen: Sequence[_Fallen], own: Sequence[_Fallen]) -> list[Edit]:
        """Return what makes our fallen changes again: all together, and each alone that does not fit so.

        One may build on what lost a place, another on what won it: no one state holds both.
        """
        edits: dict[Path, Edit] = {}
        left = list(own)
        for tried in (left, *([one] for one in own)):
            group = [one for one in tried if one in left]
            if group:
                before, after = self._views(made, fallen, group)
                carried = carrying.carry(before.read(), after.read(), before.read())
                edits |= {edit.path: edit for edit in carried.edits}
                left = [one for one in left if one.entry.id not in after.counted - after.unsettled]
        return list(edits.values())

    def _is_new(self, entry: Entry) -> bool:
        return self._store.local.get(REISSUED, entry.id) is None

    def _views(
        self, made: Made, fallen: Sequence[_Fallen], own: Sequence[_Fallen]
    ) -> tuple[OpenDocument, OpenDocument]:
        """Return the document as if nobody had written as another: without and with our fallen changes."""
        counting = making.counting(made, self._store.feeds)
        below = _below(own, fallen)
        # Who won a place from others than those stays: ours may build on it.
        winners = {entry.id for entry in _winners(counting, below)}
        ours = {one.entry.id for one in own}
        aside = {one.entry.id for one in fallen} - {one.entry.id for one in below}
        kept = [one for one in counting if one.id not in winners and one.id not in aside]
        began = made.began[0] if made.began else None
        views = [
            making.open_epoch(made.opened.id, made.opened.genesis, part, began, self._registry)[0]
            for part in ([one for one in kept if one.id not in ours], kept)
        ]
        return views[0], views[1]


def _fallen(made: Made, registry: Registry) -> list[_Fallen]:
    """Return the entries that the gate refused, by writers who may write."""
    found = []
    for entry, _ in made.rejected:
        if entry.id in made.opened.strays or not made.opened.may_write(entry.feed.device, registry):
            continue
        brought = _brought(entry)
        if brought:
            below = frozenset(name for change in brought.values() for name in change.dependencies)
            found.append(_Fallen(entry, frozenset(brought), below))
    return found


def _winners(entries: Iterable[Entry], fallen: Sequence[_Fallen]) -> list[Entry]:
    """Return the entries that count in place of those that fell: of their actors, from their numbers on."""
    down = {one.entry.id for one in fallen}
    lowest: dict[bytes, int] = {}
    for one in fallen:
        for change in _brought(one.entry).values():
            lowest[change.actor] = min(change.seq, lowest.get(change.actor, change.seq))
    return [
        entry
        for entry in entries
        if entry.id not in down
        and any(change.seq >= lowest.get(change.actor, change.seq + 1) for change in _brought(entry).values())
    ]


def _below(own: Sequence[_Fallen], fallen: Sequence[_Fallen]) -> list[_Fallen]:
    """Return our own fallen entries and those of the fallen that they build on."""
    bringing = {name: one for one in fallen for name in one.names}
    found: dict[bytes, _Fallen] = {}
    pending = list(own)
    while pending:
        one = pending.pop()
        if one.entry.id not in found:
            found[one.entry.id] = one
            pending += [bringing[name] for name in sorted(one.dependencies) if name in bringing]
    return list(found.values())


def _brought(entry: Entry) -> dict[ChangeHash, Change]:
    """Return the changes that an entry brings, of those that can be read."""
    found: dict[ChangeHash, Change] = {}
    if entry.body is None:
        return found
    try:
        brought = bodies.changes_of(bodies.decode(entry.body))
        for raw in brought.raw_changes if brought is not None else ():
            found[changes.change_hash(raw)] = changes.decode(raw)
    except RejectedChangeError:
        pass  # What follows it in one body cannot count without it.
    return found
