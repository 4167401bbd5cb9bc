"""Pasts: what entries of a document did to what they build on, whatever their epoch and whether they count.

An honest change builds on what its author saw, which never contradicts itself. So what it did follows from
its closure alone, by the rules that judge every change, and is the same at every node that holds it: whatever
else was written meanwhile, whoever wrote twice as one actor, and whichever epoch counts by now.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from node.crdt import carrying, changes, runs
from node.crdt.changes import ChangeHash
from node.crdt.edits import Tree
from node.crdt.gate import DocumentGate
from node.crdt.operations import CONTAINERS, Actor, Key, Operation
from node.crdt.verdicts import Admitted, Rejected
from node.crdt.waiting import Offer
from node.engine.registry import Registry
from node.engine.replicas import epochs, making
from node.engine.replicas.making import Made
from node.engine.replicas.opened import FIRST_EPOCH
from node.errors import RejectedChangeError
from node.feeds import bodies
from node.feeds.bodies import Changes
from node.feeds.entry import Entry
from node.ids import EntryId
from node.keys import PublicKey

# Whose runs are known again once the bodies of their epochs are dropped: of so many epochs before.
_EPOCHS_BACK: Final = 64


@dataclass(frozen=True, slots=True)
class Past:
    """What some entries did to what they build on.

    Attributes:
        fitting: those that this holds.
        refused: those that count nowhere, whoever else wrote what; all others contradict what fits.
        below: the changes that they bring and build on.
        before: the document without them; of this and the next two only what stands at keys that they touch,
            for what others did in between is not theirs to say.
        unsaid: the same without whatever else does not count now.
        after: the document with them.
    """

    fitting: frozenset[EntryId]
    refused: frozenset[EntryId]
    below: frozenset[ChangeHash]
    before: Mapping[str, Tree]
    unsaid: Mapping[str, Tree]
    after: Mapping[str, Tree]


class Pasts:
    """Read what entries of one document build on, as far as that is held.

    Args:
        held: all entries of the document, also those that count no more: what was written on them did.
    """

    def __init__(self, made: Made, held: Sequence[Entry], registry: Registry) -> None:
        self._schema = making.SCHEMAS[made.opened.genesis.type]
        self._raws: dict[ChangeHash, bytes] = {}
        self._below: dict[ChangeHash, tuple[ChangeHash, ...]] = {}
        self._deletes: dict[ChangeHash, frozenset[str]] = {}
        self._operations: dict[ChangeHash, tuple[Operation, ...]] = {}
        self._names: dict[EntryId, list[ChangeHash]] = {}
        self._carriers: dict[ChangeHash, list[EntryId]] = {}
        self._epochs: dict[EntryId, int] = {}
        scope = made.opened.genesis.scope
        written = [
            (one, said) for one in held if one.feed.scope == scope and (said := brought(one)) is not None
        ]
        announced = _announced(made, held, written, registry)
        for entry, content in written:
            self._take(entry.id, content, announced.get(entry.feed.device, {}))
        self._ordered = self._in_order(self._raws)
        self._whole = set(self._ordered)

    def knows(self, entry: EntryId) -> bool:
        """Tell whether an entry brings changes that its author may have made."""
        return entry in self._names

    def is_whole(self, entry: EntryId) -> bool:
        """Tell whether an entry is known, and all that it builds on is held."""
        return entry in self._names and self._whole.issuperset(self._names[entry])

    def by_epoch(self, entries: Iterable[EntryId]) -> list[list[EntryId]]:
        """Return entries that are known, by the epoch that they were written in, the lowest first.

        Each epoch makes the document's maps anew: read together, one epoch's would hide another's.
        """
        found: defaultdict[int, list[EntryId]] = defaultdict(list)
        for entry in entries:
            found[self._epochs[entry]].append(entry)
        return [found[number] for number in sorted(found)]

    def of(self, entries: Sequence[EntryId], counting: Collection[EntryId]) -> Past:
        """Return what entries did that are whole; of two that contradict each other, what the first did.

        Args:
            entries: whose doing is asked for.
            counting: entries of which what they say is in what stands now.
        """
        offered = self._in_order([name for one in entries for name in self._names[one]])
        admitted, refused, after = self._made(offered)
        fitting = frozenset(one for one in entries if admitted.issuperset(self._names[one]))
        theirs = {name for one in fitting for name in self._names[one]}
        others = [name for name in offered if name in admitted and name not in theirs]
        said = [name for name in others if not set(self._carriers[name]).isdisjoint(counting)]
        *_, before = self._made(others)
        unsaid = before if len(said) == len(others) else self._made(said)[-1]
        hopeless = frozenset(one for one in entries if not refused.isdisjoint(self._names[one]))
        touched = self._tops(theirs, admitted)
        before, unsaid, after = (_among(touched, tree) for tree in (before, unsaid, after))
        return Past(fitting, hopeless, frozenset(offered), before, unsaid, after)

    def taken_off(self, entries: Collection[EntryId], *, but: Collection[ChangeHash] = ()) -> frozenset[str]:
        """Return the keys at the top that some entries delete by others than these changes."""
        names = {name for one in entries for name in self._names.get(one, ())}
        return frozenset(key for name in names.difference(but) for key in self._deletes.get(name, ()))

    def undone(self, past: Past, by: Collection[EntryId]) -> frozenset[str]:
        """Return the keys at the top that some entries delete whose authors had seen what fits of a past."""
        seen = {name for one in past.fitting for name in self._names[one]}
        for name in self._ordered:
            if not seen.isdisjoint(self._below[name]):
                seen.add(name)
        deleting = seen.intersection(name for one in by for name in self._names.get(one, ()))
        return frozenset(key for name in deleting - past.below for key in self._deletes.get(name, ()))

    def _take(self, entry: EntryId, content: Changes, announced: Mapping[Actor, int]) -> None:
        """Note what an entry brings, if all of it is of runs that its device announced.

        Each change is judged by itself: beside one that nobody can read others count.
        """
        try:
            actors = {changes.actor_of(raw) for raw in content.raw_changes}
        except RejectedChangeError:
            return  # It counts for nothing, whatever it builds on.
        if not actors <= announced.keys():
            return
        self._names[entry] = []
        self._epochs[entry] = max((announced[one] for one in actors), default=FIRST_EPOCH)
        for raw in content.raw_changes:
            try:
                change = changes.decode(raw)
            except RejectedChangeError:
                continue
            name = changes.change_hash(raw)
            self._raws[name], self._below[name] = raw, change.dependencies
            self._operations[name] = change.operations
            self._names[entry].append(name)
            self._carriers.setdefault(name, []).append(entry)
            if deleted := carrying.deletes(change):
                self._deletes[name] = deleted

    def _tops(self, names: Collection[ChangeHash], admitted: Collection[ChangeHash]) -> set[Key]:
        """Return the keys at the top of the document that changes act below, all of them admitted together.

        Among these an operation has one meaning, and acts in what one before it made; what else is held may
        say anything of it.
        """
        made = {
            operation.id: operation
            for name in admitted
            for operation in self._operations[name]
            if operation.action in CONTAINERS
        }
        found = set()
        for operation in (operation for name in names for operation in self._operations[name]):
            while operation.object is not None:
                operation = made[operation.object]  # noqa: PLW2901 - from inside out
            found.add(operation.key)
        return found

    def _in_order(self, names: Collection[ChangeHash]) -> list[ChangeHash]:
        """Return changes and those below them, each behind what it builds on; only what is held whole."""
        whole: dict[ChangeHash, bool] = {}
        pending = [(name, False) for name in reversed(list(names))]
        while pending:
            name, is_entered = pending.pop()
            if name in whole:
                continue
            if name not in self._raws:
                whole[name] = False
            elif is_entered:
                whole[name] = all(whole[one] for one in self._below[name])
            else:
                pending.append((name, True))
                pending += [(one, False) for one in reversed(self._below[name])]
        return [name for name, is_whole in whole.items() if is_whole]

    def _made(
        self, names: Sequence[ChangeHash]
    ) -> tuple[set[ChangeHash], set[ChangeHash], Mapping[str, Tree]]:
        """Offer changes in this order: return which are admitted, which never are, and what those make."""
        gate = DocumentGate(self._schema)
        outcome = gate.admit([Offer(self._raws[name], changes.actor_of(self._raws[name])) for name in names])
        admitted: set[ChangeHash] = set()
        refused: set[ChangeHash] = set()
        for offer, verdict in outcome.judged:
            if isinstance(verdict, Admitted):
                admitted.add(verdict.hash)
            elif isinstance(verdict, Rejected) and verdict.rival is None:
                name = changes.change_hash(offer.raw)
                below = self._below[name]
                # What builds on the loser of a place may count where that one does.
                if admitted.issuperset(below) or not refused.isdisjoint(below):
                    refused.add(name)
        return admitted, refused, gate.read()


def _among(keys: Collection[Key], tree: Mapping[str, Tree]) -> Mapping[str, Tree]:
    return {key: value for key, value in tree.items() if key in keys}


def brought(entry: Entry) -> Changes | None:
    """Return the changes that an entry brings, None where there are none that can be read."""
    try:
        return bodies.changes_of(bodies.decode(entry.body)) if entry.body is not None else None
    except RejectedChangeError:
        return None


def _announced(
    made: Made, held: Sequence[Entry], written: Sequence[tuple[Entry, Changes]], registry: Registry
) -> dict[PublicKey, dict[Actor, int]]:
    """Return by device the runs that its entries announce, with their epoch, one that fell included."""
    numbers = {one.epoch.number for one in made.began} | {FIRST_EPOCH}
    numbers.update(range(max(FIRST_EPOCH, made.opened.epoch - _EPOCHS_BACK), made.opened.epoch))
    # Of many only a forger wrote most, and whoever was misled wrote on in the highest.
    said = {number for one in held if (number := _number(one, registry)) is not None}
    numbers.update(sorted(said)[-_EPOCHS_BACK:])
    found: dict[PublicKey, dict[Actor, int]] = {}
    for entry, content in written:
        nonce, device = content.run_nonce, entry.feed.device
        if nonce is not None:
            found.setdefault(device, {}).update(
                (runs.actor(device_key=device, document=made.opened.id, epoch=number, nonce=nonce), number)
                for number in sorted(numbers)
            )
    return found


def _number(entry: Entry, registry: Registry) -> int | None:
    """Return the number of the epoch that an entry of the owner's begins or began, None where it is none."""
    if entry.body is None or not epochs.is_epoch(entry):
        return None
    try:
        return epochs.check(entry, registry).epoch.number
    except RejectedChangeError:
        return None
