"""Hostile files: everything is reported, nothing raises but InputFileError, nothing harmful comes in."""

import contextlib
import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.directory import plain_text
from node.directory.importing.reader import read
from node.errors import InputFileError
from tests.directory import drawn
from tests.directory.importing.files import feature, geojson, imported, told


def without_nul(text: str) -> str:
    """Take out the character by which a table is known to be something else."""
    return text.replace("\0", "")


keys = st.sampled_from(
    ["name", "name:de", "description", "website", "tags", "addr:country", "lat", "lon", "_id", "email", "x"]
)
wild = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | drawn.rough_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys | drawn.rough_texts, inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(keys, wild, max_size=6), max_size=4), wild)
def test_any_geojson_is_read_or_refused_in_words(records: list[dict[str, object]], geometry: object) -> None:
    """Whatever properties and geometry hold, each row is accepted, flagged or rejected with a reason."""
    features = [{"type": "Feature", "geometry": geometry, "properties": record} for record in records]
    report = read(geojson(*features), "p.geojson")
    assert report.rows == len(records) == report.accepted + report.flagged + report.rejected
    rejected = [problem.row for problem in report.problems if problem.severity == "rejected"]
    assert len(rejected) == report.rejected
    json.dumps(report.to_json(), ensure_ascii=False).encode("utf-8")


@given(
    st.lists(st.lists(drawn.rough_texts.map(without_nul), min_size=2, max_size=5), min_size=1, max_size=4),
    st.sampled_from(",;\t"),
)
def test_any_table_is_read_or_refused_in_words(rows: list[list[str]], separator: str) -> None:
    """A table of rough cells under known and unknown columns never raises anything but InputFileError."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(["name", "website", "lat", "lon", "odd"])
    writer.writerows(rows)
    report = read(text.getvalue().encode("utf-8"), "p.csv")
    assert report.rows == report.accepted + report.flagged + report.rejected


@given(st.binary(max_size=200), st.sampled_from(["p.csv", "p.geojson", "p.json", "p.jsonl", "p"]))
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    """Random bytes give a report or one clear error."""
    with contextlib.suppress(InputFileError):
        assert read(data, name).rows >= 0


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["hedgerow_id", "name", "tags", "flags", "lat"]), wild), max_size=3
    )
)
def test_a_forged_export_of_ours_is_read_as_warily(records: list[dict[str, object]]) -> None:
    """That a file says it is our own export opens no door."""
    features = [{"type": "Feature", "geometry": None, "properties": record} for record in records]
    report = read(geojson(*features, hedgerow_directory=1), "p.geojson")
    assert report.rows == len(records)
    for row in report.profiles:
        assert row.profile.shown_name() == plain_text.line(row.profile.shown_name())


def test_markup_stays_text_and_is_told() -> None:
    """A script in a name is letters like any other; the report says that it is there."""
    report = imported(feature(name="<script>alert(1)</script>", description="<p>Hi &amp; welcome</p>"))
    profile = report.profiles[0].profile
    assert profile.name == {"und": "<script>alert(1)</script>"}
    assert profile.description == {"und": "<p>Hi & welcome</p>"}
    assert [field for field, message in told(report, "note") if "HTML" in message] == ["name", "description"]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt://orchard.example/%0aalert(1)",
        "data:text/html,<script>",
        "https://user:secret@orchard.example",
        "https://good.example\\@evil.example",
        "file:///etc/passwd",
        "//evil.example",
        "http://localhost/",
        "http://127.0.0.1:8080/",
        "http://[::1]/",
        "https://" + "a" * 300 + ".example",
        "https://orchard.example/" + "x" * 300,
        "http://a..example",
        "http://-a.example",
        "update6",
    ],
)
def test_what_is_no_web_address_is_kept_aside_and_marked(address: str) -> None:
    """No page will ever link to it; it is kept as text and the row is flagged."""
    report = imported(feature(name="A", website=address))
    profile = report.profiles[0].profile
    assert profile.urls == ()
    assert profile.extra["website"] == address
    assert profile.flags == ("website-unreadable",)


def test_controls_that_reorder_text_are_taken_out_of_names() -> None:
    """A right-to-left override and zero-width letters go, and the report names them."""
    report = imported(feature(name="Bank\u202etsurT\u200b", **{"addr:city": "Wi\u0000en"}))
    profile = report.profiles[0].profile
    assert profile.name == {"und": "BanktsurT"}
    assert profile.address.city == "Wien"
    assert told(report, "repaired") == [
        ("name", "hidden characters taken out: U+200B, U+202E"),
        ("addr:city", "hidden characters taken out: U+0000"),
    ]


def test_half_of_a_surrogate_pair_cannot_break_the_report() -> None:
    """JSON may spell half a character; it goes, in values, keys and places, and the report can be printed."""
    data = (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"A\\ud83d","\\udc00":"x\\ud800"},'
        b'"geometry":{"type":"\\ud83d","coordinates":["\\ud83d"]}}]}'
    )
    report = read(data, "p.geojson")
    assert report.profiles[0].profile.name == {"und": "A"}
    json.dumps(report.to_json(), ensure_ascii=False).encode("utf-8")


def test_oversized_texts_are_kept_aside_or_left_out_and_told() -> None:
    """Nothing is cut: what does not fit its field is kept whole under its name, or left out with its size."""
    report = imported(
        feature(name="A", title="B" * 300, tags=["x" * 101, "short"], **{"addr:city": "c" * 300}),
        feature((0.5, 0.5), name="B", description="d" * 30_000),
        feature((0.6, 0.5), name="n" * 201),
        feature((0.7, 0.5), name="C", **{f"field {number}": "x" for number in range(300)}),
        feature((0.8, 0.5), name="D", **{f"f{number}": "ä" * 9_000 for number in range(6)}),
        feature(
            (0.9, 0.5),
            name="E",
            **{f"description:{language}": "я" * 9_999 for language in ("de", "fr", "it", "es")},
        ),
    )
    first, second, fourth, fifth = (row.profile for row in report.profiles)
    assert (first.tags, first.extra["tags"]) == (("short",), "x" * 101 + "; short")
    assert first.extra["title"] == "B" * 300
    assert first.extra["city"] == "c" * 300
    assert second.description == {}
    assert second.flags == ("fields-left-out", "text-too-long")
    assert len(fourth.extra) == 200
    assert len(fifth.extra) == 3
    assert told(report, "rejected") == [
        ("name", "no usable name; name the field with --map name=…"),
        ("", "the texts take more than the 60,000 bytes of one listing"),
    ]
    assert ("description", "left out: 30,000 characters, more than 20,000") in told(report, "flagged")


def test_a_key_that_stands_twice_is_told_and_both_values_are_kept() -> None:
    """Of two values the last counts, as with other readers of JSON; the row is marked."""
    data = (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,'
        b'"properties":{"name":"first","name":"second"}}]}'
    )
    report = read(data, "p.geojson")
    assert report.profiles[0].profile.name == {"und": "second"}
    assert report.profiles[0].profile.extra == {"name#1": "first"}
    assert report.flagged == 1


@pytest.mark.parametrize(
    "coordinates",
    [
        "[NaN, 48]",
        "[Infinity, 48]",
        "[1e999, 48]",
        "[" + "9" * 5_000 + ", 48]",
        '["x", "y"]',
        "[[1, 2]]",
        "[1]",
        "{}",
    ],
)
def test_numbers_that_are_no_place_leave_the_listing_without_one(coordinates: str) -> None:
    """NaN, infinity and numbers without end are marked; the listing itself comes in."""
    data = geojson(feature(name="A")).replace(b"[16.37, 48.2]", coordinates.encode())
    report = read(data, "p.geojson")
    assert report.flagged == 1
    assert report.profiles[0].profile.location is None


def test_deep_values_are_cut_off_and_kept_as_a_remark() -> None:
    """Seven objects deep no field is named any more; the record comes in."""
    deep: object = "bottom"
    for _level in range(50):
        deep = {"d": [deep]}
    report = imported(feature(name="A", deep=deep))
    assert "nested too deeply" in str(report.profiles[0].profile.extra)


def test_thousands_of_fields_are_cut_off_and_told() -> None:
    """A record is read up to a thousand fields."""
    report = imported(feature(name="A", **{f"f{number}": "x" for number in range(2_000)}))
    assert report.flagged == 1
    assert ("f999", "more than 1000 fields; the rest is left out") in told(report, "flagged")
