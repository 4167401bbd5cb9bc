"""Moderation: what this node does not show and whom it does not talk with, as its own steward decided.

All of it is this node's own affair: kept in the local store, sent to nobody, undone without a trace. It
never touches what counts. Records of a blocked community still arrive through others, are carried on, and
count, or two nodes would count the same question differently; documents are still kept, or the steward could
not look at what is hidden, and an undoing would have to ask others for them. What is hidden is only left out
of the directory's cache, where searches, lists and exports look, and of the answers that show one document.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, TypeVar

from pydantic import ValidationError

from node import canonical
from node.engine.listings import write_listing
from node.engine.ports import Store
from node.engine.registry import INVITERS, Registry
from node.engine.replicas.documents import read_tree
from node.errors import RejectedChangeError
from node.feeds import bodies, scopes
from node.feeds.bodies import Kind
from node.feeds.entry import FeedKey
from node.ids import ID_BYTES, CommunityId, DocumentId
from node.limits import STRETCH_ENTRIES_MAX, WANT_ANSWER_BYTES_MAX
from node.records.statement import Natural, Part

# Drawers of the local store. Communities by id; what is hidden by document id and the note's key behind it.
BLOCKS: Final = "blocks"
HIDDEN: Final = "hidden"
LISTED: Final = "listed"
MODE: Final = "allow-mode"
_MODE_KEY: Final = b"mode"


class Mode(StrEnum):
    """Whom this node talks with and shows, beside its own community."""

    OPEN = "open"
    # The members of federations that this community takes part in, and the list.
    FEDERATIONS = "federations"
    LISTED = "listed"


class Decided(Part):
    """Who decided something, when (milliseconds since 1970) and why."""

    at: Natural
    by: str
    reason: str


class ModeDecided(Decided):
    """Which mode was chosen."""

    mode: str


_Decision = TypeVar("_Decision", bound=Decided)
Target = tuple[DocumentId, str]


class Moderation:
    """Hold a steward's decisions and say what follows from them.

    The decisions are held in memory beside the store: they are asked for with every row of every list.
    """

    def __init__(self, store: Store, registry: Registry, own: CommunityId) -> None:
        self._store = store
        self._registry = registry
        self._own = own
        self._blocked = frozenset(self.blocks())
        self._hidden = frozenset(self.hidings())
        self._allowed = self._allowed_now()

    def mode(self) -> ModeDecided:
        """Return whom this node allows, and who decided so."""
        value = self._store.local.get(MODE, _MODE_KEY)
        if value is None:
            return ModeDecided(at=0, by="", reason="", mode=Mode.OPEN.value)
        return _read(ModeDecided, value)

    def blocks(self) -> dict[CommunityId, Decided]:
        """Return the blocked communities, sorted by id."""
        return {CommunityId(key): _read(Decided, value) for key, value in self._store.local.all(BLOCKS)}

    def listed(self) -> dict[CommunityId, Decided]:
        """Return the communities on the list of those allowed, sorted by id."""
        return {CommunityId(key): _read(Decided, value) for key, value in self._store.local.all(LISTED)}

    def hidings(self) -> dict[Target, Decided]:
        """Return what is hidden: documents, with "" for a note, and single notes of a board."""
        return {
            (DocumentId(key[:ID_BYTES]), key[ID_BYTES:].decode()): _read(Decided, value)
            for key, value in self._store.local.all(HIDDEN)
        }

    def is_blocked(self, community: CommunityId) -> bool:
        """Tell whether a steward blocked a community."""
        return community in self._blocked

    def blocked(self) -> frozenset[CommunityId]:
        """Return the communities whose nodes are not dialled."""
        return self._blocked

    def shows_all(self) -> bool:
        """Tell whether no community is kept from view."""
        return not self._blocked and self._allowed is None

    def shows_from(self, community: CommunityId) -> bool:
        """Tell whether this node shows what a community published, and talks with its nodes."""
        if community == self._own:
            return True
        return community not in self._blocked and (self._allowed is None or community in self._allowed)

    def shows(self, document: DocumentId, owner: CommunityId) -> bool:
        """Tell whether this node shows a document."""
        return (document, "") not in self._hidden and self.shows_from(owner)

    def block(self, community: CommunityId, decided: Decided) -> None:
        """Block a community."""
        self._store.local.put(BLOCKS, community, canonical.encode(decided.model_dump()))

    def unblock(self, community: CommunityId) -> None:
        """Take a block back."""
        self._store.local.remove(BLOCKS, community)

    def allow(self, community: CommunityId, decided: Decided) -> None:
        """Put a community on the list of those allowed."""
        self._store.local.put(LISTED, community, canonical.encode(decided.model_dump()))

    def disallow(self, community: CommunityId) -> None:
        """Take a community off that list."""
        self._store.local.remove(LISTED, community)

    def choose(self, decided: ModeDecided) -> None:
        """Choose whom this node allows."""
        self._store.local.put(MODE, _MODE_KEY, canonical.encode(decided.model_dump()))

    def hide(self, document: DocumentId, decided: Decided, *, note: str = "") -> None:
        """Hide a document, or a note of one."""
        self._store.local.put(HIDDEN, document + note.encode(), canonical.encode(decided.model_dump()))
        self._hidden |= {(document, note)}
        self._write(document)

    def unhide(self, document: DocumentId, *, note: str = "") -> None:
        """Show a document, or a note of one, again."""
        self._store.local.remove(HIDDEN, document + note.encode())
        self._hidden -= {(document, note)}
        self._write(document)

    def review(self) -> None:
        """Take up what was decided and who belongs where by now, and write the directory accordingly."""
        blocked, allowed = frozenset(self.blocks()), self._allowed_now()
        if (blocked, allowed) == (self._blocked, self._allowed):
            return
        known = self._registry.communities()
        before = {community for community in known if self.shows_from(community)}
        self._blocked, self._allowed = blocked, allowed
        for community in known:
            if self.shows_from(community) != (community in before):
                for document in self._documents_of(community):
                    self._write(document)

    def _allowed_now(self) -> frozenset[CommunityId] | None:
        """Return the communities allowed beside our own, None for all."""
        mode = Mode(self.mode().mode)
        if mode is Mode.OPEN:
            return None
        allowed = set(self.listed())
        if mode is Mode.FEDERATIONS:
            # Whoever invited us has to show us the federation that we are about to join.
            allowed |= {CommunityId(value) for _, value in self._store.local.all(INVITERS)}
            for federation in self._registry.federations():
                members = self._registry.members(federation)
                # Being named a founder is not taking part: anybody may name anybody.
                if members is not None and self._own not in members.awaited:
                    allowed |= {*members.communities, *map(CommunityId, members.founding.founders)}
        return frozenset(allowed)

    def _documents_of(self, community: CommunityId) -> Iterator[DocumentId]:
        """Yield the public documents that a community's devices began, a part of a feed at a time."""
        known = self._registry.community(community)
        for device in sorted(known.devices) if known is not None else ():
            feed = FeedKey(device, scopes.PUBLIC)
            for end in self._store.feeds.heads_of(feed):
                after = 0
                while part := self._store.feeds.path(
                    feed,
                    end.id,
                    after_seq=after,
                    entries_max=STRETCH_ENTRIES_MAX,
                    bytes_max=WANT_ANSWER_BYTES_MAX,
                ):
                    yield from (found for entry in part if (found := _begun(entry.body)) is not None)
                    after = part[-1].seq

    def _write(self, document: DocumentId) -> None:
        """Write a document's row of the directory, or take it out."""
        row = self._store.documents.get(document)
        if row is not None:
            write_listing(self._store, row, read_tree(row), shown=self.shows(row.id, row.owner))


def _begun(body: bytes | None) -> DocumentId | None:
    """Return the document that a body begins, None for every other body."""
    if body is None or bodies.kind_of(body) not in (Kind.GENESIS, Kind.EPOCH):
        return None
    try:
        return bodies.decode(body).document
    except RejectedChangeError:
        return None


def _read(form: type[_Decision], value: bytes) -> _Decision:
    try:
        return form.model_validate(canonical.decode(value))
    except ValidationError as error:
        raise AssertionError(f"a stored decision is broken: {error}") from error
