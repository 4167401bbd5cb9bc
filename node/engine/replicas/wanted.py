"""Bodies that are wanted: entries held without their body that no epoch includes.

Whoever passes a feed on may leave out what was included by an epoch. What else is left out is suppressed, or
not known to be included yet: it is wanted, and asked of one neighbour after the other. As long as it is, this
node claims a feed only up to there, so that equal claims mean equal states.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from node.clock import MS_PER_SECOND, Timestamp
from node.engine.ends import Standing
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.replicas import epochs, gaps, gathering, settling
from node.engine.replicas.epochs import Listed
from node.engine.replicas.gaps import Gap, GapRows
from node.engine.replicas.stops import Includer, Stops
from node.feeds import checkpoints
from node.feeds.checkpoints import Checkpoint
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import DocumentId, EntryId
from node.keys import PublicKey
from node.limits import FORK_BRANCHES_MAX
from node.replication.messages import KNOWN_PER_WANT_MAX, Wanted

# What includes an entry may come behind it: a body is asked for when it did not.
_ASKED_EVERY_MS: Final = 10 * MS_PER_SECOND


class WantedBodies:
    """Know whose bodies are wanted; follows every write of the same transaction.

    Args:
        own: this node's device, whose feed stops nowhere at home.

    Attributes:
        stops: behind which of these entries nothing counts.
        freed: checkpoints that are kept back no more, until somebody takes them out.
    """

    def __init__(self, store: Store, registry: Registry, own: PublicKey | None = None) -> None:
        self._store = store
        self._registry = registry
        self.stops = Stops(store.feeds, own, registry.checkpoints.fits)
        self.freed: list[Checkpoint] = []
        self._rows = GapRows(store)
        self._of_document: dict[DocumentId, dict[EntryId, Gap]] = {}
        # The epochs held of documents that have gaps, as far as the store was asked for them.
        self._begun: dict[DocumentId, list[Entry]] = {}
        # Since `work_out` last, by document: what came with its body where other entries are wanted, and what
        # is wanted that was not; and documents of which what counts has changed.
        self._review: dict[DocumentId, dict[EntryId, Entry]] = {}
        self._bare: dict[DocumentId, list[Gap]] = {}
        self._anew: set[DocumentId] = set()
        self._changed: set[FeedKey] = set()
        self._asked = Timestamp(0)
        self._turn = 0
        for feed in self._rows.feeds():
            known = self._rows.of(feed)
            self._keep(known)  # An epoch may include it that is behind a gap itself.
            self.stops.note(known)
        self.stops.begin()
        for feed in self._rows.feeds():
            self.weigh(feed)

    def __len__(self) -> int:
        self.work_out()
        return len(self._rows)

    def took(self, entries: Sequence[Entry]) -> None:
        """Note entries of one feed that came; `settle` says what is wanted."""
        self.stops.grew(entries[0].feed)
        bare = [gaps.of(entry) for entry in entries if entry.body is None]
        if bare := [gap for gap in bare if not self._is_past(gap)]:
            self._want(bare)
            self.stops.came(bare)
        for entry in entries:
            if entry.body is None:
                continue
            self._fill(entry.feed, Head(entry.seq, entry.id))
            # An epoch may include what is wanted, and a branch's end tells what lies before it.
            document = entry.document
            if document is not None and document in self._of_document:
                self._review.setdefault(document, {})[entry.id] = entry
                if document in self._begun and epochs.is_epoch(entry):
                    self._begun[document].append(entry)
            if (said := checkpoints.of(entry)) is not None:
                self.stops.weigh(said)

    def weigh(self, feed: FeedKey) -> None:
        """Keep the checkpoints of a feed back, until it is worked out that nothing wanted forbids them."""
        for said in self._registry.checkpoints.weigh(feed):
            self.stops.weigh(said)

    def take_freed(self, feed: FeedKey) -> list[Checkpoint]:
        """Take out the checkpoints of a feed that are kept back no more."""
        taken = [said for said in self.freed if said.feed == feed]
        self.freed = [said for said in self.freed if said.feed != feed]
        return taken

    def reconsider(self, entries: Iterable[Entry]) -> None:
        """Note entries whose standing may have changed: an epoch among them may include nothing any more."""
        for entry in entries:
            if entry.body is not None and not epochs.is_epoch(entry):
                continue
            if entry.document is not None:
                self._anew.add(entry.document)
            else:
                self._judge([gaps.of(entry)])

    def settle(self) -> set[FeedKey]:
        """Work out what is wanted by now, and return the feeds of which that changed since it was called."""
        self.work_out()
        changed, self._changed = self._changed, set()
        return changed

    def work_out(self) -> None:
        """Look at the documents of which something came: once a batch, unless somebody asks earlier."""
        if self._review or self._anew or self.stops.stirred:
            looked = sorted(self._anew.union(self._review))
            unknown = self._to_read([one for one in looked if one in self._anew or one not in self._begun])
            for document, held in gathering.with_bodies(self._store.feeds, unknown) if unknown else ():
                self._begun[document] = list(filter(epochs.is_epoch, held))
            for document in looked:
                self._settle(document)
            settled = settling.resolve(self.stops)
            for gap in settled.closed:
                self._drop(gap.feed, gap.place)
            self.freed += settled.freed
            for document in {*looked, *(gap.document for gap in settled.closed if gap.document is not None)}:
                if document not in self._of_document:
                    self._begun.pop(document, None)
            self._review.clear()
            self._bare.clear()
            self._anew.clear()
        self._changed |= self._rows.flush()

    def _to_read(self, documents: Sequence[DocumentId]) -> list[DocumentId]:
        """Return those of which more is held with its body, perhaps an epoch, than what came just now."""
        named = self._store.feeds.naming(documents) if documents else {}
        found = []
        for document in documents:
            came = self._review.get(document, {})
            if named[document] == len(came):  # A newcomer is sent headers, by the ten thousand, then epochs.
                self._begun[document] = list(filter(epochs.is_epoch, came.values()))
            else:
                found.append(document)
        return found

    def _settle(self, document: DocumentId) -> None:
        """Note what epochs include of what may be wanted of one document: what is held without its body."""
        if document in self._anew:
            held = self._store.feeds.of_document(document)
            self._judge([gaps.of(entry) for entry in held if entry.body is None])
        if not self._begun[document] or document not in self._of_document:
            return  # Without an epoch what was wanted is wanted.
        wanted, came = self._of_document[document], self._bare.get(document, [])
        if document in self._anew or self._review.get(document):
            bare = list(wanted.values())
        else:  # What the epochs held include of the others is noted: there may be many, and many epochs.
            bare = [gap for gap in came if gap.place.id in wanted]
        known = frozenset((gap.feed, gap.place) for gap in bare)
        by = [
            (self._includer(one.entry), Listed(self._store.feeds, (one,), held=known))
            for one in epochs.among(self._begun[document], self._registry)
        ]
        self.stops.note(
            bare, [(one, [gap for gap in bare if its.has(gap.feed, gap.place)]) for one, its in by]
        )

    def _judge(self, bare: Sequence[Gap]) -> None:
        """Note again what is held without its body: what nobody needs is not wanted, the rest is."""
        for gap in bare:
            if self._is_past(gap):
                self._fill(gap.feed, gap.place)
        wanted = [gap for gap in bare if not self._is_past(gap)]
        self._want(wanted)
        self.stops.note(wanted)

    def _includer(self, entry: Entry) -> Includer:
        holds = self._registry.allowed(entry) is Standing.COUNTS
        return Includer(entry.feed, Head(entry.seq, entry.id), holds)

    def ends(self, feed: FeedKey, ends: Sequence[Head]) -> list[Head]:
        """Return up to where the branches of a feed are held whole."""
        self.work_out()
        ends = self._registry.checkpoints.ends(feed, ends)
        lowest = self._rows.lowest(feed)
        if lowest is None or len(ends) >= FORK_BRANCHES_MAX:
            return list(ends)  # A feed that is full of branches counts as equal whatever is held of it.
        found = {}
        # Of one branch the first gap is enough; where there are several it may lie on another.
        ordered = [lowest] if len(ends) == 1 else sorted(self._rows.of(feed), key=_in_order)
        for end in ends:
            first = next((gap for gap in ordered if self._leads_to(gap, end)), None)
            if first is None:
                found[end.id] = end
            elif first.prev is not None:
                found[first.prev] = Head(first.place.seq - 1, first.prev)
        claims = sorted(found.values(), key=lambda head: (head.seq, head.id))
        # Where one branch is whole beyond the gap of another, what lies before that gap says nothing more:
        # whoever holds the whole branch alone does not claim it.
        return [
            one
            for at, one in enumerate(claims)
            if not any(self._store.feeds.fork_point(feed, end.id, (one,)) for end in claims[at + 1 :])
        ]

    def is_lacked(self, document: DocumentId, feed: FeedKey, place: Head) -> bool:
        """Tell whether an entry of a document is held without its body, as far as it was looked at."""
        gap = self._of_document.get(document, {}).get(place.id)
        return gap is not None and (gap.feed, gap.place) == (feed, place)

    def whole(self, feed: FeedKey) -> bool:
        """Tell whether nothing of a feed is wanted."""
        self.work_out()
        return self._rows.lowest(feed) is None and self._registry.checkpoints.whole(feed)

    def next_due(self) -> Timestamp | None:
        """Return when wanted bodies are to be asked for."""
        lacks = self._rows or self._registry.checkpoints.lacking()
        return Timestamp(self._asked + _ASKED_EVERY_MS) if lacks else None

    def ask(self, now: Timestamp) -> tuple[int, list[Gap]]:
        """Return whose turn it is to be asked, and the first gap of each feed, none when it is not time."""
        due = self.next_due()
        if due is None or now < due:
            return 0, []
        begun, self._asked = self._asked == 0, now
        if begun:
            return 0, []  # Noticed just now.
        self._turn += 1
        return self._turn, list(self._firsts())

    def request(self, gap: Gap) -> Wanted:
        """Return how to ask for a gap: from the entry before it to the next signature.

        Where nothing before it is held: from what is held of other branches.
        """
        end = next(one for one in self._store.feeds.heads_of(gap.feed) if self._leads_to(gap, one))
        path = self._store.feeds.path(
            gap.feed, end.id, after_seq=gap.place.seq - 1, entries_max=1, bytes_max=0
        )
        if gap.prev is None:
            known = tuple(reversed(self._store.feeds.heads_of(gap.feed)))[:KNOWN_PER_WANT_MAX]
            known = tuple(one for one in known if one.seq < path[0].seq)
        else:
            known = (Head(gap.place.seq - 1, gap.prev),)
        return Wanted(gap.feed.device, path[-1].id, known)

    def _firsts(self) -> Iterator[Gap]:
        for feed in self._rows.feeds():
            if (gap := self._rows.lowest(feed)) is not None:
                yield gap
        for begun in self._registry.checkpoints.lacking():
            yield Gap(begun.feed, begun.root, None, None)

    def _is_past(self, gap: Gap) -> bool:
        """Tell whether nobody needs a body, for a checkpoint says that nothing there counts."""
        return not self._registry.checkpoints.counts(gap.feed, gap.place)

    def _leads_to(self, gap: Gap, end: Head) -> bool:
        if end.seq < gap.place.seq:
            return False
        return self._store.feeds.fork_point(gap.feed, end.id, [gap.place]) == gap.place.seq

    def _want(self, bare: Iterable[Gap]) -> None:
        self._keep([gap for gap in bare if self._rows.put(gap)])

    def _keep(self, wanted: Iterable[Gap]) -> None:
        """Let the documents be looked at of which something is wanted that was not."""
        for gap in wanted:
            document = gap.document
            if document is not None:
                self._of_document.setdefault(document, {})[gap.place.id] = gap
                self._bare.setdefault(document, []).append(gap)
                self._review.setdefault(document, {})

    def _fill(self, feed: FeedKey, place: Head) -> None:
        gap = self._drop(feed, place)
        if gap is not None:
            self.stops.lift(gap)

    def _drop(self, feed: FeedKey, place: Head) -> Gap | None:
        gap = self._rows.take(feed, place)
        if gap is not None and gap.document is not None:
            wanted = self._of_document[gap.document]
            del wanted[place.id]
            if not wanted:
                del self._of_document[gap.document]
        return gap


def _in_order(gap: Gap) -> tuple[int, EntryId]:
    return gap.place.seq, gap.place.id
