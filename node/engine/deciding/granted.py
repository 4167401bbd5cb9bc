"""The mandates that hold in a federation, each judged once for as long as nothing that it rests on changes.

Each open question is looked at after each batch of input and asks for them: without this a community that
publishes thousands of mandates, or anybody thousands of approvals, makes all others check all of them again,
for each question and record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from weakref import WeakKeyDictionary

from node.engine.ports import RecordRow, Store
from node.engine.registry import Registry
from node.feeds import scopes
from node.governance.mandates import Mandate
from node.identity.community import Community
from node.ids import CommunityId, FederationId, PayloadId
from node.records.approvals import Approval, Signatures


@dataclass(slots=True)
class _Granted:
    """The mandates of one federation.

    Attributes:
        rows: the mandates held and the approvals of anything, as they were read last.
        known: those read, by payload id.
        of: by community what it granted.
        communities: their charters, as they were gone by.
        holding: those that hold, by payload id, in its order.
    """

    rows: tuple[Sequence[RecordRow], Sequence[RecordRow]] = ((), ())
    known: dict[PayloadId, Mandate] = field(default_factory=dict)
    of: dict[CommunityId, list[PayloadId]] = field(default_factory=dict)
    communities: dict[CommunityId, Community | None] = field(default_factory=dict)
    holding: Mapping[PayloadId, Mandate] = field(default_factory=lambda: MappingProxyType({}))


_KNOWN: Final[WeakKeyDictionary[Registry, dict[FederationId, _Granted]]] = WeakKeyDictionary()


def holding(federation: FederationId, store: Store, registry: Registry) -> Mapping[PayloadId, Mandate]:
    """Return the mandates published in a federation that hold, by payload id and in its order."""
    known = _KNOWN.setdefault(registry, {})
    found = known.get(federation)
    if found is None or not _follow(found, federation, store, registry):
        found = known[federation] = _Granted()
        _follow(found, federation, store, registry)
    return found.holding


def _follow(found: _Granted, federation: FederationId, store: Store, registry: Registry) -> bool:
    """Judge what is new, or may have come to hold; tell whether nothing went away since."""
    scope = scopes.members(federation)
    rows = (store.records.of_kind(scope, Mandate.kind), store.records.of_kind(scope, Approval.kind))
    granted, approvals = _beyond(rows[0], found.rows[0]), _beyond(rows[1], found.rows[1])
    if granted is None or approvals is None:
        return False
    found.rows = rows
    again = {row.payload_id for row in granted}
    again.update(PayloadId(row.about) for row in approvals if row.about is not None)
    for row in granted:
        for one in Mandate.among([row.record]):
            if one.federation == federation and row.payload_id not in found.known:
                found.known[row.payload_id] = one
                found.of.setdefault(CommunityId(one.community), []).append(row.payload_id)
    for community, payloads in found.of.items():
        now = registry.community(community)
        if now is not found.communities.get(community):
            found.communities[community] = now
            again.update(payloads)
    _judge(found, {one for one in again if one in found.known}, scope, store, registry)
    return True


def _beyond(now: Sequence[RecordRow], before: Sequence[RecordRow]) -> Sequence[RecordRow] | None:
    """Return which rows are new, None where some of those before went away."""
    if now == before:
        return ()
    known = {row.id for row in before}
    new = [row for row in now if row.id not in known]
    return new if len(known) + len(new) == len(now) else None


def _judge(found: _Granted, again: set[PayloadId], scope: str, store: Store, registry: Registry) -> None:
    hold = dict(found.holding)
    for payload in again:
        one, records = found.known[payload], store.records
        own = [row.record for row in records.with_payload(payload) if row.scope == scope]
        said = [row.record for row in records.about(scope, Approval.kind, payload)]
        if registry.approves(CommunityId(one.community), payload, Signatures([*own, *said])):
            hold[payload] = one
        else:
            hold.pop(payload, None)
    if hold.keys() != found.holding.keys():
        found.holding = MappingProxyType({one: hold[one] for one in sorted(hold)})
