"""The gate: what stands between a peer's bytes and a document.

Cheap checks first, all of them in Python: size, shape and canonical spelling (`changes.py`), the actor that
the entry's author may use, dependencies, then the rules of `history.py`. What passes counts, and what it
makes of the document is worked out here too (`content.py`): no verdict and no reader depends on the
automerge extension, which can panic, hang and differ between versions. `replica.py` holds it against ours.

In whatever order and grouping changes are offered, the same ones are admitted and the document ends the same.
One thing needs the layer above, because it depends on entry ids: which of two changes with one actor and
sequence number counts (design, section 2). A gate keeps the one it admits first and answers the other with
`Rejected.rival`. Whoever meets a rival in an `Outcome` begins again and offers all the document's changes in
the order of their entry ids, so that the result depends on the set of entries alone: `replay` does so with
changes, engine/replicas/making.py with whole entries.
Honest runs have no rivals; only a forger costs a replay.

A document whose changes follow one another is judged by `straight.py`, which is quicker and keeps less. The
first change that does not follow lets its history be made, which judges all from then on, to the same effect.
"""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from node.crdt import authoring, changes, straight_writing
from node.crdt.authoring import Written
from node.crdt.changes import Change, ChangeHash
from node.crdt.edits import Edit, Tree
from node.crdt.history import History, Passed, Schema
from node.crdt.operations import Actor
from node.crdt.straight import StraightHistory
from node.crdt.straight_writing import Drawn
from node.crdt.verdicts import Admitted, Duplicate, Rejected, Verdict, Waiting
from node.crdt.waiting import Offer, WaitingRoom
from node.errors import RejectedChangeError


class Judged(NamedTuple):
    """One offer and what became of it. A tuple, because one is made for every change that arrives."""

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


class DocumentGate:
    """Judge the changes of one document and keep what the admitted ones say.

    Args:
        schema: what the document's type allows where.
        straight: whether changes that follow one another may be judged without a history.
    """

    __slots__ = ("_drawn", "_made", "_refused", "_schema", "_straight", "_waiting", "_written")

    def __init__(self, schema: Schema, *, straight: bool = True) -> None:
        # The latest change written here, until it is offered: what its bytes say and what checking it found,
        # both the same whenever they are found out.
        self._written: Written | None = None
        self._drawn: Drawn | None = None
        self._schema = schema
        # One of the two holds what counts: the first until a change does not follow the one before.
        self._straight = StraightHistory(schema) if straight else None
        self._made: History | None = None if straight else History(schema)
        self._waiting = WaitingRoom()
        self._refused: dict[ChangeHash, Rejected] = {}

    @property
    def admitted_count(self) -> int:
        """Return how many changes count."""
        return len(self._straight.raws) if self._straight is not None else len(self._history)

    @property
    def operations_count(self) -> int:
        """Return how many operations the changes that count hold."""
        held = self._straight if self._straight is not None else self._history
        return held.operations_count

    @property
    def heads(self) -> tuple[ChangeHash, ...]:
        """Return the admitted changes that no other builds on, ascending: equal heads, equal documents."""
        if self._straight is not None:
            return (self._straight.head,) if self._straight.head is not None else ()
        return self._history.heads

    @property
    def wanted(self) -> tuple[ChangeHash, ...]:
        """Return the changes that others wait for, ascending."""
        return self._waiting.wanted

    @property
    def waiting(self) -> tuple[Offer, ...]:
        """Return the offers that wait for changes that are not here, in order of arrival."""
        return self._waiting.offers

    def read(self) -> dict[str, Tree]:
        """Return what a reader sees: of concurrent values the one that won."""
        if self._straight is not None:
            return self._straight.read()
        tree = self._history.root.read()
        assert isinstance(tree, dict)
        return tree

    def change(self, *, actor: Actor, edits: Sequence[Edit], time_s: int, message: str = "") -> bytes | None:
        """Return the change that carries out edits, without admitting it: our own pass the gate like others'.

        Returns:
            The change's bytes as peers will see them, or None when the document already says all of it.

        Raises:
            NotFoundError: a path leads nowhere.
            UserError: a value has no place in a document, or the edits are too much for one change.
        """
        if self._straight is not None and not message:
            drawn = straight_writing.write(self._straight, actor=actor, edits=edits, time_s=time_s)
            if drawn is not None:
                (self._drawn,) = drawn
                return self._drawn.raw if self._drawn is not None else None
        written = authoring.write(self._history, actor=actor, edits=edits, time_s=time_s, message=message)
        self._written = written
        return written.raw if written is not None else None

    def admit(self, offers: Iterable[Offer]) -> Outcome:
        """Judge offers in causal order, count those that pass, and keep those that wait."""
        pending = deque(offers)
        judged = self._follow(pending)
        waiting: dict[int, Judged] = {}
        while pending:
            offer = pending.popleft()
            verdict, passed = self._judge(offer)
            released: list[tuple[int, Offer]] = []
            match verdict:
                case Waiting(missing=missing):
                    waiting[self._waiting.add(offer, missing)] = Judged(offer, verdict)
                    continue
                case Admitted(hash=name):
                    assert passed is not None
                    self._history.record(name, passed)
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
        turned_away = self._waiting.trim()
        for ticket, _ in turned_away:
            waiting.pop(ticket, None)
        return Outcome((*judged, *waiting.values()), tuple(offer for _, offer in turned_away))

    def _follow(self, pending: deque[Offer]) -> list[Judged]:
        """Admit the first of these offers as long as each follows the one before; nothing else is decided."""
        judged: list[Judged] = []
        while pending and self._straight is not None:
            followed = self.follow(pending[0].raw, (pending[0].actor,))
            if followed is not None:
                judged.append(Judged(pending.popleft(), followed))
        return judged

    @property
    def is_straight(self) -> bool:
        """Tell whether all that was offered so far followed one another."""
        return self._straight is not None

    def follow(self, raw: bytes, actors: Collection[bytes]) -> Admitted | None:
        """Admit a change of one of these actors if it follows all others; None decides nothing: see `admit`.

        For a document that is straight.
        """
        assert self._straight is not None
        drawn, self._drawn = self._drawn, None
        plain = drawn.plain if drawn is not None and drawn.raw == raw else None
        followed = self._straight.follow(raw, actors, plain=plain)
        if followed is None:
            self._make()
        return followed

    @property
    def _history(self) -> History:
        """Return what counts as a history; made where it was straight so far, it stays one."""
        return self._made if self._made is not None else self._make()

    def _make(self) -> History:
        """Make the history from the changes that followed one another."""
        assert self._straight is not None
        made = History(self._schema)
        for raw in self._straight.raws:
            made.record(changes.change_hash(raw), made.check(changes.decode(raw, sealed=True)))
        self._made, self._straight = made, None
        return made

    def judge(self, offer: Offer) -> Verdict:
        """Say what becomes of one change as things stand, and change nothing."""
        return self._judge(offer)[0]

    def _judge(self, offer: Offer) -> tuple[Verdict, Passed | None]:
        """Return the verdict on one change, and of an admitted one what its check found out."""
        raw = offer.raw
        name = changes.sealed_name(raw)
        if name is not None and name in self._refused:
            return self._refused[name], None
        if name is not None and name in self._history:
            known = self._history.member(name).actor == offer.actor
            return (Duplicate(name) if known else _foreign()), None
        written, self._written = self._written, None
        if written is not None and written.raw == raw:
            change, passed = written.change, written.passed
        else:
            passed = None
            try:
                change = changes.decode(raw, sealed=name is not None)
            except RejectedChangeError as error:
                return Rejected(str(error), name), None
        assert name is not None, "a decoded change has a checksum that holds"
        if change.actor != offer.actor:
            return _foreign(), None
        return self._judge_decoded(name, change, passed)

    def _judge_decoded(
        self, name: ChangeHash, change: Change, passed: Passed | None
    ) -> tuple[Verdict, Passed | None]:
        """Judge a change by its dependencies and their history; `passed` if that has been checked."""
        history = self._history
        missing = []
        for dependency in change.dependencies:
            if dependency in self._refused:
                reason = f"expected dependencies that count, found {dependency.hex()} rejected"
                return Rejected(reason, name), None
            if dependency not in history:
                missing.append(dependency)
        if missing:
            return Waiting(name, frozenset(missing)), None
        try:
            passed = passed or history.check(change)
        except RejectedChangeError as error:
            return Rejected(str(error), name), None
        rival = history.at(change.actor, change.seq)
        if rival is not None:
            reason = (
                f"expected one change of this actor with number {change.seq}, found {rival.hex()} admitted"
            )
            return Rejected(reason, name, rival), None
        return Admitted(name, change.actor, len(change.operations)), passed


def replay(schema: Schema, offers: Iterable[Offer]) -> tuple[DocumentGate, Outcome]:
    """Judge a whole document anew, in the order of its offers' sources, which are their entries' ids."""
    gate = DocumentGate(schema)
    return gate, gate.admit(sorted(offers, key=lambda offer: offer.source))


def _foreign() -> Rejected:
    """Return the verdict on a change that its carrier's author may not have made."""
    return Rejected("expected the actor of the run that the entry belongs to, found another")
