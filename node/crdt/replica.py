"""Automerge's own view of a document that the gate has admitted: for other programs, and to compare.

The extension has no say in what counts. It is handed admitted changes only, on copies, and whatever it does
with them (a panic, a change dropped without a word, a save that does not load) costs the view and nothing
else. A batch that it cannot take is halved until the change at fault is found, and goes on without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from node.crdt import changes
from node.crdt.changes import ChangeHash
from node.crdt.document import Document
from node.crdt.edits import Tree
from node.errors import RejectedChangeError, StorageError


@dataclass(frozen=True, slots=True)
class Refused:
    """A change that counts and that the extension cannot take."""

    hash: ChangeHash
    reason: str


@dataclass(frozen=True, slots=True)
class Replica:
    """A document as automerge has it.

    Attributes:
        document: what it made of the changes it could take.
        refused: the others, and after each what builds on it. Empty in all that has ever been seen.
    """

    document: Document
    refused: tuple[Refused, ...] = ()

    def extended(self, raws: Sequence[bytes], *, thorough: bool = False) -> "Replica":
        """Return a replica with more changes, which the gate has admitted, in causal order.

        Args:
            raws: the changes.
            thorough: whether the document must also survive being saved and loaded.
        """
        document = self.document
        refused = list(self.refused)
        lost = {it.hash for it in refused}
        left = list(raws)
        while left:
            left = [raw for raw in left if not _builds_on(raw, lost, refused)]
            attempt = _attempt(document, left, thorough=thorough)
            if isinstance(attempt, Document):
                return Replica(attempt, tuple(refused))
            passing, attempt = _halve(document, left, attempt, thorough=thorough)
            name = changes.change_hash(left.pop(passing))
            lost.add(name)
            refused.append(Refused(name, attempt))
        return Replica(document, tuple(refused))

    def differences(self, tree: dict[str, Tree], heads: Sequence[ChangeHash]) -> list[str]:
        """Return in words where automerge's view is not ours; empty when they are equal."""
        found = [f"automerge cannot take change {it.hash.hex()}: {it.reason}" for it in self.refused]
        try:
            if not found and self.document.heads() != tuple(heads):
                found.append("automerge names other heads than the gate")
            if not found and self.document.read() != tree:
                found.append("automerge reads another content than the gate")
        except RejectedChangeError as error:
            found.append(str(error))
        return found


def _builds_on(raw: bytes, lost: set[ChangeHash], refused: list[Refused]) -> bool:
    """Tell whether a change builds on one that was refused, and if so count it among them."""
    if lost.isdisjoint(changes.dependencies_of(raw)):
        return False
    name = changes.change_hash(raw)
    lost.add(name)
    refused.append(Refused(name, "it builds on a change that automerge cannot take"))
    return True


def _halve(document: Document, raws: Sequence[bytes], failed: str, *, thorough: bool) -> tuple[int, str]:
    """Return how many changes pass before the first that fails, and why it fails."""
    passing, failing = 0, len(raws)
    while failing - passing > 1:
        middle = (passing + failing) // 2
        attempt = _attempt(document, raws[:middle], thorough=thorough)
        if isinstance(attempt, str):
            failing, failed = middle, attempt
        else:
            passing = middle
    return passing, failed


def _attempt(document: Document, raws: Sequence[bytes], *, thorough: bool) -> Document | str:
    """Return the document with more changes, or why it cannot have them."""
    if not raws:
        return document
    try:
        copy = document.apply(raws)
        if not thorough or copy.survives_reload():
            return copy
    except (RejectedChangeError, StorageError) as error:
        return str(error)
    return "expected a document that saves and loads as it is, found another after loading"
