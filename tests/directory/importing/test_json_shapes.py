import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.directory.importing.reader import read
from node.directory.importing.report import ImportReport
from node.errors import InputFileError, UserError
from tests.directory import drawn
from tests.directory.importing.files import told

GARDEN = {"name": "Garten", "website": "https://garten.example", "lat": 47.3, "lng": 8.5}
ORCHARD = {"name": "Orchard", "website": "https://orchard.example", "lat": 51.5, "lng": -0.1}


def imported(value: object, **options: object) -> ImportReport:
    """Import a value as JSON of unknown shape."""
    return read(json.dumps(value).encode(), "list.json", source="s", licence="CC0-1.0", **options)  # type: ignore[arg-type]  # options are the reader's


def names(report: ImportReport) -> list[str]:
    """List the names that came in."""
    return [row.profile.shown_name() for row in report.profiles]


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ([GARDEN, ORCHARD], None),
        ({"data": [GARDEN, ORCHARD], "meta": {"count": 2}}, None),
        ({"result": {"items": [GARDEN, ORCHARD]}}, None),
        ({"a": GARDEN, "b": ORCHARD}, ["a", "b"]),
        ({"communities": {"a": GARDEN, "b": ORCHARD}}, ["a", "b"]),
        ({"meta": {"title": "Gardens"}, "communities": {"a": GARDEN, "b": ORCHARD}}, ["a", "b"]),
        ({"title": "Gardens", "url": "https://x.example", "list": [GARDEN, ORCHARD]}, None),
        ({"0": GARDEN, "1": ORCHARD}, None),
        ([{"profile": GARDEN}, {"profile": ORCHARD}], None),
        ({"elements": [{"type": "node", "tags": GARDEN}, {"type": "node", "tags": ORCHARD}]}, None),
        ([{"type": "Feature", "geometry": None, "properties": one} for one in (GARDEN, ORCHARD)], None),
    ],
)
def test_records_are_found_wherever_they_stand(value: object, ids: list[str] | None) -> None:
    """Lists, objects by key and wrappers all give the same two places; a key that counts is no id."""
    report = imported(value)
    assert names(report) == ["Garten", "Orchard"]
    assert [row.profile.urls for row in report.profiles] == [
        ("https://garten.example",),
        ("https://orchard.example",),
    ]
    assert all(row.profile.location is not None for row in report.profiles)
    assert [row.source_id for row in report.profiles] == ids or ids is None
    assert all(row.source_id.startswith("digest:") for row in report.profiles) or ids is not None


def test_one_record_with_lists_of_its_own_is_one_record() -> None:
    """An organisation's links and members do not make it a list."""
    links = [{"name": f"Link {number}", "url": f"https://l{number}.example"} for number in range(3)]
    report = imported({**GARDEN, "description": "x", "city": "Zürich", "urls": links})
    assert names(report) == ["Garten"]
    assert len(report.profiles[0].profile.urls) == 4


def test_names_with_addresses_are_a_directory() -> None:
    """The key is name and id, the text the address; what is no address is marked and what is no text told."""
    report = imported(
        {
            "Aachen": "https://a.example",
            "Bonn": "b.example",
            "Celle": "?",
            "Dorf": [3],
            "E": "https://e.example",
        }
        | {f"x{number}": f"https://x{number}.example" for number in range(20)}
    )
    assert names(report)[:3] == ["Aachen", "Bonn", "Celle"]
    assert [row.source_id for row in report.profiles][:2] == ["Aachen", "Bonn"]
    assert report.profiles[1].profile.urls == ("https://b.example",)
    assert report.profiles[2].profile.flags == ("website-unreadable",)
    assert report.rejected == 1


def test_lines_of_json_are_records_and_a_broken_line_is_one_rejected_row() -> None:
    """One bad line costs one row, with its number."""
    data = b'{"name": "A", "lat": 1}\n\n{"name": "B", "lat":\n{"name": "C", "lat": 3}\n'
    report = read(data, "list.jsonl")
    assert (names(report), report.rejected) == (["A", "C"], 1)
    assert "line 3" in told(report, "rejected")[0][1]
    assert names(read(b'{"name": "A"}\n{"name": "B"}\n', "list.json")) == ["A", "B"]
    assert names(read(b'{"name": "A"}', "list.jsonl")) == ["A"]


def test_what_is_not_read_is_named() -> None:
    """Of several lists in one file the richer one is read, and the report says what was not."""
    report = imported({"communities": [GARDEN, ORCHARD], "categories": [{"id": 1, "name": "Food"}]})
    assert names(report) == ["Garten", "Orchard"]
    assert ("", "read communities; not read: categories") in told(report, "note")


def test_a_wrapper_says_where_the_list_comes_from() -> None:
    """Source and licence of the file, and each record's own before them."""
    value = {
        "source": "https://hub.example",
        "license": "CC-BY-4.0",
        "data": [GARDEN, {**ORCHARD, "license": "MIT"}],
    }
    report = read(json.dumps(value).encode(), "list.json")
    subjects = [row.profile.subject for row in report.profiles]
    assert [(one.source, one.licence) for one in subjects if one is not None] == [
        ("https://hub.example", "CC-BY-4.0"),
        ("https://hub.example", "MIT"),
    ]


@pytest.mark.parametrize(
    "place",
    [
        {"lat": 47.3, "lon": 8.5},
        {"latitude": "47.3", "longitude": "8.5"},
        {"Lat": 47.3, "Lng": 8.5},
        {"geo": {"lat": 47.3, "lng": 8.5}},
        {"geo": {"@type": "GeoCoordinates", "latitude": 47.3, "longitude": 8.5}},
        {"location": {"lat": 47.3, "lon": 8.5}},
        {"location": {"geoCode": {"lat": 47.3, "lon": 8.5}}},
        {"geolocation": {"lat": 47.3, "lon": 8.5}},
        {"where": {"map": {"position": {"latitude": 47.3, "longitude": 8.5}}}},
        {"office_lat": 47.3, "office_lng": 8.5},
        {"addresses": [{"lat": 47.3, "lon": 8.5}, {"lat": 1, "lon": 2}]},
        {"coordinates": [8.5, 47.3]},
        {"location": {"coordinates": [8.5, 47.3]}},
        {"latlng": [47.3, 8.5]},
        {"location": "47.3, 8.5"},
        {"location": "47,3; 8,5"},
        {"gps": "47.3 8.5"},
        {"position": "N 47° 18', E 8° 30'"},
        {"coords": "47°18'0\"N 8°30'E"},
        {"lat": "47.3° N", "lon": "8°30' E"},
        {"wkt": "POINT (8.5 47.3)"},
        {"geo": "geo:47.3,8.5"},
        {"location": {"type": "Point", "coordinates": [8.5, 47.3]}},
        {"where": {"geometry": {"type": "Point", "coordinates": [8.5, 47.3]}}},
        {"geom": {"type": "Polygon", "coordinates": [[[8, 47], [9, 47], [9, 47.6], [8, 47.6], [8, 47]]]}},
        {"wo": "47.3, 8.5"},
    ],
)
def test_a_place_is_found_in_every_spelling(place: dict[str, object]) -> None:
    """Two fields, one text, a list or a geometry, at the top or inside: all say 47.3 north, 8.5 east."""
    found = imported([{"name": "A", **place}]).profiles[0].profile.location
    assert found is not None
    assert (found.lat_e7, found.lon_e7) == (473_000_000, 85_000_000)


@pytest.mark.parametrize(
    "place",
    [
        {"location": "Berlin"},
        {"lat": 47.3},
        {"lat": 47.3, "x": {"lon": 8.5}},
        {"rooms": [3, 4]},
        {"gps": "47,3"},
    ],
)
def test_what_is_no_place_gives_none_and_stays(place: dict[str, object]) -> None:
    """Half a place, a town's name or two numbers of something else are kept aside without a mark."""
    row = imported([{"name": "A", **place}]).profiles[0]
    assert row.profile.location is None
    assert row.profile.extra
    assert not row.is_flagged


@pytest.mark.parametrize(
    "texts",
    [
        {"name": {"de": "Garten", "en": "Garden"}},
        {"name:de": "Garten", "name_en": "Garden"},
        {"name": [{"lang": "de", "value": "Garten"}, {"lang": "en", "value": "Garden"}]},
        {"name": [{"@language": "de", "@value": "Garten"}, {"@language": "en", "@value": "Garden"}]},
        {"translations": {"de": {"name": "Garten"}, "en": {"name": "Garden"}}},
        {"names": {"de": "Garten", "en": "Garden"}},
        {"name_translations": {"de": "Garten", "en": "Garden"}},
    ],
)
def test_each_text_keeps_its_language(texts: dict[str, object]) -> None:
    """However a file says which language a text is in, it stays with the text."""
    assert imported([{"id": "1", **texts}]).profiles[0].profile.name == {"de": "Garten", "en": "Garden"}


def test_fields_without_a_known_name_are_guessed_by_what_stands_in_them_and_told() -> None:
    """Names, addresses, texts, places, countries: found by content and told; `--map` says otherwise."""
    records = [
        {
            "nr": number,
            "wer": f"Garten {letter}",
            "wo": f"4{number}.5, 8.{number}",
            "seite": f"https://g{number}.example/",
            "was": f"Wir pflanzen Bäume im {letter}. Bezirk, jeden Samstag um zehn Uhr, und teilen das Obst.",
            "staatlich": "CH",
            "dinge": ["Obst", "Gemüse"],
        }
        for number, letter in enumerate("ABCDEF")
    ]
    report = imported(records)
    profile = report.profiles[1].profile
    assert profile.name == {"und": "Garten B"}
    assert profile.urls == ("https://g1.example/",)
    assert profile.location is not None
    assert (profile.country, profile.tags) == ("CH", ("Gemüse", "Obst"))
    assert profile.description["und"].startswith("Wir pflanzen")
    guesses = {guess.field: (guess.path, guess.how, guess.rows) for guess in report.guess}
    assert guesses["name"] == ("wer", "content", 6)
    assert guesses["location"] == ("wo", "content", 6)
    assert all(guess.sure <= 60 for guess in report.guess)
    assert ("wer", "taken for the name by what stands in it; --map name=… says otherwise") in told(
        report, "note"
    )
    assert names(imported(records, mapping={"name": "seite"}))[0] == "https://g0.example/"


def test_a_mapping_takes_a_dotted_path_and_beats_a_geometry() -> None:
    """`--map` names a field at any depth, a list's field without its number, and an object with degrees."""
    record = {
        "title": "no",
        "a": {"b": {"c": "Garten"}},
        "w": [{"to": "https://x.example"}],
        "p": {"lat": 47.3, "lng": 8.5},
        "geometry": {"type": "Point", "coordinates": [1, 2]},
    }
    report = imported([record], mapping={"name": "a.b.c", "url": "w[].to", "location": "p"})
    profile = report.profiles[0].profile
    assert (names(report), profile.urls) == (["Garten"], ("https://x.example",))
    assert profile.location is not None
    assert profile.location.lat_e7 == 473_000_000
    assert {guess.how for guess in report.guess if guess.field == "name"} == {"map"}
    with pytest.raises(UserError, match=r"found no 'a\.b'"):
        imported([record], mapping={"name": "a.b"})


keys = st.sampled_from(
    ["name", "url", "lat", "lon", "geo", "data", "type", "coordinates", "linked_schemas", "id"]
)
wild = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | drawn.rough_texts | drawn.web_addresses,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys | drawn.rough_texts, inner, max_size=4),
    max_leaves=16,
)


@given(st.lists(wild) | st.dictionaries(keys | drawn.rough_texts, wild))
def test_any_json_is_read_or_refused_in_words(value: object) -> None:
    """Whatever stands in JSON: a report in which every row has its fate, or one clear error."""
    try:
        report = imported(value)
    except InputFileError:
        return
    assert report.rows == report.accepted + report.flagged + report.rejected
    rejected = [problem.row for problem in report.problems if problem.severity == "rejected"]
    assert len(rejected) == report.rejected
    json.dumps(report.to_json(), ensure_ascii=False).encode("utf-8")
    assert imported(value) == report
