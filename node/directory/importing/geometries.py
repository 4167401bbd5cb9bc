"""One place for any geometry: a page has one point, a list may hold lines and areas.

A polygon gives a point that lies inside it, a line its middle corner, of several parts the largest counts.
Computed in whole units of 1e-7 degrees, so that every machine finds the same point.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from node.directory.importing.records import RawPoint
from node.directory.location import degrees_to_e7, parse_degrees, show_degrees

KINDS: Final = frozenset(
    {
        "Point",
        "MultiPoint",
        "LineString",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
        "GeometryCollection",
    }
)
# A collection of collections of collections holds no place that somebody meant.
_NESTING_MAX: Final = 4
# A country's border has fewer corners at the detail that maps of communities use.
_CORNERS_MAX: Final = 200_000

_Corner = tuple[int, int]  # longitude, latitude in units of 1e-7 degrees
_Ring = list[_Corner]


@dataclass(frozen=True, slots=True)
class GeometryReading:
    """What a geometry gave: a point or none, and for what is no single point, how many corners it has."""

    point: RawPoint | None
    corners: int = 1


def is_geometry(value: object) -> bool:
    """Say whether a JSON value has the shape of a GeoJSON geometry."""
    return (
        isinstance(value, dict)
        and kind_of(value) != ""
        and bool(value.keys() & {"coordinates", "geometries"})
    )


def kind_of(value: object) -> str:
    """Name the kind of a geometry; "" when it is none that we know."""
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) and kind in KINDS else ""


def read(geometry: object, *, field: str) -> GeometryReading:
    """Find the place of a geometry; no point when it is broken."""
    if not isinstance(geometry, dict):
        return GeometryReading(None)
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Point":
        return GeometryReading(_spelled(coordinates, field=field))
    corners = 0
    best: tuple[int, int, _Corner] | None = None
    for rank, ring in _rings(geometry):
        corners += len(ring)
        if corners > _CORNERS_MAX:
            return GeometryReading(None, corners)
        weight = abs(_twice_area(ring)) if rank == _AREA else len(ring)
        if ring and (best is None or (rank, weight) > best[:2]):
            best = rank, weight, _inside(ring) if rank == _AREA else ring[len(ring) // 2]
    if best is None:
        return GeometryReading(None, corners)
    lon, lat = best[2]
    point = RawPoint(lat=show_degrees(lat), lon=show_degrees(lon), field=field)
    return GeometryReading(point, corners)


def _spelled(position: object, *, field: str) -> RawPoint | None:
    if isinstance(position, list) and len(position) >= 2:
        lon, lat = position[:2]
        if isinstance(lon, str) and isinstance(lat, str):
            return RawPoint(lat=lat, lon=lon, field=field)
    return None


# Areas say more than lines, lines more than points.
_POINTS: Final = 0
_LINE: Final = 1
_AREA: Final = 2


def _rings(geometry: dict[str, object], *, depth: int = 0) -> Iterator[tuple[int, _Ring]]:
    """Yield the outer rings, lines and points of a geometry; broken ones are passed over."""
    parts = geometry.get("coordinates")
    match geometry.get("type"):
        case "Point":
            yield _POINTS, _ring([parts])
        case "MultiPoint":
            yield _POINTS, _ring(parts)
        case "LineString":
            yield _LINE, _ring(parts)
        case "MultiLineString":
            yield from ((_LINE, _ring(part)) for part in _list(parts))
        case "Polygon":
            yield from ((_AREA, _ring(part)) for part in _list(parts)[:1])
        case "MultiPolygon":
            yield from ((_AREA, _ring(ring)) for part in _list(parts) for ring in _list(part)[:1])
        case "GeometryCollection" if depth < _NESTING_MAX:
            for inner in _list(geometry.get("geometries")):
                if isinstance(inner, dict):
                    yield from _rings(inner, depth=depth + 1)
        case _:
            return


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _ring(positions: object) -> _Ring:
    """Read positions; a ring with one that is no place is no ring."""
    ring: _Ring = []
    for position in _list(positions)[: _CORNERS_MAX + 1]:
        corner = _corner(position)
        if corner is None:
            return []
        ring.append(corner)
    return ring


def _corner(position: object) -> _Corner | None:
    point = _spelled(position, field="")
    lat, lon = (None, None) if point is None else (parse_degrees(point.lat), parse_degrees(point.lon))
    # Swapped coordinates are found out later; beyond both ranges there is no place at all.
    if lat is None or lon is None or abs(lat) > 180 or abs(lon) > 180:
        return None
    return degrees_to_e7(lon), degrees_to_e7(lat)


def _twice_area(ring: _Ring) -> int:
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return sum(lon_a * lat_b - lon_b * lat_a for (lon_a, lat_a), (lon_b, lat_b) in pairs)


def _inside(ring: _Ring) -> _Corner:
    """Return the middle of the longest stretch inside the ring, near the height of its middle."""
    heights = sorted({lat for _lon, lat in ring})
    middle = (heights[0] + heights[-1]) // 2
    # Between the heights of two corners: a line through a corner would cross two edges at once.
    below = max(lat for lat in heights if lat <= middle)
    above = min((lat for lat in heights if lat > below), default=below)
    twice_height = below + above
    crossings = sorted(_crossings(ring, twice_height))
    stretches = [
        (east - west, -west, east) for west, east in zip(crossings[::2], crossings[1::2], strict=False)
    ]
    if not stretches:
        return ring[len(ring) // 2]
    _width, minus_west, east = max(stretches)
    return (east - minus_west) // 2, twice_height // 2


def _crossings(ring: _Ring, twice_height: int) -> Iterator[int]:
    """Yield where the edges cross a height; twice the height is whole, so no fraction is needed."""
    for (lon_a, lat_a), (lon_b, lat_b) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (2 * lat_a < twice_height) != (2 * lat_b < twice_height):
            yield lon_a + (twice_height - 2 * lat_a) * (lon_b - lon_a) // (2 * (lat_b - lat_a))
