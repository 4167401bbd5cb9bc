"""The body of an entry: CBOR of (salt, kind, document or null, content), hashed whole by the header.

The salt keeps a short body from being guessed by its hash once the body is erased. A body that cannot be read
is no reason to refuse its feed: it stays, is carried on and counts for nothing (design, section 2).
"""

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from node import canonical
from node.canonical import Value
from node.errors import PeerError, RejectedChangeError, UserError
from node.ids import ID_BYTES, DocumentId
from node.limits import BODY_BYTES_MAX, BODY_SALT_BYTES, CHANGES_PER_BODY_MAX

_NONCE_BYTES = 16


class Kind(StrEnum):
    """What an entry carries."""

    CHANGES = "changes"
    RECORD = "record"
    GENESIS = "genesis"
    EPOCH = "epoch"
    CHECKPOINT = "checkpoint"
    SEALED = "sealed"


class Body(NamedTuple):
    """A body as read; `content` is what its kind says, not yet judged. A tuple: every entry has one."""

    kind: Kind
    document: DocumentId | None
    content: Value


class Changes(NamedTuple):
    """Raw Automerge changes of one document, by one run of its author: of a body that brings any.

    `run_nonce` is in the first entry of a run only; with it anyone derives the run's actor.
    """

    run_nonce: bytes | None
    raw_changes: tuple[bytes, ...]


def encode(kind: Kind, content: Value, *, salt: bytes, document: DocumentId | None = None) -> bytes:
    """Write a body. The salt is 16 fresh random bytes.

    Raises:
        UserError: the body is larger than a body may be.
    """
    assert len(salt) == BODY_SALT_BYTES
    body = canonical.encode([salt, kind.value, document, content])
    if len(body) > BODY_BYTES_MAX:
        raise UserError(f"that is too long to publish: {len(body)} bytes where {BODY_BYTES_MAX} fit")
    return body


def decode(body: bytes) -> Body:
    """Read a body.

    Raises:
        RejectedChangeError: it counts for nothing, for good.
    """
    # A body is asked for by several on its way; those of everyday size are read once.
    return _decode_short(body) if len(body) <= _SHORT_BYTES_MAX else _decode(body)


# The two together bound what is remembered to some 8 MB.
_SHORT_BYTES_MAX = 2 * 1024
_SHORT_REMEMBERED_MAX = 2_048


@lru_cache(maxsize=_SHORT_REMEMBERED_MAX)
def _decode_short(body: bytes) -> Body:
    return _decode(body)


def _decode(body: bytes) -> Body:
    plain = _plain_changes(body)
    if plain is not None:
        return plain
    try:
        match canonical.decode(body, bytes_max=BODY_BYTES_MAX):
            case [bytes(salt), str(kind), document, content] if len(salt) == BODY_SALT_BYTES:
                return Body(_kind(kind), _document(document), content)
            case _:
                raise RejectedChangeError("expected a body [salt, kind, document, content]")
    except (PeerError, ValueError) as error:
        raise RejectedChangeError(f"the body cannot be read: {error}") from error


# How a body begins that brings changes of a document: list of four, salt of 16, kind; then the id.
_SALT_HEAD = b"\x84\x50"
_CHANGES_HEAD = b"\x67changes\x58\x20"
_CONTENT_AT = 2 + BODY_SALT_BYTES + len(_CHANGES_HEAD) + ID_BYTES


def _plain_changes(body: bytes) -> Body | None:
    """Read what nearly every entry carries, one change of a document without a new run, in its one spelling.

    It saves a third of the time before an entry's changes are judged. Whatever else it is, None.
    """
    start = _CONTENT_AT + 3  # Behind list of two, null, list of one.
    if body[:2] != _SALT_HEAD or body[18 : 18 + len(_CHANGES_HEAD)] != _CHANGES_HEAD:
        return None
    if body[_CONTENT_AT:start] != b"\x82\xf6\x81" or len(body) > BODY_BYTES_MAX:
        return None
    head = body[start : start + 1]
    if head == b"\x58":
        first, least = start + 2, 24
    elif head == b"\x59":
        first, least = start + 3, 0x100
    else:
        return None
    length = int.from_bytes(body[start + 1 : first], "big")
    if length < least or first + length != len(body):
        return None
    document = DocumentId(body[_CONTENT_AT - ID_BYTES : _CONTENT_AT])
    return Body(Kind.CHANGES, document, [None, [body[first:]]])


def changes(content: Value) -> Changes:
    """Read the changes in the content of a `changes` body, or of a `genesis` that brings the first of them.

    Raises:
        RejectedChangeError: not `[nonce or null, [change, …]]` within the limits, nor that behind a genesis.
    """
    match content:
        case [None | bytes() as nonce, [*raw]] | [bytes(), bytes() as nonce, [*raw]] if (
            (nonce is None or len(nonce) == _NONCE_BYTES)
            and 0 < len(raw) <= CHANGES_PER_BODY_MAX
            and all(isinstance(change, bytes) for change in raw)
        ):
            return Changes(nonce, tuple(raw))
        case _:
            raise RejectedChangeError("expected changes as [run nonce or null, [change, …]]")


def changes_of(body: Body) -> Changes | None:
    """Return the changes that a body brings, None when its kind brings none.

    Raises:
        RejectedChangeError: its content is not what its kind says.
    """
    match body.kind, body.content:
        case (Kind.CHANGES, [_, _]) | (Kind.GENESIS, [_, _, _]):
            return changes(body.content)
        case Kind.EPOCH, [*_, bytes() as nonce, raws]:
            return changes([nonce, raws])
        case Kind.CHANGES, _:
            raise RejectedChangeError("expected changes as [run nonce or null, [change, …]]")
        case _:
            return None


def genesis_of(body: Body) -> bytes:
    """Return the genesis that a body of kind `genesis` carries, alone or before the first changes.

    Raises:
        RejectedChangeError: neither a byte string nor `[genesis, run nonce, [change, …]]`.
    """
    assert body.kind is Kind.GENESIS
    match body.content:
        case bytes() as raw:
            return raw
        case [bytes() as raw, _, _]:
            changes(body.content)
            return raw
        case _:
            raise RejectedChangeError("expected a genesis, alone or as [genesis, run nonce, [change, …]]")


def document_named(body: bytes) -> DocumentId | None:
    """Return the document that a body says it belongs to, without reading the rest; None for none.

    What is no body may seem to name one: whoever finds an entry by this still reads its body.
    """
    for head in _NAMING_HEADS:
        if body.startswith(head, _DOCUMENT_AT):
            at = _DOCUMENT_AT + len(head)
            named = body[at : at + ID_BYTES]
            return DocumentId(named) if len(named) == ID_BYTES else None
    return None


# Where a body's kind stands, behind the heads of list, salt and text, and the salt.
_DOCUMENT_AT = 2 + BODY_SALT_BYTES + 1
# What stands there where a document is named, the most frequent first.
_NAMING_HEADS = tuple(kind.encode() + b"\x58\x20" for kind in Kind)


def kind_of(body: bytes) -> Kind | None:
    """Return the kind of a body, or None when it cannot be read."""
    try:
        return decode(body).kind
    except RejectedChangeError:
        return None


_KINDS = {kind.value: kind for kind in Kind}


def _kind(name: str) -> Kind:
    if name not in _KINDS:
        raise RejectedChangeError(f"expected a kind of body that is known here, found {name[:32]!r}")
    return _KINDS[name]


def _document(value: Value) -> DocumentId | None:
    if value is None:
        return None
    if isinstance(value, bytes) and len(value) == ID_BYTES:
        return DocumentId(value)
    raise RejectedChangeError("expected a document id of 32 bytes or null")
