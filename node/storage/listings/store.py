"""The directory in a database: filters, full text and distance, answering as `node.directory.search.search`.

First the rows of one page are found, in indexes alone where that is shorter; only they are then read.
What is near is found in directory_near.py.
"""

import json
from collections.abc import Sequence
from operator import itemgetter
from typing import TypeAlias

from sqlalchemy import Row, bindparam, delete, func, select

from node.directory.search import ListingRow, SearchQuery, fold, words_of
from node.ids import ID_BYTES, CommunityId, DocumentId
from node.storage.database import Database
from node.storage.listings import marks as directory_marks
from node.storage.listings.index import Asked, DirectoryIndex, asked_by
from node.storage.listings.near import Nearest, on_sphere
from node.storage.listings.tables import listing_texts, listings, of_offers
from node.storage.upserts import Upsert

_columns = listings.c
ListedRow: TypeAlias = Row[
    int, bytes, bytes, str, str, str | None, int | None, int | None, int | None, str, str, str, str
]
_LISTINGS = select(
    _columns.row,
    _columns.document_id,
    _columns.community_id,
    _columns.kind,
    _columns.name,
    _columns.country,
    _columns.lat_e7,
    _columns.lon_e7,
    _columns.confirmed_at,
    _columns.tags,
    _columns.languages,
    _columns.flags,
    listing_texts.c.text,
).join(listing_texts, listing_texts.c.row == _columns.row)
_ROWS = select(_columns.row)
_COUNT = select(func.count()).select_from(listings)
_BY_ROWS = _LISTINGS.where(_columns.row.in_(bindparam("rows", expanding=True)))
_ROW_OF = select(_columns.row).where(_columns.document_id == bindparam("document"))
_OFFERS_OF = _LISTINGS.where(_columns.community_id == bindparam("community"), of_offers)
_PUT = Upsert(listings, "document_id")
_REMOVE = delete(listings).where(_columns.row == bindparam("number"))
_REMOVE_TEXT = delete(listing_texts).where(listing_texts.c.row == bindparam("number"))
_PUT_TEXT = Upsert(listing_texts, "row")


class SqlDirectory:
    """Keep listings and offers ready to be searched: the port's DirectoryStore."""

    def __init__(self, database: Database, index: DirectoryIndex) -> None:
        self._database = database
        self._index = index
        self._nearest = Nearest(database, index)

    def put(self, row: ListingRow) -> None:
        """Write a row over its former state, and its words into the index."""
        assert len(row.document_id) == len(row.community_id) == ID_BYTES
        assert (row.lat_e7 is None) == (row.lon_e7 is None)
        before = self._row_of(row.document_id)
        if before is not None:
            self._index.remove(before)
        self._database.upsert(_PUT, _values(row))
        number = before if before is not None else self._row_of(row.document_id)
        assert number is not None
        self._database.upsert(_PUT_TEXT, {"row": number, "text": row.text})
        self._index.put(number, sorted(directory_marks.of_listing(row).union(words_of(row.text))))

    def remove(self, document: DocumentId) -> None:
        """Take a row out; nothing happens when it is not there."""
        number = self._row_of(document)
        if number is not None:
            self._index.remove(number)
            self._database.run(_REMOVE_TEXT, {"number": number})
            self._database.run(_REMOVE, {"number": number})

    def offers_of(self, community: CommunityId) -> list[ListingRow]:
        """Return the rows of a community's offers and needs, sorted by id."""
        found = map(read_listing, self._database.rows(_OFFERS_OF, {"community": community}))
        return sorted(found, key=lambda row: row.document_id)

    def search(self, query: SearchQuery) -> tuple[int, list[ListingRow]]:
        """Return how many rows fit and one page of them, the nearest first or by name, then by id."""
        asked = asked_by(query)
        if query.near is not None:
            total, rows = self._nearest.search(query, query.near, asked)
        else:
            total, rows = self._by_name(query, asked)
        return total, self._load(rows)

    def count(self) -> int:
        """Return the number of rows."""
        return self._database.rows(_COUNT)[0][0]

    def clear(self) -> None:
        """Empty this cache, making its tables anew, whatever became of them."""
        self._index.clear()

    def _by_name(self, query: SearchQuery, asked: Asked) -> tuple[int, list[int]]:
        """Return how many listings fit and the rows of one page of them, by name, then by id."""
        fitting = self._index.find(asked) if asked else None
        total = fitting.count if fitting is not None else self.count()
        end = min(query.end, total)
        if end <= query.offset:
            return total, []
        # From whichever end of the list is nearer.
        backwards = query.offset > total - end
        order = [column.desc() for column in self._index.by_name] if backwards else self._index.by_name
        before = total - end if backwards else query.offset
        page = _ROWS.order_by(*order).limit(end - query.offset).offset(before)
        if fitting is not None:
            # Those wanted lie anywhere among all: that share of them is met before the last one is.
            walked = self.count() * (before + end - query.offset) // total
            page = page.where(fitting.holds(self._index.row_for(fitting=total, walked=walked)))
        rows = [found.row for found in self._database.rows(page)]
        return total, rows[::-1] if backwards else rows

    def _row_of(self, document: DocumentId) -> int | None:
        found = self._database.one(_ROW_OF, {"document": document})
        return found.row if found is not None else None

    def _load(self, rows: Sequence[int]) -> list[ListingRow]:
        """Return the listings of these rows in this order."""
        if not rows:
            return []
        found = {row.row: read_listing(row) for row in self._database.rows(_BY_ROWS, {"rows": list(rows)})}
        return list(itemgetter(*rows)(found)) if len(rows) > 1 else [found[rows[0]]]


def _values(row: ListingRow) -> dict[str, object]:
    place = row.location
    x, y, z = (None, None, None) if place is None else on_sphere(place)
    return {
        "document_id": row.document_id,
        "community_id": row.community_id,
        "kind": row.kind,
        "name": row.name,
        "name_key": fold(row.name),
        "country": row.country,
        "lat_e7": row.lat_e7,
        "lon_e7": row.lon_e7,
        "x": x,
        "y": y,
        "z": z,
        "confirmed_at": row.confirmed_at,
        "tags": _written(row.tags),
        "languages": _written(row.languages),
        "flags": _written(row.flags),
    }


def read_listing(row: ListedRow) -> ListingRow:
    """Make a listing of what stands in the database: its row, then its fields in their order."""
    _, document, community, kind, name, country, lat, lon, confirmed_at, tags, languages, flags, text = row
    return ListingRow(
        document_id=DocumentId(document),
        community_id=CommunityId(community),
        kind=kind,
        name=name,
        tags=_read(tags),
        country=country,
        languages=_read(languages),
        lat_e7=lat,
        lon_e7=lon,
        confirmed_at=confirmed_at,
        flags=_read(flags),
        text=text,
    )


def _written(texts: tuple[str, ...]) -> str:
    return json.dumps(texts, ensure_ascii=False)


def _read(texts: str) -> tuple[str, ...]:
    return tuple(json.loads(texts))
