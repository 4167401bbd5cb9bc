"""Is a point where its record says it is: out of range, at zero, swapped, or far away.

A point is checked against the country its record names (country_boxes.py). A record without a country is
checked against where the other records of the file are, when the file is large enough to say. What lies
outside, and would lie inside with latitude and longitude exchanged, is swapped: put right, marked and said.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from statistics import median_low
from typing import Final

from node.directory.importing.countries import english_name
from node.directory.importing.country_boxes import boxes
from node.directory.importing.records import RawPoint
from node.directory.importing.report import Severity
from node.directory.location import Location, degrees_to_e7, distance_km, parse_degrees, show_degrees

SWAPPED: Final = "coordinates-swapped"
FAR: Final = "coordinates-far-away"
OUT_OF_RANGE: Final = "coordinates-out-of-range"
UNREADABLE: Final = "coordinates-unreadable"
ZERO: Final = "coordinates-zero"

# Fewer points than this say nothing about where the others should be.
_AREA_POINTS_MIN: Final = 30
# Ninety-five of a hundred points lie within the reach; what lies half as far again outside is far away.
_AREA_SHARE: Final = 0.95
_AREA_SLACK: Final = 1.5
# A list of one town's places does not make the next town far away.
_AREA_KM_MIN: Final = 500.0


@dataclass(frozen=True, slots=True)
class FileArea:
    """Where the points of a file are: around the middle one, within a reach."""

    centre: Location
    reach_km: float

    def holds(self, place: Location) -> bool:
        """Say whether a place is near enough to the others."""
        return distance_km(self.centre, place) <= self.reach_km


@dataclass(frozen=True, slots=True)
class PlaceReading:
    """What a point gave: a place or none, a mark or none, and the sentence about it."""

    location: Location | None
    flag: str = ""
    severity: Severity = Severity.NOTE
    message: str = ""


def area_of(points: Iterable[RawPoint]) -> FileArea | None:
    """Find where the points of a file are; None when they are too few."""
    places = [place for point in points if (place := _plain_location(point)) is not None]
    if len(places) < _AREA_POINTS_MIN:
        return None
    centre = Location(
        median_low(place.lat_e7 for place in places), median_low(place.lon_e7 for place in places)
    )
    distances = sorted(distance_km(centre, place) for place in places)
    reach_km = distances[int(len(distances) * _AREA_SHARE)] * _AREA_SLACK
    return FileArea(centre, max(reach_km, _AREA_KM_MIN))


def read_point(point: RawPoint, *, country: str | None, area: FileArea | None) -> PlaceReading:
    """Read one point and judge it by the country's boxes, else by the file's area, else by range alone."""
    lat, lon = _degrees(point.lat), _degrees(point.lon)
    if lat is None or lon is None:
        return _left_out(UNREADABLE, f"expected degrees such as 56.95 and 24.1, found {_show(point)}")
    as_written, exchanged = _location(lat, lon), _location(lon, lat)
    if as_written is not None and as_written.lat_e7 == 0 and as_written.lon_e7 == 0:
        return _left_out(ZERO, "0, 0 lies in the ocean and stands for an unknown place; left out")
    if _fits(as_written, country=country, area=area):
        return _with_commas_told(point, as_written)
    if _fits(exchanged, country=country, area=area):
        where = _in(country) if country in boxes() else "among the others"
        return PlaceReading(
            exchanged,
            SWAPPED,
            Severity.FLAGGED,
            f"latitude {_short(lat)} and longitude {_short(lon)} lie outside, exchanged they lie {where}: "
            "read as swapped; please look",
        )
    if as_written is None:
        return _left_out(OUT_OF_RANGE, f"no such place: latitude {_short(lat)}, longitude {_short(lon)}")
    than = f"not {_in(country)}" if country in boxes() else "far from the other places of this file"
    message = f"{show_degrees(as_written.lat_e7)}, {show_degrees(as_written.lon_e7)} lies {than}; please look"
    return PlaceReading(as_written, FAR, Severity.FLAGGED, message)


def _fits(place: Location | None, *, country: str | None, area: FileArea | None) -> bool:
    """Say whether a place is where the record should be; without anything to go by, any place is."""
    if place is None:
        return False
    if country is not None and country in boxes():
        return any(box.holds(place) for box in boxes()[country])
    return area is None or area.holds(place)


def _with_commas_told(point: RawPoint, place: Location | None) -> PlaceReading:
    if "," in point.lat or "," in point.lon:
        return PlaceReading(
            place, "", Severity.REPAIRED, f"read {_show(point)} with the comma as decimal point"
        )
    return PlaceReading(place)


def _in(country: str | None) -> str:
    return f"in {english_name(country or '')} ({country})"


def _left_out(flag: str, message: str) -> PlaceReading:
    return PlaceReading(None, flag, Severity.FLAGGED, message)


def _plain_location(point: RawPoint) -> Location | None:
    lat, lon = _degrees(point.lat), _degrees(point.lon)
    return None if lat is None or lon is None else _location(lat, lon)


def _degrees(text: str) -> Decimal | None:
    """Read decimal degrees, with a point or a comma before the fraction."""
    return parse_degrees(text.replace(",", ".") if text.count(",") == 1 else text)


def _location(lat: Decimal, lon: Decimal) -> Location | None:
    """Make a place; None when there is none at these degrees."""
    # Compared before anything is computed: 1e99 must not be multiplied out.
    if abs(lat) > 90 or abs(lon) > 180:
        return None
    return Location(degrees_to_e7(lat), degrees_to_e7(lon))


def _short(degrees: Decimal) -> str:
    return str(degrees)[:20]


def _show(point: RawPoint) -> str:
    return f"{point.lat[:40]!r} and {point.lon[:40]!r}"
