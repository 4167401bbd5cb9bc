"""Genesis: what a document is, who owns it and who may write, fixed in the hash that is its id.

Because the id is the hash, nobody can dispute who may write: another set of writers is another document. Who
the members of a federation are, and whose device an entry comes from, is answered above.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from re import compile as compile_pattern
from typing import Any, Final, TypeAlias

from node import canonical
from node.errors import PeerError, RejectedChangeError
from node.feeds import scopes
from node.ids import ID_BYTES, CommunityId, DocumentId, FederationId
from node.limits import MEMBERS_PER_FEDERATION_MAX

GENESIS_NONCE_BYTES: Final = 16
# The largest genesis names 1,000 communities of 34 bytes each.
GENESIS_BYTES_MAX: Final = 40 * 1024
_TYPE: Final = compile_pattern(r"[a-z][a-z0-9-]{0,31}")
_FIELDS: Final = {"type", "owner", "writers", "scope", "nonce"}
# How canonical CBOR spells the first of them up to the type's length, and what stands before the nonce.
_TYPE_HEAD: Final = b"\xa5\x64type"
_NONCE_HEAD: Final = b"\x65nonce\x50"
_TEXT_HEAD: Final = 0x60
_LENGTH_IN_HEAD: Final = 24
# What is remembered of genesis but for their nonces: at most some 2 MB.
_SHORT_BYTES_MAX: Final = 1_024
_REMEMBERED_MAX: Final = 1_024


@dataclass(frozen=True, slots=True)
class Communities:
    """Only these communities may write: ascending, each once, at least one."""

    ids: tuple[CommunityId, ...]


@dataclass(frozen=True, slots=True)
class MembersOf:
    """Whoever is a member of this federation may write."""

    federation: FederationId


Writers: TypeAlias = Communities | MembersOf


@dataclass(frozen=True, slots=True)
class Genesis:
    """The founding statement of one document.

    Attributes:
        type: which schema it follows, such as ``profile``.
        owner: the community that answers for it and restarts it in a new epoch.
        writers: who may change it.
        scope: in which feeds its entries stand, such as ``public``.
        nonce: 16 bytes that keep two documents of otherwise equal genesis apart.
        spelled: the canonical bytes it was read from, so that it need not be written again; None for one that
            was made here.
    """

    type: str
    owner: CommunityId
    writers: Writers
    scope: str
    nonce: bytes
    spelled: bytes | None = field(default=None, init=False, repr=False, compare=False)


def encode(genesis: Genesis) -> bytes:
    """Write a genesis in canonical bytes.

    Raises:
        RejectedChangeError: a field is not what `decode` would accept.
    """
    if genesis.spelled is not None:
        return genesis.spelled
    _check(genesis)
    return canonical.encode(
        {
            "type": genesis.type,
            "owner": genesis.owner,
            "writers": _write_writers(genesis.writers),
            "scope": genesis.scope,
            "nonce": genesis.nonce,
        }
    )


def decode(data: bytes) -> Genesis:
    """Read a genesis that somebody else wrote.

    Raises:
        RejectedChangeError: not canonical, not these fields, or a field out of its bounds.
    """
    at = _nonce_at(data)
    if at is None:
        return _decode(data)
    # Most differ from others in nothing else: the same bytes around say the same.
    nonce = data[at : at + GENESIS_NONCE_BYTES]
    alike = _decode_around(data[:at], data[at + GENESIS_NONCE_BYTES :])
    return _spelled(Genesis(alike.type, alike.owner, alike.writers, alike.scope, nonce), data)


def _nonce_at(data: bytes) -> int | None:
    """Return where the nonce stands in a short genesis, None where it does not stand behind the type."""
    if not len(_TYPE_HEAD) < len(data) <= _SHORT_BYTES_MAX or not data.startswith(_TYPE_HEAD):
        return None
    length = data[len(_TYPE_HEAD)] - _TEXT_HEAD
    at = len(_TYPE_HEAD) + 1 + length
    within = 0 <= length < _LENGTH_IN_HEAD and data.startswith(_NONCE_HEAD, at)
    at += len(_NONCE_HEAD)
    return at if within and at + GENESIS_NONCE_BYTES <= len(data) else None


@lru_cache(maxsize=_REMEMBERED_MAX)
def _decode_around(before: bytes, behind: bytes) -> Genesis:
    return _decode(before + bytes(GENESIS_NONCE_BYTES) + behind)


def _decode(data: bytes) -> Genesis:
    try:
        fields = canonical.decode(data, bytes_max=GENESIS_BYTES_MAX)
    except PeerError as error:
        raise RejectedChangeError(f"expected a genesis: {error}") from error
    if not isinstance(fields, dict) or set(fields) != _FIELDS:
        raise RejectedChangeError(
            f"expected a genesis with the fields {', '.join(sorted(_FIELDS))}, found others"
        )
    genesis = Genesis(
        type=fields["type"],
        owner=fields["owner"],
        writers=_read_writers(fields["writers"]),
        scope=fields["scope"],
        nonce=fields["nonce"],
    )
    _check(genesis)
    return _spelled(genesis, data)


def _spelled(genesis: Genesis, data: bytes) -> Genesis:
    """Return a genesis with the bytes that it was read from."""
    object.__setattr__(genesis, "spelled", data)
    return genesis


def document_id(data: bytes) -> DocumentId:
    """Return the id of the document that these genesis bytes found."""
    return DocumentId(canonical.digest("hedgerow/genesis/1", data))


def _write_writers(writers: Writers) -> dict[str, Any]:
    """Return who may write as one of two spellings."""
    match writers:
        case Communities(ids=ids):
            return {"communities": list(ids)}
        case MembersOf(federation=federation):
            return {"members": federation}


def _read_writers(value: Any) -> Writers:
    """Return who may write, from one of the two spellings."""
    if isinstance(value, dict) and set(value) == {"communities"} and isinstance(value["communities"], list):
        return Communities(tuple(value["communities"]))
    if isinstance(value, dict) and set(value) == {"members"}:
        return MembersOf(value["members"])
    raise RejectedChangeError("expected writers as a list of communities or the members of a federation")


def _check(genesis: Genesis) -> None:
    """Refuse fields of another type or size; the annotations promise nothing about a peer's bytes."""
    _expect(_is_type(genesis.type), "a type of at most 32 lower-case letters, digits and hyphens")
    _expect(_is_bytes(genesis.owner, ID_BYTES), f"an owner of {ID_BYTES} bytes")
    _check_scope(genesis.scope)
    _expect(_is_bytes(genesis.nonce, GENESIS_NONCE_BYTES), f"a nonce of {GENESIS_NONCE_BYTES} bytes")
    match genesis.writers:
        case MembersOf(federation=federation):
            _expect(_is_bytes(federation, ID_BYTES), f"a federation of {ID_BYTES} bytes")
        case Communities(ids=ids):
            _expect(0 < len(ids) <= MEMBERS_PER_FEDERATION_MAX, f"1 to {MEMBERS_PER_FEDERATION_MAX} writers")
            _expect(all(_is_bytes(community, ID_BYTES) for community in ids), f"writers of {ID_BYTES} bytes")
            _expect(list(ids) == sorted(set(ids)), "writers in ascending order, each once")


def _check_scope(scope: object) -> None:
    """Refuse what is not the spelling of a scope."""
    _expect(isinstance(scope, str), "a scope in text")
    try:
        scopes.check(str(scope))
    except PeerError as error:
        raise RejectedChangeError(f"expected a genesis with a scope: {error}") from error


def _is_type(value: object) -> bool:
    """Tell whether a value names a document type."""
    return isinstance(value, str) and _TYPE.fullmatch(value) is not None


def _is_bytes(value: object, length: int) -> bool:
    """Tell whether a value is this many bytes."""
    return isinstance(value, bytes) and len(value) == length


def _expect(holds: bool, what: str) -> None:  # noqa: FBT001  a check reads as a sentence
    """Refuse a genesis that is not as described."""
    if not holds:
        raise RejectedChangeError(f"expected a genesis with {what}, found another")
