"""Beginnings: which entry may found a document, and what it founds."""

from collections.abc import Iterable
from functools import lru_cache

from node.crdt import epochs, genesis
from node.crdt.genesis import Communities, Genesis, MembersOf
from node.directory.schemas import OFFER_TYPE, PROFILE_TYPE
from node.engine.registry import Registry
from node.errors import RejectedChangeError
from node.feeds import bodies, scopes
from node.feeds.bodies import Body, Kind
from node.feeds.entry import Entry
from node.ids import DocumentId
from node.keys import PublicKey

# What stands in the directory in a community's name.
_OWNED = frozenset({PROFILE_TYPE, OFFER_TYPE})


def check(entry: Entry, body: Body, registry: Registry) -> Genesis:
    """Return the genesis in a body, if it founds the document it names, here, and its carrier may begin it.

    What one community answers for is begun by that community alone, or anybody could offer things in a
    neighbour's name. What members write together any of them begins.

    Raises:
        RejectedChangeError: another document's, another scope's, another owner's, or not a genesis.
    """
    founding = founded(bodies.genesis_of(body), entry.feed.scope, body.document)
    if not may_begin(founding, entry.feed.device, registry):
        raise RejectedChangeError("expected the owner to begin its document, found another community")
    return founding


def may_begin(founding: Genesis, device: PublicKey, registry: Registry) -> bool:
    """Tell whether a device may begin a document, as far as that does not hang on membership."""
    match founding.writers:
        case MembersOf():
            return True
        case Communities():
            return founding.owner in registry.communities_of(device)


def founded(raw: bytes, scope: str, document: DocumentId | None) -> Genesis:
    """Return the genesis in some bytes, if it founds a document and the document may stand in this scope.

    Raises:
        RejectedChangeError: another document's, another scope's, or not a genesis.
    """
    if genesis.document_id(raw) != document:
        raise RejectedChangeError("expected the genesis whose hash is the document's id")
    founding = genesis.decode(raw)
    if founding.scope != scope:
        raise RejectedChangeError(f"expected the scope {founding.scope}, found {scope}")
    match founding.writers:
        case MembersOf(federation=federation):
            if founding.scope != scopes.members(federation):
                raise RejectedChangeError("what the members of a federation write stands in their own scope")
            if founding.type in _OWNED:
                raise RejectedChangeError(f"expected one community to answer for a {founding.type}")
        case Communities(ids=writers):
            if founding.type in _OWNED and (writers != (founding.owner,) or founding.scope != scopes.PUBLIC):
                raise RejectedChangeError(f"expected a public {founding.type} that its owner alone writes")
    return founding


@lru_cache(maxsize=2_048)
def spelled(founding: Genesis) -> bytes:
    """Return a genesis in its one spelling."""
    return genesis.encode(founding)


def among(entries: Iterable[Entry], registry: Registry) -> Genesis | None:
    """Return the genesis that one of a document's entries founds it by; its id allows only one."""
    for entry in entries:
        if entry.body is None:
            continue
        try:
            body = bodies.decode(entry.body)
            if body.kind is Kind.GENESIS:
                return check(entry, body, registry)
        except RejectedChangeError:
            continue  # It has its verdict; another entry may found the document.
    return None


def recalled(document: DocumentId, entries: Iterable[Entry]) -> Genesis | None:
    """Return the genesis that any of a document's entries names, whether or not that entry counts.

    The id is its hash, so whoever names it names the same. That it is known does not begin the document: an
    entry that counts must bring it again.
    """
    for entry in entries:
        if entry.body is None:
            continue
        try:
            body = bodies.decode(entry.body)
            if body.kind is Kind.GENESIS:
                return founded(bodies.genesis_of(body), entry.feed.scope, document)
            if body.kind is Kind.EPOCH:
                return founded(epochs.decode(body.content).genesis, entry.feed.scope, document)
        except RejectedChangeError:
            continue
    return None


def brings_changes(entry: Entry, registry: Registry) -> bool:
    """Tell whether an entry brings changes that are to be judged, alone or behind a genesis that holds."""
    if entry.body is None:
        return False
    try:
        body = bodies.decode(entry.body)
        if bodies.changes_of(body) is None:
            return False
        if body.kind is Kind.GENESIS:
            check(entry, body, registry)
    except RejectedChangeError:
        return False
    return True
