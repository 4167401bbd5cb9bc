"""The tables in which the directory is searched: listings, their labels, their words. Cache.

The texts come folded (directory/search.py): small letters, no accents, words cut. So the full-text index is
told to cut at ASCII signs only and to fold nothing; whatever SQLite believes a letter to be, its answers are
those of the plain search.
"""

from typing import Final

import sqlalchemy
from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Named, Table, Text, TypedColumns

from node.storage.database import Database
from node.storage.tables import metadata


class _ListingColumns(TypedColumns):
    row: Named[int] = Column(Integer, primary_key=True)
    document_id: Named[bytes] = Column(LargeBinary, nullable=False)
    community_id: Named[bytes] = Column(LargeBinary, nullable=False)
    kind: Named[str] = Column(Text, nullable=False)
    name: Named[str] = Column(Text, nullable=False)
    # The folded name, by which lists are sorted.
    name_key: Named[str] = Column(Text, nullable=False)
    country: Named[str | None] = Column(Text)
    lat_e7: Named[int | None] = Column(Integer)
    lon_e7: Named[int | None] = Column(Integer)
    confirmed_at: Named[int | None] = Column(Integer)
    # Lists of texts as JSON: shown, never searched; `labels` is what is searched.
    tags: Named[str] = Column(Text, nullable=False)
    languages: Named[str] = Column(Text, nullable=False)
    flags: Named[str] = Column(Text, nullable=False)
    text: Named[str] = Column(Text, nullable=False)


class _LabelColumns(TypedColumns):
    label: Named[str] = Column(Text, primary_key=True)
    listing: Named[int] = Column(
        ForeignKey("listings.row", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


listings = Table("listings", metadata, _ListingColumns, sqlite_strict=True)
Index("listings_document", listings.c.document_id, unique=True)
Index("listings_name", listings.c.name_key, listings.c.document_id)
Index("listings_place", listings.c.lat_e7, listings.c.lon_e7)
# A tag or a language of a listing, the first letter saying which.
labels = Table("labels", metadata, _LabelColumns, sqlite_strict=True, sqlite_with_rowid=False)
Index("labels_listing", labels.c.listing)
TAG: Final = "t"
LANGUAGE: Final = "l"

# Its rowid is the listing's row. No positions are kept: a question names words, never phrases.
# FTS5 gives a table a hidden column of its own name, and MATCH on it searches the whole row.
words = sqlalchemy.table(
    "listing_words",
    sqlalchemy.column("rowid", Integer),
    sqlalchemy.column("words", Text),
    sqlalchemy.column("listing_words", Text),
)
_DROP_WORDS = sqlalchemy.text("DROP TABLE IF EXISTS listing_words")
_CREATE_WORDS = sqlalchemy.text(
    "CREATE VIRTUAL TABLE listing_words"
    " USING fts5(words, tokenize = 'ascii', detail = none, prefix = '1 2 3')"
)


def create_words(database: Database) -> None:
    """Make the index of words, empty, whether there was one or not."""
    database.run(_DROP_WORDS)
    database.run(_CREATE_WORDS)


def clear(database: Database) -> None:
    """Make all tables of the directory anew, whatever became of them."""
    database.remake(listings, labels)
    create_words(database)
