"""The nearest listings in a database: found on the unit sphere, put in order by their exact distance.

A place is kept as the point (x, y, z) of the unit sphere. The product of two such points is the cosine of the
angle between them, made of three multiplications that every database does alike. Its last digits are not
relied on: what lies that close together is decided by `distance_km`, so that all stores answer the same.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, Row, Select, bindparam, case, func, select

from node.directory.location import E7, EARTH_RADIUS_KM, Box, Location, box_around, distance_km
from node.directory.search import WITHIN_KM_MAX, SearchQuery
from node.limits import NEAREST_LISTINGS_MAX
from node.storage.database import Database
from node.storage.listings.index import Asked, DirectoryIndex, Fitting
from node.storage.listings.tables import listings

# Cosines that differ by less are taken for equal: far more than rounding makes of them, and of places some
# kilometres away it is millimetres.
_SLACK: Final = 1e-12
# Where a circle ends, six metres inside and outside are looked at closely.
_EDGE_RADIANS: Final = 1e-6
# The first circle in which the nearest are looked for, and how it grows: a town, then a region, then all.
_CIRCLE_KM: Final = 25.0
_CIRCLE_GROWTH: Final = 1.6
# A circle is looked into once it can be expected to hold so many times the listings wanted.
_SURPLUS: Final = 1.5
# So few that fit are all looked at, without a circle around them.
_FEW: Final = 500
# Beyond this share of all, circles save nothing.
_DEEP: Final = 6
# Listings read behind those wanted, to see whether others are as far away as the last.
_MARGIN_ROWS: Final = 20
_NAMED_AT_ONCE: Final = 5_000

_columns = listings.c
_COSINE: Final = (
    _columns.x * bindparam("to_x") + _columns.y * bindparam("to_y") + _columns.z * bindparam("to_z")
).label("cosine")
_PLACES = select(_columns.lat_e7, _columns.lon_e7)
_RANKED = select(_columns.row, _COSINE).order_by(_COSINE.desc())
_NAMED = select(_columns.row, _columns.lat_e7, _columns.lon_e7, _columns.name_key, _columns.document_id)
_NAMED_ROWS = _NAMED.where(_columns.row.in_(bindparam("rows", expanding=True)))
_COUNT = select(func.count()).select_from(listings)
_PLACED = _COUNT.where(_columns.lat_e7.is_not(None))
# A row and the cosine of its distance.
_Ranked: TypeAlias = tuple[int, float]
_NamedRow: TypeAlias = Row[int, int | None, int | None, str, bytes]


def on_sphere(place: Location) -> tuple[float, float, float]:
    """Return the point of the unit sphere at which a place lies."""
    latitude, longitude = math.radians(place.lat_e7 / E7), math.radians(place.lon_e7 / E7)
    return (
        math.cos(latitude) * math.cos(longitude),
        math.cos(latitude) * math.sin(longitude),
        math.sin(latitude),
    )


class Nearest:
    """Find the listings that fit, the nearest first."""

    def __init__(self, database: Database, index: DirectoryIndex) -> None:
        self._database = database
        self._index = index

    def search(self, query: SearchQuery, centre: Location, asked: Asked) -> tuple[int, list[int]]:
        """Return how many listings with a place fit, and the rows of one page of them in order.

        The nearest come first, then by folded name, then by id.
        """
        fitting = self._index.find(asked.with_place) if asked else None
        look = _Look(self._database, self._index, centre, fitting)
        farthest = WITHIN_KM_MAX if query.within_km is None else query.within_km
        found, is_all = look.nearest(query.end, farthest)
        if query.within_km is None:
            total = look.fitting
        else:
            counted = look.count_among(found, farthest) if is_all else look.count_within(farthest)
            total = min(counted, NEAREST_LISTINGS_MAX + 1)
        end = min(query.end, total)
        return total, look.part(found, query.offset, end) if query.offset < end else []


@dataclass(frozen=True, slots=True)
class _Circle:
    """A circle as the database sees it.

    Attributes:
        outer: the cosine below which a place is certainly outside.
        inner: the cosine from which on it is certainly inside.
    """

    box: Box
    outer: float
    inner: float

    @property
    def boxed(self) -> tuple[ColumnElement[bool], ...]:
        box = self.box
        return (
            _columns.lat_e7.between(box.south_e7, box.north_e7),
            _columns.lon_e7.between(box.west_e7, box.east_e7),
        )


def _circle(centre: Location, radius_km: float) -> _Circle:
    angle = radius_km / EARTH_RADIUS_KM
    return _Circle(
        box_around(centre, within_km=radius_km),
        outer=math.cos(min(angle + _EDGE_RADIANS, math.pi)) - _SLACK,
        # Beyond every cosine where the circle is all edge.
        inner=math.cos(angle - _EDGE_RADIANS) + _SLACK if angle > _EDGE_RADIANS else 2.0,
    )


class _Look:
    """One question, seen from one place.

    Args:
        fitting: the listings that have what is asked for; None when nothing is but a place.
    """

    def __init__(
        self, database: Database, index: DirectoryIndex, centre: Location, fitting: Fitting | None
    ) -> None:
        self._database = database
        self._index = index
        self._centre = centre
        self._found = fitting
        self._to: Mapping[str, object] = dict(zip(("to_x", "to_y", "to_z"), on_sphere(centre), strict=True))
        self._placed = database.rows(_PLACED)[0][0]
        self.fitting: Final = self._placed if fitting is None else fitting.count
        self._boxed: dict[Box, int] = {}

    def nearest(self, wanted: int, farthest: float) -> tuple[list[_Ranked], bool]:
        """Return at least so many that fit, the nearest first, and all that lie as far away as the last.

        Also returns whether these are all up to the farthest distance, in km, and a few metres beyond.
        """
        limit = wanted + _MARGIN_ROWS
        radius = self._first_radius(wanted, farthest)
        while True:
            circle = _circle(self._centre, radius)
            ranking = _RANKED.where(*self._inside(circle))
            found = self._ranked(ranking.limit(limit))
            # Whatever lies as far away as the last wanted has at least this cosine.
            last = found[wanted - 1][1] - _SLACK if len(found) >= wanted else -2.0
            if last >= circle.outer or radius >= farthest:
                break
            growth = math.sqrt(_SURPLUS * limit / max(len(found), 1))
            radius = min(radius * max(growth, _CIRCLE_GROWTH), farthest)
        if len(found) < limit:
            return found, radius >= farthest
        if found[-1][1] >= last:  # More at one place than were read, such as all offers of one community.
            found = self._ranked(ranking.where(_COSINE.element >= last))
        return found, False

    def part(self, found: list[_Ranked], start: int, end: int) -> list[int]:
        """Return the rows from one place in the order to another of those that `nearest` found."""
        nearest, farthest = found[start][1] + _SLACK, found[end - 1][1] - _SLACK
        before = sum(cosine > nearest for _, cosine in found)
        alike = [row for row, cosine in found if farthest <= cosine <= nearest]
        keyed = sorted(
            (self._distance(lat_e7, lon_e7), name_key, document, row)
            for row, lat_e7, lon_e7, name_key, document in self._named(alike)
        )
        return [row for *_, row in keyed[start - before : end - before]]

    def count_among(self, found: list[_Ranked], radius_km: float) -> int:
        """Return how many of those found lie within a distance."""
        inner = _circle(self._centre, radius_km).inner
        certain = sum(cosine >= inner for _, cosine in found)
        edge = [row for row, _ in found[certain:]]
        return certain + sum(
            self._distance(lat_e7, lon_e7) <= radius_km for _, lat_e7, lon_e7, _, _ in self._named(edge)
        )

    def count_within(self, radius_km: float) -> int:
        """Return how many that fit lie within a distance; of too many, some number beyond the bound."""
        circle = _circle(self._centre, radius_km)
        conditions = self._inside(circle)
        some = select(_COSINE).where(*conditions).limit(NEAREST_LISTINGS_MAX + 1).subquery()
        surely = func.sum(case((some.c.cosine >= circle.inner, 1), else_=0))
        possible, certain = self._database.rows(select(func.count(), surely).select_from(some), self._to)[0]
        if possible == certain:
            return int(possible)
        sure = _COUNT.where(*conditions, _COSINE.element >= circle.inner)
        edge = _PLACES.where(*conditions, _COSINE.element < circle.inner)
        return self._database.rows(sure, self._to)[0][0] + sum(
            self._distance(lat_e7, lon_e7) <= radius_km
            for lat_e7, lon_e7 in self._database.rows(edge, self._to)
        )

    def _first_radius(self, wanted: int, farthest: float) -> float:
        """Return the radius of a circle in which those wanted can be expected, in km."""
        if self.fitting <= _FEW or _DEEP * wanted > self.fitting:
            return farthest
        radius = min(_CIRCLE_KM, farthest)
        while radius < farthest:
            inside = self._count_boxed(_circle(self._centre, radius))
            if inside * self.fitting >= _SURPLUS * wanted * self._placed:
                break
            radius = min(radius * _CIRCLE_GROWTH, farthest)
        return radius

    def _ranked(self, ranking: Select[int, float | None]) -> list[_Ranked]:
        return [(row, cosine or 0.0) for row, cosine in self._database.rows(ranking, self._to)]

    def _named(self, rows: list[int]) -> list[_NamedRow]:
        """Return what puts these rows in order; in parts, for a database takes only so many at once."""
        parts = range(0, len(rows), _NAMED_AT_ONCE)
        return [
            named
            for first in parts
            for named in self._database.rows(_NAMED_ROWS, {"rows": rows[first : first + _NAMED_AT_ONCE]})
        ]

    def _inside(self, circle: _Circle) -> list[ColumnElement[bool]]:
        conditions = [*circle.boxed, _COSINE.element >= circle.outer]
        if self._found is not None:
            row: ColumnElement[int] = _columns.row
            if self.fitting > _FEW:
                # Where half of all fit, following the index of places is always the shorter way.
                walked = 0 if 2 * self.fitting > self._placed else self._count_boxed(circle)
                row = self._index.row_for(fitting=self.fitting, walked=walked)
            conditions.append(self._found.holds(row))
        return conditions

    def _count_boxed(self, circle: _Circle) -> int:
        if circle.outer <= -1.0:
            return self._placed
        if circle.box not in self._boxed:
            self._boxed[circle.box] = self._database.rows(_COUNT.where(*circle.boxed))[0][0]
        return self._boxed[circle.box]

    def _distance(self, lat_e7: int | None, lon_e7: int | None) -> float:
        assert lat_e7 is not None
        assert lon_e7 is not None
        return distance_km(self._centre, Location(lat_e7, lon_e7))
