"""The nearest listings in a database: found on the unit sphere, put in order by their exact distance.

A place is kept as the point (x, y, z) of the unit sphere. The product of two such points is the cosine of the
angle between them, made of three multiplications that every database does alike. Its last digits are not
relied on: what lies that close together is decided by `distance_km`, so that all stores answer the same.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, Row, Select, bindparam, case, func, select

from node.directory.location import E7, EARTH_RADIUS_KM, Box, Location, box_around, distance_km
from node.directory.search import WITHIN_KM_MAX, SearchQuery
from node.storage.database import Database
from node.storage.directory_index import Asked, DirectoryIndex
from node.storage.directory_tables import listings

# Cosines that differ by less are taken for equal: far more than rounding makes of them, and of places some
# kilometres away it is millimetres.
_SLACK: Final = 1e-12
# Where a circle ends, six metres inside and outside are looked at closely.
_EDGE_RADIANS: Final = 1e-6
# The first circle in which the nearest are looked for, and how it grows: a town, then a region, then all.
_CIRCLE_KM: Final = 25.0
_CIRCLE_GROWTH: Final = 2.5
# A circle is looked into once it can be expected to hold so many times the listings wanted.
_SURPLUS: Final = 2
# So few that fit are all looked at, without a circle around them.
_FEW: Final = 500
# Beyond this share of all, circles save nothing.
_DEEP: Final = 6
# If no more are expected in a circle they are all read at once, instead of being counted first.
_READ_MAX: Final = 2_000
# Listings read before and after those wanted, to see whether others are as far away as the first and last.
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
_HELD = select(func.count()).select_from(listings)
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
        look = _Look(self._database, self._index, centre, asked)
        farthest = WITHIN_KM_MAX if query.within_km is None else query.within_km
        if query.within_km is not None and look.expected(farthest) <= _READ_MAX:
            found = look.ranked(farthest)
            total = look.count_among(found, farthest)
            end = min(query.offset + query.limit, total)
            return total, look.part(found, query.offset, end) if query.offset < end else []
        total = look.fitting if query.within_km is None else look.count_within(farthest)
        end = min(query.offset + query.limit, total)
        if end <= query.offset:
            return total, []
        radius = look.first_radius(end, farthest)
        while True:
            rows = look.between(query.offset, end, radius=radius, is_last=radius >= farthest)
            if rows is not None:
                return total, rows
            radius = min(radius * _CIRCLE_GROWTH, farthest)


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
    """One question, seen from one place."""

    def __init__(self, database: Database, index: DirectoryIndex, centre: Location, asked: Asked) -> None:
        self._database = database
        self._index = index
        self._centre = centre
        self._asked = asked
        self._to: Mapping[str, object] = dict(zip(("to_x", "to_y", "to_z"), on_sphere(centre), strict=True))
        self.fitting: Final = index.count(asked.with_place)
        # For estimates only, so those without a place do no harm.
        self._held = database.rows(_HELD)[0][0] if asked else self.fitting
        self._boxed: dict[Box, int] = {}

    def expected(self, radius_km: float) -> int:
        """Return about how many that fit lie within a distance."""
        if self.fitting <= _FEW:
            return self.fitting
        return self._count_boxed(_circle(self._centre, radius_km)) * self.fitting // max(self._held, 1)

    def ranked(self, radius_km: float) -> list[_Ranked]:
        """Return all that fit in a circle, and a little around it, the nearest first."""
        return self._ranked(_RANKED.where(*self._inside(_circle(self._centre, radius_km))))

    def count_among(self, found: list[_Ranked], radius_km: float) -> int:
        """Return how many of those ranked lie within a distance."""
        inner = _circle(self._centre, radius_km).inner
        certain = sum(cosine >= inner for _, cosine in found)
        edge = [row for row, _ in found[certain:]]
        return certain + sum(
            self._distance(lat_e7, lon_e7) <= radius_km for _, lat_e7, lon_e7, _, _ in self._named(edge)
        )

    def part(self, found: list[_Ranked], start: int, end: int) -> list[int]:
        """Return the rows from one place in the order to another of all that were ranked."""
        nearest, farthest = found[start][1] + _SLACK, found[end - 1][1] - _SLACK
        before = sum(cosine > nearest for _, cosine in found)
        alike = [row for row, cosine in found if farthest <= cosine <= nearest]
        return self._in_order(self._named(alike))[start - before : end - before]

    def count_within(self, radius_km: float) -> int:
        """Return how many that fit lie within a distance."""
        circle = _circle(self._centre, radius_km)
        conditions = self._inside(circle)
        surely = func.sum(case((_COSINE.element >= circle.inner, 1), else_=0))
        counting = select(func.count(), surely).select_from(listings).where(*conditions)
        possible, certain = self._database.rows(counting, self._to)[0]
        certain = certain or 0
        if possible == certain:
            return int(certain)
        edge = _PLACES.where(*conditions, _COSINE.element < circle.inner)
        return int(certain) + sum(
            self._distance(lat_e7, lon_e7) <= radius_km
            for lat_e7, lon_e7 in self._database.rows(edge, self._to)
        )

    def first_radius(self, wanted: int, farthest: float) -> float:
        """Return the radius of a circle in which those wanted can be expected, in km."""
        if self.fitting <= _FEW or _DEEP * wanted > self.fitting:
            return farthest
        radius = min(_CIRCLE_KM, farthest)
        while radius < farthest:
            inside = self._count_boxed(_circle(self._centre, radius))
            if inside * self.fitting >= _SURPLUS * wanted * self._held:
                break
            radius = min(radius * _CIRCLE_GROWTH, farthest)
        return radius

    def between(self, start: int, end: int, *, radius: float, is_last: bool) -> list[int] | None:
        """Return the rows from one place in the order to another; None if the circle may hold too few.

        Args:
            start: the first place in the order, from 0.
            end: the place behind the last.
            radius: of the circle to look into, in km.
            is_last: whether nothing outside the circle is asked for.
        """
        conditions = self._inside(_circle(self._centre, radius))
        before = max(0, start - _MARGIN_ROWS)
        limit = end - before + _MARGIN_ROWS
        ranked = _RANKED.where(*conditions).limit(limit).offset(before)
        found = self._ranked(ranked)
        ends_here = len(found) < limit
        if before + len(found) < end or (ends_here and not is_last):
            return None
        nearest = found[start - before][1] + _SLACK
        farthest = found[end - before - 1][1] - _SLACK
        if (before == 0 or found[0][1] > nearest) and (ends_here or found[-1][1] < farthest):
            before += sum(cosine > nearest for _, cosine in found)
            alike = [row for row, cosine in found if farthest <= cosine <= nearest]
            named = self._named(alike)
        else:  # More listings at one place than the margin holds, such as all offers of one community.
            closer = select(func.count()).select_from(listings)
            before = self._database.rows(closer.where(*conditions, _COSINE.element > nearest), self._to)[0][0]
            within = _COSINE.element.between(farthest, nearest)
            named = list(self._database.rows(_NAMED.where(*conditions, within), self._to))
        return self._in_order(named)[start - before : end - before]

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

    def _in_order(self, named: Sequence[_NamedRow]) -> list[int]:
        keyed = sorted(
            (self._distance(lat_e7, lon_e7), name_key, document, row)
            for row, lat_e7, lon_e7, name_key, document in named
        )
        return [row for *_, row in keyed]

    def _inside(self, circle: _Circle) -> list[ColumnElement[bool]]:
        conditions = [*circle.boxed, _COSINE.element >= circle.outer]
        if self._asked:
            row: ColumnElement[int] = _columns.row
            if self.fitting > _FEW:
                row = self._index.row_for(fitting=self.fitting, walked=self._count_boxed(circle))
            conditions.append(self._index.having(row, self._asked))
        return conditions

    def _count_boxed(self, circle: _Circle) -> int:
        if circle.outer <= -1.0:
            return self._held
        if circle.box not in self._boxed:
            self._boxed[circle.box] = self._database.rows(_HELD.where(*circle.boxed))[0][0]
        return self._boxed[circle.box]

    def _distance(self, lat_e7: int | None, lon_e7: int | None) -> float:
        assert lat_e7 is not None
        assert lon_e7 is not None
        return distance_km(self._centre, Location(lat_e7, lon_e7))
