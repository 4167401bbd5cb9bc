"""Issuing again: what somebody wrote that does not count here is made again of what stands here, once.

Three things take away the effect of what an honest device wrote. An epoch began without it, because it came
too late (docs/epochs.md, section 4). Somebody else wrote as the same actor at the same place, as a machine
does that was resumed twice from one image, and it fell, or what it builds on did (docs/changes.md,
section 5). Or what it builds on counts no more, as its device is retired or its community left, perhaps with
the beginning of the document itself. All are dealt with alike: what it did to what it builds on is done to
what stands now, in a run that counts, and where nobody who counts began the document, it is begun again. A
device does so for what it wrote itself; the document's owner for everybody's, with its next epoch or when the
device has stayed away. What somebody else has written over since stays as it is, and the place is noted for
the stewards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeVar

from node import canonical
from node.clock import MS_PER_SECOND, Timestamp, hours
from node.crdt import carrying
from node.crdt.carrying import Carried, Now
from node.crdt.edits import Edit, Path
from node.crdt.operations import Actor
from node.directory.schemas import OFFER_TYPE
from node.engine import beginnings
from node.engine.drafts import Draft
from node.engine.ends import Standing
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.replicas import epochs, making, pasts
from node.engine.replicas.documents import Documents
from node.engine.replicas.epochs import Listed
from node.engine.replicas.making import Made
from node.engine.replicas.opened import OpenDocument
from node.engine.replicas.pasts import Pasts
from node.errors import UserError
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, Head
from node.ids import DocumentId, EntryId
from node.keys import PublicKey

# Of the local store: entries whose changes were made again, with the places that were left as they are.
CARRIED: Final = "carried"
# Stories that contradict each other are read one after the other. Only forgers tell many: behind so many
# changes read, some seconds, the rest waits for the next look.
_READ_MAX: Final = 20_000
# Where an offer says whether it offers or asks: without it nobody is shown it as open.
_KIND: Final = "kind"

Publish: TypeAlias = tuple[str, tuple[Draft, ...]]
T = TypeVar("T")


@dataclass(slots=True)
class Again:
    """What makes entries again.

    Attributes:
        carried: what is to be done for them now.
        settled: the entries that this does justice to; the others cannot be read yet.
    """

    carried: Carried = field(default_factory=Carried)
    settled: list[Entry] = field(default_factory=list)


class Reissuing:
    """Make changes again that do not count in a document as it stands."""

    def __init__(self, store: Store, registry: Registry, documents: Documents, device: PublicKey) -> None:
        self._store = store
        self._registry = registry
        self._documents = documents
        self._device = device

    def act(self, now: Timestamp) -> list[Publish]:
        """Return what is to be published for documents made anew in which something fell or waits.

        In the transaction that showed the rival: a crash in between loses both or neither.
        """
        rivalled = sorted(self._documents.rivalled)
        self._documents.rivalled.clear()
        found = [self.again(document, now) for document in rivalled]
        return [one for one in found if one is not None]

    def again(self, document: DocumentId, now: Timestamp, *, everybody: bool = False) -> Publish | None:
        """Return what makes again what does not count of this device's changes, or of `everybody`'s.

        None where there is nothing of the kind. A document of which no entry that counts tells what it is,
        because whoever began it does not count any more, is begun again with what this device wrote there.

        Raises:
            NotFoundError: the document is not known here.
        """
        self._documents.looked_at.discard(document)
        is_lost = self._store.documents.get(document) is None
        made = self._made(document) if is_lost or self.may_have(document) else None
        if made is None or not made.opened.may_write(self._device, self._registry):
            return None
        self._unmark(made)
        picked = self._unheard(made, everybody=everybody)
        if not picked and not is_lost:
            return None
        self._documents.looked_at.add(document)
        if any(self._is_own(one) and one.id not in made.opened.strays for one in picked):
            self._documents.runs.begin_anew(document)  # Somebody else writes as this run.
        taken = self._take_up(made, picked)
        if is_lost:
            return self._begin_again(made, taken, now)
        if not taken.settled:
            return None
        opened = self._documents.held(document)
        edits = fitting(opened, taken.carried, self._documents.runs.actor(opened))
        drafts, count = as_many(edits, lambda part: self._documents.edit(document, part, now))
        if count == len(edits):
            self.mark(taken, now)  # Else the rest is found at the next look.
        return made.opened.genesis.scope, tuple(drafts or ())

    def _begin_again(self, made: Made, taken: Again, now: Timestamp) -> Publish | None:
        """Return what begins a document again that lost its beginning; None where nothing would stand there.

        Whoever else wrote there does the same, with what it wrote itself: all begin the same document.
        """
        opened, runs = made.opened, self._documents.runs
        founding = beginnings.spelled(opened.genesis)
        edits = fitting(opened, taken.carried, runs.actor(opened))
        counting = opened.counted - opened.unsettled
        stands = any(self._is_own(entry) and entry.id in counting for entry in made.judged)
        if not beginnings.may_begin(opened.genesis, self._device, self._registry):
            return None
        if opened.genesis.type == OFFER_TYPE and not stands and (_KIND,) not in [one.path for one in edits]:
            taken.carried.left += [one.path for one in edits]  # Part of it alone offers nothing.
            edits = []

        def begin(part: Sequence[Edit]) -> list[Draft]:
            raw = opened.change(actor=runs.actor(opened), edits=part, time_s=now // MS_PER_SECOND)
            assert raw is not None, "edits of what does not stand there change it"
            return [Draft(Kind.GENESIS, [founding, runs.announce(opened.id), [raw]], opened.id)]

        drafts, count = as_many(edits, begin)
        if count == len(edits):
            self.mark(taken, now)  # Else the rest is found at the next look.
        if drafts is None and stands:
            drafts = [Draft(Kind.GENESIS, founding, opened.id)]
        return (opened.genesis.scope, tuple(drafts)) if drafts else None

    def remains(self, document: DocumentId) -> bool:
        """Tell whether something of this device's is still to be made again."""
        made = self._made(document) if self.may_have(document) else None
        return made is not None and bool(self._unheard(made, everybody=False))

    def may_have(self, document: DocumentId) -> bool:
        """Tell whether there may be anything to make again, without reading the entries.

        Raises:
            NotFoundError: the document is not known here.
        """
        opened = self._documents.held(document)
        return bool(opened.strays) or not opened.strict or bool(opened.unsettled)

    def everybodys(self, made: Made) -> Again:
        """Return what makes again all that does not count, and what only epochs say that are not known of.

        For the next epoch, which takes the place of them all.
        """
        rivals = [one.entry for one in epochs.rivals(self._store.feeds, made.began)]
        return self._take_up(made, [*self._unheard(made, everybody=True), *rivals])

    def mark(self, again: Again, now: Timestamp) -> None:
        """Remember what was dealt with, and which places were left."""
        left = ["/".join(map(str, path)) for path in again.carried.left]
        for entry in again.settled:
            self._store.local.put(CARRIED, entry.id, canonical.encode([hours(now), left, entry.document]))

    def _unmark(self, made: Made) -> None:
        """Forget that entries were dealt with that count again, so that they are again when they fall anew.

        What was made of them may be let go meanwhile, for they say it themselves.
        """
        counting, here = self._counting(made), made.opened.counted - made.opened.unsettled
        for raw, value in self._store.local.all(CARRIED):
            entry = EntryId(raw)
            # What an epoch includes and could not do justice to stays told to the stewards.
            if entry in here or (entry in counting and _nothing_left(value)):
                self._store.local.remove(CARRIED, entry)

    def _take_up(self, made: Made, picked: Sequence[Entry]) -> Again:
        """Return what makes entries again of a document as it stands; nothing is written."""
        again = Again()
        if not picked:
            return again
        read = Pasts(made, self._store.feeds.of_document(made.opened.id), self._registry)
        stands, waiting = made.opened.read(), made.opened.unsettled
        counting = self._counting(made)
        edits: dict[Path, Edit] = {}
        ordered = sorted(picked, key=lambda one: (one.feed.device, one.seq, one.id))
        parts = read.by_epoch(one.id for one in ordered if read.is_whole(one.id))
        settled: set[EntryId] = set()
        spent = 0
        while parts and spent < _READ_MAX:
            pending = parts.pop(0)
            past = read.of(pending, counting)
            spent += len(past.below)
            # What somebody took off who had seen it stays off, though that does not count either.
            undone = read.undone(past, [*waiting, *made.opened.strays])
            now = Now(stands, read.taken_off(made.opened.counted, but=past.below) | undone)
            carried = carrying.carry(past.before, past.after, now, unsaid=past.unsaid)
            edits |= {edit.path: edit for edit in carried.edits}
            again.carried.left += carried.left
            # The first met nobody in its way: if it contradicts something, it contradicts itself.
            settled |= past.fitting | past.refused | {pending[0]}
            if contradicting := [one for one in pending if one not in settled]:
                parts.insert(0, contradicting)
        torn = [one for one in ordered if not read.is_whole(one.id) and one.id not in waiting]
        if torn and self._is_gone(made):
            now = Now(stands, read.taken_off(made.opened.counted))
            for entry in torn:
                saved = carrying.salvage(_worth_saving(entry, read), now)
                edits = {edit.path: edit for edit in saved.edits} | edits
                again.carried.left += saved.left
                settled.add(entry.id)
        again.carried.edits = [edits[path] for path in sorted(edits, key=_in_order)]
        again.settled = [one for one in ordered if one.id in settled]
        return again

    def _made(self, document: DocumentId) -> Made | None:
        held = self._store.feeds.of_document(document)
        entries = [entry for entry in held if self._registry.standing(entry) is Standing.COUNTS]
        feeds = self._store.feeds
        made = making.make(document, entries, self._registry, feeds)
        if made is not None:
            return made
        recalled = beginnings.recalled(document, held)
        if recalled is None:
            return None
        return making.make(document, entries, self._registry, feeds, recalled=recalled)

    def _is_own(self, entry: Entry) -> bool:
        return entry.feed.device == self._device

    def _unheard(self, made: Made, *, everybody: bool) -> list[Entry]:
        """Return what this device or any writer wrote that does not count, and was not dealt with."""
        unheard = made.opened.strays.keys() | made.opened.unsettled | {one.id for one, _ in made.rejected}
        return [
            entry
            for entry in made.judged
            if entry.id in unheard
            and (everybody or self._is_own(entry))
            and made.opened.may_write(entry.feed.device, self._registry)
            and self._store.local.get(CARRIED, entry.id) is None
        ]

    def _counting(self, made: Made) -> set[EntryId]:
        """Return the entries of which what they say is in what stands now."""
        listed = Listed(self._store.feeds, made.began[:1])
        included = {one.id for one in made.judged if listed.has(one.feed, Head(one.seq, one.id))}
        rejected = {entry.id for entry, _ in made.rejected}
        return included | (made.opened.counted - made.opened.unsettled - rejected)

    def _is_gone(self, made: Made) -> bool:
        """Tell whether something that the epoch includes can be read no more, for it was dropped."""
        listed = Listed(self._store.feeds, made.began[:1])
        held = self._store.feeds.of_document(made.opened.id) if made.began else ()
        return any(one.body is None and listed.has(one.feed, Head(one.seq, one.id)) for one in held)


def _nothing_left(mark: bytes) -> bool:
    match canonical.decode(mark):
        case [_, [], _]:
            return True
        case _:
            return False


def fitting(opened: OpenDocument, carried: Carried, actor: Actor) -> list[Edit]:
    """Return the edits that can be made here; of the others the places are left as they are."""
    found = []
    for edit in carried.edits:
        try:
            opened.change(actor=actor, edits=[edit], time_s=0)
            found.append(edit)
        except UserError:  # The place it belongs to is gone, or it never fitted the document.
            carried.left.append(edit.path)
    return found


def as_many(edits: Sequence[Edit], make: Callable[[Sequence[Edit]], T]) -> tuple[T | None, int]:
    """Make of edits, each of which fits into a change, as many as fit together.

    Returns:
        What became of them, and how many of the first they are.
    """
    count = len(edits)
    while count:
        try:
            return make(edits[:count]), count
        except UserError:
            count //= 2
    return None, 0


def _worth_saving(entry: Entry, read: Pasts) -> Sequence[bytes]:
    """Return what an entry brings whose past is gone, unless it names a run that is not its device's."""
    content = pasts.brought(entry)
    if content is None or (content.run_nonce is not None and not read.knows(entry.id)):
        return ()
    return content.raw_changes


def _in_order(path: Path) -> list[str]:
    return [str(step) for step in path]
