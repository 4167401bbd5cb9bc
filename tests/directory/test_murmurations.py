import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from node.directory import murmurations
from node.directory.export import ListedProfile
from node.directory.importing.reader import read
from node.directory.location import Location
from node.directory.profile import Address, Profile
from node.ids import CommunityId, DocumentId
from tests.directory import drawn

OWNER = CommunityId(b"c" * 32)
named = drawn.profiles.filter(lambda profile: bool(profile.name))
imported = st.builds(
    lambda profile, subject: Profile(**{**dict(profile), "subject": subject}), named, drawn.subjects
)


def listed(profiles: list[Profile]) -> list[ListedProfile]:
    """Give each profile a document of its own."""
    return [
        ListedProfile(DocumentId(number.to_bytes(32, "big")), OWNER, profile)
        for number, profile in enumerate(profiles, start=1)
    ]


@settings(max_examples=20)
@given(st.lists(imported, max_size=3, unique_by=lambda profile: str(profile.subject)))
def test_murmurations_lines_read_back_to_the_same_profiles(profiles: list[Profile]) -> None:
    """What the schema has no place for is not lost on the way."""
    data = murmurations.profiles_jsonl(listed(profiles))
    if profiles:
        report = read(data, "x.jsonl")
        assert [row.profile for row in report.profiles] == profiles


@given(st.lists(drawn.profiles, max_size=3))
def test_what_we_write_is_what_the_schema_asks_for(profiles: list[Profile]) -> None:
    """Required members are there, names of members are allowed ones, addresses and tags have their shape."""
    lines = murmurations.profiles_jsonl(listed(profiles)).decode().split("\n")[:-1]
    assert len(lines) == sum(bool(profile.shown_name()) for profile in profiles)
    for line in lines:
        found = json.loads(line)
        assert found["linked_schemas"] == ["organizations_schema-v1.0.0"]
        assert found["name"]
        assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,97}[a-z0-9]", key) for key in found)
        assert re.match(r"https?://", found.get("primary_url", "http://"))
        assert all(1 <= len(tag) <= 100 for tag in found.get("tags", ["x"]))
        assert found.get("tags", ["x"])


def test_the_bytes_of_one_line() -> None:
    """Each field under the schema's name; a place as numbers; the exact columns in our own member."""
    profile = Profile(
        name={"de": "Garten"},
        urls=("https://a.example", "https://b.example"),
        country="XK",
        location=Location(473_000_000, -85_000_001),
        address=Address(street="Weg 1", city="Ort", postcode="1"),
        email="a@b.example",
        phone="+1",
    )
    found = json.loads(murmurations.profiles_jsonl(listed([profile])))
    own = found.pop("hedgerow_profile")
    assert found == {
        "contact_details": {"email": "a@b.example"},
        "full_address": "Weg 1, 1 Ort",
        "geolocation": {"lat": 47.3, "lon": -8.5000001},
        "linked_schemas": ["organizations_schema-v1.0.0"],
        "name": "Garten",
        "primary_url": "https://a.example",
        "telephone": "+1",
        "unique_id": "a" * 51 + "q",
        "urls": [{"name": "https://b.example", "url": "https://b.example"}],
    }
    assert (own["lat"], own["name:de"]) == ("47.3", "Garten")
    assert "hedgerow_profile" not in murmurations.profile(listed([profile])[0], with_columns=False)
