import pytest

from node.directory.importing.reader import read
from node.directory.location import Location


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_separator_is_found(separator: str, mark: str) -> None:
    """Comma, semicolon and tab, with and without a byte order mark, give the same profiles."""
    rows = [
        ["name", "Beschreibung", "lat", "lon", "website"],
        ["Orchard", '"two\nlines, one; mark"', "56.95", "24.1", "https://a.example"],
        ["Mill", "", "", "", ""],
    ]
    data = (mark + "\r\n".join(separator.join(row) for row in rows) + "\r\n").encode()
    report = read(data, "places.csv")
    assert (report.rows, report.accepted) == (2, 2)
    first, second = (row.profile for row in report.profiles)
    assert first.description == {"und": "two\nlines, one; mark"}
    assert first.location == Location(569_500_000, 241_000_000)
    assert first.urls == ("https://a.example",)
    assert first.extra == {}
    assert (second.name, second.location) == ({"und": "Mill"}, None)


def test_the_header_style_of_murmurations_is_understood() -> None:
    """`oid`, `tags[0]`, `tags(list-1)`, `geolocation.lat` and `urls[0].url` find their places."""
    data = (
        b"oid,name,tags[0],tags(list-1),geolocation.lat,geolocation.lon,urls[0].name,urls[0].url,country_iso_3166\n"
        b"7,Orchard,food,bees,56.95,24.1,Home,https://a.example,LV\n"
    )
    row = read(data, "m.csv").profiles[0]
    assert row.source_id == "7"
    assert row.profile.tags == ("bees", "food")
    assert row.profile.urls == ("https://a.example",)
    assert row.profile.country == "LV"
    assert row.profile.extra == {"urls[0].name": "Home"}


def test_rows_that_do_not_fit_the_header_lose_nothing() -> None:
    """Cells too many are kept and the row is marked; cells too few are empty; blank rows are passed over."""
    report = read(b"name,city,name\n\nA,Wien,B,surplus\n , ,\nC\n", "p.csv")
    first, second = report.profiles
    assert report.rows == 2
    assert first.profile.extra == {"name#3": "B", "surplus cells": "surplus"}
    assert first.profile.flags == ("record-damaged",)
    assert second.profile.name == {"und": "C"}


def test_a_decimal_comma_is_read_and_told() -> None:
    """Spreadsheets of half of Europe write 56,95."""
    report = read(b"name;lat;lon\nA;56,95;24,1\n", "p.csv")
    assert report.profiles[0].profile.location == Location(569_500_000, 241_000_000)
    assert [problem.severity for problem in report.problems if problem.row] == ["repaired"]
