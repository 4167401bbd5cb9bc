import pytest
from hypothesis import given
from pydantic import ValidationError

from node.crdt.operations import Action
from node.crdt.schema import DocumentSchema
from node.directory import profile as profiles
from node.directory.location import Location
from node.directory.profile import Profile
from node.directory.schemas import PROFILE_SCHEMA
from tests.directory import drawn


def places_refused(schema: DocumentSchema, tree: dict[str, object]) -> list[tuple[str, ...]]:
    """List the paths of a tree of two levels at which the schema would refuse to put what stands there."""
    refused: list[tuple[str, ...]] = []
    for key, value in tree.items():
        leaves: dict[tuple[str, ...], object] = {(key,): value}
        if isinstance(value, dict):
            leaves = {(key, inner): leaf for inner, leaf in value.items()}
            if not schema.allows(action=Action.MAKE_MAP, path=(key,), value=None):
                refused.append((key,))
        for path, leaf in leaves.items():
            assert isinstance(leaf, str | int)
            if not schema.allows(action=Action.SET, path=path, value=leaf):
                refused.append(path)
    return refused


@given(drawn.profiles)
def test_a_profile_reads_back_from_its_tree(profile: Profile) -> None:
    """Writing a profile as a tree and reading it gives the same profile and no complaint."""
    reading = profiles.from_tree(profiles.to_tree(profile))
    assert reading.profile == profile
    assert reading.problems == ()
    assert reading.unread == ()


@given(drawn.profiles)
def test_the_schema_allows_every_profile(profile: Profile) -> None:
    """No form is wider than the schema, or an honest change would count for nothing."""
    assert places_refused(PROFILE_SCHEMA, profiles.to_tree(profile)) == []


@given(drawn.values | drawn.trees)
def test_whatever_a_peer_wrote_is_read(tree: object) -> None:
    """Reading never raises, and what it gives is a profile that writes and reads back."""
    profile = profiles.from_tree(tree).profile
    assert profiles.from_tree(profiles.to_tree(profile)).profile == profile


def test_wrong_values_are_told_and_left_aside() -> None:
    """Each value of the wrong kind gives a problem and stays readable as what it was."""
    reading = profiles.from_tree(
        {
            "name": {"de": 3, "not a language": "x", "en": "Orchard"},
            "urls": {"javascript:alert(1)": True, "https://orchard.example": True},
            "tags": ["list"],
            "location": "560000000",
            "country": "Latvia",
            "confirmed_at": -1,
            "newer": {"field": 1},
        }
    )
    assert reading.profile.name == {"en": "Orchard"}
    assert reading.profile.urls == ("https://orchard.example",)
    assert reading.profile.location is None
    assert [path for path, _value in reading.unread] == [
        ("newer",),
        ("name", "de"),
        ("name", "not a language"),
        ("urls", "javascript:alert(1)"),
        ("country",),
        ("location",),
        ("tags",),
        ("confirmed_at",),
    ]
    assert len(reading.problems) == 7


def test_a_set_is_a_map_of_words_and_a_location_one_text() -> None:
    """The shapes that merge well: added words both survive, a move is never half of two moves."""
    profile = Profile(name={"und": "x"}, tags=("bees", "honey"), location=Location(-1, 20))
    tree = profiles.to_tree(profile)
    assert tree["tags"] == {"bees": True, "honey": True}
    assert tree["location"] == "-1,20"
    assert tree["subject"] == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": {"deutsch": "x"}},
        {"name": {"de": "two\nlines"}},
        {"name": {"de": "a\u202eb"}},
        {"name": {"de": "x" * 201}},
        {"description": {"de": "x" * 20_001}},
        {"urls": ("javascript:alert(1)",)},
        {"urls": ("https://user@evil.example",)},
        {"urls": ("https://good.example\\@evil.example",)},
        {"urls": ["https://a.example"]},
        {"country": "at"},
        {"tags": ("b", "a")},
        {"flags": ("Not a slug",)},
        {"confirmed_at": 1.5},
        {"surprise": 1},
    ],
)
def test_the_form_is_strict(wrong: dict[str, object]) -> None:
    """Whoever makes a profile gives exactly what it may hold: no conversion, no unknown field."""
    with pytest.raises(ValidationError):
        Profile.model_validate(wrong)


def test_the_shown_name_follows_the_reader() -> None:
    """The reader's language comes first, then the name nobody gave a language, then English."""
    profile = Profile(name={"de": "Obstgarten", "en": "Orchard", "fr": "Verger"})
    assert profile.shown_name("fr", "de") == "Verger"
    assert profile.shown_name("it") == "Orchard"
    assert Profile(name={"de": "Obstgarten", "und": "O"}).shown_name() == "O"
    assert Profile().shown_name() == ""
