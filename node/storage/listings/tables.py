"""The tables in which the directory is searched: listings and their texts. Cache.

What a listing is found by, its words and its marks (directory_marks.py), is indexed as each database does it
best: sqlite_words.py, postgres_words.py.
"""

from typing import Final

from sqlalchemy import (
    REAL,
    Column,
    Double,
    Index,
    LargeBinary,
    Named,
    Table,
    TypedColumns,
    func,
    literal_column,
)
from sqlalchemy.types import TypeEngine

from node.storage.column_types import TEXT, WHOLE
from node.storage.tables import metadata

# Floats of 64 bits in both databases, each under the name it knows.
_FLOAT: Final[TypeEngine[float]] = Double().with_variant(REAL(), "sqlite")
# PostgreSQL's indexes take 2,704 bytes and a folded name may be longer: lists are sorted by so many of its
# characters first.
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
    # The place as a point on the unit sphere: how near another is, is three products (directory_near.py).
    x: Named[float | None] = Column(_FLOAT)
    y: Named[float | None] = Column(_FLOAT)
    z: Named[float | None] = Column(_FLOAT)
    confirmed_at: Named[int | None] = Column(WHOLE)
    # Lists of texts as JSON: shown, never searched; marks are what is searched.
    tags: Named[str] = Column(TEXT, nullable=False)
    languages: Named[str] = Column(TEXT, nullable=False)
    flags: Named[str] = Column(TEXT, nullable=False)


class _TextColumns(TypedColumns):
    row: Named[int] = Column(WHOLE, primary_key=True, autoincrement=False)
    text: Named[str] = Column(TEXT, nullable=False)


listings = Table("listings", metadata, _ListingColumns, sqlite_strict=True)
Index("listings_document", listings.c.document_id, unique=True)
# For pages that move, and their offers with them; who brings lists of pages in pays nothing for it.
of_offers: Final = listings.c.kind != literal_column("'profile'")
Index("listings_home", listings.c.community_id, sqlite_where=of_offers, postgresql_where=of_offers)
# Holds all that a question about distance reads, so that it reads no listing it does not show.
Index(
    "listings_place",
    listings.c.lat_e7,
    listings.c.lon_e7,
    listings.c.x,
    listings.c.y,
    listings.c.z,
    postgresql_include=["row"],
)
Index("listings_name", listings.c.name_key, listings.c.document_id).ddl_if(dialect="sqlite")
# Written out, not bound: PostgreSQL must see that a question sorts by what the index holds.
name_start: Final = func.left(listings.c.name_key, literal_column(str(INDEXED_CHARS_MAX)))
Index("listings_name_start", name_start).ddl_if(dialect="postgresql")

# Apart, because listings without their long texts lie close together: what sorts thousands reads few pages.
# No reference to the listings: whoever makes those anew because they are damaged makes this anew too.
listing_texts = Table("listing_texts", metadata, _TextColumns, sqlite_strict=True)
