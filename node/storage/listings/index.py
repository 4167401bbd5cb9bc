"""What each database does in its own way for the directory: finding listings, and putting them in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement

from node.directory.search import SearchQuery
from node.storage.listings import marks as directory_marks


@dataclass(frozen=True, slots=True)
class Asked:
    """What a listing must have.

    Attributes:
        words: the beginnings of words, folded, each once.
        marks: whole marks (directory_marks.py).
    """

    words: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.marks)

    @property
    def with_place(self) -> "Asked":
        """Return the same, asked of listings that say where they are."""
        return Asked(self.words, (*self.marks, directory_marks.PLACED))


def asked_by(query: SearchQuery) -> Asked:
    """Return what a listing must have to fit, but for how far away it may be."""
    words = query.words_folded
    # Whatever has a word that begins with "garden" has one that begins with "gar".
    needed = [word for word in words if not any(other != word and other.startswith(word) for other in words)]
    return Asked(tuple(sorted(set(needed))), tuple(directory_marks.asked(query)))


@dataclass(frozen=True, slots=True)
class Fitting:
    """The listings that have all that was asked for; good until the index is asked again.

    Attributes:
        count: how many they are.
        holds: makes the condition for the listing of a row to be one of them.
    """

    count: int
    holds: Callable[[ColumnElement[int]], ColumnElement[bool]]


class DirectoryIndex(Protocol):
    """The index of words and marks. No question to it is empty: then there is nothing to look up."""

    @property
    def by_name(self) -> Sequence[ColumnElement[Any]]:
        """Return what to sort by for the order of folded names, then of ids."""
        ...

    def put(self, number: int, words: Sequence[str]) -> None:
        """Index the words and marks, sorted and each once, of a listing that is not in the index."""
        ...

    def remove(self, number: int) -> None:
        """Take a listing out of the index."""
        ...

    def find(self, asked: Asked) -> Fitting:
        """Look up the listings that have all that is asked for."""
        ...

    def row_for(self, *, fitting: int, walked: int) -> ColumnElement[int]:
        """Return how a listing's row is spelled in `Fitting.holds`.

        Args:
            fitting: how many listings have all that is asked for.
            walked: how many must be looked at if an index of `listings` is followed instead.
        """
        ...

    def clear(self) -> None:
        """Make all tables of the directory anew, whatever became of them."""
        ...
