"""When this node and a community it talks to last held the same: what is told of that after a restart.

Kept for each of them in one row, with the minute for each scope that both share, so no peer can make it grow.
It is written when a link ends and every ten minutes, never for a comparison: after a power cut what is told
may be so much too old. It is for people. Whether others know of what was signed here is asked of the sessions
of this process (witnessing/recalling.py): the store may be an old copy.
"""

from collections.abc import Callable, Iterable
from typing import Final

from node import canonical
from node.clock import MS_PER_SECOND, Timestamp
from node.engine.ports import Store
from node.engine.sessions.links import Link
from node.engine.sessions.sharing import Sharing
from node.ids import CommunityId

# The drawer of the local store: by community, the minutes since 1970 by scope.
EQUAL: Final = "equal"
NOTED_EVERY_MS: Final = 600 * MS_PER_SECOND
_MINUTE_MS: Final = 60 * MS_PER_SECOND


def note(store: Store, sharing: Sharing, links: Iterable[Link]) -> None:
    """Write down when all was last the same with the communities of these links, by whatever device."""
    for link in links:
        if link.session is None or link.peer is None:
            continue
        before = _row(store, link.peer.community)
        found: dict[str, int] = {}
        for scope in sharing.scopes_with(link.peer.community):
            at = link.session.shown.equal_at(scope)
            minute = max(before.get(scope, 0), at // _MINUTE_MS if at is not None else 0)
            if minute:
                found[scope] = minute
        if found != before:
            store.local.put(EQUAL, link.peer.community, canonical.encode(found))


def last(store: Store, community: CommunityId, scope: str) -> Timestamp | None:
    """Return when all of a scope was last the same with a community, None where it is not on record."""
    minute = _row(store, community).get(scope)
    return None if minute is None else Timestamp(minute * _MINUTE_MS)


def keep(store: Store, wanted: Callable[[CommunityId], bool]) -> None:
    """Forget all communities but the wanted ones."""
    for key, _ in store.local.all(EQUAL):
        if not wanted(CommunityId(key)):
            store.local.remove(EQUAL, key)


def _row(store: Store, community: CommunityId) -> dict[str, int]:
    value = store.local.get(EQUAL, community)
    if value is None:
        return {}
    found = canonical.decode(value)
    assert isinstance(found, dict), "a stored note of equality is broken"
    return {str(scope): int(minute) for scope, minute in found.items()}
