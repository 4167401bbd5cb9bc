"""One document in memory: its gate, and what of its entries the gate must be told."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType

from node.crdt import changes, runs
from node.crdt.changes import ChangeHash
from node.crdt.document import Document
from node.crdt.edits import Edit, Tree
from node.crdt.gate import DocumentGate, Judged
from node.crdt.genesis import Communities, Genesis, MembersOf
from node.crdt.operations import Actor
from node.crdt.replica import Replica
from node.crdt.schema import DocumentSchema
from node.crdt.verdicts import Admitted, Duplicate, Rejected, Waiting
from node.crdt.waiting import Offer, WaitingRoom
from node.engine.replicas.bringers import AnewError, Bringers
from node.engine.replicas.known_writers import Writers
from node.errors import RejectedChangeError
from node.feeds import bodies
from node.feeds.bodies import Changes
from node.feeds.entry import Entry
from node.ids import DocumentId, EntryId
from node.keys import PublicKey

# A document begins in this epoch; node/crdt/epochs.py says how others follow.
FIRST_EPOCH = 0
# What an open document takes without changes, and what each change and operation adds: measured.
_BARE_BYTES = 3_500
_CHANGE_BYTES = 600
_OPERATION_BYTES = 450
_NONE_READ: Mapping[EntryId, Changes] = MappingProxyType({})


class RivalError(AnewError):
    """A forger used one actor and number twice: begin again with all entries, settled by their ids."""


class OpenDocument:
    """Judge a document's entries, whatever their order.

    Args:
        reader: whom automerge shall take for the reader, which writes nothing.
        strict: whether a rival is reported (`RivalError`) rather than settled by the order of the first
            offers; `AnewError` then tells of what follows that it may change how rivals were settled.
        compared: whether the changes are kept, so that `differences` can hand them to automerge.
        epoch: to which the runs belong whose changes count here.
        began: the entry that began this epoch, None in the first.
    """

    def __init__(
        self,
        document: DocumentId,
        founding: Genesis,
        schema: DocumentSchema,
        *,
        reader: Actor,
        strict: bool = True,
        compared: bool = False,
        epoch: int = FIRST_EPOCH,
        began: EntryId | None = None,
    ) -> None:
        self.id = document
        self.genesis = founding
        self._gate = DocumentGate(schema)
        self._announced: dict[PublicKey, set[Actor]] = {}
        self._put_off = WaitingRoom()  # What found no room in the gate's, which is bounded.
        self._reader = reader
        self._compared = compared
        self._counted: list[bytes] = []
        self._makers: dict[Actor, PublicKey] = {}
        # What was judged since it was last taken, by device: operations that count, bytes of what does not.
        self.worked: Counter[PublicKey] = Counter()
        self.strict = strict
        self._bringers = Bringers()  # Only where rivals were settled.
        self._is_settled = False
        self.epoch = epoch
        self.began = began
        self.history_bytes = 0
        # Entries of which something counts, and those of runs that this epoch does not know, or not yet.
        self.counted: set[EntryId] = set()
        self.strays: dict[EntryId, Entry] = {}

    @property
    def changes_counted(self) -> int:
        """Return how many changes count."""
        return self._gate.admitted_count

    @property
    def unsettled(self) -> set[EntryId]:
        """Return the entries of which something waits for changes that are not held."""
        return {EntryId(offer.source) for offer in (*self._put_off.offers, *self._gate.waiting)}

    @property
    def memory_bytes(self) -> int:
        """Return about how much memory this takes, as if texts that were replaced were kept."""
        counted, operations = self._gate.admitted_count, self._gate.operations_count
        # Each change has a bit for every one before it.
        closures = counted * counted // 16
        rows = counted * _CHANGE_BYTES + operations * _OPERATION_BYTES
        return _BARE_BYTES + rows + closures + self.history_bytes

    def read(self) -> dict[str, Tree]:
        """Return what a reader sees, as the changes that count make it."""
        return self._gate.read()

    def change(self, *, actor: Actor, edits: Sequence[Edit], time_s: int, message: str = "") -> bytes | None:
        """Return the change that carries out edits, or None: see `DocumentGate.change`."""
        return self._gate.change(actor=actor, edits=edits, time_s=time_s, message=message)

    def count(self, raw: bytes, actor: Actor) -> None:
        """Count a change that this process has just made here, ahead of its entry."""
        outcome = self._gate.admit([Offer(raw, actor)])
        assert outcome.admitted, outcome

    def differences(self) -> list[str]:
        """Return in words where automerge reads something else than we do: nothing, as far as is known.

        Only of a document that was opened to be compared.
        """
        assert self._compared
        replica = Replica(Document.empty(self._reader)).extended(self._counted, thorough=True)
        return replica.differences(self.read(), self._gate.heads)

    def may_write(self, device: PublicKey, writers: Writers) -> bool:
        """Tell whether this device's community is among the document's writers."""
        owners = writers.communities_of(device)
        match self.genesis.writers:
            case Communities(ids=allowed):
                return not owners.isdisjoint(allowed)
            case MembersOf(federation=federation):
                return any(writers.may_write(federation, owner) for owner in owners)

    def offer(
        self, entries: Sequence[Entry], writers: Writers, *, known: Mapping[EntryId, Changes] = _NONE_READ
    ) -> list[tuple[Entry, str]]:
        """Take entries with changes and return those that count for nothing, with the reason.

        Args:
            entries: with bodies of kind `changes`.
            writers: who may write what.
            known: the content of those entries that the caller has read already, by their ids.

        Raises:
            RivalError: a forger used one actor and number twice (only when strict).
            AnewError: what was settled may not stay so (only when not strict, and not the first time); of no
                use any more is then what was made here.
        """
        runs_known = len(self._makers)
        entries = self._follow(entries, writers, known)
        rejected: list[tuple[Entry, str]] = []
        offers: list[Offer] = []
        brought: list[tuple[Entry, Changes]] = []
        for entry in entries:
            try:
                content = known.get(entry.id) or _read(entry)
            except RejectedChangeError as error:
                rejected.append((entry, str(error)))
                continue
            # Runs first: entries may be offered in another order than they were made.
            self._announce(entry, content)
            brought.append((entry, content))
        if len(self._makers) > runs_known:
            brought += self._found_again()
        by_id = {entry.id: entry for entry, _ in brought}
        may_write = {
            device: self.may_write(device, writers)
            for device in sorted({entry.feed.device for entry, _ in brought})
        }
        for entry, content in brought:
            if not may_write[entry.feed.device]:
                rejected.append((entry, "its author is none of the document's writers"))
                continue
            if entry.id != self.began:  # It lists more than it says.
                self.history_bytes += entry.body_bytes
            try:
                if self._is_announced(entry, content):
                    offers += [Offer(raw, changes.actor_of(raw), entry.id) for raw in content.raw_changes]
                else:
                    self.strays[entry.id] = entry
            except RejectedChangeError as error:
                rejected.append((entry, str(error)))
        return rejected + self._admit(offers, by_id)

    def _found_again(self) -> list[tuple[Entry, Changes]]:
        """Take out the strays whose run is announced by now.

        The entry that announces it may come later: of a feed with branches it may stand on another than the
        entries that follow it, and what counts may not hang on which branch came first.
        """
        found = [(entry, _read(entry)) for entry in self.strays.values()]
        found = [(entry, content) for entry, content in found if self._is_announced(entry, content)]
        for entry, _ in found:
            del self.strays[entry.id]
            self.history_bytes -= entry.body_bytes  # It is counted anew with them.
        return found

    def _follow(
        self, entries: Sequence[Entry], writers: Writers, known: Mapping[EntryId, Changes]
    ) -> Sequence[Entry]:
        """Count the first of these entries as long as each follows the one before, and return the others."""
        gate = self._gate
        if not self.strict:
            return entries  # What appears where is to be noted of each.
        for place, entry in enumerate(entries):
            device, content = entry.feed.device, known.get(entry.id) or _content(entry)
            if not gate.is_straight or content is None:
                return entries[place:]
            self._announce(entry, content)
            actors = self._announced.get(device)
            if actors is None or not self.may_write(device, writers):
                return entries[place:]
            for raw in content.raw_changes:
                followed = gate.follow(raw, actors)
                if followed is None:
                    return entries[place:]
                self.worked[device] += followed.operations
                self.counted.add(entry.id)
                if self._compared:
                    self._counted.append(raw)
            if entry.id != self.began:
                self.history_bytes += entry.body_bytes
        return ()

    def _admit(self, offers: list[Offer], by_id: Mapping[EntryId, Entry]) -> list[tuple[Entry, str]]:
        """Pass offers through the gate and return the entries that count for nothing, with the reason."""
        rejected: list[tuple[Entry, str]] = []
        goes_on, self._is_settled = self._is_settled, not self.strict
        fresh = set() if self.strict else self._bringers.note(offers, decided=goes_on)
        while offers:
            outcome = self._gate.admit(offers)
            freed: list[tuple[int, Offer]] = []
            for judged in outcome.judged:
                if goes_on:
                    _check_order(judged, waited=judged.offer.source not in by_id, fresh=fresh)
                match judged.verdict:
                    case Admitted(hash=name, actor=actor, operations=operations):
                        freed += self._put_off.release(name, admitted=True)
                        self.counted.add(EntryId(self._bringers.lowest(name, judged.offer.source)))
                        self.worked[self._makers[actor]] += operations
                        if self._compared:
                            self._counted.append(judged.offer.raw)
                    case Rejected(reason=reason, hash=refused):
                        if refused is not None:
                            freed += self._put_off.release(ChangeHash(refused), admitted=False)
                        source = self._note(judged)
                        if source in by_id:
                            rejected.append((by_id[source], reason))
                    case Waiting() | Duplicate():
                        pass
            self._put_off_further(outcome.turned_away)
            # Offered again as soon as that does not wait any more, and not before.
            offers = [offer for _, offer in sorted(freed, key=itemgetter(0))]
        return rejected

    def _put_off_further(self, offers: Iterable[Offer]) -> None:
        """Keep what waits for others and found no room in the gate's."""
        for offer in offers:
            verdict = self._gate.judge(offer)
            assert isinstance(verdict, Waiting), verdict
            self._put_off.add(offer, verdict.missing)

    def lost(self, entries: Iterable[Entry], rejected: Sequence[tuple[Entry, str]]) -> bool:
        """Tell whether something of these entries, which were just offered, does not count, or not yet."""
        ids = {entry.id for entry in entries}
        fallen = {entry.id for entry, _ in rejected}
        return bool(ids) and not ids <= self.counted - fallen - self.unsettled

    def maker(self, actor: Actor) -> PublicKey:
        """Return the device of a run that is known here."""
        return self._makers[actor]

    def _announce(self, entry: Entry, content: Changes) -> None:
        """Note the run that an entry begins, if it does."""
        if content.run_nonce is not None:
            actor = runs.actor(
                device_key=entry.feed.device, document=self.id, epoch=self.epoch, nonce=content.run_nonce
            )
            self._announced.setdefault(entry.feed.device, set()).add(actor)
            self._makers[actor] = entry.feed.device

    def _is_announced(self, entry: Entry, content: Changes) -> bool:
        """Tell whether all changes of an entry are of runs that its device announced for this epoch.

        Raises:
            RejectedChangeError: one of them names no actor.
        """
        actors = {changes.actor_of(raw) for raw in content.raw_changes}
        return actors <= self._announced.get(entry.feed.device, set())

    def _note(self, judged: Judged) -> EntryId:
        """Return the entry that brought a rejected change, unless it is a rival that must be settled."""
        verdict = judged.verdict
        assert isinstance(verdict, Rejected)
        if verdict.rival is not None and self.strict:
            raise RivalError(Actor(judged.offer.actor), verdict.reason)
        return EntryId(judged.offer.source)


def _check_order(judged: Judged, *, waited: bool, fresh: Collection[ChangeHash]) -> None:
    """Check that a verdict in a document that was judged whole does not hang on the order of its entries.

    Raises:
        AnewError: it may.
    """
    verdict = judged.verdict
    if not isinstance(verdict, Rejected):
        return
    if waited or (verdict.rival is not None and verdict.hash in fresh):
        raise AnewError(Actor(judged.offer.actor), verdict.reason)


def _content(entry: Entry) -> Changes | None:
    """Return the changes that an entry carries, None if its body is none of changes."""
    try:
        return _read(entry)
    except RejectedChangeError:
        return None


def _read(entry: Entry) -> Changes:
    """Return the changes that an entry carries.

    Raises:
        RejectedChangeError: its body is none of changes.
    """
    assert entry.body is not None, "only entries with bodies are offered"
    found = bodies.changes_of(bodies.decode(entry.body))
    if found is None:
        raise RejectedChangeError("expected a body that brings changes")
    return found
