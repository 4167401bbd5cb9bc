from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.directory.location import (
    LON_E7_MAX,
    Location,
    box_around,
    degrees_to_e7,
    distance_km,
    parse_degrees,
    show_degrees,
)
from tests.directory.drawn import locations


@given(st.integers(-LON_E7_MAX, LON_E7_MAX))
def test_degrees_print_and_read_back_to_the_same_integer(units_e7: int) -> None:
    """`show_degrees` loses nothing and prints the shortest number: no zeros at its end."""
    text = show_degrees(units_e7)
    degrees = parse_degrees(text)
    assert degrees is not None
    assert degrees_to_e7(degrees) == units_e7
    assert "." not in text or not text.endswith(("0", "."))


@pytest.mark.parametrize(
    "text", ["", "NaN", "Infinity", "1e999", "٥٦", "56°", "1" * 65, "0x10", "1_0", "--1"]
)
def test_what_is_no_plain_number_is_no_degree(text: str) -> None:
    """Only plain decimal numbers are read: no NaN, no other digits, nothing that costs memory."""
    assert parse_degrees(text) is None


def test_rounding_goes_to_the_nearest_unit_halves_to_even() -> None:
    """A published position keeps seven decimals."""
    assert degrees_to_e7(Decimal("23.33513259888")) == 233351326
    assert degrees_to_e7(Decimal("0.00000005")) == 0
    assert degrees_to_e7(Decimal("-0.00000015")) == -2


def test_the_distance_from_riga_to_vienna() -> None:
    """The haversine distance agrees with the geodesic on WGS 84 (1,103.3 km) within half a percent."""
    riga, vienna = Location(569494000, 241064000), Location(482082000, 163738000)
    assert distance_km(riga, vienna) == pytest.approx(1_103.3, rel=0.005)
    assert distance_km(riga, riga) == 0


@given(locations, locations, st.floats(0.1, 3_000))
def test_a_box_around_a_place_holds_every_place_within_the_distance(
    centre: Location, other: Location, within_km: float
) -> None:
    """The coarse filter never loses a place that the exact distance would keep."""
    if distance_km(centre, other) <= within_km:
        assert box_around(centre, within_km=within_km).holds(other)


@given(locations, st.integers(-(10**7), 10**7), st.integers(-(10**7), 10**7))
def test_a_box_holds_near_places_too(centre: Location, north_e7: int, east_e7: int) -> None:
    """The same with two places a degree apart, where the box matters."""
    lat_e7 = max(-900_000_000, min(900_000_000, centre.lat_e7 + north_e7))
    lon_e7 = max(-1_800_000_000, min(1_800_000_000, centre.lon_e7 + east_e7))
    other = Location(lat_e7, lon_e7)
    assert box_around(centre, within_km=distance_km(centre, other) + 0.01).holds(other)


def test_a_place_beyond_the_pole_is_refused() -> None:
    """There is no latitude of 91 degrees."""
    with pytest.raises(ValueError, match="within 90"):
        Location(910_000_000, 0)
