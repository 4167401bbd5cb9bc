"""What a body is, as its document says it: tests of node/directory/body.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.crdt import genesis
from node.directory import body
from node.directory.body import BODY_KINDS, BODY_PLACES_MAX, Body
from node.ids import CommunityId, FederationId
from tests import builders

FEDERATION = FederationId(builders.identifier("a federation"))
OWNER = CommunityId(builders.identifier("the first founder"))
VALUES: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.builds(dict)
)
NAMES = st.sampled_from(["title", "kind", "purpose", "places", "term_days", "ended", "holder"])


@given(st.dictionaries(NAMES, VALUES))
def test_whatever_members_wrote_reads_as_a_body(tree: dict[str, object]) -> None:
    """A value of another kind or beyond its bounds reads as the usual one, and nothing raises."""
    found = body.from_tree(tree)
    assert found.kind in BODY_KINDS
    assert 1 <= found.places <= BODY_PLACES_MAX
    assert found.term_days >= 0


@pytest.mark.parametrize(
    "made", [Body("Council", "council", "To care.", 3, 365), Body("Office", "office", ended=True)]
)
def test_a_body_written_is_the_body_read(made: Body) -> None:
    """The edits from nothing name every field, those from the same body none."""
    edits = body.edits({}, made)
    tree = {edit.path[0]: edit.value for edit in edits}  # type: ignore[union-attr] # a body is only put
    assert body.from_tree({str(name): value for name, value in tree.items()}) == made
    assert body.edits({str(name): value for name, value in tree.items()}, made) == []


def test_the_name_a_body_is_begun_under_makes_its_id() -> None:
    """Whoever begins it under that name means the same document; another name or federation is another."""
    ids = {
        genesis.document_id(genesis.encode(body.founding(federation, OWNER, name)))
        for federation in (FEDERATION, FederationId(bytes(32)))
        for name in ("Council", "Elders", "Council")
    }
    assert len(ids) == 4
