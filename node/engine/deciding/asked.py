"""The questions with an effect that a federation's members published, put properly or not: each decoded once.

Whoever publishes thousands of them makes others read each as it comes, and not all of them with each.
In memory only, and made again at will.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from node.engine.ports import RecordRow, Store
from node.engine.registry import Registry
from node.feeds import scopes
from node.governance.proposals import Proposal
from node.ids import FederationId, PayloadId, RecordId

# A question may be 20,000 characters long; of more than these each is decoded again when it is asked for.
_DECODED_MAX: Final = 2_048


@dataclass(slots=True)
class Asked:
    """The questions with an effect of one federation.

    Attributes:
        order: their ids in the order in which they were read; it only grows.
        bearing: those whose effect bears on members or bylaws, or on another decision.
        appeals: by the decision they would annul, the ids of questions whether to annul it.
    """

    _store: Store
    order: list[PayloadId] = field(default_factory=list)
    bearing: set[PayloadId] = field(default_factory=set)
    appeals: dict[bytes, list[PayloadId]] = field(default_factory=dict)
    _decoded: dict[PayloadId, Proposal | None] = field(default_factory=dict)
    _read: set[RecordId] = field(default_factory=set)
    _rows: Sequence[RecordRow] = ()

    def knows(self, named: PayloadId) -> bool:
        """Tell whether a question of this id is among them."""
        return named in self._decoded

    def get(self, named: PayloadId) -> Proposal:
        """Return one of them."""
        found = self._decoded[named]
        if found is not None:
            return found
        rows = self._store.records.with_payload(named)
        return Proposal.read(next(row for row in rows if row.kind == Proposal.kind).record)

    def take(self, rows: Sequence[RecordRow]) -> bool:
        """Read what is new among all that are held; tell whether nothing went away since."""
        if rows == self._rows:
            return True
        new = [row for row in rows if row.id not in self._read]
        if len(self._read) + len(new) != len(rows):
            return False
        self._rows = rows
        for row in new:
            self._read.add(row.id)
            for one in Proposal.among([row.record]):
                if one.effect is not None and row.payload_id not in self._decoded:
                    self._add(row.payload_id, one)
        return True

    def _add(self, named: PayloadId, one: Proposal) -> None:
        self._decoded[named] = one if len(self._decoded) < _DECODED_MAX else None
        self.order.append(named)
        effect = one.effect
        if effect is not None and (effect.amends or one.is_appeal):
            self.bearing.add(named)
        if effect is not None and one.is_appeal and effect.target is not None:
            self.appeals.setdefault(effect.target, []).append(named)


_KNOWN: Final[WeakKeyDictionary[Registry, dict[FederationId, Asked]]] = WeakKeyDictionary()


def of(federation: FederationId, store: Store, registry: Registry) -> Asked:
    """Return the questions with an effect that are held in a federation now."""
    known = _KNOWN.setdefault(registry, {})
    rows = store.records.of_kind(scopes.members(federation), Proposal.kind)
    found = known.get(federation)
    if found is None or not found.take(rows):
        found = known[federation] = Asked(store)
        found.take(rows)
    return found
