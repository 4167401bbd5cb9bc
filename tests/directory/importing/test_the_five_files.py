"""The five real files, with the numbers that docs/directory.md states."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.directory.archive import pack
from node.directory.export import ListedProfile, profiles_csv, profiles_geojson
from node.directory.importing.reader import read
from node.directory.importing.report import ImportReport
from node.directory.murmurations import profiles_jsonl
from node.ids import CommunityId, DocumentId

pytestmark = pytest.mark.shared

# File, what it is recognised as, rows, flagged, duplicates proposed.
FILES = (
    ("susy_places_continental.geojson", "GeoJSON", 1_036, 28, 73),
    ("freifunk_directory.json", "JSON: names and addresses", 357, 0, 0),
    ("freifunk_community_files.json", "Freifunk community files", 82, 0, 34),
    ("osm_community_index.json", "the OpenStreetMap community index", 485, 38, 10),
    ("ofdb_search_sample.json", "an OpenFairDB search answer", 100, 0, 0),
)


def imported(shared: Path, name: str) -> ImportReport:
    """Import one of the files."""
    return read((shared / "data/directory" / name).read_bytes(), name)


@pytest.mark.parametrize(("name", "shape", "rows", "flagged", "duplicates"), FILES)
def test_every_file_comes_in(
    shared: Path, name: str, shape: str, rows: int, flagged: int, duplicates: int
) -> None:
    """At least 98 % of each file come in, at most 20 % are flagged, and no row is lost without a reason."""
    report = imported(shared, name)
    assert (report.shape, report.rows, report.flagged) == (shape, rows, flagged)
    assert len(report.duplicates) == duplicates
    assert report.accepted + report.flagged >= rows * 0.98
    assert report.flagged <= rows * 0.2
    assert report.rejected == 0
    assert f"| {rows:,} | {rows - flagged:,} | {flagged} | 0 | {duplicates} |" in documented(name)


def documented(name: str) -> str:
    """Return the line of the documentation about a file."""
    text = (Path(__file__).parents[3] / "docs/directory.md").read_text()
    return next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))


@pytest.mark.parametrize("name", [file[0] for file in FILES])
def test_the_same_file_twice_gives_the_same_ids(shared: Path, name: str) -> None:
    """A second import finds every record again: one id each within its source, and the whole report equal."""
    first, second = imported(shared, name), imported(shared, name)
    assert first == second
    ids = {
        (row.profile.subject.source, row.source_id)
        for row in first.profiles
        if row.profile.subject is not None
    }
    assert len(ids) == first.rows


@pytest.mark.parametrize("name", [file[0] for file in FILES])
def test_what_came_in_goes_out_and_comes_back(shared: Path, name: str) -> None:
    """GeoJSON, CSV, Murmurations and the ZIP of everything give the same profiles again."""
    profiles = [row.profile for row in imported(shared, name).profiles]
    listed = [
        ListedProfile(DocumentId(number.to_bytes(32, "big")), CommunityId(b"c" * 32), profile)
        for number, profile in enumerate(profiles, start=1)
    ]
    for data, file_name in (
        (profiles_geojson(listed), "x.geojson"),
        (profiles_csv(listed), "x.csv"),
        (profiles_jsonl(listed), "x.jsonl"),
        (pack(listed, []).data, "x.zip"),
    ):
        assert [row.profile for row in read(data, file_name).profiles] == profiles


def plain_values(value: object) -> Iterator[str]:
    """List the plain values anywhere in a JSON value."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from plain_values(part)
    elif value is not None and value != "":
        yield {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", [file[0] for file in FILES[2:]])
def test_no_value_is_lost(shared: Path, name: str) -> None:
    """Every word of every record stands somewhere in its profile, or a problem of the row is told."""
    report = imported(shared, name)
    top = json.loads((shared / "data/directory" / name).read_bytes(), parse_float=str, parse_int=str)
    records = top["visible"] + top["invisible"] if isinstance(top, dict) else top
    for row in report.profiles:
        whole = (
            json.dumps(row.profile.model_dump(), ensure_ascii=False).replace("\\n", " ").replace('\\"', '"')
        )
        place = row.profile.location
        degrees = [] if place is None else [place.lat_e7 / 1e7, place.lon_e7 / 1e7]
        for value in plain_values(records[row.row - 1]):
            missing = [word for word in value.split() if word.rstrip("\\") not in whole]
            is_place = missing == [value] and any(is_near(value, degree) for degree in degrees)
            assert not missing or is_place or row.problems, (row.row, value)


def is_near(value: str, degree: float) -> bool:
    """Say whether a text is this number of degrees, but for rounding to 1e-7."""
    return value.replace(".", "").lstrip("-").isdecimal() and abs(float(value) - degree) < 1e-6


def test_places_of_freifunk_are_found_in_both_spellings(shared: Path) -> None:
    """`location.lat` and `location.geoCode.lat` both give a place: all 82 have one in Germany."""
    profiles = [row.profile for row in imported(shared, "freifunk_community_files.json").profiles]
    assert all(profile.location is not None and profile.country == "DE" for profile in profiles)
    assert all(profile.confirmed_at for profile in profiles)
    sources = {profile.subject.source for profile in profiles if profile.subject is not None}
    assert len(sources) == 82


def test_communities_without_a_point_get_their_country_or_none(shared: Path) -> None:
    """A `locationSet` of one country gives it, a point gives a place, an area that is elsewhere neither."""
    profiles = [row.profile for row in imported(shared, "osm_community_index.json").profiles]
    assert sum(profile.country is not None for profile in profiles) == 255
    assert sum(profile.location is not None for profile in profiles) == 102
    assert not [profile for profile in profiles if "{community}" in profile.shown_name()]
