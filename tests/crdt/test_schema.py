import pytest

from node.crdt.operations import Action, Scalar
from node.crdt.schema import ANY, DocumentSchema, Kind, Rule

# A toy: a name, a list of tags, contacts by name with an address each, and a text people write together.
TOY = DocumentSchema(
    (
        Rule(("name",), frozenset({Kind.STR, Kind.NULL}), length_max=10),
        Rule(("homes",), frozenset({Kind.INT})),
        Rule(("tags",), frozenset({Kind.LIST})),
        Rule(("tags", ANY), frozenset({Kind.STR}), length_max=5),
        Rule(("contacts",), frozenset({Kind.MAP})),
        Rule(("contacts", ANY), frozenset({Kind.MAP})),
        Rule(("contacts", ANY, "address"), frozenset({Kind.BYTES}), length_max=4),
        Rule(("story",), frozenset({Kind.TEXT})),
        Rule(("story", ANY), frozenset({Kind.STR}), length_max=1),
    )
)


@pytest.mark.parametrize(
    ("action", "path", "value"),
    [
        (Action.SET, ("name",), "é" * 10),
        (Action.SET, ("name",), None),
        (Action.SET, ("homes",), -(2**63)),
        (Action.MAKE_LIST, ("tags",), None),
        (Action.SET, ("tags", "*"), "apple"),
        (Action.MAKE_MAP, ("contacts", "post"), None),
        (Action.SET, ("contacts", "post", "address"), b"1234"),
        (Action.MAKE_TEXT, ("story",), None),
        (Action.SET, ("story", "*"), "a"),
        (Action.DELETE, ("tags", "*"), None),
        (Action.DELETE, ("contacts", "post"), None),
    ],
)
def test_what_a_rule_names_is_allowed(action: Action, path: tuple[str, ...], value: Scalar) -> None:
    """A value of a named kind and length may stand at a named place, and be deleted there."""
    assert TOY.allows(action=action, path=path, value=value)


@pytest.mark.parametrize(
    ("action", "path", "value"),
    [
        (Action.SET, ("name",), "é" * 11),
        (Action.SET, ("name",), 1),
        (Action.SET, ("homes",), True),
        (Action.SET, ("homes",), None),
        (Action.MAKE_MAP, ("name",), None),
        (Action.MAKE_TEXT, ("tags",), None),
        (Action.SET, ("tags",), None),
        (Action.SET, ("contacts", "post", "address"), b"12345"),
        (Action.SET, ("contacts", "post", "address"), "1234"),
        (Action.MAKE_MAP, ("contacts", "x" * 201), None),
        (Action.SET, ("contacts", "post", "address", "deeper"), b""),
        (Action.SET, ("colour",), "green"),
        (Action.DELETE, ("colour",), None),
    ],
)
def test_what_no_rule_names_is_not_allowed(action: Action, path: tuple[str, ...], value: Scalar) -> None:
    """Another kind, a longer value, a longer key or a place without a rule is refused."""
    assert not TOY.allows(action=action, path=path, value=value)
