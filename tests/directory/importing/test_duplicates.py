import time

from node.directory.importing import duplicates
from node.directory.importing.report import ImportedProfile
from node.directory.location import Location
from node.directory.profile import Profile
from tests.directory.importing.files import feature, imported


def at(row: int, name: str, *, lat_e7: int = 482_000_000, lon_e7: int = 163_700_000) -> ImportedProfile:
    """Make a row with a name at a place."""
    return ImportedProfile(row, str(row), Profile(name={"und": name}, location=Location(lat_e7, lon_e7)), ())


def test_the_same_site_or_the_same_name_nearby_is_proposed() -> None:
    """Pairs come with their reasons; nothing is merged."""
    report = imported(
        feature((16.37, 48.2), name="Repair Café Graz", website="http://www.cafe.example/"),
        feature((15.0, 47.0), name="Other", website="https://cafe.example"),
        feature((16.371, 48.2), name="Repaircafé Graz"),
        feature((16.37, 48.2), name="Repair Café Linz"),
        feature((20.0, 48.2), name="Repair Café Graz"),
        feature((20.0, 50.2), name="Third", website="https://cafe.example/branch"),
    )
    assert [(pair.first_row, pair.second_row, pair.reasons) for pair in report.duplicates] == [
        (1, 2, ("same website cafe.example",)),
        (1, 3, ("names 97 % alike, 0.1 km apart",)),
    ]
    assert len(report.profiles) == 6


def test_a_pair_shows_both_sides() -> None:
    """Both names, both sites and the distance stand side by side; what one side lacks is empty."""
    report = imported(
        feature((16.37, 48.2), name="Garden", website="http://www.x.example/"),
        feature((16.37, 48.21), name="Garten", website="https://x.example"),
        feature((1, 1), name="Old Orchard Shed", website="https://a.example"),
        feature((1, 1.001), name="Old Orchard Sheds"),
        feature(None, name="Barn", website="https://a.example/; https://b.example"),
    )
    assert [pair.to_json() for pair in report.duplicates] == [
        {
            "rows": [1, 2],
            "held": None,
            "names": ["Garden", "Garten"],
            "sites": ["x.example", "x.example"],
            "places": ["48.2, 16.37", "48.21, 16.37"],
            "km": 1.1,
            "reasons": ["same website x.example"],
        },
        {
            "rows": [3, 4],
            "held": None,
            "names": ["Old Orchard Shed", "Old Orchard Sheds"],
            "sites": ["a.example", ""],
            "places": ["1, 1", "1, 1"],
            "km": 0.1,
            "reasons": ["names 97 % alike, 0.1 km apart"],
        },
        {
            "rows": [3, 5],
            "held": None,
            "names": ["Old Orchard Shed", "Barn"],
            "sites": ["a.example", "a.example"],
            "places": ["1, 1", ""],
            "km": None,
            "reasons": ["same website a.example"],
        },
    ]


def test_no_pair_is_missed_at_the_edges_of_the_grid() -> None:
    """Two rows of one name within a kilometre are a pair wherever the squares' edges run."""
    missed = []
    for lat_e7 in (-899_000_000, -450_000_000, 0, 482_000_000, 697_000_000):
        for step in range(40):
            first = at(1, "Orchard", lat_e7=lat_e7 + step * 3_000, lon_e7=163_700_000 + step * 5_000)
            for north, east in (
                (80_000, 0),
                (-80_000, 0),
                (0, 60_000),
                (60_000, -50_000),
                (-60_000, -50_000),
            ):
                place = first.profile.location
                assert place is not None
                second = at(2, "Orchard", lat_e7=place.lat_e7 + north, lon_e7=place.lon_e7 + east)
                if not duplicates.propose([first, second]):
                    missed.append((lat_e7, step, north, east))
    assert missed == []


def test_a_platform_that_many_rows_name_proposes_nobody() -> None:
    """Eleven rows with one site say that it is an umbrella, not that they are one."""
    rows = [
        feature((number, 10), name=f"Place {number}", website="https://hub.example") for number in range(11)
    ]
    assert imported(*rows).duplicates == ()
    assert len(imported(*rows[:10]).duplicates) == 9


def test_a_crowd_at_one_place_is_compared_with_neighbours_by_name() -> None:
    """Five thousand rows at one place, from a list that knows only the town, stay a matter of a second."""
    rows = [at(number, f"Place {number * 7919 % 100_003:06d} in the town") for number in range(1, 5_001)]
    begun = time.process_time()
    duplicates.propose(rows)
    assert time.process_time() - begun < 5
