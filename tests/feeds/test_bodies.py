"""Bodies: what an entry carries is read, or counts for nothing; nothing else comes of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import canonical
from node.errors import RejectedChangeError, UserError
from node.feeds import bodies
from node.feeds.bodies import Body, Changes, Kind
from node.ids import DocumentId
from node.limits import BODY_BYTES_MAX, CHANGES_PER_BODY_MAX
from tests import strategies


@given(st.sampled_from(Kind), strategies.values, strategies.nonces, st.none() | strategies.document_ids)
def test_what_is_written_reads_back(
    kind: Kind, content: Any, salt: bytes, document: DocumentId | None
) -> None:
    """Kind, document and content of a body are read back as they were written."""
    raw = bodies.encode(kind, content, salt=salt, document=document)
    assert bodies.decode(raw) == Body(kind, document, content)
    assert bodies.kind_of(raw) is kind


@given(st.binary(max_size=100) | strategies.values.map(canonical.encode))
def test_any_bytes_are_a_body_or_count_for_nothing(raw: bytes) -> None:
    """A body of any bytes is read or rejected for good; it never stops its feed with another error."""
    try:
        bodies.decode(raw)
    except RejectedChangeError:
        assert bodies.kind_of(raw) is None


@given(st.lists(strategies.values, min_size=4, max_size=4))
def test_four_values_of_any_shape_are_a_body_or_count_for_nothing(fields: list[Any]) -> None:
    """A list of four is read as a body, or rejected for good."""
    try:
        bodies.decode(canonical.encode(fields))
    except RejectedChangeError:
        return


@pytest.mark.parametrize(
    "fields",
    [
        [bytes(15), "record", None, b""],
        [bytes(16), "gossip", None, b""],
        [bytes(16), 1, None, b""],
        [bytes(16), "changes", bytes(31), b""],
        [bytes(16), "changes", "document", b""],
        [bytes(16), "record", None],
        [bytes(16), "record", None, b"", b""],
    ],
)
def test_a_body_of_another_shape_counts_for_nothing(fields: list[Any]) -> None:
    """A short salt, an unknown kind, a document that is no id, or other fields: rejected for good."""
    with pytest.raises(RejectedChangeError):
        bodies.decode(canonical.encode(fields))


def test_a_body_beyond_the_limit_is_neither_written_nor_read() -> None:
    """The author is told that it is too long to publish; a peer's counts for nothing."""
    salt = bytes(16)
    room = BODY_BYTES_MAX - len(bodies.encode(Kind.RECORD, bytes(70_000), salt=salt)) + 70_000
    assert len(bodies.encode(Kind.RECORD, bytes(room), salt=salt)) == BODY_BYTES_MAX
    with pytest.raises(UserError):
        bodies.encode(Kind.RECORD, bytes(room + 1), salt=salt)
    with pytest.raises(RejectedChangeError):
        bodies.decode(canonical.encode([salt, "record", None, bytes(room + 1)]))


@given(st.none() | strategies.nonces, st.lists(st.binary(max_size=20), min_size=1, max_size=5))
def test_changes_read_back(nonce: bytes | None, raw: list[bytes]) -> None:
    """The content of a body of changes is its run's nonce or null, and the changes in order."""
    assert bodies.changes([nonce, raw]) == Changes(nonce, tuple(raw))


@given(strategies.values)
def test_any_content_is_changes_or_counts_for_nothing(content: Any) -> None:
    """Content of any shape is read as changes or rejected for good."""
    try:
        bodies.changes(content)
    except RejectedChangeError:
        return


@pytest.mark.parametrize(
    "content",
    [
        [None, []],
        [bytes(15), [b"x"]],
        [None, [b"x", "y"]],
        [None, [b""] * (CHANGES_PER_BODY_MAX + 1)],
        [None],
    ],
)
def test_changes_of_another_shape_count_for_nothing(content: Any) -> None:
    """No change at all, a short nonce, a change that is no bytes, or more than a body may hold."""
    with pytest.raises(RejectedChangeError):
        bodies.changes(content)


@given(st.binary(max_size=400), strategies.nonces, strategies.document_ids, st.none() | strategies.nonces)
def test_the_short_way_to_read_changes_finds_what_the_long_way_does(
    change: bytes, salt: bytes, document: DocumentId, nonce: bytes | None
) -> None:
    """The body that nearly every entry has is read as every other body would be, or left to the long way."""
    raw = bodies.encode(Kind.CHANGES, [nonce, [change]], salt=salt, document=document)
    assert bodies.decode(raw) == Body(Kind.CHANGES, document, [nonce, [change]])
    assert bodies._plain_changes(raw) in (None, Body(Kind.CHANGES, document, [None, [change]]))


@given(st.binary(min_size=24, max_size=300), st.integers(0, 400), st.integers(0, 255))
def test_attack_the_short_way_accepts_no_spelling_that_the_long_way_refuses(
    change: bytes, place: int, value: int
) -> None:
    """Whatever byte of such a body is changed: what the short way reads is written back as the same bytes."""
    raw = bytearray(
        bodies.encode(Kind.CHANGES, [None, [change]], salt=bytes(16), document=DocumentId(bytes(32)))
    )
    raw[place % len(raw)] = value
    found = bodies._plain_changes(bytes(raw))
    if found is not None:
        assert canonical.encode([bytes(raw[2:18]), found.kind.value, found.document, found.content]) == raw


@given(st.sampled_from(Kind), strategies.values, strategies.nonces, st.none() | strategies.document_ids)
def test_the_document_is_found_without_reading_the_rest(
    kind: Kind, content: Any, salt: bytes, document: DocumentId | None
) -> None:
    """The document that a body names is known from its beginning alone."""
    assert bodies.document_named(bodies.encode(kind, content, salt=salt, document=document)) == document


@given(st.binary(max_size=80))
def test_any_bytes_name_a_document_or_none(raw: bytes) -> None:
    """Bytes that are no body do no harm to who looks for the document that they name."""
    named = bodies.document_named(raw)
    assert named is None or len(named) == 32


def test_a_genesis_brings_the_first_changes_or_none() -> None:
    """A genesis stands alone, or before the run's nonce and its first changes; nothing else is one."""
    alone = Body(Kind.GENESIS, DocumentId(bytes(32)), b"genesis")
    assert (bodies.genesis_of(alone), bodies.changes_of(alone)) == (b"genesis", None)
    more = Body(Kind.GENESIS, DocumentId(bytes(32)), [b"genesis", bytes(16), [b"change"]])
    assert (bodies.genesis_of(more), bodies.changes_of(more)) == (
        b"genesis",
        Changes(bytes(16), (b"change",)),
    )


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        [b"genesis"],
        [b"genesis", None, [b"change"]],
        [b"genesis", bytes(15), [b"change"]],
        [1, 2, 3],
    ],
)
def test_what_is_no_genesis_is_rejected_for_good(content: Any) -> None:
    """Content of another shape, a run without a nonce, or one of another length."""
    with pytest.raises(RejectedChangeError):
        bodies.genesis_of(Body(Kind.GENESIS, DocumentId(bytes(32)), content))


@pytest.mark.parametrize("content", [b"genesis", [b"genesis", bytes(16), [b"change"]], [None], None])
def test_changes_are_not_carried_in_the_shape_of_a_genesis(content: Any) -> None:
    """A body of kind changes holds a nonce or null and changes, nothing more."""
    with pytest.raises(RejectedChangeError):
        bodies.changes_of(Body(Kind.CHANGES, DocumentId(bytes(32)), content))
