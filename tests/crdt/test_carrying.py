"""Carrying late changes over into what stands now."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from node.crdt import carrying
from node.crdt.carrying import Now
from node.crdt.edits import Delete, Put, Tree

values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a"]),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=6,
)
trees = st.dictionaries(st.sampled_from("abc"), values, max_size=3)


def changed(tree: dict[str, Any], found: carrying.Carried) -> dict[str, Any]:
    """Return a tree with the edits made."""
    made: dict[str, Any] = _copy(tree)
    for edit in found.edits:
        at = made
        for step in edit.path[:-1]:
            at = at[str(step)]
        match edit:
            case Put(path=path, value=value):
                at[str(path[-1])] = _copy(value)
            case Delete(path=path):
                del at[str(path[-1])]
            case _:
                raise AssertionError(edit)
    return made


def _copy(value: Any) -> Any:
    return {key: _copy(one) for key, one in value.items()} if isinstance(value, dict) else value


@given(trees, trees)
def test_where_nobody_wrote_since_all_of_it_is_made_again(
    before: dict[str, Tree], after: dict[str, Tree]
) -> None:
    """Carried over into the state it began from, a late change gives what it gave."""
    found = carrying.carry(before, after, Now(before))
    assert (
        repr(sorted(changed(before, found).items())) == repr(sorted(after.items()))
        or changed(before, found) == after
    )
    assert found.left == []


@given(trees, trees, trees)
def test_carrying_over_twice_changes_nothing_more(
    before: dict[str, Tree], after: dict[str, Tree], now: dict[str, Tree]
) -> None:
    """What is made again is there, so a second time nothing is left to do."""
    once = changed(now, carrying.carry(before, after, Now(now)))
    assert changed(once, carrying.carry(before, after, Now(once))) == once


@given(trees, trees)
def test_what_was_not_late_stays(before: dict[str, Tree], now: dict[str, Tree]) -> None:
    """Without late changes nothing is done, whatever stands now."""
    assert carrying.carry(before, before, Now(now)) == carrying.Carried()


def test_true_is_not_one() -> None:
    """A truth value and the number like it are different values."""
    assert carrying.carry({"a": 1}, {"a": True}, Now({"a": 1})).edits == [Put(path=("a",), value=True)]


@given(trees, trees, trees)
def test_what_others_have_not_made_again_yet_stands_in_nobodys_way(
    unsaid: dict[str, Tree], before: dict[str, Tree], after: dict[str, Tree]
) -> None:
    """Where nothing but the others' part is missing, what was changed becomes what it was made."""
    found = carrying.carry(before, after, Now(unsaid), unsaid=unsaid)
    made = changed(unsaid, found)
    untouched = {key for key in {*before, *after, *unsaid} if before.get(key, ...) == after.get(key, ...)}
    assert found.left == []
    for key in {*before, *after} - untouched:
        # Of a map that others made or go on with, only what was changed in it becomes what it was made.
        whole = not isinstance(after.get(key), dict) or not (
            isinstance(unsaid.get(key), dict) or isinstance(before.get(key), dict)
        )
        assert not whole or made.get(key, ...) == after.get(key, ...)


def test_what_was_taken_off_since_does_not_come_back() -> None:
    """A key that stood there and was deleted is as much somebody's doing as another value."""
    found = carrying.carry({}, {"a": 1, "b": 2}, Now({}, {"a"}))
    assert (found.edits, found.left) == ([Put(("b",), 2)], [("a",)])


def test_attack_a_map_that_is_made_again_says_nothing_of_what_others_said_in_it() -> None:
    """Where a map is gone with a thief who made it, it is made again with what the changes said alone."""
    before: dict[str, Tree] = {"title": {"en": "the thief's", "fr": "too"}, "points": {"a": {"text": "t"}}}
    after: dict[str, Tree] = {
        "title": {"en": "the thief's", "de": "our own"},
        "points": {"a": {"text": "t", "order": 1}, "b": {"text": "ours"}},
    }
    found = carrying.carry(before, after, Now({}), unsaid={})
    assert changed({}, found) == {
        "title": {"de": "our own"},
        "points": {"a": {"order": 1}, "b": {"text": "ours"}},
    }
    assert found.left == []
