"""The directory in a database: filters, full text and distance, answering as `node.directory.search.search`.

Filters and words are the database's work. Distances are floats that the database might round otherwise, so it
only picks what lies in a rectangle, and the nearest of those are found here.
"""

import json
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Protocol, TypeAlias

from sqlalchemy import ColumnElement, Row, Select, bindparam, delete, func, insert, select

from node.directory.location import Location, box_around, distance_km
from node.directory.search import WITHIN_KM_MAX, ListingRow, SearchQuery, fold, words_of
from node.ids import ID_BYTES, CommunityId, DocumentId
from node.storage.database import Database
from node.storage.directory_tables import labels, language_label, listings, tag_label
from node.storage.upserts import Upsert

# The first circle in which the nearest are looked for, and how it grows: a town, then a region, then all.
_CIRCLE_KM = 25.0
_CIRCLE_GROWTH = 4

_columns = listings.c
_ListingRow: TypeAlias = Row[
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
    _columns.text,
)
_PLACES = select(_columns.row, _columns.document_id, _columns.name_key, _columns.lat_e7, _columns.lon_e7)
_COUNT = select(func.count()).select_from(listings)
_BY_ROWS = _LISTINGS.where(_columns.row.in_(bindparam("rows", expanding=True)))
_ROW_OF = select(_columns.row).where(_columns.document_id == bindparam("document"))
_PUT = Upsert(listings, "document_id")
_REMOVE = delete(listings).where(_columns.row == bindparam("number"))
_LABEL = insert(labels)
_UNLABEL = delete(labels).where(labels.c.listing == bindparam("number"))


class DirectoryIndex(Protocol):
    """What each database does in its own way: finding listings by words, and putting them in order."""

    @property
    def by_name(self) -> Sequence[ColumnElement[Any]]:
        """Return what to sort by for the order of folded names, then of ids."""
        ...

    def put(self, number: int, words: Sequence[str]) -> None:
        """Index the words, sorted and each once, of a listing that is not in the index."""
        ...

    def remove(self, number: int) -> None:
        """Take a listing out of the index."""
        ...

    def having(self, row: ColumnElement[int], asked: Sequence[str]) -> list[ColumnElement[bool]]:
        """Return the conditions for the listing of this row to have words that begin with all those asked."""
        ...

    def count(self, asked: Sequence[str]) -> int:
        """Return how many listings have words that begin with all those asked."""
        ...

    def row_among(self, total: int) -> ColumnElement[int]:
        """Return how a listing's row is best spelled where so many are to be put in order."""
        ...

    def clear(self) -> None:
        """Make all tables of the directory anew, whatever became of them."""
        ...


class SqlDirectory:
    """Keep listings and offers ready to be searched: the port's DirectoryStore."""

    def __init__(self, database: Database, index: DirectoryIndex) -> None:
        self._database = database
        self._index = index

    def put(self, row: ListingRow) -> None:
        """Write a row over its former state, and its words into the index."""
        assert len(row.document_id) == len(row.community_id) == ID_BYTES
        assert (row.lat_e7 is None) == (row.lon_e7 is None)
        before = self._row_of(row.document_id)
        if before is not None:
            self._database.run(_UNLABEL, {"number": before})
            self._index.remove(before)
        self._database.upsert(_PUT, _values(row))
        number = self._row_of(row.document_id)
        assert number is not None
        self._index.put(number, sorted(set(words_of(row.text))))
        found = {tag_label(fold(tag)) for tag in row.tags} | set(map(language_label, row.languages))
        if found:
            self._database.run(_LABEL, [{"label": label, "listing": number} for label in sorted(found)])

    def remove(self, document: DocumentId) -> None:
        """Take a row out; nothing happens when it is not there."""
        number = self._row_of(document)
        if number is not None:
            self._index.remove(number)
            self._database.run(_REMOVE, {"number": number})

    def search(self, query: SearchQuery) -> tuple[int, list[ListingRow]]:
        """Return how many rows fit and one page of them, the nearest first or by name, then by id."""
        if query.near is not None:
            return self._nearest(query, query.near, self._filters(query, _columns.row))
        total = self._count(query)
        if total <= query.offset:
            return total, []
        page = (
            _LISTINGS.where(*self._filters(query, self._index.row_among(total)))
            .order_by(*self._index.by_name)
            .limit(query.limit)
            .offset(query.offset)
        )
        return total, [_listing(row) for row in self._database.rows(page)]

    def count(self) -> int:
        """Return the number of rows."""
        return self._database.rows(_COUNT)[0][0]

    def clear(self) -> None:
        """Empty this cache, making its tables anew, whatever became of them."""
        self._index.clear()

    def _count(self, query: SearchQuery) -> int:
        """Return how many listings fit; for words alone the index of words knows it by itself."""
        asked = _asked(query)
        if asked and query == SearchQuery(words=query.words, limit=query.limit, offset=query.offset):
            return self._index.count(asked)
        return self._database.rows(_COUNT.where(*self._filters(query, _columns.row)))[0][0]

    def _filters(self, query: SearchQuery, row: ColumnElement[int]) -> list[ColumnElement[bool]]:
        """Return what a listing must fulfil; `row` is how the listing's row is spelled."""
        filters: list[ColumnElement[bool]] = []
        if query.kind is not None:
            filters.append(_columns.kind == query.kind)
        if query.country is not None:
            filters.append(_columns.country == query.country)
        if query.language is not None:
            filters.append(row.in_(_labelled(language_label(query.language))))
        if query.tag is not None:
            filters.append(row.in_(_labelled(tag_label(fold(query.tag)))))
        asked = _asked(query)
        return filters + self._index.having(row, asked) if asked else filters

    def _row_of(self, document: DocumentId) -> int | None:
        found = self._database.one(_ROW_OF, {"document": document})
        return found.row if found is not None else None

    def _nearest(
        self, query: SearchQuery, centre: Location, filters: Sequence[ColumnElement[bool]]
    ) -> tuple[int, list[ListingRow]]:
        end = query.offset + query.limit
        if query.within_km is not None:
            found = self._within(centre, query.within_km, filters)
            return len(found), self._load(found[query.offset : end])
        total = self._database.rows(_COUNT.where(*filters, _columns.lat_e7.is_not(None)))[0][0]
        circle_km = _CIRCLE_KM
        found = self._within(centre, circle_km, filters)
        while len(found) < min(end, total) and circle_km < WITHIN_KM_MAX:
            circle_km = min(circle_km * _CIRCLE_GROWTH, WITHIN_KM_MAX)
            found = self._within(centre, circle_km, filters)
        return total, self._load(found[query.offset : end])

    def _within(
        self, centre: Location, within_km: float, filters: Sequence[ColumnElement[bool]]
    ) -> list[int]:
        """Return the rows within a distance, the nearest first, then by name and id."""
        box = box_around(centre, within_km=within_km)
        boxed = _PLACES.where(
            *filters,
            _columns.lat_e7.between(box.south_e7, box.north_e7),
            _columns.lon_e7.between(box.west_e7, box.east_e7),
        )
        found: list[tuple[float, str, bytes, int]] = []
        for number, document, name_key, lat_e7, lon_e7 in self._database.rows(boxed):
            assert lat_e7 is not None
            assert lon_e7 is not None
            apart = distance_km(centre, Location(lat_e7, lon_e7))
            if apart <= within_km:
                found.append((apart, name_key, document, number))
        return [number for *_, number in sorted(found)]

    def _load(self, rows: Sequence[int]) -> list[ListingRow]:
        """Return the listings of these rows in this order."""
        if not rows:
            return []
        found = {row.row: _listing(row) for row in self._database.rows(_BY_ROWS, {"rows": list(rows)})}
        return list(itemgetter(*rows)(found)) if len(rows) > 1 else [found[rows[0]]]


def _asked(query: SearchQuery) -> list[str]:
    """Return the words asked for, folded, sorted and each once."""
    return sorted({word for part in query.words for word in words_of(part)})


def _labelled(label: str) -> Select[int]:
    return select(labels.c.listing).where(labels.c.label == label)


def _values(row: ListingRow) -> dict[str, object]:
    return {
        "document_id": row.document_id,
        "community_id": row.community_id,
        "kind": row.kind,
        "name": row.name,
        "name_key": fold(row.name),
        "country": row.country,
        "lat_e7": row.lat_e7,
        "lon_e7": row.lon_e7,
        "confirmed_at": row.confirmed_at,
        "tags": _written(row.tags),
        "languages": _written(row.languages),
        "flags": _written(row.flags),
        "text": row.text,
    }


def _listing(row: _ListingRow) -> ListingRow:
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
