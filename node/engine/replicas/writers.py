"""Who writes in a federation, and where that ends: what its documents were judged by."""

from typing import TypeAlias

from node.engine.registry import Registry
from node.federation.membership import Last
from node.ids import CommunityId, FederationId

Writing: TypeAlias = frozenset[tuple[CommunityId, tuple[Last, ...] | None]]


def writing(registry: Registry, federation: FederationId) -> Writing:
    """Return of whom something counts in a federation by now, and where that ends."""
    known = registry.members(federation)
    every = known.ever if known is not None else ()
    found = (one for one in every if registry.may_write(federation, one))
    return frozenset((one, known.lasts(one)) for one in found) if known is not None else frozenset()
