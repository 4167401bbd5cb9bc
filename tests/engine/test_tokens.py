import pytest
from pydantic import ValidationError

from node.clock import MS_PER_HOUR
from node.engine import commands
from node.engine.handlers.home.tokens import TOKENS_MAX
from node.errors import ConflictError, NotFoundError
from tests.engine.harness import START, Network, Node

SECRET = bytes(range(32))


@pytest.fixture
def node() -> Node:
    """Return a node without tokens."""
    return Network().node("ann")


def add(node: Node, digest: bytes, *, name: str = "shop") -> dict[str, object]:
    """Keep a token that may publish."""
    return node.ask(commands.AddToken(name=name, scopes=("publish", "read"), digest=digest))


def test_a_token_is_kept_until_it_is_removed(node: Node) -> None:
    """It is listed with what it may do, and after its removal nothing of it is left."""
    made = add(node, SECRET)
    assert made == {
        "token": "00010203",
        "name": "shop",
        "scopes": ["publish", "read"],
        "created": START,
        "used": None,
    }
    assert node.ask(commands.ListTokens())["tokens"] == [{**made, "digest": SECRET.hex()}]
    assert node.ask(commands.RemoveToken(token="00010203")) == {"token": "00010203", "name": "shop"}
    assert node.ask(commands.ListTokens()) == {"tokens": []}
    with pytest.raises(NotFoundError):
        node.ask(commands.RemoveToken(token="00010203"))


def test_a_steward_sees_in_which_hour_a_token_was_last_shown(node: Node) -> None:
    """Its use is noted by the hour; a token that is gone is not brought back by it."""
    add(node, SECRET)
    node.network.wait(3 * MS_PER_HOUR)
    node.ask(commands.NoteTokenUse(token="00010203"))
    assert node.ask(commands.ListTokens())["tokens"][0]["used"] == START // MS_PER_HOUR + 3
    with pytest.raises(NotFoundError):
        node.ask(commands.NoteTokenUse(token="ffffffff"))


def test_tokens_are_bounded_and_told_apart(node: Node) -> None:
    """A hundred hold at most, and no two share a short name."""
    add(node, SECRET)
    with pytest.raises(ConflictError, match="short name"):
        add(node, SECRET[:4] + bytes(28))
    for number in range(1, TOKENS_MAX):
        add(node, number.to_bytes(4, "big") * 8)
    with pytest.raises(ConflictError, match="at most 100 tokens"):
        add(node, b"\xff" * 32)


@pytest.mark.parametrize("fields", [{"digest": b"x"}, {"scopes": ()}, {"scopes": ("sign",)}, {"name": ""}])
def test_what_is_no_token_is_refused(fields: dict[str, object]) -> None:
    """A hash of another length, no scope, an unknown scope and no name are not taken."""
    with pytest.raises(ValidationError):
        commands.AddToken.model_validate({"name": "a", "scopes": ("read",), "digest": SECRET, **fields})


def test_tokens_travel_to_nobody(node: Node) -> None:
    """Making a token publishes nothing: it is this node's own affair."""
    before = node.ask(commands.ShowNode())["entries"]
    add(node, SECRET)
    assert node.ask(commands.ShowNode())["entries"] == before
