"""From a stretch that arrived to what it means: prove, keep, then route each body to its index.

Entries are kept whatever their bodies say; a body that is invalid for good gets a verdict and counts for
nothing. What a body means never decides whether its feed is carried on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from node.circles import statements as circles
from node.engine.checkpoints import Begun, State
from node.engine.circles.circles import READ_IN_PASSING, Circles
from node.engine.ends import Standing
from node.engine.ports import Carrier, RecordRow, Store, Verdict
from node.engine.registry import Registry
from node.engine.replicas import epochs, gathering
from node.engine.replicas.awaited import AwaitedEnds
from node.engine.replicas.documents import Documents
from node.engine.replicas.lanes import NOWHERE, Lane
from node.engine.replicas.stops import in_order
from node.engine.replicas.wanted import WantedBodies
from node.engine.sessions.quotas import Quotas
from node.engine.subjects import subject_of
from node.errors import PeerError, RejectedChangeError
from node.feeds import bodies, checkpoints, stretch
from node.feeds.bodies import Body, Kind
from node.feeds.checkpoints import Checkpoint
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Stretch
from node.identity.community import Community
from node.limits import STRETCH_ENTRIES_MAX, WANT_ANSWER_BYTES_MAX
from node.records import record


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came of taking in some entries.

    Attributes:
        fresh: entries not held before, in order; they end at a signature.
        membership_changed: a record among them bears on who belongs to a federation.
        kinds: of the records among them.
    """

    fresh: tuple[Entry, ...] = field(default=())
    membership_changed: bool = False
    kinds: frozenset[str] = frozenset()


class Ingest:
    """Take entries in, from peers and from this node's own author alike."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        documents: Documents,
        quotas: Quotas,
        wanted: WantedBodies,
        circles: Circles,
    ) -> None:
        self._store = store
        self._circles = circles
        self._wanted = wanted
        self._awaited = AwaitedEnds(store, registry, wanted)
        self._quotas = quotas
        self._registry = registry
        self._documents = documents
        self._kinds: set[str] = set()
        registry.behind = wanted.stops.behind
        registry.checkpoints.keeps_back = wanted.stops.keeps_back

    def admit(self, sent: Stretch, *, by: Head | None = None) -> Arrival:
        """Prove and take in a stretch from a peer.

        Args:
            sent: it, with its shape checked.
            by: the checkpoint for which this stretch begins a branch; what lies before it is not held.

        Raises:
            BadSignatureError: the chain it names is not the one its author signed.
        """
        entries = stretch.prove(sent)
        feeds, feed = self._store.feeds, sent.feed
        ends = feeds.heads_of(feed)
        first = Head(entries[0].seq, entries[0].id)
        before = None if sent.prev is None else Head(sent.first_seq - 1, sent.prev)
        crowded = before not in ends and self._registry.checkpoints.crowded(feed, before)
        if crowded and not feeds.holds(feed, first):
            return Arrival()  # One more story of a device that tells too many; its peer may be honest.
        if by is None or before is None or feeds.holds(feed, before):
            return self.take(entries)
        return self.take(entries, begun=Begun(feed, before, by))

    def take(self, entries: Sequence[Entry], *, begun: Begun | None = None) -> Arrival:
        """Keep proved entries and route what is new; documents are judged when somebody reads or commits."""
        feed, known = entries[0].feed, self._registry.checkpoints
        pieces = list(known.pieces(entries))
        new = [one for piece in pieces for one in self._unheld(piece)]
        if begun is not None:
            known.begin(begun)
        fresh = [one for part in pieces for one in self._store.feeds.append(part, begins=begun is not None)]
        if not fresh:
            return Arrival()
        self._quotas.took(new)
        before = known.state(feed)
        self._wanted.took(fresh)
        joined = known.took(feed, fresh)
        self._kinds.clear()
        if joined or {cut.entry for cut in self._registry.cuts(feed)} & {entry.id for entry in fresh}:
            known.forget()
            changed = self._recount(feed)  # The end of a retired device's feed: now it is known what counts.
        else:
            changed = self._route_all(fresh)
            if before != known.state(feed):
                changed |= self._moved(feed, before)
        for began, read in self._awaited.took(fresh):
            self._quotas.read_again(began.entry.feed.device, read)
            self._documents.reconsider([began.entry])
            self._wanted.reconsider([began.entry])
        changed |= self._registry.settle(feed.scope)
        if changed:
            self._documents.writers_changed(feed.scope)
            self._circles.members_changed(feed.scope)
        if self._documents.full:
            self._documents.settle()
        self._circles.read_on(READ_IN_PASSING)
        return Arrival(tuple(fresh), changed, frozenset(self._kinds))

    def catch_up(self) -> list[Arrival]:
        """Route what lay behind bodies that are not wanted any more, and take out what lies behind new ones.

        Until it is called, what came behind an entry without its body counts for nothing. After it all that
        counts is judged.

        Returns:
            What came of it, each with one of the entries.
        """
        stops, found = self._wanted.stops, list[Arrival]()
        self._wanted.work_out()
        while (moved := stops.moved()) or self._wanted.freed:
            freed = {said.feed: said.entry for said in self._wanted.freed}
            for feed in sorted({*moved, *freed}, key=in_order):
                self._kinds.clear()
                changed = self._free(feed) if feed in freed else False
                routed = freed.get(feed)
                for lane in stops.lanes(feed):
                    start, lane.was = lane.was, lane.stop
                    if lane.stop < start:
                        self._wanted.weigh(feed)
                        changed |= self._recount(feed)  # Something counted here that does not any more.
                        routed = routed or lane.tip
                    elif lane.late < lane.stop:
                        changed |= self._release(feed, lane)
                        routed = routed or lane.tip
                stops.settle_down(feed)
                if routed is not None:
                    changed |= self._registry.settle(feed.scope)
                    if changed:
                        self._documents.writers_changed(feed.scope)
                        self._circles.members_changed(feed.scope)
                    found.append(Arrival(self._at(feed, routed), changed, frozenset(self._kinds)))
            self._wanted.work_out()
        self._documents.settle()
        return found

    def _free(self, feed: FeedKey) -> bool:
        """Let checkpoints of a feed count that were kept back; tell whether that bears on membership."""
        known, stops = self._registry.checkpoints, self._wanted.stops
        before = known.state(feed)
        for said in self._wanted.take_freed(feed):
            stops.free(said)
        known.weigh(feed)
        return before != known.state(feed) and self._moved(feed, before)

    def _at(self, feed: FeedKey, place: Head) -> tuple[Entry, ...]:
        """Return the entry at a place."""
        found = self._store.feeds.path(feed, place.id, after_seq=place.seq - 1, entries_max=1, bytes_max=0)
        return tuple(found[:1])

    def _release(self, feed: FeedKey, lane: Lane) -> bool:
        """Route what was not on a branch, up to where it stops; tell whether that bears on membership."""
        stop, after, changed = lane.stop, lane.late - 1, False
        lane.late = stop if stop < lane.tip.seq else NOWHERE
        last = min(stop - 1, lane.tip.seq)
        while after < last:
            part = self._store.feeds.path(
                feed,
                lane.tip.id,
                after_seq=after,
                entries_max=min(last - after, STRETCH_ENTRIES_MAX),
                bytes_max=WANT_ANSWER_BYTES_MAX,
            )
            changed |= self._route_all([one for one in part if one.seq <= last])
            after = part[-1].seq
        return changed

    def end(self, feed: FeedKey) -> Head | None:
        """Return the end behind which a feed's author goes on, None where nothing of it is held."""
        return self._registry.checkpoints.end(feed)

    def _unheld(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Return those of consecutive entries that are not held: a body that comes later is counted once."""
        feeds = self._store.feeds
        if not feeds.holds(entries[0].feed, Head(entries[0].seq, entries[0].id)):
            return entries  # Nor is anything behind it.
        return [one for one in entries if not feeds.holds(one.feed, Head(one.seq, one.id))]

    def route_again(self, entries: Sequence[Entry]) -> None:
        """Route entries that are held already, after the caches were emptied."""
        for entry in entries:
            self._route(entry, self._registry.standing(entry))
        for scope in {entry.feed.scope for entry in entries}:
            self._registry.settle(scope)
        self._documents.settle()

    def recount(self, known: Community, before: Community | None) -> None:
        """Count anew what a community's devices published: its charter has changed.

        Where no device was retired since it stood as before, that is what came and went, for a full charter
        does not keep all.
        """
        devices = set(known.devices)
        if before is not None:
            moved = before.devices.keys() ^ known.devices.keys()
            devices = moved if before.retirements == known.retirements else devices | moved
        for device in sorted(devices):
            for scope in self._store.feeds.scopes():
                if self._recount(FeedKey(device, scope)):
                    self._documents.writers_changed(scope)
                    self._circles.members_changed(scope)

    def _moved(self, feed: FeedKey, before: State) -> bool:
        """Count anew what counts since another checkpoint of a feed holds, or does not any more."""
        changed: list[Entry] = []
        for span in self._registry.checkpoints.moved(feed, before):
            for part in gathering.branch(self._store.feeds, feed, span.end, after=span.first - 1):
                changed += [entry for entry in part if entry.seq <= span.last]
                if part[-1].seq >= span.last:
                    break
        self._quotas.read_again(feed.device, len(changed))
        if any(entry.document is None and not checkpoints.says(entry) for entry in changed):
            # Records among them: honest devices write none before a place.
            self._quotas.read_again(feed.device, max(entry.seq for entry in self._store.feeds.heads_of(feed)))
            return self._recount(feed)
        # What has no body brings nothing, wherever it stands.
        self._documents.reconsider([entry for entry in changed if entry.body is not None])
        self._wanted.reconsider(changed)
        return False

    def _recount(self, feed: FeedKey) -> bool:
        """Count a feed anew, on all its branches; tell whether that may bear on membership."""
        if not self._store.feeds.heads_of(feed):
            return False
        dropped = self._store.records.drop_carried(feed, after_seq=0)
        for part in self._parts(feed):
            self._wanted.reconsider(part)
        self._wanted.work_out()
        for part in self._parts(feed):
            self._documents.reconsider(part)
            self._route_all(part)
        self._circles.recounted(feed, dropped)
        self._registry.recounted(feed.scope, dropped)
        return True

    def _parts(self, feed: FeedKey) -> Iterator[list[Entry]]:
        """Yield all that is held of a feed, each branch from its beginning."""
        for end in self._store.feeds.heads_of(feed):
            yield from gathering.branch(self._store.feeds, feed, end.id)

    def _route_all(self, entries: Sequence[Entry]) -> bool:
        """Route entries of one feed; tell whether any bears on membership."""
        feed, stops = entries[0].feed, self._wanted.stops
        common = self._registry.standing_of(feed)
        bears = stops.bear_on(feed)
        changed = False
        for entry in entries:
            if entry.body is None:
                continue
            if bears and stops.behind(feed, Head(entry.seq, entry.id)):
                stops.left_out(feed, Head(entry.seq, entry.id))
                continue
            standing = common if common is not None else self._registry.allowed(entry)
            changed |= self._route(entry, standing)
        return changed

    def _route(self, entry: Entry, standing: Standing) -> bool:
        """Route one entry; tell whether it bears on membership."""
        if entry.body is None or standing <= Standing.PAST:
            return False
        try:
            # The epoch in it was read when it was worked out what it includes.
            body = bodies.decode(entry.body) if not epochs.is_epoch(entry) else None
            if body is not None and body.kind is Kind.RECORD:
                return self._index(entry, body)
            if body is not None and body.kind is Kind.CHECKPOINT:
                return self._check(checkpoints.read(entry, body))
            if body is not None and body.kind is Kind.SEALED:
                return self._unseal(entry, body, counts=standing is Standing.COUNTS)
            if standing is Standing.COUNTS:
                self._documents.take(entry, body)
        except RejectedChangeError as error:
            self._store.documents.put_verdict(Verdict(entry.feed, entry.seq, entry.id, str(error)))
        return False

    def _unseal(self, entry: Entry, body: Body, *, counts: bool) -> bool:
        """Read what is sealed for this device; it bears on no membership."""
        if body.document is not None:
            raise RejectedChangeError("expected what is sealed to name no document")
        if read := self._circles.take(entry, body.content, counts=counts):
            self._quotas.read_again(entry.feed.device, read)
        return False

    def _check(self, said: Checkpoint) -> bool:
        """Note where a checkpoint is none; which one holds is worked out when it is asked for."""
        if self._registry.checkpoints.contradicts(said):
            raise RejectedChangeError("expected the id of the entry before its place, found another")
        return False

    def _index(self, entry: Entry, body: Body) -> bool:
        """Index the record in a body; tell whether it bears on membership."""
        if not isinstance(body.content, bytes) or body.document is not None:
            raise RejectedChangeError("expected a record as one byte string")
        try:
            found = record.read(body.content)
            if found.kind in circles.KINDS:
                raise RejectedChangeError("expected what is said in a circle to be sealed")
            about = subject_of(found)
        except PeerError as error:
            raise RejectedChangeError(f"the record does not hold: {error}") from error
        row = RecordRow.of(found, scope=entry.feed.scope, about=about)
        self._kinds.add(found.kind)
        self._store.records.add(row, Carrier(entry.feed, entry.seq, entry.id))
        return self._registry.arrived(entry.feed.scope, found.kind, about, found.payload_id)
