"""Tidying: what a node does with its documents in quiet moments, a few at a time.

It makes its own late changes again in the epoch that counts, drops the bodies that this epoch includes,
begins anew what has grown long, and begins the next epoch where two of one number met. The owner's node also
takes over, after a while, the late changes of devices that stay away; until then it keeps what they may need,
unless it is to be forgotten.
"""

from typing import Final

from node import canonical
from node.clock import MS_PER_SECOND, Timestamp, hours
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.replicas.checkpointing import Checkpointing
from node.engine.replicas.documents import RESTARTED, Documents
from node.engine.replicas.restarting import Publish, Restarting
from node.engine.setup import Keyring
from node.errors import NotFoundError, UserError
from node.ids import DocumentId

# Documents of this community's that wait until late changes of its other devices are taken over.
RESTING: Final = "resting"
# Between two looks; each look is at so many documents, each of which costs some tenths of a millisecond.
_PAUSE_MS: Final = 250
_LOOKED_AT_ONCE: Final = 128
# Between two rounds over what could not be dealt with in the first.
_ROUND_MS: Final = 60 * MS_PER_SECOND
# A device that was off over night carries its late changes over itself.
PATIENCE_HOURS: Final = 24


class Tidying:
    """Look at documents that were begun anew or have grown long."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        documents: Documents,
        restarting: Restarting,
        keyring: Keyring,
    ) -> None:
        self._store = store
        self._registry = registry
        self._documents = documents
        self._restarting = restarting
        self._reissuing = restarting.reissuing
        self._keyring = keyring
        self._checkpointing = Checkpointing(store, registry, documents, restarting, keyring.device.public)
        # None until the store was asked what is to be looked at.
        self._queue: list[DocumentId] | None = None
        # Those of this look whose bodies may be dropped.
        self._settled_now: list[DocumentId] = []
        self._looked = Timestamp(0)
        self._next_round = Timestamp(0)

    def next_due(self) -> Timestamp | None:
        """Return when there is something to do next."""
        soon = Timestamp(self._looked + _PAUSE_MS)
        if self._queue or self._documents.restarted or self._documents.grown:
            return soon
        return max(soon, self._next_round) if self._queue is None else None

    def act(self, now: Timestamp) -> list[Publish]:
        """Return what to publish now; nothing when it is not time yet. All that came is judged by then."""
        due = self.next_due()
        published = self._checkpointing.act(now)
        if due is None or now < due:
            return published
        self._looked = now
        if self._queue is None or self._documents.restarted:
            self._documents.restarted = False
            self._queue = [DocumentId(key) for key, _ in self._store.local.all(RESTARTED)]
            self._queue += self._rested(now)
        part, self._queue = self._queue[:_LOOKED_AT_ONCE], self._queue[_LOOKED_AT_ONCE:]
        published += [one for document in part for one in self._look(document, now)]
        self._restarting.forget(self._settled_now)
        self._settled_now.clear()
        if self._documents.grown:
            published += self._begin_anew(self._documents.grown.pop(), now)
        if not self._queue and self._waiting():
            self._queue, self._next_round = None, Timestamp(now + _ROUND_MS)
        return published

    def _look(self, document: DocumentId, now: Timestamp) -> list[Publish]:
        """Deal with one document that was begun anew."""
        try:
            began = self._documents.began(document)
            if not began:
                self._settled(document)
                return []
            owned = began[0].genesis.owner == self._keyring.community
            if owned and self._issues() and self._restarting.contested(document):
                return self._begin_anew(document, now)
            rested = owned and began[0].entry.hours + PATIENCE_HOURS <= hours(now)
            done = self._reissuing.again(document, now, everybody=rested)
        except NotFoundError:
            self._settled(document)  # Of a type that a newer version knows.
            return []
        if not self._reissuing.remains(document) and not done:
            self._settled(document)
            if owned and not rested:
                self._store.local.put(RESTING, document, canonical.encode(began[0].entry.hours))
            if not owned or rested or began[0].epoch.erases:
                self._settled_now.append(document)
        return [done] if done is not None and done[1] else []

    def _begin_anew(self, document: DocumentId, now: Timestamp) -> list[Publish]:
        """Restart a document if that is this device's to do: of a community's devices one does it."""
        if not self._issues():
            return []
        try:
            return self._restarting.restart([document], erases=False, now=now)
        except UserError:
            return []  # Another community's, or too large: it goes on as it is.

    def _issues(self) -> bool:
        """Tell whether this device is the lowest of its community's that are not retired."""
        known = self._registry.community(self._keyring.community)
        standing = known.devices - known.retirements.keys() if known is not None else set()
        return bool(standing) and min(standing) == self._keyring.device.public

    def _settled(self, document: DocumentId) -> None:
        self._store.local.remove(RESTARTED, document)

    def _rested(self, now: Timestamp) -> list[DocumentId]:
        """Take out the documents that have waited long enough for their other devices."""
        found = []
        for key, value in self._store.local.all(RESTING):
            if int(canonical.decode(value)) + PATIENCE_HOURS <= hours(now):
                self._store.local.remove(RESTING, key)
                self._store.local.put(RESTARTED, key, b"")
                found.append(DocumentId(key))
        return found

    def _waiting(self) -> bool:
        return bool(self._store.local.all(RESTARTED) or self._store.local.all(RESTING))
