"""This process's own runs: as whom it writes in each document, begun anew in each epoch (docs/changes.md)."""

from collections.abc import Callable
from dataclasses import dataclass

from node.crdt import runs
from node.crdt.operations import Actor
from node.engine.replicas.opened import OpenDocument
from node.feeds.bodies import Changes
from node.feeds.entry import Entry
from node.ids import DocumentId, EntryId
from node.keys import PublicKey


@dataclass(slots=True)
class _Run:
    """A run in the epoch that an entry began; `announced` once its own first entry is written."""

    nonce: bytes
    began: EntryId | None
    actor: Actor
    announced: bool = False


class OwnRuns:
    """Keep one run for each document written by this process.

    Args:
        entropy: returns that many random bytes.
    """

    def __init__(self, device: PublicKey, entropy: Callable[[int], bytes]) -> None:
        self._device = device
        self._entropy = entropy
        self._runs: dict[DocumentId, _Run] = {}

    def actor(self, opened: OpenDocument) -> Actor:
        """Return as whom to write in a document as it stands.

        Of two epochs with one number each has runs of its own: a run that went on in the other would use its
        numbers twice.
        """
        run = self._runs.get(opened.id)
        if run is None or run.began != opened.began:
            nonce = self.nonce()
            run = self._runs[opened.id] = _Run(nonce, opened.began, self.actor_of(opened, nonce))
        return run.actor

    def actor_of(self, opened: OpenDocument, nonce: bytes) -> Actor:
        """Return the actor of this device's run with this nonce."""
        return runs.actor(device_key=self._device, document=opened.id, epoch=opened.epoch, nonce=nonce)

    def nonce(self) -> bytes:
        """Return a nonce that no run had before."""
        return self._entropy(runs.RUN_NONCE_BYTES)

    def announce(self, document: DocumentId) -> bytes | None:
        """Return the nonce of a document's run until an entry with it is written, None from then on.

        A command may fail after it asked: the run is begun by the entry, not by the draft.
        """
        run = self._runs[document]
        return None if run.announced else run.nonce

    def is_own(self, entry: Entry) -> bool:
        """Tell whether this device wrote an entry."""
        return entry.feed.device == self._device

    def wrote(self, entry: Entry, document: DocumentId, content: Changes) -> None:
        """Note an entry that is kept: if it announces this process's run, the run is begun."""
        run = self._runs.get(document)
        if run is not None and self.is_own(entry) and content.run_nonce == run.nonce:
            run.announced = True

    def begin_anew(self, document: DocumentId) -> None:
        """Write in a further run from now on: somebody else wrote as the last one."""
        self._runs.pop(document, None)
