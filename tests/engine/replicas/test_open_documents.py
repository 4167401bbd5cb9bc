"""Open documents: as many as fit into memory."""

from hashlib import sha256

from node.crdt.genesis import Genesis, MembersOf
from node.directory.item import ITEM_TYPE
from node.engine.replicas import making
from node.engine.replicas.open_documents import OpenDocuments
from node.engine.replicas.opened import OpenDocument
from node.feeds import scopes
from node.ids import CommunityId, DocumentId, FederationId

FEDERATION = FederationId(bytes(32))
FOUNDING = Genesis(
    ITEM_TYPE, CommunityId(bytes(32)), MembersOf(FEDERATION), scopes.members(FEDERATION), bytes(16)
)


def opened(number: int) -> OpenDocument:
    """Return a document without changes."""
    return making.begin(DocumentId(sha256(b"%d" % number).digest()), FOUNDING, None)


def test_the_least_recently_used_are_closed_first() -> None:
    """When memory is full the document that was kept longest ago is closed, and named."""
    first, second, third = opened(1), opened(2), opened(3)
    held = OpenDocuments(2 * first.memory_bytes)
    assert held.keep(first) == held.keep(second) == []
    assert held.keep(first) == []
    assert held.keep(third) == [second.id]
    assert first.id in held
    assert held.get(third.id) is third
    assert held.get(second.id) is None


def test_a_closed_document_makes_room() -> None:
    """Whatever leaves, by name or all at once, no longer counts against the bound."""
    first, second, third = opened(1), opened(2), opened(3)
    held = OpenDocuments(2 * first.memory_bytes)
    held.keep(first)
    held.keep(second)
    held.close(first.id)
    held.close(first.id)
    assert held.keep(third) == []
    held.clear()
    assert len(held) == 0
    assert held.keep(first) == held.keep(second) == []


def test_a_document_larger_than_all_memory_is_held_alone() -> None:
    """One document stays open, however large it is: whoever judges it needs it now."""
    held = OpenDocuments(1)
    first, second = opened(1), opened(2)
    assert held.keep(first) == []
    assert held.keep(second) == [first.id]
    assert held.get(second.id) is second
