"""The words and marks of the directory on SQLite: an FTS5 table beside the listings. Cache.

The texts come folded (directory/search.py): small letters, no accents, words cut. So the full-text index is
told to cut at ASCII signs only and to fold nothing; whatever SQLite believes a letter to be, its answers are
those of the plain search.
"""

from collections.abc import Sequence
from typing import Final

import sqlalchemy
from sqlalchemy import ColumnElement, Integer, Text, bindparam, delete, insert, select

from node.storage.database import Database
from node.storage.listings.index import Asked, Fitting
from node.storage.listings.tables import listing_texts, listings

# What SQLite does for one listing, in what it costs (about 0.3 µs): looking whether it was found while
# following another index, or reading it out of the table of listings.
_WALKING: Final = 1
_READING: Final = 3

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
    " USING fts5(words, tokenize = 'ascii', detail = none, prefix = '1 2 3 4')"
)
# What was found last, in memory and this connection's own: a question that counts, walks and sorts looks into
# the full-text index once. Asked for each time because a rollback takes the table away too.
_KEEP_FOUND = sqlalchemy.text("CREATE TEMPORARY TABLE IF NOT EXISTS found (row INTEGER PRIMARY KEY)")
_found = sqlalchemy.table("found", sqlalchemy.column("row", Integer), schema="temp")
_FORGET_FOUND = delete(_found)
_FOUND = select(_found.c.row)
_PUT = insert(_words)
_REMOVE = delete(_words).where(_words.c.rowid == bindparam("number"))


def create_words(database: Database) -> None:
    """Make the index of words, empty, whether there was one or not."""
    database.run(_DROP)
    database.run(_CREATE)


class SqliteWords:
    """Find listings by their words and marks through FTS5: the directory's DirectoryIndex."""

    by_name = (listings.c.name_key, listings.c.document_id)

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, number: int, words: Sequence[str]) -> None:
        """Index the words of a listing that is not in the index."""
        self._database.run(_PUT, {"rowid": number, "words": " ".join(words)})

    def remove(self, number: int) -> None:
        """Take a listing out of the index."""
        self._database.run(_REMOVE, {"number": number})

    def find(self, asked: Asked) -> Fitting:
        """Look up the listings that have all that is asked for, and note them."""
        self._database.run(_KEEP_FOUND)
        self._database.run(_FORGET_FOUND)
        matching = select(_words.c.rowid).where(_matching(asked))
        noted = self._database.run(insert(_found).from_select(["row"], matching))
        return Fitting(noted.rowcount, lambda row: row.in_(_FOUND))

    def row_for(self, *, fitting: int, walked: int) -> ColumnElement[int]:
        """Return how a listing's row is spelled so that SQLite takes the shorter way.

        To SQLite an expression is no key, so it does not begin with the listings found but follows another
        index until it met those wanted.
        """
        walks = _WALKING * walked < _READING * fitting
        return listings.c.row + 0 if walks else listings.c.row

    def clear(self) -> None:
        """Make all tables of the directory anew, whatever became of them."""
        self._database.remake(listings, listing_texts)
        create_words(self._database)


def _matching(asked: Asked) -> ColumnElement[bool]:
    # In quotes every word is a word to FTS5, never an operator; neither words nor marks hold quotes.
    terms = [f'"{mark}"' for mark in asked.marks] + [f'"{word}"*' for word in asked.words]
    return _words.c.listing_words.bool_op("MATCH")(" AND ".join(terms))
