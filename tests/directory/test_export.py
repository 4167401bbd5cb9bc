import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.directory import columns
from node.directory.export import ListedOffer, ListedProfile, offers_csv, profiles_csv, profiles_geojson
from node.directory.importing.reader import read
from node.directory.location import Location
from node.directory.offer import Offer
from node.directory.profile import Profile, Subject
from node.ids import CommunityId, DocumentId
from tests.directory import drawn

OWNER = CommunityId(b"c" * 32)


def listed(profiles: list[Profile]) -> list[ListedProfile]:
    """Give each profile a document of its own."""
    return [
        ListedProfile(DocumentId(number.to_bytes(32, "big")), OWNER, profile)
        for number, profile in enumerate(profiles, start=1)
    ]


named = drawn.profiles.filter(lambda profile: bool(profile.name))
imported = st.builds(
    lambda profile, subject: Profile(**{**dict(profile), "subject": subject}), named, drawn.subjects
)


def by_unique_id(profiles: list[Profile]) -> list[Profile]:
    """Keep the profiles whose source id is their own."""
    found = {profile.subject.source_id: profile for profile in profiles if profile.subject}
    return list(found.values())


@given(st.lists(imported, max_size=3).map(by_unique_id))
def test_an_export_reads_back_to_the_same_profiles(profiles: list[Profile]) -> None:
    """GeoJSON and CSV lose nothing of a listing, whatever signs stand in it."""
    for data, name in (
        (profiles_geojson(listed(profiles)), "x.geojson"),
        (profiles_csv(listed(profiles)), "x.csv"),
    ):
        report = read(data, name)
        assert [one.profile for one in report.profiles] == profiles
        assert report.accepted == report.rows == len(profiles)


@given(named)
def test_a_page_of_its_own_comes_back_as_a_listing_about_it(profile: Profile) -> None:
    """What a community says of itself keeps all its fields and names the document it came from."""
    own = Profile(**{**dict(profile), "subject": None})
    report = read(profiles_geojson(listed([own])), "x.geojson", source="hub", licence="CC0-1.0")
    found = report.profiles[0].profile
    assert found.subject is not None
    assert found.subject.source == "hub"
    assert found.subject.licence == "CC0-1.0"
    assert len(found.subject.source_id) == 52
    assert Profile(**{**dict(found), "subject": None}) == own


@given(st.lists(named, max_size=4), st.randoms())
def test_the_order_in_which_documents_came_does_not_show(profiles: list[Profile], chance: object) -> None:
    """The same documents give the same bytes: sorted by id, keys in order, one feature a line."""
    entries = listed(profiles)
    shuffled = list(entries)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands out a Random
    assert profiles_geojson(shuffled) == profiles_geojson(entries)
    assert profiles_csv(shuffled) == profiles_csv(entries)
    lines = profiles_geojson(entries).decode().split("\n")
    assert len(lines) == (len(entries) + 3 if entries else 2)


def test_the_bytes_of_a_small_export() -> None:
    """The canonical spelling, to the byte: another implementation can compare."""
    profile = Profile(
        name={"und": "Aspazija", "de": "Garten"}, location=Location(569492780, -240000000), tags=("a;b", "ä")
    )
    identifier = "a" * 51 + "q"
    owner = "mnrwgy3dmnrwgy3dmnrwgy3dmnrwgy3dmnrwgy3dmnrwgy3dmnrq"
    assert profiles_geojson(listed([profile])).decode() == (
        '{"features":[\n'
        '{"geometry":{"coordinates":[-24,56.949278],"type":"Point"},"id":"' + identifier + '","properties":{'
        '"hedgerow_community":"' + owner + '","hedgerow_id":"' + identifier + '","kind":"community",'
        '"name":"Aspazija","name:de":"Garten","tags":["a;b","ä"]},"type":"Feature"}\n'
        '],"hedgerow_directory":1,"type":"FeatureCollection"}\n'
    )
    assert profiles_csv(listed([profile])).decode("utf-8-sig") == (
        "hedgerow_id,hedgerow_community,lat,lon,kind,name,name:de,tags\n"
        f"{identifier},{owner},56.949278,-24,community,Aspazija,Garten,a\\;b;ä\n"
    )
    assert json.loads(profiles_geojson([])) == {
        "features": [],
        "hedgerow_directory": 1,
        "type": "FeatureCollection",
    }


def test_a_spreadsheet_runs_nothing_from_the_export() -> None:
    """A name that begins like a formula is kept as text in CSV (formula injection, CWE-1236)."""
    profile = Profile(name={"und": "=HYPERLINK(1)"}, subject=Subject(source="s", source_id="@1"))
    data = profiles_csv(listed([profile]))
    cells = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))[1]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert read(data, "x.csv").profiles[0].profile == profile


def test_offers_go_out_as_a_table() -> None:
    """An offer's row holds its texts, its state and when it ends."""
    offer = Offer(kind="need", title={"en": "Ladder"}, tags=("tools",), expires=490_000)
    data = offers_csv([ListedOffer(DocumentId(b"d" * 32), OWNER, offer)])
    row = next(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert (row["kind"], row["title:en"], row["expires"], row["state"]) == (
        "need",
        "Ladder",
        "490000",
        "open",
    )


@given(st.lists(drawn.some_lines, max_size=5))
def test_a_set_in_one_cell_reads_back(words: list[str]) -> None:
    """Semicolons and backslashes in a word do not part it."""
    assert columns.split_set(columns.join_set(words)) == words


@pytest.mark.shared
def test_the_real_directory_exports_and_reads_back(shared: Path) -> None:
    """All 1,036 places come back from both formats to the same profiles, and to the same bytes again."""
    data = (shared / "data/directory/susy_places_continental.geojson").read_bytes()
    profiles = [one.profile for one in read(data, "susy_places_continental.geojson").profiles]
    first = profiles_geojson(listed(profiles))
    for exported, name in ((first, "x.geojson"), (profiles_csv(listed(profiles)), "x.csv")):
        report = read(exported, name)
        again = [one.profile for one in report.profiles]
        assert again == profiles
        assert profiles_geojson(listed(again)) == first
