"""The words and marks of the directory on PostgreSQL: a tsvector for each listing. Cache.

The words come cut and folded (directory/search.py) and go into the index as they are, past PostgreSQL's own
parsers and dictionaries, so the answers are those of the plain search. Two bounds must not turn a neighbour's
odd listing into an error: a word has at most 2,046 bytes in a tsvector, and all words of one at most a MiB.
So listings with endless words or with very many have a table of their own, which is nearly always empty: it
holds them in parts, and the beginnings of endless words with the whole beside them.
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
    false,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from node.storage.column_types import WHOLE
from node.storage.database import Database
from node.storage.listings.index import Asked, Fitting
from node.storage.listings.tables import listing_texts, listings, name_start

# In characters, of at most four bytes each.
WORD_CHARS_MAX: Final = 500
WORDS_CHARS_MAX: Final = 200_000

# So few are named to PostgreSQL one by one: it takes a rare word for a frequent one and would walk all names.
_FEW_MAX: Final = 500

# No references to the listings: whoever makes those anew because they are damaged makes these anew too.
_metadata = MetaData()
_words = Table(
    "listing_words",
    _metadata,
    Column("listing", WHOLE, primary_key=True, autoincrement=False),
    Column("words", TSVECTOR, nullable=False),
)
_odd = Table(
    "odd_listing_words",
    _metadata,
    Column("listing", WHOLE, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("words", TSVECTOR, nullable=False),
    Column("endless", ARRAY(Text(collation="C")), nullable=False),
)
for _table in (_words, _odd):
    # Written into the index at once: a list of what is still to be indexed would be read at every question.
    _found_by = f"{_table.name}_words"
    Index(_found_by, _table.c.words, postgresql_using="gin", postgresql_with={"fastupdate": "off"})
_lexemes = func.array_to_tsvector(bindparam("lexemes", type_=ARRAY(Text)))
_PUT = insert(_words).values(words=_lexemes)
_PUT_ODD = insert(_odd).values(words=_lexemes)
_parts_read = _odd.alias("parts_read")
_REMOVE = delete(_words).where(_words.c.listing == bindparam("number"))
_REMOVE_ODD = delete(_odd).where(_odd.c.listing == bindparam("number"))


def create_words(database: Database) -> None:
    """Make the index of words, empty, whether there was one or not."""
    database.remake(_words, _odd)


class PostgresWords:
    """Find listings by their words and marks through tsvector: the directory's DirectoryIndex."""

    by_name = (name_start, listings.c.name_key, listings.c.document_id)

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, number: int, words: Sequence[str]) -> None:
        """Index the words of a listing that is not in the index."""
        if sum(map(len, words)) <= WORDS_CHARS_MAX and all(len(word) <= WORD_CHARS_MAX for word in words):
            self._database.run(_PUT, {"listing": number, "lexemes": list(words)})
            return
        for part, portion in enumerate(_parts(words)):
            self._database.run(
                _PUT_ODD,
                {
                    "listing": number,
                    "part": part,
                    "lexemes": sorted({word[:WORD_CHARS_MAX] for word in portion}),
                    "endless": [word for word in portion if len(word) > WORD_CHARS_MAX],
                },
            )

    def remove(self, number: int) -> None:
        """Take a listing out of the index."""
        self._database.run(_REMOVE, {"number": number})
        self._database.run(_REMOVE_ODD, {"number": number})

    def find(self, asked: Asked) -> Fitting:
        """Look up the listings that have all that is asked for: the few by their rows, of many how many.

        Nothing is noted: a replica that only reads answers too. For many the condition looks them up again.
        """
        odd = self._odd(asked)
        usual = select(_words.c.listing).where(_usual(asked))
        few = [row.listing for row in self._database.rows(usual.limit(_FEW_MAX + 1))]
        if len(few) <= _FEW_MAX:
            return Fitting(len(few) + len(odd), lambda row: row.in_([*few, *odd]))
        counting = select(func.count()).select_from(_words).where(_usual(asked))

        def holds(row: ColumnElement[int]) -> ColumnElement[bool]:
            # The odd were looked up before, nearly always none: PostgreSQL plans badly for two tables.
            return row.in_(usual) | row.in_(odd) if odd else row.in_(usual)

        return Fitting(self._database.rows(counting)[0][0] + len(odd), holds)

    def _odd(self, asked: Asked) -> list[int]:
        """Return the odd listings that have what is asked for; each word may stand in another part."""
        parts = [*map(_in_part, asked.words), *map(_marked_part, asked.marks)]
        having = [_odd.c.listing.in_(select(_parts_read.c.listing).where(*part)) for part in parts]
        return [row.listing for row in self._database.rows(select(_odd.c.listing).where(*having).distinct())]

    def row_for(self, *, fitting: int, walked: int) -> ColumnElement[int]:
        """Return the listing's row: PostgreSQL finds out by itself which way is shorter."""
        del fitting, walked
        return listings.c.row

    def clear(self) -> None:
        """Make all tables of the directory anew, whatever became of them."""
        self._database.remake(listings, listing_texts)
        create_words(self._database)


def _parts(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the words in portions that one tsvector holds; a single endless word may be more."""
    portion: list[str] = []
    chars = 0
    for word in words:
        if portion and chars + len(word) > WORDS_CHARS_MAX:
            yield portion
            portion, chars = [], 0
        portion.append(word)
        chars += len(word)
    yield portion


def _usual(asked: Asked) -> ColumnElement[bool]:
    """Return the condition for a usual listing; no word of one is longer than those that are cut here."""
    if any(len(word) > WORD_CHARS_MAX for word in asked.words):
        return false()
    return _words.c.words.bool_op("@@")(_question(asked))


def _in_part(word: str) -> Iterator[ColumnElement[bool]]:
    yield _parts_read.c.words.bool_op("@@")(_question(Asked(words=(word[:WORD_CHARS_MAX],))))
    if len(word) > WORD_CHARS_MAX:
        whole = func.unnest(_parts_read.c.endless).column_valued("whole")
        yield select(whole).where(func.starts_with(whole, word)).exists()


def _marked_part(mark: str) -> Iterator[ColumnElement[bool]]:
    yield _parts_read.c.words.bool_op("@@")(_question(Asked(marks=(mark,))))


def _question(asked: Asked) -> ColumnElement[object]:
    # In quotes every word is a word, never an operator; neither words nor marks hold quotes and strokes.
    terms = [f"'{mark}'" for mark in asked.marks] + [f"'{word}':*" for word in asked.words]
    return cast(" & ".join(terms), TSQUERY)
