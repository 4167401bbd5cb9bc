"""The words of the directory on SQLite: an FTS5 table beside the listings. Cache.

The texts come folded (directory/search.py): small letters, no accents, words cut. So the full-text index is
told to cut at ASCII signs only and to fold nothing; whatever SQLite believes a letter to be, its answers are
those of the plain search.
"""

from collections.abc import Sequence
from typing import Final

import sqlalchemy
from sqlalchemy import ColumnElement, Integer, Text, bindparam, delete, func, insert, select

from node.storage.database import Database
from node.storage.directory_tables import labels, listings

# So many found are no longer sorted: walking all listings by name meets the few of a page sooner.
_SORTED_MAX: Final = 5_000

# Its rowid is the listing's row. No positions are kept: a question names words, never phrases.
# FTS5 gives a table a hidden column of its own name, and MATCH on it searches the whole row.
_words = sqlalchemy.table(
    "listing_words",
    sqlalchemy.column("rowid", Integer),
    sqlalchemy.column("words", Text),
    sqlalchemy.column("listing_words", Text),
)
_DROP = sqlalchemy.text("DROP TABLE IF EXISTS listing_words")
_CREATE = sqlalchemy.text(
    "CREATE VIRTUAL TABLE listing_words"
    " USING fts5(words, tokenize = 'ascii', detail = none, prefix = '1 2 3')"
)
_PUT = insert(_words)
_REMOVE = delete(_words).where(_words.c.rowid == bindparam("number"))


def create_words(database: Database) -> None:
    """Make the index of words, empty, whether there was one or not."""
    database.run(_DROP)
    database.run(_CREATE)


class SqliteWords:
    """Find listings by their words through FTS5: the directory's DirectoryIndex."""

    by_name = (listings.c.name_key, listings.c.document_id)

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, number: int, words: Sequence[str]) -> None:
        """Index the words of a listing that is not in the index."""
        self._database.run(_PUT, {"rowid": number, "words": " ".join(words)})

    def remove(self, number: int) -> None:
        """Take a listing out of the index."""
        self._database.run(_REMOVE, {"number": number})

    def having(self, row: ColumnElement[int], asked: Sequence[str]) -> list[ColumnElement[bool]]:
        """Return the conditions for the listing of this row to have words that begin with all those asked."""
        return [row.in_(select(_words.c.rowid).where(_matching(asked)))]

    def count(self, asked: Sequence[str]) -> int:
        """Return how many listings have words that begin with all those asked."""
        return self._database.rows(select(func.count()).select_from(_words).where(_matching(asked)))[0][0]

    def row_among(self, total: int) -> ColumnElement[int]:
        """Return how a listing's row is best spelled where so many are to be put in order.

        To SQLite an expression is no key, so it does not begin with the listings found but with the names.
        """
        return listings.c.row if total <= _SORTED_MAX else listings.c.row + 0

    def clear(self) -> None:
        """Make all tables of the directory anew, whatever became of them."""
        self._database.remake(listings, labels)
        create_words(self._database)


def _matching(asked: Sequence[str]) -> ColumnElement[bool]:
    # In quotes every word is a word to FTS5, never an operator; words hold no quotes (`words_of`).
    return _words.c.listing_words.bool_op("MATCH")(" AND ".join(f'"{word}"*' for word in asked))
