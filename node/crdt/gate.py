"""The gate: what stands between a peer's bytes and a document.

Cheap checks first, all of them in Python: size, shape and canonical spelling (`changes.py`), the actor that
the entry's author may use, dependencies, then the rules of `history.py`. Only what passes reaches the
extension, on a copy that replaces the document after it has been compared with what it saves and loads.

In whatever order and grouping changes are offered, the same ones are admitted and the document ends the same.
One thing needs the layer above, because it depends on entry ids: which of two changes with one actor and
sequence number counts (design, section 2). A gate keeps the one it admits first and answers the other with
`Rejected.rival`. Whoever meets a rival in an `Outcome` begins again with `replay`, which offers all the
document's changes in the order of their entry ids, so that the result depends on the set of entries alone.
Honest runs have no rivals; only a forger costs a replay.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from node.crdt import changes
from node.crdt.changes import ChangeHash
from node.crdt.history import History, Schema
from node.crdt.verdicts import Admitted, Duplicate, Rejected, Verdict, Waiting
from node.crdt.waiting import Offer, WaitingRoom
from node.errors import RejectedChangeError, StorageError
from node.limits import CHANGE_BYTES_MAX


class Replica(Protocol):
    """What the gate needs of a document: `document.Document` is one."""

    def apply(self, raws: Sequence[bytes]) -> Self:
        """Return a copy with more changes, or raise RejectedChangeError."""
        ...

    def survives_reload(self) -> bool:
        """Tell whether saving and loading changes nothing, or raise as `Document.survives_reload` does."""
        ...


ReplicaT = TypeVar("ReplicaT", bound=Replica)


@dataclass(frozen=True, slots=True)
class Judged:
    """One offer and what became of it."""

    offer: Offer
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call of `admit` decided.

    Attributes:
        judged: every offer once, and with them those that waited since an earlier call and wait no more; the
            admitted ones stand in the order in which they were applied.
        turned_away: offers that wait for others and found no room; the caller offers them again later.
    """

    judged: tuple[Judged, ...]
    turned_away: tuple[Offer, ...]

    @property
    def admitted(self) -> tuple[Admitted, ...]:
        """Return the changes that count from now on, each after those it builds on."""
        return tuple(it.verdict for it in self.judged if isinstance(it.verdict, Admitted))


class DocumentGate(Generic[ReplicaT]):
    """Judge the changes of one document and keep the document that the admitted ones make.

    Args:
        document: the document before any change, normally `Document.empty`.
        schema: what the document's type allows where.
    """

    __slots__ = ("_document", "_history", "_refused", "_waiting")

    def __init__(self, document: ReplicaT, schema: Schema) -> None:
        self._document = document
        self._history = History(schema)
        self._waiting = WaitingRoom()
        self._refused: dict[ChangeHash, Rejected] = {}

    @property
    def document(self) -> ReplicaT:
        """Return the document as the admitted changes make it."""
        return self._document

    @property
    def admitted_count(self) -> int:
        """Return how many changes count."""
        return len(self._history)

    @property
    def wanted(self) -> tuple[ChangeHash, ...]:
        """Return the changes that others wait for, ascending."""
        return self._waiting.wanted

    def admit(self, offers: Iterable[Offer]) -> Outcome:
        """Judge offers in causal order, apply those that pass all at once, and keep those that wait.

        A change that passes every rule and that the extension cannot take after all costs only itself and
        what builds on it: it is found by halving.
        """
        pending = tuple(offers)
        waiting: dict[int, Judged] = {}
        while True:
            length = len(self._history)
            refused = len(self._refused)
            judged = self._judge_all(pending, waiting)
            poison = self._replace([it for it in judged if isinstance(it.verdict, Admitted)])
            if poison is None:
                break
            # Whatever was concluded from the poisonous change is concluded again without it.
            self._history.rewind(length)
            for name in list(self._refused)[refused:]:
                del self._refused[name]
            name, verdict = poison
            self._refused[name] = verdict
            pending = tuple(it.offer for it in judged)
        turned_away = self._waiting.trim()
        for ticket, _ in turned_away:
            waiting.pop(ticket, None)
        return Outcome(
            judged=(*judged, *waiting.values()), turned_away=tuple(offer for _, offer in turned_away)
        )

    def judge(self, offer: Offer) -> Verdict:
        """Say what becomes of one change as things stand, and change nothing."""
        raw = offer.raw
        name = changes.change_hash(raw) if len(raw) <= CHANGE_BYTES_MAX and changes.seal_holds(raw) else None
        if name is not None and name in self._refused:
            return self._refused[name]
        if name is not None and name in self._history:
            return Duplicate(name) if self._history.actor_of(name) == offer.actor else _foreign()
        try:
            change = changes.decode(raw)
        except RejectedChangeError as error:
            return Rejected(str(error), name)
        assert name is not None, "a decoded change has a checksum that holds"
        if change.actor != offer.actor:
            return _foreign()
        return self._judge_decoded(name, change)

    def _judge_decoded(self, name: ChangeHash, change: changes.Change) -> Verdict:
        """Judge a change by its dependencies and their history."""
        for dependency in change.dependencies:
            if dependency in self._refused:
                return Rejected(f"expected dependencies that count, found {dependency.hex()} rejected", name)
        missing = frozenset(it for it in change.dependencies if it not in self._history)
        if missing:
            return Waiting(name, missing)
        try:
            self._history.check(change)
        except RejectedChangeError as error:
            return Rejected(str(error), name)
        rival = self._history.at(change.actor, change.seq)
        if rival is not None:
            reason = (
                f"expected one change of this actor with number {change.seq}, found {rival.hex()} admitted"
            )
            return Rejected(reason, name, rival)
        return Admitted(name, change)

    def _judge_all(self, offers: Iterable[Offer], waiting: dict[int, Judged]) -> list[Judged]:
        """Judge offers and whoever waited for them, counting on every change that passes.

        Args:
            offers: what to judge.
            waiting: by ticket, the offers that began to wait during this call of `admit`; kept up to date.

        Returns:
            What is settled, each change after those it builds on.
        """
        judged = []
        pending = deque(offers)
        while pending:
            offer = pending.popleft()
            verdict = self.judge(offer)
            released: list[tuple[int, Offer]] = []
            match verdict:
                case Waiting(missing=missing):
                    waiting[self._waiting.add(offer, missing)] = Judged(offer, verdict)
                    continue
                case Admitted(hash=name, change=change):
                    self._history.record(name, change)
                    released = self._waiting.release(name, admitted=True)
                case Rejected(hash=bytes() as refused):
                    self._refused.setdefault(ChangeHash(refused), verdict)
                    released = self._waiting.release(ChangeHash(refused), admitted=False)
                case Rejected() | Duplicate():
                    pass
            judged.append(Judged(offer, verdict))
            for ticket, freed in reversed(released):
                waiting.pop(ticket, None)
                pending.appendleft(freed)
        return judged

    def _replace(self, admitted: Sequence[Judged]) -> tuple[ChangeHash, Rejected] | None:
        """Apply admitted changes to a copy and swap it in, or name the first the extension cannot take."""
        raws = [it.offer.raw for it in admitted]
        attempt = self._attempt(raws)
        if not isinstance(attempt, str):
            self._document = attempt
            return None
        passing, failing = 0, len(raws)
        while failing - passing > 1:
            middle = (passing + failing) // 2
            shorter = self._attempt(raws[:middle])
            if isinstance(shorter, str):
                failing, attempt = middle, shorter
            else:
                passing = middle
        name = changes.change_hash(raws[failing - 1])
        return name, Rejected(attempt, name)

    def _attempt(self, raws: Sequence[bytes]) -> ReplicaT | str:
        """Return the document with more changes, or why it cannot have them."""
        if not raws:
            return self._document
        try:
            copy = self._document.apply(raws)
            if copy.survives_reload():
                return copy
        except (RejectedChangeError, StorageError) as error:
            return str(error)
        return "expected a document that saves and loads as it is, found another after loading"


def replay(
    document: ReplicaT, schema: Schema, offers: Iterable[Offer]
) -> tuple[DocumentGate[ReplicaT], Outcome]:
    """Judge a whole document anew, in the order of its offers' sources, which are their entries' ids."""
    gate = DocumentGate(document, schema)
    return gate, gate.admit(sorted(offers, key=lambda offer: offer.source))


def _foreign() -> Rejected:
    """Return the verdict on a change that its carrier's author may not have made."""
    return Rejected("expected the actor of the run that the entry belongs to, found another")
