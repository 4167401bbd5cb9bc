from collections.abc import Mapping

from hypothesis import given

from node.crdt.edits import Delete, Edit, Put
from node.directory import profile as profiles
from node.directory.profile import Profile
from node.directory.schemas import PROFILE_SCHEMA
from node.directory.trees import edits
from tests.directory import drawn


def carried_out(tree: Mapping[str, object], changes: list[Edit]) -> dict[str, object]:
    """Carry out edits on a copy of a tree of two levels, as a document would."""
    copy = {key: dict(value) if isinstance(value, dict) else value for key, value in tree.items()}
    for change in changes:
        *above, last = change.path
        place = copy
        for key in above:
            inner = place[str(key)]
            assert isinstance(inner, dict)
            place = inner
        if isinstance(change, Delete):
            del place[str(last)]
        else:
            assert isinstance(change, Put)
            place[str(last)] = dict(change.value) if isinstance(change.value, dict) else change.value
    return copy


@given(drawn.profiles, drawn.profiles)
def test_edits_lead_from_one_profile_to_the_other(old: Profile, new: Profile) -> None:
    """Carrying out the edits in order gives the new tree."""
    before, after = profiles.to_tree(old), profiles.to_tree(new)
    assert carried_out(before, edits(before, after, schema=PROFILE_SCHEMA)) == after


@given(drawn.profiles)
def test_a_new_document_is_made_by_edits_alone(profile: Profile) -> None:
    """From an empty document the edits make every map before what stands in it."""
    tree = profiles.to_tree(profile)
    assert carried_out({}, edits({}, tree, schema=PROFILE_SCHEMA)) == tree


@given(drawn.profiles)
def test_nothing_changed_is_no_edit(profile: Profile) -> None:
    """The same tree twice asks for nothing."""
    assert edits(profiles.to_tree(profile), profiles.to_tree(profile), schema=PROFILE_SCHEMA) == []


def test_only_what_differs_is_edited() -> None:
    """One tag more and one name fewer are one put and one delete; what we do not know stays."""
    old = {"name": {"de": "A", "en": "B"}, "tags": {"x": True}, "unknown": {"kept": 1}}
    new = {"name": {"de": "A"}, "tags": {"x": True, "y": True}}
    assert edits(old, new, schema=PROFILE_SCHEMA) == [Delete(("name", "en")), Put(("tags", "y"), value=True)]
