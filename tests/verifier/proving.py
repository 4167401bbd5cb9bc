"""Records, charters, members, bylaws and the chain of rolls of the second reader.

By docs/protocol.md, docs/data-model.md and docs/closing.md.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import cbor2
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open
from nacl.exceptions import CryptoError

from tests.verifier.shapes import STATEMENTS, Fields, fits


def encode(value: Any) -> bytes:
    """Write a value in its one spelling."""
    return cbor2.dumps(value, canonical=True)


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


def turn(federation: bytes, version: int, before: list[bytes]) -> bytes:
    """Return what says whose turn it is to witness by a roll of a version, by who witnessed before it."""
    return digest("hedgerow/turn-seed/1", federation, version, sorted(before))


def turns(seed: bytes, communities: Iterable[bytes]) -> list[bytes]:
    """Return the communities whose turn it is to witness by a roll, sorted."""
    return sorted(sorted(set(communities), key=lambda one: digest("hedgerow/turn/1", seed, one))[:31])


@dataclass(frozen=True)
class Record:
    """A statement that its signature proves; it `said` nothing where it has not the fields of its kind."""

    kind: str
    signer: bytes
    id: bytes
    payload_id: bytes
    said: dict[str, Any]


def signed(key: bytes, signature: bytes, message: bytes) -> bool:
    """Check one signature as libsodium does, and the key with it."""
    try:
        good = len(key) == 32 and len(signature) == 64 and crypto_core_ed25519_is_valid_point(key)
        return bool(good and crypto_sign_open(signature + message, key) == message)
    except CryptoError:
        return False


def read(raw: bytes) -> Record:
    """Read and prove a record."""
    match decode(raw) if len(raw) <= 256 * 1024 else None:
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
    try:
        said = decode(payload) if found[1] in STATEMENTS else {}
    except ValueError:
        said = {}
    named = digest("hedgerow/payload/1", found[1], payload)
    return Record(found[1], key, sha256(whole).digest(), named, said if said and fits(said, found[1]) else {})


def of_kind(records: Iterable[Record], kind: str) -> dict[bytes, dict[str, Any]]:
    """Return the statements of a kind by payload id, sorted by these."""
    found = {one.payload_id: one.said for one in records if one.kind == kind and one.said}
    return dict(sorted(found.items()))


def signers(records: Iterable[Record]) -> dict[bytes, set[bytes]]:
    """Return by payload who signed it, or an approval of it."""
    by: dict[bytes, set[bytes]] = defaultdict(set)
    for one in records:
        by[one.payload_id].add(one.signer)
        if one.kind == "approval" and one.said:
            by[one.said["of"]].add(one.signer)
    return by


class Charter:
    """Who speaks for a community, nobody where its charter does not hold.

    `devices` are all that it ever had, retired or not; `first` is the lowest of those it was founded with.
    """

    def __init__(self, community: bytes = b"", records: Iterable[Record] = ()) -> None:
        by, said = signers(records), of_kind(records, "charter").get(community)
        self.stewards, self.threshold, self.devices, self.first = set[bytes](), 1, set[bytes](), b""
        if said is None or len(by[community] & {*said["stewards"]["keys"]}) < said["stewards"]["threshold"]:
            return
        anchor = digest("hedgerow/anchor/1", *(said[k] for k in ("stewards", "recovery", "next", "nonce")))
        if not all(_consents(anchor, device) for device in said["devices"]):
            return
        self.stewards, self.threshold = {*said["stewards"]["keys"]}, said["stewards"]["threshold"]
        self.devices, self.first = (
            {d["sign"] for d in said["devices"]},
            min(d["sign"] for d in said["devices"]),
        )
        for p, s in of_kind(records, "charter-device").items():
            if s["community"] == community and self.approves(p, by) and _consents(community, s["device"]):
                self.devices.add(s["device"]["sign"])

    def approves(self, payload: bytes, by: dict[bytes, set[bytes]]) -> bool:
        """Tell whether as many stewards as it takes signed a payload."""
        return len(by[payload] & self.stewards) >= self.threshold


def _consents(anchor: bytes, device: Fields) -> bool:
    what = digest("hedgerow/device/1", anchor, device["sign"], device["box"])
    return signed(device["sign"], device["consent"], what)


class File:
    """The records of a decision's file, proved; `flawed` when something in it does not hold.

    Attributes:
        ever: the communities that were members at some time.
        bylaws: by the id of what made them.
    """

    def __init__(self, data: bytes) -> None:
        form, self.wanted, founding, charters, raws = decode(data)
        first, parts = read(founding), defaultdict[bytes, list[Record]](list)
        if form != "hedgerow/decision/1" or len(data) > 64 * 2**20 or not isinstance(self.wanted, bytes):
            raise ValueError("no decision's file")
        if first.kind != "founding" or not first.said:
            raise ValueError("no founding record")
        for community, held in charters:
            parts[community] += map(read, held)
        self.charters = defaultdict(Charter, {one: Charter(one, held) for one, held in parts.items()})
        self.federation, self.founding, self.flawed = first.payload_id, first.said, False
        self.records: dict[bytes, Record] = {}
        for raw in [founding, *raws]:
            try:
                record = read(raw)
                self.records[record.id] = record
                self.flawed |= record.kind in STATEMENTS and not record.said
            except (ValueError, TypeError):
                self.flawed = True
        self.by, founders = signers(self.records.values()), self.founding["founders"]
        self.ever = set(founders) if all(self.approves(one, self.federation) for one in founders) else set()
        self.bylaws = {self.federation: self.founding["bylaws"]}

    def all(self, kind: str) -> dict[bytes, dict[str, Any]]:
        """Return the statements of a kind in this federation by payload id, sorted by these."""
        found = of_kind(self.records.values(), kind).items()
        return {p: one for p, one in found if one.get("federation", self.federation) == self.federation}

    def approves(self, community: bytes, payload: bytes) -> bool:
        """Tell whether a community's stewards stand behind a payload."""
        return self.charters[community].approves(payload, self.by)

    def grow(self, passed: Iterable[bytes]) -> bool:
        """Let in who was admitted and the bylaws that were decided; tell whether that is anything new."""
        before, rule = (len(self.ever), len(self.bylaws)), self.founding["bylaws"]["admission"]
        asked = {p: s["community"] for p, s in self.all("join").items() if self.approves(s["community"], p)}
        claims = self.all("membership").items()
        stated = {p: s["community"] for p, s in claims if asked.get(s["request"]) == s["community"]}
        for p, community in stated.items() if self.ever and rule["way"] != "decision" else ():
            if sum(self.approves(one, p) for one in self.ever) >= rule["approvals"]:
                self.ever.add(community)
        for name in passed:
            effect = self.all("proposal")[name]["effect"] or {"act": "none"}
            if effect["act"] == "admit" and rule["way"] != "approvals":
                self.ever |= {effect["target"]} & set(stated.values())
            if effect["act"] == "bylaws":
                self.bylaws[name] = decode(effect["content"])
        return before != (len(self.ever), len(self.bylaws))

    def turn(self, version: int, previous: bytes) -> bytes:
        """Return the seed of a roll's turn, by the roll before it."""
        before = self.all("roll").get(previous, {"witnesses": []})["witnesses"]
        return turn(self.federation, version, [one["community"] for one in before])

    def in_chain(self, wanted: bytes, version: int) -> bool:
        """Tell whether a roll is that of its version in the chain of rolls that begins with the founding."""
        rolls, before, rules = self.all("roll"), self.federation, self.founding["bylaws"]
        founders = turns(self.turn(0, b""), self.founding["founders"])
        panel = {one: self.charters[one].first for one in founders}
        cast = [
            (one.signer, one.said) for one in self.records.values() if one.kind == "cut-vote" and one.said
        ]
        for number in range(1, version + 1):
            instance = digest("hedgerow/subject/1", self.federation, "roll", number, 0)
            heard = [(key, s) for key, s in cast if s["instance"] == instance and s["witness"] in panel]
            heard = [(key, s) for key, s in heard if key in self.charters[s["witness"]].devices]
            # A quorum of the devices named, or every witness by any device that it ever had.
            values = agreed(
                (s for key, s in heard if key == panel[s["witness"]]), quorum(rules, len(panel))[1]
            )
            anyhow = agreed((s for _, s in heard), len(panel))
            values += [value for value in anyhow if value not in values]
            name = values[0]["proposal"] if len(values) == 1 else b""
            roll, sealed = rolls.get(name), plain_value(name, digest("hedgerow/roll-value/1", name))
            if values != [sealed] or not roll or (roll["version"], roll["previous"]) != (number, before):
                return False
            if roll["bylaws"] not in self.bylaws:
                return False
            before, panel = name, {one["community"]: one["device"] for one in roll["witnesses"]}
            rules = self.bylaws[roll["bylaws"]]
        return before == wanted


def quorum(rules: Fields, witnesses: int) -> tuple[int, int]:
    """Return how many of so many witnesses may lie, and how many must agree."""
    liars = (witnesses - 1) // 3
    raised = min(rules["closing"]["agreeing"] or 0, witnesses - liars)
    return liars, max((witnesses + liars) // 2 + 1, raised)


def plain_value(subject: bytes, name: bytes, seals: Iterable[bytes] = ()) -> Fields:
    """Return the value that witnesses vote for where no ballots are counted."""
    return {"proposal": subject, "seals": list(seals), "cut": name, "result": name}


def agreed(votes: Iterable[Fields], needed: int) -> list[dict[str, Any]]:
    """Return the values that so many committed to in one round, in the order of their cuts and results."""
    voices: dict[bytes, set[bytes]] = defaultdict(set)
    for one in votes:
        if one["step"] == "com":
            voices[encode([one["round"], one["value"]])].add(one["witness"])
    found = {encode(decode(key)[1]) for key, by in voices.items() if len(by) >= needed}
    return sorted(map(decode, found), key=lambda value: (value["cut"], value["result"], value["seals"]))
