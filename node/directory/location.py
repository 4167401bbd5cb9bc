"""A point on the Earth as two integers, and the distance between two points.

Degrees are held in units of 1e-7 (about one centimetre), so that nodes agree to the bit; floats appear only
in distances, which are shown to people and decide nothing between nodes.
"""

import math
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

E7 = 10_000_000
LAT_E7_MAX = 90 * E7
LON_E7_MAX = 180 * E7
# The mean radius R1 of the GRS 80 ellipsoid.
EARTH_RADIUS_KM = 6371.0088
KM_PER_DEGREE = EARTH_RADIUS_KM * math.pi / 180

# Longer spellings carry no more place: 1e-7 degrees need 11 characters. The bound keeps Decimal cheap.
_DECIMAL_CHARS_MAX = 64
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Location:
    """A point in WGS 84, latitude and longitude in units of 1e-7 degrees.

    Raises:
        ValueError: a latitude beyond 90 or a longitude beyond 180 degrees.
    """

    lat_e7: int
    lon_e7: int

    def __post_init__(self) -> None:
        if abs(self.lat_e7) > LAT_E7_MAX or abs(self.lon_e7) > LON_E7_MAX:
            raise ValueError("latitude must be within 90 and longitude within 180 degrees")


def parse_degrees(text: str) -> Decimal | None:
    """Read decimal degrees as they are written, exactly; None when the text is not a plain number."""
    cleaned = text.strip()
    if len(cleaned) > _DECIMAL_CHARS_MAX or not _DECIMAL.fullmatch(cleaned):
        return None
    return Decimal(cleaned)


def degrees_to_e7(degrees: Decimal) -> int:
    """Round degrees (within 180) to units of 1e-7, halves to even."""
    return int((degrees * E7).to_integral_value(rounding=ROUND_HALF_EVEN))


def show_degrees(units_e7: int) -> str:
    """Write units of 1e-7 degrees as the shortest decimal number that reads back to the same integer."""
    whole, fraction = divmod(abs(units_e7), E7)
    sign = "-" if units_e7 < 0 else ""
    digits = f"{fraction:07d}".rstrip("0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"


def distance_km(first: Location, second: Location) -> float:
    """Return the great-circle distance by the haversine formula, good to about 0.5 %."""
    lat_a, lat_b = math.radians(first.lat_e7 / E7), math.radians(second.lat_e7 / E7)
    half_lat = (lat_b - lat_a) / 2
    half_lon = math.radians((second.lon_e7 - first.lon_e7) / E7) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(chord)))


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of latitudes and longitudes in units of 1e-7 degrees, edges included."""

    south_e7: int
    west_e7: int
    north_e7: int
    east_e7: int

    def holds(self, place: Location) -> bool:
        """Say whether the place lies in the rectangle."""
        return self.south_e7 <= place.lat_e7 <= self.north_e7 and self.west_e7 <= place.lon_e7 <= self.east_e7


def box_around(centre: Location, *, within_km: float) -> Box:
    """Return a rectangle that holds every place within the distance: a coarse filter before `distance_km`.

    Near a pole or across the antimeridian it spans all longitudes, which is larger and never wrong.
    """
    reach_e7 = math.ceil(within_km / KM_PER_DEGREE * E7 * 1.001)
    south, north = centre.lat_e7 - reach_e7, centre.lat_e7 + reach_e7
    widest = math.cos(math.radians(min(90.0, max(abs(south), abs(north)) / E7)))
    reach_lon_e7 = math.ceil(reach_e7 / widest) if widest > 1e-6 else LON_E7_MAX
    west, east = centre.lon_e7 - reach_lon_e7, centre.lon_e7 + reach_lon_e7
    if west < -LON_E7_MAX or east > LON_E7_MAX:
        west, east = -LON_E7_MAX, LON_E7_MAX
    return Box(max(south, -LAT_E7_MAX), west, min(north, LAT_E7_MAX), east)
