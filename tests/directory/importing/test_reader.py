import json
from pathlib import Path

import pytest

from node.directory.importing.files import IMPORT_BYTES_MAX
from node.directory.importing.reader import read
from node.errors import InputFileError, UserError
from tests.directory.importing.files import feature, geojson, imported, told


@pytest.mark.shared
def test_the_real_directory_comes_in(shared: Path) -> None:
    """At least 98 % of 1,036 places come in, at most 20 % are flagged, every rejected row has its reason."""
    data = (shared / "data/directory/susy_places_continental.geojson").read_bytes()
    report = read(data, "susy_places_continental.geojson")
    assert report.rows == 1_036 == report.accepted + report.flagged + report.rejected
    assert report.accepted + report.flagged >= 1_036 * 0.98
    assert report.flagged <= 1_036 * 0.2
    rejected = {problem.row for problem in report.problems if problem.severity == "rejected"}
    assert len(rejected) == report.rejected
    assert not [row.profile.country for row in report.profiles if row.profile.country == "Frace"]


@pytest.mark.shared
def test_swapped_coordinates_of_the_real_directory_are_flagged(shared: Path) -> None:
    """The three Latvian points with latitude first are marked, put right, and kept as they were published."""
    data = (shared / "data/directory/susy_places_continental.geojson").read_bytes()
    report = read(data, "susy_places_continental.geojson")
    swapped = [row.profile for row in report.profiles if "coordinates-swapped" in row.profile.flags]
    assert len(swapped) == 3
    aspazija = next(profile for profile in swapped if profile.name == {"und": "Aspazija"})
    assert aspazija.location is not None
    assert (aspazija.location.lat_e7, aspazija.location.lon_e7) == (560_000_000, 240_000_000)
    assert aspazija.extra["coordinates as published"] == "24, 56"


def texts_in(value: object) -> list[str]:
    """List all texts, keys included, anywhere in a value."""
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in texts_in(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in texts_in(part)]
    return [str(value)]


@pytest.mark.shared
def test_no_value_of_the_real_directory_is_lost(shared: Path) -> None:
    """Every text of every record stands somewhere in its profile, or a problem names its field."""
    data = (shared / "data/directory/susy_places_continental.geojson").read_bytes()
    report = read(data, "susy_places_continental.geojson")
    features = json.loads(data)["features"]
    for row in report.profiles:
        whole = " ".join(texts_in(row.profile.model_dump()))
        told_fields = {problem.field for problem in row.problems}
        for key, value in features[row.row - 1]["properties"].items():
            words = str(value).replace(";", " ").replace(",", " ").split()
            missing = [word for word in words if word not in whole]
            assert not missing or key in told_fields, (row.row, key, missing)


def test_a_record_fills_the_fields_it_names() -> None:
    """Names by language, address, lists and everything unmapped find their place; the rest is in extra."""
    report = imported(
        feature(
            (24.1, 56.95),
            name="Orchard",
            **{
                "name:de": "Obstgarten",
                "description_fr": "Un verger",
                "description:pt_br": "Um pomar",
                "addr:street": "Bee Lane",
                "addr:housenumber": "7a",
                "addr:city": "Rīga",
                "addr:country": "Latvija",
                "contact:website": "orchard.example/us; http://apples.example",
                "type_of_initiative": "food; bees,honey",
                "free_keywords": "Food, Crafts;jam",
                "languages": ["lv", "de"],
                "opening_hours": "always",
                "nested": {"a": {"b": 1.50}, "list": ["x", "y"]},
                "_id": "abc",
            },
        )
    )
    row = report.profiles[0]
    profile = row.profile
    assert profile.name == {"und": "Orchard", "de": "Obstgarten"}
    assert profile.description == {"fr": "Un verger", "pt-BR": "Um pomar"}
    assert profile.address.street == "Bee Lane 7a"
    assert profile.country == "LV"
    assert profile.urls == ("http://apples.example", "https://orchard.example/us")
    assert profile.tags == ("Food, Crafts", "bees", "food", "honey", "jam")
    assert profile.languages == ("de", "lv")
    assert profile.extra == {"opening_hours": "always", "nested.a.b": "1.5", "nested.list": "x; y"}
    assert profile.subject is not None
    assert profile.subject.model_dump() == {
        "name": "Orchard",
        "source": "test",
        "source_id": "abc",
        "licence": "CC0-1.0",
    }
    assert (row.source_id, row.is_flagged) == ("abc", False)
    assert told(report, "repaired") == [
        ("contact:website", "read 'orchard.example/us' as https://orchard.example/us"),
        ("addr:country", "read 'Latvija' as LV: its name (Latvia)"),
    ]


def test_the_counts_are_those_of_the_contract() -> None:
    """Rows are accepted, flagged or rejected; each problem names its row, severity, field and message."""
    report = imported(
        feature(name="Fine", id="1"),
        feature(name="No site", website="update6", id="2"),
        feature(id="3"),
        "no feature",
    )
    printed = report.to_json()
    assert [printed[key] for key in ("rows", "accepted", "flagged", "rejected", "duplicates")] == [
        4,
        1,
        1,
        2,
        0,
    ]
    assert printed["problems"] == [
        {
            "row": 2,
            "severity": "flagged",
            "field": "website",
            "message": "expected web addresses, found 'update6'; kept aside",
        },
        {"row": 2, "severity": "note", "field": "coordinates", "message": "the same place as row 1"},
        {
            "row": 3,
            "severity": "rejected",
            "field": "name",
            "message": "no usable name; name the field with --map name=…",
        },
        {"row": 4, "severity": "rejected", "field": "", "message": "expected a feature, found text"},
    ]


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (b'{"type": "FeatureCollection"}', "places.csv", "found JSON"),
        (b'[{"a": 1}]', "places.csv", "found JSON"),
        (b"name,city\nA,B\n", "places.geojson", "does not begin as JSON"),
        (b'{"type": "FeatureCollection", "features": [{"type": "Fea', "p.geojson", "ends too early"),
        (b'{"type": "FeatureCollection" "features"}', "p.geojson", "line 1, column 30"),
        (b'{"type": "Topology"}', "p.geojson", 'type is "Topology"'),
        (b'{"type": "FeatureCollection", "features": {}}', "p.geojson", "features are an object"),
        (b"[1, 2]", "p.geojson", "JSON that is a list"),
        (b"[1, 2]", "p.json", "found a list that holds none"),
        (b'{"a": 1, "b": [true]}', "p.json", "found an object that holds none"),
        (b'"text"', "p.json", "does not begin as JSON"),
        (b"{}", "p.json", "found an object that holds none"),
        (b'{"name"\n{"name"', "p.jsonl", "line 1"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "p.geojson", "a web page"),
        (b"  <html>not found</html>", "p.csv", "a web page"),
        (b"<?xml version='1.0'?><gpx/>", "p.csv", "XML"),
        (b"", "p.geojson", "an empty file"),
        (b" \n ", "p.csv", "an empty file"),
        ("Müller;Wien".encode("cp1252"), "p.csv", "byte 0xfc at position 1"),
        ("name;Ort".encode("utf-16"), "p.csv", "UTF-16"),
        (b"PK\x03\x04rest", "p.csv", "spreadsheet"),
        (b"\x1f\x8b\x08", "p.geojson", "gzip"),
        (b"name\x00,b\n", "p.csv", "binary data"),
        (b"only one column\nA\n", "p.csv", "found one column"),
        (b'name,city\n"never closed,x\n', "p.csv", "quote"),
        (b'name,city\n"' + b"x" * 200_000 + b'",y\n', "p.csv", "does not end"),
        (b"[" * 100_000, "p.geojson", "nested without end"),
        (b"x", "places.xlsx", "--format"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(data: bytes, name: str, found: str) -> None:
    """Each gets one sentence that says what was expected and what was found."""
    with pytest.raises(InputFileError, match="expected") as caught:
        read(data, name)
    assert found in str(caught.value)


def test_a_file_that_is_too_large_is_refused_with_the_limit() -> None:
    """The limit is named, and what to do."""
    with pytest.raises(InputFileError, match=r"at most 134,217,728 bytes.*cut it into parts"):
        read(b" " * (IMPORT_BYTES_MAX + 1), "p.csv")


def test_the_format_asked_for_beats_the_name() -> None:
    """`--format` reads a file whose name says nothing."""
    assert read(geojson(feature(name="A")), "download", file_format="geojson").rows == 1
    with pytest.raises(InputFileError, match="formats geojson, csv, json, murmurations"):
        read(b"x", "x.csv", file_format="xlsx")


def test_a_mapping_beats_the_guess_and_must_name_what_is_there() -> None:
    """`--map field=path` takes the field from where it is told, and the guessed one is kept aside."""
    data = geojson(feature(name="internal name", who={"label": "Orchard"}, ort="Wien"))
    report = read(data, "p.geojson", mapping={"name": "properties.who.label", "tags": "ort"})
    profile = report.profiles[0].profile
    assert profile.name == {"und": "Orchard"}
    assert profile.tags == ("Wien",)
    assert profile.extra["name"] == "internal name"
    with pytest.raises(UserError, match=r"found no 'nowhere'"):
        read(data, "p.geojson", mapping={"name": "nowhere"})
    with pytest.raises(UserError, match="expected one of name, description"):
        read(data, "p.geojson", mapping={"titel": "who.label"})
    with pytest.raises(UserError, match="found 'name:klingon'"):
        read(data, "p.geojson", mapping={"name:klingon": "who.label"})


def test_where_a_list_comes_from_is_kept_and_told() -> None:
    """A record's own licence goes first, then the caller's, then the file's; a name stands for the source."""
    data = geojson(feature(name="A"), source="https://hub.example", license="CC0-1.0")
    asked = read(data, "p.geojson", source="hub", licence="CC-BY-4.0")
    said = read(data, "p.geojson")
    subjects = [report.profiles[0].profile.subject for report in (asked, said)]
    assert [(subject.source, subject.licence) for subject in subjects if subject] == [
        ("hub", "CC-BY-4.0"),
        ("https://hub.example", "CC0-1.0"),
    ]
    assert not [problem for problem in asked.problems if problem.row == 0]
    assert [problem.field for problem in said.problems if problem.row == 0] == ["source", "licence"]
    own = geojson(feature(name="A", licence="ODbL-1.0", _source="https://other.example"), license="CC0-1.0")
    for report in (read(own, "p.geojson"), read(own, "p.geojson", source="hub", licence="CC-BY-4.0")):
        subject = report.profiles[0].profile.subject
        assert subject is not None
        assert (subject.source, subject.licence) == ("https://other.example", "ODbL-1.0")
        assert "licence" in [field for field, message in told(report, "note") if "own licence" in message]


def test_one_id_in_two_sources_is_two_records() -> None:
    """An id names a record within its source: the same id from another source is somebody else."""
    report = imported(feature(name="A", _id="1", _source="x"), feature(name="B", _id="1", _source="y"))
    assert [row.source_id for row in report.profiles] == ["1", "1"]


def test_progress_is_told_every_thousand_rows_and_at_the_end() -> None:
    """Rows done and rows in all; nobody knows the number before the file is parsed."""
    told_so_far: list[tuple[int, int]] = []
    rows = "".join(f"{number},Place {number}\n" for number in range(2_500))
    read(f"id,name\n{rows}".encode(), "p.csv", progress=lambda done, total: told_so_far.append((done, total)))
    assert told_so_far == [(0, 0), (1_000, 2_500), (2_000, 2_500), (2_500, 2_500)]


def test_contacts_of_people_are_left_out_unless_asked_for() -> None:
    """E-mail addresses and numbers stay out of a public page, in whatever field they stand."""
    data = geojson(feature(name="A", email="a@b.example", phone="+43 1", who="mailto:c@d.example"))
    without, with_contacts = read(data, "p.geojson"), read(data, "p.geojson", with_contacts=True)
    assert "example" not in str(without.profiles[0].profile)
    assert [field for field, message in told(without, "note") if "contact is left out" in message] == [
        "who",
        "email",
        "phone",
    ]
    profile = with_contacts.profiles[0].profile
    assert (profile.email, profile.phone, profile.extra) == (
        "a@b.example",
        "+43 1",
        {"who": "mailto:c@d.example"},
    )


def test_one_source_id_is_one_row() -> None:
    """The same record again, or another under a taken id, is rejected with the row that was first."""
    report = imported(
        feature(name="A", _id="1"), feature(name="A", _id="1"), feature(name="B", _id="1"), feature(name="B")
    )
    assert [row.row for row in report.profiles] == [1, 4]
    assert told(report, "rejected") == [
        ("", "the same record stands at row 1 already"),
        ("", "another record with the id '1' stands at row 1 already"),
    ]


def test_records_without_an_id_get_one_from_name_and_place() -> None:
    """The id stays when other fields change; two that share name and place are told apart and marked."""
    first = imported(feature(name="A", tags="x")).profiles[0].source_id
    second = imported(feature(name="A", tags="y")).profiles[0].source_id
    assert first == second
    assert first.startswith("digest:")
    both = imported(feature(name="A", tags="x"), feature(name="A", tags="y"), feature(name="A", tags="y"))
    assert [row.source_id == first for row in both.profiles] == [True, False]
    assert both.profiles[1].profile.flags == ("id-uncertain",)
    assert both.rejected == 1


def test_importing_twice_gives_the_same() -> None:
    """Nothing in a report depends on what was read before."""
    data = geojson(feature(name="A", **{"addr:country": "Frace"}), feature(name="B"))
    assert read(data, "p.geojson") == read(data, "p.geojson")
