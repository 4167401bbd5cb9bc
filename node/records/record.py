"""A record on the wire and on disk: an untagged COSE_Sign1 (RFC 9052, section 4.2).

Owns signing, strict reading and the two ids. What a statement means belongs to the package of its kind.

The protected header is exactly ``{1: -8, 4: kid, 16: "hedgerow/<kind>/1"}``: EdDSA, the 32 key bytes, and the
kind as the ``typ`` parameter (RFC 9596), so that no signature can be read as a statement of another kind.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

from node import canonical, keys
from node.errors import MalformedMessageError, UnsupportedVersionError
from node.ids import PayloadId, RecordId
from node.keys import PublicKey, Signer

_ALGORITHM, _EDDSA = 1, -8
_KEY_ID = 4
_TYPE = 16
_KIND = re.compile(r"[a-z]+(?:-[a-z]+)*")


@dataclass(frozen=True, slots=True)
class Record:
    """One verified statement: who signed what kind of payload.

    Attributes:
        id: SHA-256 of the Sig_structure: it covers the signer and not the signature, so a statement signed
            twice is one statement.
        payload_id: names the payload whoever signs it; approvals point at it.
        meaning: what was read of the payload, kept as long as this is: one statement at most.
    """

    kind: str
    signer: PublicKey
    payload: bytes
    raw: bytes
    id: RecordId
    payload_id: PayloadId
    meaning: list[object] = field(default_factory=list, init=False, repr=False, compare=False)


def sign(kind: str, payload: bytes, signer: Signer) -> Record:
    """Make the record in which `signer` states `payload`."""
    protected = _protected(kind, signer.public)
    signed = _sig_structure(protected, payload)
    raw = canonical.encode([protected, {}, payload, signer.sign(signed)])
    return _record(kind, signer.public, payload, raw, signed)


def read(raw: bytes) -> Record:
    """Read and prove a record that somebody else wrote.

    Raises:
        MalformedMessageError: not an untagged COSE_Sign1 in our profile, or not canonical.
        UnsupportedVersionError: a kind of another version.
        BadSignatureError: the signature does not hold.
        LimitExceededError: larger than a statement may be.
    """
    found, signature, signed = _parse(raw)
    keys.verify(found.signer, signature, signed)
    return found


def stored(raw: bytes) -> Record:
    """Read a record from our own store, where only proved ones go; the signature is not checked again."""
    return _remembered(raw) if len(raw) <= _REMEMBERED_BYTES_MAX else _parse(raw)[0]


# The same small records are read again with each question about membership, seats or ballots; large ones are
# few, and a member's to send, so they must not fill the memory.
_REMEMBERED_BYTES_MAX = 2_048


@lru_cache(maxsize=4_096)
def _remembered(raw: bytes) -> Record:
    return _parse(raw)[0]


def payload_id(kind: str, payload: bytes) -> PayloadId:
    """Return the id of a payload, the same whoever signs it."""
    return PayloadId(canonical.digest("hedgerow/payload/1", kind, payload))


def _parse(raw: bytes) -> tuple[Record, bytes, bytes]:
    """Return the record, its signature, and the bytes that were signed."""
    match canonical.decode(raw):
        case [bytes(protected), dict(unprotected), bytes(payload), bytes(signature)] if not unprotected:
            pass
        case _:
            raise MalformedMessageError("expected a record: [protected, {}, payload, signature]")
    match canonical.decode(protected):
        case {1: -8, 4: bytes(kid), 16: str(typ), **rest} if not rest:
            kind = _kind(typ)
        case _:
            raise MalformedMessageError("expected a protected header {1: -8, 4: key, 16: type}")
    signed = _sig_structure(protected, payload)
    return _record(kind, PublicKey(kid), payload, raw, signed), signature, signed


def _protected(kind: str, key: bytes) -> bytes:
    assert _KIND.fullmatch(kind), kind
    return canonical.encode({_ALGORITHM: _EDDSA, _KEY_ID: key, _TYPE: f"hedgerow/{kind}/1"})


def _sig_structure(protected: bytes, payload: bytes) -> bytes:
    """Return what is signed: RFC 9052, section 4.4, with empty external_aad."""
    return canonical.encode(["Signature1", protected, b"", payload])


def _record(kind: str, signer: PublicKey, payload: bytes, raw: bytes, signed: bytes) -> Record:
    return Record(
        kind=kind,
        signer=signer,
        payload=payload,
        raw=raw,
        id=RecordId(sha256(signed).digest()),
        payload_id=payload_id(kind, payload),
    )


def _kind(typ: str) -> str:
    match typ.split("/"):
        case ["hedgerow", kind, "1"] if _KIND.fullmatch(kind):
            return kind
        case ["hedgerow", kind, version] if _KIND.fullmatch(kind):
            raise UnsupportedVersionError(f"expected version 1 of {kind!r}, found version {version!r}")
        case _:
            raise MalformedMessageError(f"expected a type such as hedgerow/ballot/1, found {typ[:80]!r}")
