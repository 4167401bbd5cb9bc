"""A second reader of decision files, written from docs/ alone; it shares no line with the node.

This part proves records, charters, members and ballots by docs/protocol.md and docs/data-model.md.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import cbor2
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open
from nacl.exceptions import CryptoError

from tests.verifier.shapes import STATEMENTS, Fields, fits

UNITS = 100_000
CHOICES = ("yes", "no", "abstain", "stand-aside", "block")
# Methods that take at most 200 options.
ALL_PAIRS = ("schulze/1", "phragmen/1", "equal-shares/1")


def encode(value: Any, depth: int = 0) -> bytes:
    """Write a value in its one spelling."""
    match value:
        case bool() | None:
            return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case list() if depth < 12:
            return _head(4, len(value)) + b"".join(encode(one, depth + 1) for one in value)
        case dict() if depth < 12 and all(type(key) in {int, str} for key in value):
            pairs = sorted((encode(key), encode(one, depth + 1)) for key, one in value.items())
            return _head(5, len(pairs)) + b"".join(key + one for key, one in pairs)
    raise ValueError(f"no spelling for {type(value)}, or nested too deep")


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << (8 * size):
            return bytes([major << 5 | code]) + number.to_bytes(size, "big")
    raise ValueError("a number of more than 64 bits")


def decode(data: bytes) -> Any:
    """Read bytes, refusing every spelling but the canonical one."""
    try:
        value = cbor2.loads(data)
        if encode(value) == data:
            return value
    except (cbor2.CBORError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError("no CBOR") from error
    raise ValueError("another spelling than the canonical one")


def digest(tag: str, *parts: Any) -> bytes:
    """Return SHA-256 over the canonical list of a tag and its parts."""
    return sha256(encode([tag, *parts])).digest()


@dataclass(frozen=True)
class Record:
    """A statement that its signature proves."""

    kind: str
    signer: bytes
    payload: bytes
    id: bytes
    payload_id: bytes

    def statement(self, kind: str) -> dict[str, Any] | None:
        """Return the payload's fields, None where it is of another kind or has not the kind's fields."""
        if self.kind != kind:
            return None
        try:
            found = decode(self.payload)
        except ValueError:
            return None
        return found if fits(found, kind) else None


def signed(key: bytes, signature: bytes, message: bytes) -> bool:
    """Check one signature as libsodium does, and the key with it."""
    try:
        good = len(key) == 32 and len(signature) == 64 and crypto_core_ed25519_is_valid_point(key)
        return bool(good and crypto_sign_open(signature + message, key) == message)
    except CryptoError:
        return False


def read(raw: bytes) -> Record:
    """Read and prove a record."""
    if len(raw) > 256 * 1024:
        raise ValueError("too long")
    match decode(raw):
        case [bytes(protected), dict(empty), bytes(payload), bytes(signature)] if not empty:
            header = decode(protected)
        case _:
            raise ValueError("no record")
    if not isinstance(header, dict) or list(header) != [1, 4, 16] or header[1] != -8:
        raise ValueError("another header")
    key, found = header[4], re.fullmatch(r"hedgerow/([a-z]+(?:-[a-z]+)*)/1", header[16])
    whole = encode(["Signature1", protected, b"", payload])
    if not found or not isinstance(key, bytes) or not signed(key, signature, whole):
        raise ValueError("another version, or a signature that does not hold")
    named = digest("hedgerow/payload/1", found[1], payload)
    return Record(found[1], key, payload, sha256(whole).digest(), named)


def _consents(anchor: bytes, device: Fields) -> bool:
    what = digest("hedgerow/device/1", anchor, device["sign"], device["box"])
    return signed(device["sign"], device["consent"], what)


class Signatures:
    """Who signed which payload, or an approval of it."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.by: dict[bytes, set[bytes]] = {}
        for one in records:
            self.by.setdefault(one.payload_id, set()).add(one.signer)
            if said := one.statement("approval"):
                self.by.setdefault(said["of"], set()).add(one.signer)

    def enough(self, keyset: Fields, payload: bytes) -> bool:
        """Tell whether as many keys of a set as its threshold signed a payload."""
        return bool(len(self.by.get(payload, set()) & set(keyset["keys"])) >= keyset["threshold"])


class File:
    """A decision's file, proved; `flawed` when something in it does not hold."""

    def __init__(self, data: bytes) -> None:
        form, self.proposal, founding, charters, raws = decode(data)
        if form != "hedgerow/decision/1" or len(data) > 64 * 2**20 or not fits(self.proposal, "bytes"):
            raise ValueError("no decision's file")
        self.federation, self.founding = read(founding).payload_id, read(founding).statement("founding")
        self.stewards: dict[bytes, Any] = {}
        self.devices: dict[bytes, set[bytes]] = {}
        self.records: dict[bytes, Record] = {}
        self.flawed = False
        for community, parts in charters:
            self._add_charter(community, [read(part) for part in parts])
        if self.founding is None:
            raise ValueError("no founding record")
        for part in [founding, *raws]:
            try:
                record = read(part)
                self.records[record.id] = record
                self.flawed |= record.kind in STATEMENTS and record.statement(record.kind) is None
            except (ValueError, TypeError):
                self.flawed = True
        self.signatures = Signatures(self.records.values())
        self.rules = self.founding["bylaws"]
        self.members = self._members()

    def all(self, kind: str) -> list[tuple[bytes, dict[str, Any]]]:
        """Return the statements of a kind in this federation, with their payload ids, sorted by these."""
        found = {one.payload_id: one.statement(kind) for one in self.records.values()}
        return [(p, one) for p, one in sorted(found.items()) if one and one["federation"] == self.federation]

    def approves(self, community: bytes, payload: bytes, by: Signatures | None = None) -> bool:
        """Tell whether a community's stewards stand behind a payload."""
        keys = self.stewards.get(community)
        return keys is not None and (by or self.signatures).enough(keys, payload)

    def _add_charter(self, community: bytes, records: list[Record]) -> None:
        by = Signatures(records)
        said = next((one.statement("charter") for one in records if one.payload_id == community), None)
        if said is None or not by.enough(said["stewards"], community):
            return
        anchor = digest("hedgerow/anchor/1", *(said[k] for k in ("stewards", "recovery", "next", "nonce")))
        if not all(_consents(anchor, device) for device in said["devices"]):
            return
        self.stewards[community] = said["stewards"]
        further = [(one.payload_id, one.statement("charter-device")) for one in records]
        more = [s for p, s in further if s and by.enough(said["stewards"], p) and s["community"] == community]
        devices = [*said["devices"], *(s["device"] for s in more if _consents(community, s["device"]))]
        self.devices.setdefault(community, set()).update(one["sign"] for one in devices)

    def _members(self) -> set[bytes]:
        assert self.founding is not None
        if not all(self.approves(one, self.federation) for one in self.founding["founders"]):
            return set()
        found, needed = set(self.founding["founders"]), self.rules["admission"]["approvals"]
        asked = {p: one["community"] for p, one in self.all("join") if self.approves(one["community"], p)}
        claims = [(p, c) for p, c in self.all("membership") if asked.get(c["request"]) == c["community"]]
        while True:
            more = {c["community"] for p, c in claims if sum(self.approves(m, p) for m in found) >= needed}
            if more <= found:
                return found
            found |= more

    def is_put(self, proposal: Fields) -> bool:
        """Tell whether a member's stewards put a question as the bylaws say."""
        amends = proposal["effect"] is not None and proposal["effect"]["act"] not in (
            "form",
            "budget",
            "annul",
        )
        passing, closing = dict(self.rules["amending" if amends else "passing"]), dict(self.rules["closing"])
        for name in ("threshold", "quorum"):
            passing[name] = [passing[name]["numerator"], passing[name]["denominator"]]
        opens, voting, _ = proposal["windows"]["opens"], closing.pop("voting"), closing.pop("agreeing")
        times = {**closing, "opens": opens, "closes": opens + voting}
        fitting = proposal["rule"] in (None, passing) and proposal["windows"] == times
        fitting &= proposal["casting"] == self.rules["casting"]
        put = proposal["proposer"] in self.members and self.approves(proposal["proposer"], self.proposal)
        few = len(proposal["options"]) <= (200 if proposal["method"] in ALL_PAIRS else 1_000)
        return fitting and put and few and bool(proposal["seats"] <= 10_000)

    def stands(self, roll: Fields) -> bool:
        """Tell whether a roll follows from bylaws, members, and the attestations it names."""
        rule = {name: roll[name] for name in ("method", "house", "floor", "cap")}
        if rule != self.rules["seats"] or roll["bylaws"] != self.federation:
            return False
        names, panel = [one["community"] for one in roll["holders"]], roll["witnesses"]
        witnessing = [one["community"] for one in panel]
        everybody = sorted({*names, *witnessing})
        if not self.members.issuperset(everybody) or witnessing != everybody[:31]:
            return False
        pinned = all(one["device"] in self.devices.get(one["community"], ()) for one in panel)
        known = [(p, one) for p, one in self.all("attestation") if one["attester"] in self.members]
        said = {p: one for p, one in known if self.approves(one["attester"], p)}
        return pinned and all(self._rests(one, said) for one in roll["holders"])

    def _rests(self, holder: Fields, said: Mapping[bytes, Any]) -> bool:
        named, who = [said[one] for one in holder["attestations"] if one in said], holder["community"]
        itself = self.rules["sizes"]["attesters"] == "itself"
        about = all(one["subject"] == who and (one["attester"] == who) == itself for one in named)
        counts = {len(named), len(holder["attestations"]), len({one["attester"] for one in named})}
        wanted = counts == {self.rules["sizes"]["witnesses"]}
        return about and wanted and holder["size"] == min(one["size"] for one in named)

    def covers(self, mandate: Fields, proposal: Fields) -> bool:
        """Tell whether a mandate is for a question."""
        opens, until = proposal["windows"]["opens"], mandate["until"]
        in_term = (mandate["since"] or 0) <= opens and (until is None or opens < until)
        kind = "yes-no" if proposal["method"] == "yes-no/1" else "election"
        of_kind = not mandate["kinds"] or kind in mandate["kinds"]
        return in_term and of_kind and mandate["question"] in (None, self.proposal)

    def valid(self, one: Record, proposal: Fields, seated: Mapping[bytes, int]) -> dict[str, Any] | None:
        """Return a ballot that holds by itself, with its mandate under `by`."""
        ballot = one.statement("ballot")
        assert ballot is not None
        try:
            parts = [read(part) for part in ballot["mandate"]]
        except (ValueError, TypeError):
            return None
        payload, mandate = parts[0].payload_id, parts[0].statement("mandate")
        others = [part.statement("approval") for part in parts if part.payload_id != payload]
        if mandate is None or any(said is None or said["of"] != payload for said in others):
            return None
        seat = (self.federation, ballot["community"], ballot["seat"])
        choice, most = ballot["choice"], len(proposal["options"]) or len(CHOICES)
        fits_paper = max(choice, default=0) <= most and len(set(choice)) == len(choice) <= (
            most if proposal["options"] else 1
        )
        seated_here = ballot["roll"] == proposal["roll"] and ballot["seat"] <= seated.get(seat[1], 0)
        voices = [mandate["holder"], None, mandate["substitute"]]
        voice = voices.index(one.signer) if one.signer in voices else 9
        if ballot["entered"] is not None:
            voice = 1 if mandate["paper"] and self.alike(one, ballot, payload) else 9
        entitled = tuple(mandate[k] for k in ("federation", "community", "seat")) == seat
        entitled &= voice < len(voices) and self.covers(mandate, proposal)
        approved = self.approves(seat[1], payload, Signatures(parts))
        if not (rule := proposal["rule"]):
            fits_paper &= not ballot["reason"]
        elif rule["block_reasons"] and len(CHOICES) in choice:
            fits_paper &= bool(ballot["reason"].strip(" "))
        if to := ballot["follows"]:
            lending = proposal["casting"]["lending"] and ballot["entered"] is None
            other = (to["community"], to["seat"]) != seat[1:]
            fits_paper &= lending and other and to["seat"] <= seated.get(to["community"], 0)
        holds = fits_paper and seated_here and entitled and approved
        by = {**mandate, "id": payload}
        return {**ballot, "id": one.id, "by": by, "voice": voice} if holds else None

    def alike(self, second: Record, ballot: Fields, mandate: bytes) -> bool:
        """Tell whether two different stewards entered the same from paper."""
        try:
            first = read(ballot["entered"])
        except (ValueError, TypeError):
            return False
        expected = {k: v for k, v in ballot.items() if k not in ("entered", "follows")} | {"mandate": mandate}
        known = self.stewards.get(ballot["community"], {"keys": []})["keys"]
        two = first.signer != second.signer and {first.signer, second.signer} <= set(known)
        return two and first.statement("ballot-entry") == expected
