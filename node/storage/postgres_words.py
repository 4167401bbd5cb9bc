"""The words of the directory on PostgreSQL: a tsvector beside each listing. Cache.

The words come cut and folded (directory/search.py) and go into the index as they are, past PostgreSQL's own
parsers and dictionaries, so the answers are those of the plain search. Two bounds must not turn a neighbour's
odd listing into an error: a word has at most 2,046 bytes in a tsvector, and all words of one at most a MiB. So
the index holds the beginnings of endless words, with the whole beside them, and a listing of very many words
has several parts.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from node.storage.column_types import WHOLE
from node.storage.database import Database
from node.storage.directory_tables import labels, listings, name_start

# In characters, of at most four bytes each.
WORD_CHARS_MAX: Final = 500
PART_CHARS_MAX: Final = 200_000

# No reference to the listings: whoever makes those anew because they are damaged makes these anew too.
_words = Table(
    "listing_words",
    MetaData(),
    Column("listing", WHOLE, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("words", TSVECTOR, nullable=False),
    Column("long_words", ARRAY(Text(collation="C")), nullable=False),
)
# Written into the index at once: a list of what is still to be indexed would be read at every question.
Index("listing_words_words", _words.c.words, postgresql_using="gin", postgresql_with={"fastupdate": "off"})
_PUT = insert(_words).values(words=func.array_to_tsvector(bindparam("lexemes", type_=ARRAY(Text))))
_REMOVE = delete(_words).where(_words.c.listing == bindparam("number"))


def create_words(database: Database) -> None:
    """Make the index of words, empty, whether there was one or not."""
    database.remake(_words)


class PostgresWords:
    """Find listings by their words through tsvector: the directory's DirectoryIndex."""

    by_name = (name_start, listings.c.name_key, listings.c.document_id)

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, number: int, words: Sequence[str]) -> None:
        """Index the words of a listing that is not in the index."""
        for part, portion in enumerate(_parts(words)):
            self._database.run(
                _PUT,
                {
                    "listing": number,
                    "part": part,
                    "lexemes": sorted({word[:WORD_CHARS_MAX] for word in portion}),
                    "long_words": [word for word in portion if len(word) > WORD_CHARS_MAX],
                },
            )

    def remove(self, number: int) -> None:
        """Take a listing out of the index."""
        self._database.run(_REMOVE, {"number": number})

    def having(self, row: ColumnElement[int], asked: Sequence[str]) -> list[ColumnElement[bool]]:
        """Return the conditions for the listing of this row to have words that begin with all those asked.

        One for each word: each may stand in another part.
        """
        return [row.in_(select(_words.c.listing).where(*_matching(word))) for word in asked]

    def count(self, asked: Sequence[str]) -> int | None:
        """Return None: what the words alone cannot count, because of the parts, the listings must."""
        del asked
        return None

    def row_among(self, total: int) -> ColumnElement[int]:
        """Return the listing's row: PostgreSQL finds out by itself how many are to be put in order."""
        del total
        return listings.c.row

    def clear(self) -> None:
        """Make all tables of the directory anew, whatever became of them."""
        self._database.remake(listings, labels)
        create_words(self._database)


def _parts(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the words in portions that one tsvector holds: one, be it empty, for any usual listing."""
    portion: list[str] = []
    chars = 0
    for word in words:
        if portion and chars + len(word) > PART_CHARS_MAX:
            yield portion
            portion, chars = [], 0
        portion.append(word)
        chars += len(word)
    yield portion


def _matching(word: str) -> list[ColumnElement[bool]]:
    # In quotes every word is a word, never an operator; words hold no quotes and no strokes (`words_of`).
    found: list[ColumnElement[bool]] = [
        _words.c.words.bool_op("@@")(cast(f"'{word[:WORD_CHARS_MAX]}':*", TSQUERY))
    ]
    if len(word) > WORD_CHARS_MAX:
        whole = func.unnest(_words.c.long_words).column_valued("whole")
        found.append(select(whole).where(func.starts_with(whole, word)).exists())
    return found
