"""Bringers: which entry brings a change first, in a document where somebody appeared twice.

There the order of entry ids decides (docs/changes.md, section 5), so such a document is judged whole, in that
order. What comes afterwards need not be, unless it takes part in that order. A change that nobody knew counts
if what it builds on does, if it breaks no rule and if no other has its number: all of that is so whenever it
is judged. Nothing that was judged before can tell that it is there, for what builds on it waited for it. So
three things alone may alter what was decided, and say so (`AnewError`): a change whose number another has
that counts, a change that a lower entry brings again, and a change that waited and falls.
"""

from collections.abc import Iterable
from typing import Final

from node.crdt import changes
from node.crdt.changes import ChangeHash
from node.crdt.operations import Actor
from node.crdt.waiting import Offer


class AnewError(Exception):
    """What came may alter what was decided of the document: it must be judged whole.

    Args:
        actor: whose change is to blame.
        reason: in words, what it did.
    """

    def __init__(self, actor: Actor, reason: str) -> None:
        super().__init__(reason)
        self.actor: Final = actor


class Bringers:
    """Hold the lowest entry that brings a change: when it is judged hangs on that one alone."""

    __slots__ = ("_lowest",)

    def __init__(self) -> None:
        self._lowest: dict[ChangeHash, bytes] = {}

    def note(self, offers: Iterable[Offer], *, decided: bool) -> set[ChangeHash]:
        """Note what is offered, each by its source, and return the changes that nobody knew.

        Args:
            offers: changes, each with the entry that brings it as its source.
            decided: whether what was noted before has been judged.

        Raises:
            AnewError: a lower entry brings a change again that was judged.
        """
        fresh = set()
        for offer in offers:
            name = changes.sealed_name(offer.raw)
            if name is None:
                continue  # Refused whenever it comes, and nothing can build on it.
            lowest = self._lowest.get(name)
            if lowest is None:
                fresh.add(name)
            elif decided and offer.source < lowest:
                raise AnewError(Actor(offer.actor), "a lower entry brings a change again")
            self._lowest[name] = min(lowest or offer.source, offer.source)
        return fresh

    def lowest(self, change: ChangeHash, source: bytes) -> bytes:
        """Return the lowest entry that brings a change, `source` where none was noted."""
        return self._lowest.get(change, source)
