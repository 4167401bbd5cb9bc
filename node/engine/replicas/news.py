"""News: what came for a document since it was judged last."""

from dataclasses import dataclass, field

from node.crdt.genesis import Genesis
from node.engine.replicas.epochs import Began
from node.feeds.bodies import Changes
from node.feeds.entry import Entry
from node.ids import EntryId


@dataclass(slots=True)
class News:
    """What came for one document since it was judged last.

    Attributes:
        entries: those that bring changes, in order of arrival.
        brought: what they bring, as read when they came.
        taken: all that count and name the document, in order of arrival.
        epochs: those among them that hold, as read when they came.
        founding: the genesis among them, where the document was not open.
        anew: whether what of its earlier entries counts has changed.
    """

    entries: list[Entry] = field(default_factory=list)
    brought: dict[EntryId, Changes] = field(default_factory=dict)
    taken: dict[EntryId, Entry] = field(default_factory=dict)
    epochs: dict[EntryId, Began] = field(default_factory=dict)
    founding: Genesis | None = None
    anew: bool = False

    def note(self, entry: Entry, changes: Changes | None) -> None:
        """Note an entry that counts, and the changes that it brings, if they are judged one by one."""
        self.taken[entry.id] = entry
        if changes is not None:
            self.entries.append(entry)
            self.brought[entry.id] = changes

    @property
    def begins(self) -> bool:
        """Tell whether something came that may begin the document, or what counts of it has changed."""
        return self.anew or self.founding is not None or bool(self.epochs)

    def begin_anew(self) -> None:
        """Note that what of the document's earlier entries counts has changed: nothing read before holds."""
        self.anew = True
        self.taken.clear()
        self.epochs.clear()
