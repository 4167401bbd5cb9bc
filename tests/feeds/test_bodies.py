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
