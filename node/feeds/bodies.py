"""The body of an entry: CBOR of (salt, kind, document or null, content), hashed whole by the header.

The salt keeps a short body from being guessed by its hash once the body is erased. A body that cannot be read
is no reason to refuse its feed: it stays, is carried on and counts for nothing (design, section 2).
"""

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class Body:
    """A body as read; `content` is what its kind says, not yet judged."""

    kind: Kind
    document: DocumentId | None
    content: Value


@dataclass(frozen=True, slots=True)
class Changes:
    """The content of a `changes` body: raw Automerge changes of one document, by one run of its author.

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
    try:
        match canonical.decode(body, bytes_max=BODY_BYTES_MAX):
            case [bytes(salt), str(kind), document, content] if len(salt) == BODY_SALT_BYTES:
                return Body(Kind(kind), _document(document), content)
            case _:
                raise RejectedChangeError("expected a body [salt, kind, document, content]")
    except (PeerError, ValueError) as error:
        raise RejectedChangeError(f"the body cannot be read: {error}") from error


def changes(content: Value) -> Changes:
    """Read the content of a `changes` body.

    Raises:
        RejectedChangeError: not `[nonce or null, [change, …]]` within the limits.
    """
    match content:
        case [None | bytes() as nonce, [*raw]] if (
            (nonce is None or len(nonce) == _NONCE_BYTES)
            and 0 < len(raw) <= CHANGES_PER_BODY_MAX
            and all(isinstance(change, bytes) for change in raw)
        ):
            return Changes(nonce, tuple(raw))
        case _:
            raise RejectedChangeError("expected changes as [run nonce or null, [change, …]]")


def kind_of(body: bytes) -> Kind | None:
    """Return the kind of a body, or None when it cannot be read."""
    try:
        return decode(body).kind
    except RejectedChangeError:
        return None


def _document(value: Value) -> DocumentId | None:
    if value is None:
        return None
    if isinstance(value, bytes) and len(value) == ID_BYTES:
        return DocumentId(value)
    raise RejectedChangeError("expected a document id of 32 bytes or null")
