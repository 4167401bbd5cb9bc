import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.directory.importing import geometries
from node.directory.importing.reader import read
from node.directory.importing.records import NumberText
from tests.directory.importing.files import feature, geojson, imported, told


def spelled(value: object) -> object:
    """Spell the numbers of coordinates as a file does."""
    if isinstance(value, list | tuple):
        return [spelled(part) for part in value]
    return NumberText(value) if isinstance(value, int | float) else value


def point_of(kind: str, coordinates: object) -> tuple[str, str] | None:
    """Return latitude and longitude of a geometry."""
    point = geometries.read({"type": kind, "coordinates": spelled(coordinates)}, field="x").point
    return None if point is None else (point.lat, point.lon)


SQUARE = [[0, 0], [4, 0], [4, 2], [0, 2], [0, 0]]
# A horseshoe, open to the east: its middle lies outside of it.
HORSESHOE = [[0, 0], [9, 0], [9, 1], [1, 1], [1, 9], [9, 9], [9, 10], [0, 10], [0, 0]]


@pytest.mark.parametrize(
    ("kind", "coordinates", "place"),
    [
        ("Polygon", [SQUARE], ("1", "2")),
        ("Polygon", [HORSESHOE], ("5", "0.5")),
        ("MultiPolygon", [[[[8, 8], [9, 8], [9, 9]]], [SQUARE]], ("1", "2")),
        ("LineString", [[0, 0], [1, 1], [2, 5]], ("1", "1")),
        ("MultiLineString", [[[0, 0]], [[3, 3], [4, 4]]], ("4", "4")),
        ("MultiPoint", [[1, 2], [3, 4], [5, 6]], ("4", "3")),
        ("Polygon", [[[0, 0], [0, 0], [0, 0]]], ("0", "0")),
        ("Polygon", [], None),
        ("Polygon", [[[0, 0], [1, "x"], [1, 1]]], None),
        ("Polygon", [[[0, 0], [999, 1], [1, 1]]], None),
        ("Polygon", None, None),
        ("LineString", {}, None),
        ("Circle", [0, 0], None),
    ],
)
def test_a_shape_gives_one_place(kind: str, coordinates: object, place: tuple[str, str] | None) -> None:
    """A point inside a polygon, the middle corner of a line, the largest of several, or none."""
    assert point_of(kind, coordinates) == place


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=3, max_size=8))
def test_the_place_of_a_polygon_lies_within_its_bounds(corners: list[tuple[int, int]]) -> None:
    """Whatever the corners, crossing each other too, the place is not outside of them all."""
    place = point_of("Polygon", [corners])
    assert place is not None
    lats, lons = [lat for _lon, lat in corners], [lon for lon, _lat in corners]
    assert min(lats) <= float(place[0]) <= max(lats)
    assert min(lons) <= float(place[1]) <= max(lons)


def test_a_collection_gives_the_place_of_its_area() -> None:
    """Areas say more than points; collections without end hold nothing."""
    parts = [
        {"type": "Point", "coordinates": ["8", "8"]},
        {"type": "Polygon", "coordinates": spelled([SQUARE])},
    ]
    found = geometries.read({"type": "GeometryCollection", "geometries": parts}, field="x")
    assert found.point is not None
    assert (found.point.lat, found.point.lon) == ("1", "2")
    endless: dict[str, object] = {"type": "GeometryCollection", "geometries": parts}
    for _level in range(50):
        endless = {"type": "GeometryCollection", "geometries": [endless]}
    assert geometries.read(endless, field="x").point is None


def test_a_shape_too_large_to_keep_is_left_out_and_told() -> None:
    """The place stays, the shape's size is said; a small one is kept in extra."""
    ring = [[number % 180 / 1000, number / 100_000] for number in range(3_000)]
    large = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"name": "A"},
    }
    report = imported(large)
    profile = report.profiles[0].profile
    assert profile.location is not None
    assert "geometry" not in profile.extra
    assert "left out, because it takes" in told(report, "note")[0][1]
    assert not report.flagged


def test_a_border_of_many_corners_stays_cheap() -> None:
    """Two hundred thousand corners take a second or two, more are not looked at."""
    ring = ",".join(f"[{number % 1_000},{number % 90}]".replace("[", "[0.") for number in range(150_000))
    data = geojson(feature(None, name="A")).replace(
        b'"geometry": null', f'"geometry": {{"type":"Polygon","coordinates":[[{ring}]]}}'.encode()
    )
    begun = time.process_time()
    report = read(data, "p.geojson")
    assert time.process_time() - begun < 20
    assert report.rows == 1
