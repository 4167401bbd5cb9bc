"""A second reader of decision files, written from docs/ alone; it shares no line with the node.

    python tests/verifier/minimal.py council.hedgerow

prints the result id, the state and the outcome. What it does is in docs/protocol.md (records, charters),
docs/data-model.md (statements, members, sizes, ballots), docs/counting.md and docs/closing.md.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open
from nacl.exceptions import CryptoError

UNITS = 100_000
CHOICES = ("yes", "no", "abstain", "stand-aside", "block")


class Broken(Exception):  # noqa: N818 - it is what the file is
    """The bytes are not what they must be."""


# --- canonical CBOR -----------------------------------------------------------------------------------------


def encode(value: Any) -> bytes:
    """Write a value in its one spelling."""
    match value:
        case bool() | None:
            return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            text = value.encode()
            return _head(3, len(text)) + text
        case list() | tuple():
            return _head(4, len(value)) + b"".join(encode(one) for one in value)
        case dict():
            pairs = sorted((encode(key), encode(one)) for key, one in value.items())
            return _head(5, len(pairs)) + b"".join(key + one for key, one in pairs)
    raise Broken(f"no spelling for {type(value)}")


def _head(major: int, number: int) -> bytes:
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 24:
            return bytes([major << 5 | number])
        if number < 1 << (8 * size):
            return bytes([major << 5 | code]) + number.to_bytes(size, "big")
    raise Broken("a number of more than 64 bits")


def decode(data: bytes) -> Any:
    """Read bytes, refusing every spelling but the canonical one."""
    value, end = _item(data, 0, 0)
    if end != len(data):
        raise Broken("bytes behind the value")
    return value


def _item(data: bytes, at: int, depth: int) -> tuple[Any, int]:  # noqa: PLR0911 - a case a major type
    major, number, at = _read_head(data, at)
    match major:
        case 0:
            return number, at
        case 1:
            return -1 - number, at
        case 2 | 3:
            if at + number > len(data):
                raise Broken("cut short")
            piece = data[at : at + number]
            try:
                return (piece if major == 2 else piece.decode()), at + number
            except UnicodeDecodeError as error:
                raise Broken("not UTF-8") from error
        case 4 | 5 if depth >= 12 or number > len(data):
            raise Broken("nested too deep, or cut short")
        case 4:
            items = []
            for _ in range(number):
                one, at = _item(data, at, depth + 1)
                items.append(one)
            return items, at
        case 5:
            return _map(data, at, number, depth)
    if number not in {20, 21, 22} or data[at - 1] != 0xE0 | number:
        raise Broken("a tag, a float or an unknown simple value")
    return {20: False, 21: True, 22: None}[number], at


def _map(data: bytes, at: int, number: int, depth: int) -> tuple[dict[Any, Any], int]:
    found: dict[Any, Any] = {}
    before = b""
    for _ in range(number):
        start = at
        key, at = _item(data, at, depth + 1)
        if type(key) not in {int, str} or data[start:at] <= before:
            raise Broken("map keys out of order")
        before = data[start:at]
        found[key], at = _item(data, at, depth + 1)
    return found, at


def _read_head(data: bytes, at: int) -> tuple[int, int, int]:
    if at >= len(data):
        raise Broken("cut short")
    major, short = data[at] >> 5, data[at] & 31
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(short, 0)
    number = int.from_bytes(data[at + 1 : at + 1 + size], "big") if size else short
    end = at + 1 + size
    if end > len(data) or (short > 23 and not size) or data[at:end] != _head(major, number):
        raise Broken("a number that is not written in its shortest way")
    return major, number, end


def digest(tag: str, *parts: Any) -> bytes:
    """Return SHA-256 over the canonical list of a tag and its parts."""
    return sha256(encode([tag, *parts])).digest()


# --- records ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """A statement that its signature proves."""

    kind: str
    signer: bytes
    payload: bytes
    raw: bytes
    id: bytes
    payload_id: bytes

    def statement(self) -> dict[str, Any] | None:
        """Return the payload's fields, None where they are not those of the kind."""
        try:
            found = decode(self.payload)
        except Broken:
            return None
        return found if self.kind in SHAPES and SHAPES[self.kind](found) else None


def signed(key: bytes, signature: bytes, message: bytes) -> bool:
    """Check one signature as libsodium does, and the key with it."""
    try:
        if len(key) == 32 and len(signature) == 64 and crypto_core_ed25519_is_valid_point(key):
            crypto_sign_open(signature + message, key)
            return True
    except (CryptoError, ValueError):
        pass
    return False


def read(raw: bytes) -> Record:
    """Read and prove a record."""
    if len(raw) > 256 * 1024:
        raise Broken("too long")
    match decode(raw):
        case [bytes(protected), dict(empty), bytes(payload), bytes(signature)] if not empty:
            header = decode(protected)
        case _:
            raise Broken("no record")
    if not isinstance(header, dict) or list(header) != [1, 4, 16] or header[1] != -8:
        raise Broken("another header")
    key, kind = header[4], header[16]
    found = isinstance(kind, str) and re.fullmatch(r"hedgerow/([a-z]+(?:-[a-z]+)*)/1", kind)
    whole = encode(["Signature1", protected, b"", payload])
    if not found or not isinstance(key, bytes) or not signed(key, signature, whole):
        raise Broken("another version, or a signature that does not hold")
    named = digest("hedgerow/payload/1", found[1], payload)
    return Record(found[1], key, payload, raw, sha256(whole).digest(), named)


class Signatures:
    """Who signed which payload, or an approval of it."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.by: dict[bytes, set[bytes]] = {}
        for one in records:
            self.by.setdefault(one.payload_id, set()).add(one.signer)
            said = one.statement() if one.kind == "approval" else None
            if said:
                self.by.setdefault(said["of"], set()).add(one.signer)

    def enough(self, keyset: Mapping[str, Any], payload: bytes) -> bool:
        """Tell whether as many keys of a set as its threshold signed a payload."""
        return len(self.by.get(payload, set()) & set(keyset["keys"])) >= keyset["threshold"]


# --- the shapes of statements -------------------------------------------------------------------------------

Shape = Callable[[Any], bool]


def num(low: int = 0, high: int = 2**53 - 1) -> Shape:
    """Whole numbers within bounds."""
    return lambda value: type(value) is int and low <= value <= high


def raw(size: int) -> Shape:
    """Bytes of one length."""
    return lambda value: isinstance(value, bytes) and len(value) == size


def text(low: int, high: int) -> Shape:
    """Text of so many characters."""
    return lambda value: isinstance(value, str) and low <= len(value) <= high


def many(item: Shape, low: int, high: int, *, ordered: bool = False, by: str = "") -> Shape:
    """Lists; `ordered`: ascending and different, `by` a field."""

    def check(value: Any) -> bool:
        if not (isinstance(value, list) and low <= len(value) <= high and all(map(item, value))):
            return False
        keys = [one[by] for one in value] if by else value
        return not ordered or all(a < b for a, b in zip(keys, keys[1:], strict=False))

    return check


def obj(also: Shape = lambda _: True, /, **fields: Shape) -> Shape:
    """Exactly these fields."""
    return lambda value: (
        isinstance(value, dict)
        and value.keys() == fields.keys()
        and all(fields[name](value[name]) for name in fields)
        and also(value)
    )


def maybe(shape: Shape) -> Shape:
    """Null or that."""
    return lambda value: value is None or shape(value)


def word(*words: str) -> Shape:
    """One of some words."""
    return lambda value: isinstance(value, str) and value in words


def truth(value: Any) -> bool:
    """Yes or no."""
    return isinstance(value, bool)


ID = KEY = raw(32)
NONCE = raw(16)
POSITIVE = num(1)
SPAN = num(0, 315_576_000)
COUNT = num(1, 1_000)
SHARE = obj(
    lambda v: v["numerator"] <= v["denominator"], numerator=num(0, 1_000), denominator=num(1, 1_000)
)
KEYSET = obj(lambda v: v["threshold"] <= len(v["keys"]), keys=many(KEY, 1, 32, ordered=True), threshold=POSITIVE)
DEVICE = obj(sign=KEY, box=KEY, consent=raw(64))
FEW = many(ID, 0, 31, ordered=True)
VALUE = obj(proposal=ID, seals=FEW, cut=ID, result=ID)
LOCK = obj(round=num(), value=VALUE, votes=FEW)
PAIR = many(num(), 2, 2)


def _passing(v: Any) -> bool:
    part, whole = v["threshold"]["numerator"], v["threshold"]["denominator"]
    return bool(part > 0 and not (v["strictly_above"] and part == whole))


def _rule(v: Any) -> bool:
    (part, whole), (q, all_of) = v["threshold"], v["quorum"]
    return bool(0 < part <= whole and 0 < all_of >= q and not (v["strictly_above"] and part == whole))


def _vote(v: Any) -> bool:
    lock = v["lock"]
    return (v["value"] is None) == (v["step"] == "rc") and not (
        (lock is not None and (v["step"] != "rc" or lock["round"] >= v["round"]))
        or (v["step"] == "rc" and v["round"] == 0)
    )


def _question(v: Any) -> bool:
    if len(set(v["options"])) != len(v["options"]):
        return False
    if v["method"] == "yes-no/1":
        return not v["options"] and v["rule"] is not None and v["seats"] == 1
    return bool(v["options"]) and v["rule"] is None


BYLAWS = obj(
    name=text(1, 200),
    admission=obj(approvals=COUNT),
    sizes=obj(attesters=word("itself", "others"), witnesses=COUNT),
    seats=obj(
        method=word("sainte-lague", "hamilton"),
        house=num(1, 100_000),
        floor=num(0, 1_000),
        cap=maybe(num(1, 100_000)),
    ),
    passing=obj(
        _passing,
        threshold=SHARE,
        strictly_above=truth,
        of=word("cast", "present", "all"),
        quorum=SHARE,
        blocks_stop=truth,
    ),
    closing=obj(
        voting=num(1, 315_576_000),
        grace=SPAN,
        patience=SPAN,
        review=SPAN,
        stall=SPAN,
        early=truth,
        agreeing=maybe(COUNT),
    ),
)
MOMENT = num(0, 250_000_000_000)
WINDOWS = obj(
    lambda v: v["closes"] > v["opens"],
    opens=MOMENT,
    closes=MOMENT,
    grace=SPAN,
    patience=SPAN,
    review=SPAN,
    stall=SPAN,
    early=truth,
)
FIRST = {"prev": maybe(ID), "seq": POSITIVE}
SHAPES: dict[str, Shape] = {
    "charter": obj(
        lambda v: not set(v["stewards"]["keys"]) & set(v["recovery"]["keys"]),
        stewards=KEYSET,
        recovery=KEYSET,
        next=ID,
        devices=many(DEVICE, 1, 64),
        nonce=NONCE,
    ),
    "charter-device": obj(community=ID, device=DEVICE),
    "charter-retire": obj(
        community=ID,
        position=POSITIVE,
        after=ID,
        device=KEY,
        reason=word("rotated", "stolen"),
        cuts=many(obj(scope=text(0, 80), seq=num(), entry=ID), 0, 1_024),
    ),
    "approval": obj(of=ID),
    "founding": obj(
        lambda v: v["bylaws"]["admission"]["approvals"] <= len(v["founders"]),
        founders=many(ID, 1, 32, ordered=True),
        bylaws=BYLAWS,
        nonce=NONCE,
    ),
    "join": obj(federation=ID, community=ID, name=text(0, 200), nonce=NONCE),
    "membership": obj(federation=ID, community=ID, request=ID),
    "attestation": obj(
        federation=ID, attester=ID, subject=ID, claim=word("size"), size=num(1, 10**9), serial=POSITIVE
    ),
    "roll": obj(
        federation=ID,
        method=word("sainte-lague", "hamilton"),
        house=POSITIVE,
        floor=num(),
        cap=maybe(POSITIVE),
        holders=many(
            obj(community=ID, size=POSITIVE, attestations=many(ID, 0, 1_000), seats=num(0, 100_000)),
            1,
            1_000,
            ordered=True,
            by="community",
        ),
        witnesses=many(obj(community=ID, device=KEY), 1, 31, ordered=True, by="community"),
    ),
    "mandate": obj(
        lambda v: (v["prev"] is None) == (v["seq"] == 1),
        federation=ID,
        community=ID,
        seat=num(1, 100_000),
        holder=KEY,
        revokes_ballots=truth,
        **FIRST,
    ),
    "proposal": obj(
        _question,
        federation=ID,
        proposer=ID,
        roll=ID,
        title=text(1, 200),
        text=text(0, 20_000),
        method=word("scottish-stv/1", "yes-no/1"),
        options=many(text(1, 200), 0, 1_000),
        seats=POSITIVE,
        rule=maybe(
            obj(
                _rule,
                threshold=PAIR,
                strictly_above=truth,
                of=word("cast", "present", "all"),
                quorum=PAIR,
                blocks_stop=truth,
            )
        ),
        windows=WINDOWS,
        lot_seed=ID,
        nonce=NONCE,
    ),
    "ballot": obj(
        lambda v: (v["prev"] is None) == (v["seq"] == 1),
        proposal=ID,
        roll=ID,
        community=ID,
        seat=POSITIVE,
        mandate=many(lambda v: isinstance(v, bytes), 1, 33),
        choice=many(POSITIVE, 1, 1_000),
        **FIRST,
    ),
    "receipt": obj(proposal=ID, witness=ID, listed=many(ID, 1, 4_096, ordered=True)),
    "seal": obj(
        proposal=ID,
        witness=ID,
        root=ID,
        listed=many(ID, 0, 4_096, ordered=True),
        receipts=many(ID, 0, 1_024, ordered=True),
    ),
    "cut-vote": obj(
        _vote,
        instance=ID,
        witness=ID,
        step=word("pre", "com", "rc"),
        round=num(0, 1_000_000),
        value=maybe(VALUE),
        lock=maybe(LOCK),
    ),
    "report": obj(
        federation=ID,
        community=ID,
        about=ID,
        reason=word("spam", "wrong", "harmful", "illegal", "impersonation", "other"),
        text=text(0, 1_000),
        hours=num(),
        nonce=NONCE,
    ),
    "report-withdrawal": obj(federation=ID, community=ID, report=ID),
}
