"""The mandates that hold in a federation, sorted out once for as long as nothing they rest on changes.

Each open question is looked at after each batch of input and asks for them: without this a community that
publishes thousands of mandates makes all others check all of them again, for each question and record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from node.engine.ports import RecordRow, Store
from node.engine.registry import Registry
from node.feeds import scopes
from node.governance import mandates
from node.governance.mandates import Mandate
from node.identity.community import Community
from node.ids import CommunityId, FederationId
from node.records.approvals import Approval, Signatures


@dataclass(frozen=True, slots=True)
class _Granted:
    """What holds, and what that rests on: compared by identity first, which costs next to nothing."""

    mandates: Sequence[RecordRow]
    approvals: Sequence[RecordRow]
    communities: Mapping[CommunityId, Community | None]
    holding: Sequence[Mandate]


_KNOWN: Final[WeakKeyDictionary[Registry, dict[FederationId, _Granted]]] = WeakKeyDictionary()


def holding(federation: FederationId, store: Store, registry: Registry) -> list[Mandate]:
    """Return the mandates published in a federation that hold, by payload id."""
    scope = scopes.members(federation)
    granted = store.records.of_kind(scope, Mandate.kind)
    approvals = store.records.of_kind(scope, Approval.kind)
    known = _KNOWN.setdefault(registry, {})
    before = known.get(federation)
    if before is None or not _is_same(before, granted, approvals, registry):
        before = known[federation] = _sorted_out(federation, granted, approvals, registry)
    return list(before.holding)


def _is_same(
    before: _Granted, granted: Sequence[RecordRow], approvals: Sequence[RecordRow], registry: Registry
) -> bool:
    if before.mandates != granted or before.approvals != approvals:
        return False
    return all(registry.community(one) is known for one, known in before.communities.items())


def _sorted_out(
    federation: FederationId,
    granted: Sequence[RecordRow],
    approvals: Sequence[RecordRow],
    registry: Registry,
) -> _Granted:
    found = [row.record for row in granted]
    signatures = Signatures([*found, *(row.record for row in approvals)])
    held = mandates.holding(found, signatures, registry.approves)
    granting = {CommunityId(one.community) for one in Mandate.among(found)}
    return _Granted(
        mandates=granted,
        approvals=approvals,
        communities={one: registry.community(one) for one in granting},
        holding=[one for one in held if one.federation == federation],
    )
