"""Scopes: who gets what. A scope is the set of feeds that replicate together, checked before sending."""

import re
from functools import lru_cache

from node import ids
from node.errors import MalformedMessageError, UserError
from node.ids import FederationId

PUBLIC = "public"
LOCAL = "local"
_MEMBERS = "members:"
_CIRCLE = "circle:"
_SCOPE = re.compile(r"public|local|(?:members|circle):[a-z2-7]{52}")


def members(federation: FederationId) -> str:
    """Return the scope that the members of a federation share."""
    return _MEMBERS + ids.show(federation)


def circle(circle_id: bytes) -> str:
    """Return the scope under which a circle's parties keep what they read in it; it never travels."""
    return _CIRCLE + ids.show(circle_id)


@lru_cache(maxsize=1_024)
def federation_of(scope: str) -> FederationId | None:
    """Return the federation whose members share this scope, or None for another sort of scope."""
    return FederationId(ids.parse(scope.removeprefix(_MEMBERS))) if scope.startswith(_MEMBERS) else None


# A node shares a few scopes, and reads their names in every message and every genesis.
@lru_cache(maxsize=1_024)
def check(scope: str) -> str:
    """Accept a scope that a peer named.

    Raises:
        MalformedMessageError: not the spelling of any scope.
    """
    if not _SCOPE.fullmatch(scope):
        raise MalformedMessageError(f"expected a scope such as public, found {scope[:80]!r}")
    try:
        if ":" in scope:
            ids.parse(scope.partition(":")[2])
    except UserError as error:
        raise MalformedMessageError(f"expected a scope that names an id: {error}") from error
    return scope
