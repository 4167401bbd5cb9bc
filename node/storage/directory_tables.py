"""The tables in which the directory is searched: listings and their labels. Cache.

The words of the listings are indexed as each database does it best: sqlite_words.py, postgres_words.py.
"""

from hashlib import sha256
from typing import Final

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Named,
    Table,
    TypedColumns,
    func,
    literal_column,
)

from node.storage.column_types import TEXT, WHOLE
from node.storage.tables import metadata

# PostgreSQL's indexes take 2,704 bytes and a folded name may be longer: lists are sorted by so many of its
# characters first. The same bound keeps a label of any length findable.
INDEXED_CHARS_MAX: Final = 100


class _ListingColumns(TypedColumns):
    row: Named[int] = Column(WHOLE, primary_key=True)
    document_id: Named[bytes] = Column(LargeBinary, nullable=False)
    community_id: Named[bytes] = Column(LargeBinary, nullable=False)
    kind: Named[str] = Column(TEXT, nullable=False)
    name: Named[str] = Column(TEXT, nullable=False)
    # The folded name, by which lists are sorted.
    name_key: Named[str] = Column(TEXT, nullable=False)
    country: Named[str | None] = Column(TEXT)
    lat_e7: Named[int | None] = Column(WHOLE)
    lon_e7: Named[int | None] = Column(WHOLE)
    confirmed_at: Named[int | None] = Column(WHOLE)
    # Lists of texts as JSON: shown, never searched; `labels` is what is searched.
    tags: Named[str] = Column(TEXT, nullable=False)
    languages: Named[str] = Column(TEXT, nullable=False)
    flags: Named[str] = Column(TEXT, nullable=False)
    text: Named[str] = Column(TEXT, nullable=False)


class _LabelColumns(TypedColumns):
    label: Named[str] = Column(TEXT, primary_key=True)
    listing: Named[int] = Column(
        WHOLE, ForeignKey("listings.row", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


listings = Table("listings", metadata, _ListingColumns, sqlite_strict=True)
Index("listings_document", listings.c.document_id, unique=True)
Index("listings_place", listings.c.lat_e7, listings.c.lon_e7)
Index("listings_name", listings.c.name_key, listings.c.document_id).ddl_if(dialect="sqlite")
# Written out, not bound: PostgreSQL must see that a question sorts by what the index holds.
name_start: Final = func.left(listings.c.name_key, literal_column(str(INDEXED_CHARS_MAX)))
Index("listings_name_start", name_start).ddl_if(dialect="postgresql")

labels = Table("labels", metadata, _LabelColumns, sqlite_strict=True, sqlite_with_rowid=False)
Index("labels_listing", labels.c.listing)
_TAG: Final = "t"
_LANGUAGE: Final = "l"


def tag_label(folded: str) -> str:
    """Return how a folded tag stands in the table of labels."""
    return _label(_TAG, folded)


def language_label(language: str) -> str:
    """Return how a language stands in the table of labels."""
    return _label(_LANGUAGE, language)


def _label(sort: str, text: str) -> str:
    """Return the text behind a letter that says what it is: a capital before a hash of what is too long."""
    if len(text) <= INDEXED_CHARS_MAX:
        return sort + text
    return sort.upper() + sha256(text.encode()).hexdigest()
