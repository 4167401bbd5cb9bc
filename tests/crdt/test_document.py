import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.crdt import changes
from node.crdt.document import Document
from node.crdt.edits import Delete, Edit, Insert, Put, Tree
from node.errors import NotFoundError, RejectedChangeError, StoreUnavailableError, UserError
from tests.crdt.histories import NOWHERE, actor, automerge_changes, gated_history, put

TREES: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def edited(document: Document, *edits: Edit, by: int = 1) -> Document:
    """Return the document after one change."""
    raw = document.change(actor=actor(by), edits=edits, time_s=0)
    assert raw is not None
    return document.apply([raw])


@given(st.dictionaries(st.text(min_size=1, max_size=4), TREES, min_size=1, max_size=4))
def test_what_is_put_is_read(content: dict[str, Tree]) -> None:
    """Maps, lists and plain values come back as written, from the document and from its save."""
    document = edited(Document.empty(actor(1)), *(Put((key,), value) for key, value in content.items()))
    assert document.read() == content
    assert Document.load(document.save(), actor(2)).read() == content
    assert document.survives_reload()


def test_edits_reach_into_lists_and_maps() -> None:
    """Insert, put and delete work at any depth, in one change and after it."""
    document = edited(
        Document.empty(actor(1)),
        Put(("people",), [{"name": "Ada"}, {"name": "Bo"}]),
        Put(("people", 1, "name"), "Bea"),
        Insert(("people",), 2, {"name": "Cy"}),
    )
    document = edited(
        document, Delete(("people", 0)), Insert(("people",), 0, "first"), Put(("people", 2, "age"), 7)
    )
    assert document.read() == {"people": ["first", {"name": "Bea"}, {"name": "Cy", "age": 7}]}


def test_a_change_carries_its_time_and_message_and_leaves_the_document_alone() -> None:
    """What `change` returns is what peers see: actor, time and message as asked, one canonical change."""
    document = Document.empty(actor(9))
    raw = document.change(
        actor=actor(1), edits=[Put(("name",), "Oak")], time_s=1_790_000_000, message="Grüße"
    )
    assert raw is not None
    change = changes.decode(raw)
    assert (change.actor, change.time_s, change.message) == (actor(1), 1_790_000_000, "Grüße")
    assert document.read() == {}
    after = document.apply([raw])
    assert after.heads() == (changes.change_hash(raw),)
    assert document.heads() == ()
    again = after.change(actor=actor(1), edits=[Put(("name",), "Oak")], time_s=1_790_000_001)
    assert again is None


@pytest.mark.parametrize("edit", NOWHERE)
def test_an_edit_that_leads_nowhere_says_so(edit: Edit) -> None:
    """A path to nothing is the caller's mistake, and the document stays usable."""
    document = edited(Document.empty(actor(1)), Put(("name",), "Oak"), Put(("list",), [1, 2]))
    with pytest.raises(NotFoundError):
        document.change(actor=actor(1), edits=[edit], time_s=0)
    assert edited(document, Put(("name",), "Elm")).read() == {"name": "Elm", "list": [1, 2]}


@pytest.mark.parametrize("value", [1.5, 2**63, {1, 2}, object(), [0.5], {"": 1}, {"a": 2**64}])
def test_a_value_that_documents_do_not_hold_is_refused(value: Any) -> None:
    """Floats, large integers and foreign types are refused before the extension panics over them."""
    with pytest.raises(UserError):
        Document.empty(actor(1)).change(actor=actor(1), edits=[Put(("name",), value)], time_s=0)


def test_edits_that_no_neighbour_would_take_are_refused() -> None:
    """More than one change may hold is refused when it is made, not after it is signed."""
    document = Document.empty(actor(1))
    for edit in (Put(("name",), "x" * 100_000), Put(("list",), list(range(5_000)))):
        with pytest.raises(UserError, match="one change"):
            document.change(actor=actor(1), edits=[edit], time_s=0)
    with pytest.raises(UserError, match="one change"):
        document.change(actor=actor(1), edits=[Put(("name",), "x")], time_s=-1)


@pytest.mark.parametrize("seed", range(4))
def test_applying_one_by_one_or_all_at_once_is_the_same(seed: int) -> None:
    """Heads and content depend on the changes, not on how they were grouped."""
    raws = [bytes(it.raw_bytes) for it in automerge_changes(seed, 25)]
    document = Document.empty(actor(1))
    for raw in raws:
        document = document.apply([raw])
    whole = Document.empty(actor(2)).apply(raws)
    assert (whole.heads(), whole.read()) == (document.heads(), document.read())
    assert whole.survives_reload()


def test_a_change_that_the_extension_leaves_out_is_noticed() -> None:
    """The extension is silent about a missing dependency or a broken neighbour in a batch; `apply` is not."""
    raws = [offer.raw for offer in gated_history(3, 12)]
    document = Document.empty(actor(1))
    for wrong in (raws[1:], [*raws[:-1], raws[-1][:-1] + b"\x99"]):
        with pytest.raises(RejectedChangeError, match=r"left out|apply changes"):
            document.apply(wrong)
    assert document.apply(raws).survives_reload()


def test_attack_a_panic_of_the_extension_stays_inside() -> None:
    """Bytes that make the extension panic cost one call; the document they met goes on."""
    document = edited(Document.empty(actor(1)), Put(("name",), "Oak"))
    dice = random.Random(5)
    good = changes.encode(put(by=2))
    refused = 0
    for _ in range(300):
        at = dice.randrange(9, len(good))
        broken = good[:at] + dice.randbytes(1) + good[at + 1 :]
        sealed = changes.MAGIC + changes.change_hash(broken)[:4] + broken[8:]
        try:
            document.apply([sealed]).survives_reload()
        except (RejectedChangeError, StoreUnavailableError):
            refused += 1
    assert refused > 100
    assert document.read() == {"name": "Oak"}


@pytest.mark.parametrize("damage", [b"", b"\x00", b"not a document"])
def test_a_damaged_save_asks_for_a_rebuild(damage: bytes) -> None:
    """A cache that does not load names the way to make it again."""
    saved = edited(Document.empty(actor(1)), Put(("name",), "Oak")).save()
    with pytest.raises(StoreUnavailableError, match="rebuild"):
        Document.load(saved[:20] + damage, actor(1))


def test_a_fork_is_independent() -> None:
    """What happens to a copy does not happen to the original, and the other way round."""
    first = edited(Document.empty(actor(1)), Put(("name",), "Oak"))
    copy = edited(first.fork(), Put(("name",), "Elm"), by=2)
    assert (first.read(), copy.read()) == ({"name": "Oak"}, {"name": "Elm"})
