import pytest

from node.directory.importing.places import FileArea, area_of, read_point
from node.directory.importing.records import RawPoint
from node.directory.location import Location
from tests.directory.importing.files import feature, imported


def point(lat: str, lon: str) -> RawPoint:
    """Make a point as a file spells it."""
    return RawPoint(lat=lat, lon=lon, field="coordinates")


@pytest.mark.parametrize(
    ("lat", "lon", "country", "flag", "location"),
    [
        ("56.95", "24.1", "LV", "", Location(569_500_000, 241_000_000)),
        ("24", "56", "LV", "coordinates-swapped", Location(560_000_000, 240_000_000)),
        ("48.2", "16.4", "LV", "coordinates-far-away", Location(482_000_000, 164_000_000)),
        ("16.4", "48.2", None, "", Location(164_000_000, 482_000_000)),
        ("16.4", "148.2", None, "", Location(164_000_000, 1_482_000_000)),
        ("148.2", "16.4", None, "coordinates-swapped", Location(164_000_000, 1_482_000_000)),
        ("148.2", "-190", None, "coordinates-out-of-range", None),
        ("0", "0.0", "GH", "coordinates-zero", None),
        ("x", "24", "LV", "coordinates-unreadable", None),
        ("56,95", "24,1", "LV", "", Location(569_500_000, 241_000_000)),
        ("-21.1", "55.5", "FR", "", Location(-211_000_000, 555_000_000)),
        ("48.2", "16.4", "AQ", "", Location(482_000_000, 164_000_000)),
    ],
)
def test_a_point_is_judged_by_its_country_or_by_range_alone(
    lat: str, lon: str, country: str | None, flag: str, location: Location | None
) -> None:
    """Inside is fine; inside once exchanged is swapped, and put right; outside is far away. All is marked."""
    reading = read_point(point(lat, lon), country=country, area=None)
    assert (reading.flag, reading.location) == (flag, location)
    assert bool(reading.message) == (bool(flag) or "," in lat)


def test_without_a_country_a_point_is_judged_by_where_the_others_are() -> None:
    """Around Vienna: a point in Pennsylvania is far away, one with latitude first is swapped."""
    area = area_of(point(f"48.{number}", f"16.{number}") for number in range(30))
    assert area is not None
    assert area.holds(Location(472_000_000, 150_000_000))
    assert read_point(point("40.9", "-78.9"), country=None, area=area).flag == "coordinates-far-away"
    assert read_point(point("16.3", "48.2"), country=None, area=area).flag == "coordinates-swapped"


def test_a_few_points_say_nothing_about_where_the_others_are() -> None:
    """With fewer than thirty points nobody is called far away."""
    assert area_of([point("48", "16")] * 29) is None


def test_a_list_of_the_whole_world_calls_nobody_far_away() -> None:
    """Where places lie everywhere, the reach covers the Earth."""
    area = area_of(point(str(lat), str(lon)) for lat in range(-60, 70, 20) for lon in range(-180, 180, 30))
    assert isinstance(area, FileArea)
    assert area.holds(Location(-899_999_999, 0))


def test_the_swapped_point_of_the_issue_is_flagged() -> None:
    """[56, 24] with the country Latvija: longitude and latitude are exchanged; the row comes in, marked."""
    report = imported(feature([56, 24], name="Aspazija", **{"addr:country": "Latvija"}))
    profile = report.profiles[0].profile
    assert report.flagged == 1
    assert profile.flags == ("coordinates-swapped",)
    assert profile.location == Location(560_000_000, 240_000_000)
    assert profile.extra == {"coordinates as published": "24, 56"}


def test_a_shape_or_a_height_is_kept_beside_the_place() -> None:
    """A polygon gives a place in it and is kept as text; a third number stays in extra; null is no fault."""
    polygon = {"type": "Polygon", "coordinates": [[[0, 1], [2, 1], [2, 3], [0, 1]]]}
    report = imported(
        {"type": "Feature", "geometry": polygon, "properties": {"name": "A"}},
        feature([16.37, 48.2, 170], name="B"),
        feature(None, name="C"),
    )
    first, second, third = (row.profile for row in report.profiles)
    assert first.extra["geometry"] == '{"type":"Polygon","coordinates":[[[0,1],[2,1],[2,3],[0,1]]]}'
    assert (first.location, third.location) == (Location(20_000_000, 15_000_000), None)
    assert second.extra == {"coordinates.more": "[170]"}
    assert [row.is_flagged for row in report.profiles] == [False, False, False]
