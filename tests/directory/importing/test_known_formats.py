import json

import pytest

from node.directory.importing.reader import read
from node.directory.importing.report import ImportReport
from node.errors import InputFileError
from tests.directory.importing.files import told

PROFILE = {
    "linked_schemas": ["organizations_schema-v1.0.0"],
    "name": "Open Garden",
    "nickname": "OG",
    "primary_url": "garden.example",
    "urls": [{"name": "Shop", "url": "https://shop.garden.example"}],
    "tags": ["food", "co-op"],
    "description": "We grow.",
    "full_address": "Bee Lane 7, Leeds",
    "country_iso_3166": "GB",
    "geolocation": {"lat": 53.8, "lon": -1.55},
    "contact_details": {"email": "a@garden.example", "contact_form": "https://garden.example/write"},
    "telephone": "+44 1",
    "unique_id": "og-1",
}
COMMUNITY = {
    "name": "Freifunk Garten",
    "url": "https://ff.example",
    "api": "0.5.2",
    "location": {
        "city": "Garten",
        "country": "DE",
        "lat": 51,
        "lon": 7,
        "address": {"Street": "Weg 1", "Zipcode": "1"},
    },
    "contact": {"email": "a@ff.example", "mastodon": "https://m.example/@ff"},
    "state": {"lastchange": "2018-02-13T22:07:51.476Z", "focus": ["wifi"], "description": "Verein"},
    "nodeMaps": [{"url": "https://map.ff.example"}],
}


def imported(value: object, name: str = "file.json", file_format: str | None = None) -> ImportReport:
    """Import a value."""
    return read(json.dumps(value).encode(), name, file_format=file_format, source="s", licence="CC0-1.0")


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(PROFILE),
        json.dumps([PROFILE]),
        json.dumps({"data": [PROFILE]}),
        json.dumps(PROFILE) + "\n" + json.dumps({**PROFILE, "unique_id": "og-2"}) + "\n",
    ],
)
def test_murmurations_profiles_come_one_in_a_list_or_one_a_line(data: str) -> None:
    """Every field of the schema finds its place; contacts stay out."""
    report = read(data.encode(), "profiles.json", source="s")
    profile = report.profiles[0].profile
    assert report.shape == "Murmurations profiles"
    assert profile.name == {"und": "Open Garden"}
    assert profile.urls == ("https://garden.example", "https://shop.garden.example")
    assert profile.tags == ("co-op", "food")
    assert (profile.country, profile.address.street) == ("GB", "Bee Lane 7, Leeds")
    assert profile.location is not None
    assert profile.extra["nickname"] == "OG"
    assert report.profiles[0].source_id == "og-1"
    assert (profile.email, profile.phone) == (None, None)
    assert "a@garden" not in str(profile)


def test_an_offer_among_murmurations_profiles_is_refused_with_its_reason() -> None:
    """Offers are their makers' own; the row says so."""
    offer = {"linked_schemas": ["offers_wants_schema-v0.1.0"], "exchange_type": "offer", "title": "Ladder"}
    report = imported([PROFILE, offer])
    assert (report.accepted, report.rejected) == (1, 1)
    assert "an offer or a want" in told(report, "rejected")[0][1]


@pytest.mark.parametrize("file_format", [None, "csv", "murmurations"])
def test_the_batch_table_of_murmurations_is_read_as_its_guide_says(file_format: str | None) -> None:
    r"""`tags[0]` is one tag whatever stands in it, `tags(list-0)` several, `\,` a comma within one."""
    data = (
        "oid,name,primary_url,tags[0],tags[1],tags(list-0),tags(list-1),geolocation.lat,geolocation.lon,"
        "urls[0].name,urls[0].url\n"
        'myOrgID2,Bob,https://bob.net,"Next, Inc.","Bob ""the Cob"" Dobbs","either\\, or, neither\\, nor",'
        '"Los Angeles, California , USA",53.8,-1.55,Shop,https://shop.bob.net\n'
    )
    report = read(data.encode(), "batch.csv", file_format=file_format, source="s")
    row = report.profiles[0]
    assert (row.source_id, report.shape) == ("myOrgID2", "a Murmurations batch table")
    assert row.profile.tags == (
        'Bob "the Cob" Dobbs',
        "California",
        "Los Angeles",
        "Next, Inc.",
        "USA",
        "either, or",
        "neither, nor",
    )
    assert row.profile.urls == ("https://bob.net", "https://shop.bob.net")
    assert row.profile.location is not None


@pytest.mark.parametrize(
    "value",
    [
        COMMUNITY,
        [COMMUNITY],
        {"garten": COMMUNITY},
        [{"_source": "github:ff:garten.json", "profile": COMMUNITY}],
        {
            **COMMUNITY,
            "api": "0.4.4",
            "location": {"city": "Garten", "country": "DE", "geoCode": {"lat": 51, "lon": 7}},
        },
    ],
)
def test_freifunk_files_come_in_every_shape_and_version(value: object) -> None:
    """One file, a list, files by key, wrapped with its source; either spelling of the place."""
    report = imported(value)
    profile = report.profiles[0].profile
    assert report.shape == "Freifunk community files"
    assert profile.name == {"und": "Freifunk Garten"}
    assert profile.urls == ("https://ff.example",)
    assert (profile.address.city, profile.country) == ("Garten", "DE")
    assert (profile.tags, profile.description) == (("wifi",), {"und": "Verein"})
    assert profile.location is not None
    assert profile.confirmed_at == 421_822
    assert "@ff.example" not in str(profile)
    assert not report.flagged


def test_an_openfairdb_answer_gives_both_its_parts() -> None:
    """What the map showed and what lay around it come in; ids of categories become words."""
    entry = {
        "id": "1",
        "lat": 51,
        "lng": 7,
        "title": "A",
        "categories": ["77b3c33a92554bcf8e8c2c86cedd6f6f", "x"],
        "tags": ["t"],
    }
    report = imported({"visible": [entry], "invisible": [{**entry, "id": "2"}]})
    assert [row.source_id for row in report.profiles] == ["1", "2"]
    assert report.profiles[0].profile.tags == ("commercial", "t")
    assert report.profiles[0].profile.extra["categories"] == "77b3c33a92554bcf8e8c2c86cedd6f6f; x"


def test_resources_of_the_osm_index_are_filled_in() -> None:
    """Names are put together, places in texts filled in, areas read as country or point, or kept."""
    base = {"type": "matrix", "account": "#osm", "languageCodes": ["de", "zz"]}
    community = {"community": "OSM Austria", "url": "https://osm.example"}
    templates = {**community, "name": "{community} chat", "description": "Join {account} at {url}"}
    areas: list[tuple[list[object], dict[str, str]]] = [
        (["at"], community),
        ([[8.7, 53.1, 25], [8.5, 53.5, 10]], templates),
        (["gb-nir"], {"name": "C"}),
        (["de", "at", "x.geojson"], {"name": "D"}),
        ([["8", 53.1]], {"name": "E"}),
        ([], {}),
    ]
    report = imported(
        [
            {**base, "id": str(number), "locationSet": {"include": area}, "strings": strings}
            for number, (area, strings) in enumerate(areas)
        ]
    )
    profiles = [row.profile for row in report.profiles]
    assert [profile.shown_name() for profile in profiles] == [
        "OSM Austria (matrix)",
        "OSM Austria chat",
        "C",
        "D",
        "E",
        "#osm (matrix)",
    ]
    assert [profile.country for profile in profiles] == ["AT", None, "GB", None, None, None]
    assert [profile.location is not None for profile in profiles] == [False, True, False, False, False, False]
    assert profiles[1].description == {"und": "Join #osm at https://osm.example"}
    assert profiles[1].extra["strings.description"] == "Join {account} at {url}"
    assert profiles[0].languages == ("de",)
    assert profiles[3].extra["locationSet"] == '{"include":["de","at","x.geojson"]}'


@pytest.mark.parametrize(
    "file_format", ["freifunk", "openfairdb", "osm-community-index", "murmurations", "geojson"]
)
def test_a_format_that_was_asked_for_must_be_there(file_format: str) -> None:
    """JSON of another shape is refused with what was expected, and `json` reads it all the same."""
    with pytest.raises(InputFileError, match=r"expected .*found"):
        imported([{"name": "A"}], file_format=file_format)
    assert imported([{"name": "A"}], file_format="json").rows == 1
    assert imported({"aachen": "https://a.example"}, file_format="freifunk").rows == 1


def test_a_file_is_known_by_its_content_when_its_name_says_nothing() -> None:
    """A download without an ending: JSON by its first sign, a table by its first line."""
    assert imported([PROFILE], "download").shape == "Murmurations profiles"
    assert read(b"name;url\nA;a.example\n", "download").rows == 1
    assert imported([COMMUNITY], "list.txt").shape == "Freifunk community files"
