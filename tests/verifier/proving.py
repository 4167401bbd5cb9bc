"""Records, charters, members, bylaws and the chain of rolls: docs/protocol.md, data-model.md, closing.md."""

import re
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from typing import Any, NamedTuple

import cbor2
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open
from nacl.exceptions import CryptoError

from tests.verifier.shapes import STATEMENTS, Fields, fits

Signers = dict[tuple[bytes, bytes], set[bytes]]
# What is raised where something is not as it must be.
REFUSED = (ValueError, TypeError, LookupError, OverflowError, RecursionError, CryptoError, cbor2.CBORError)


class Record(NamedTuple):
    """A statement that its signature proves; of a kind that is not known it `said` nothing."""

    kind: str
    signer: bytes
    id: bytes
    payload_id: bytes
    said: Fields


def encode(value: Any) -> bytes:
    """Write a value in its one spelling."""
    return cbor2.dumps(value, canonical=True)


def decode(data: bytes) -> Any:
    """Read bytes, refusing every spelling but the canonical one."""
    if encode(value := cbor2.loads(data, object_hook=lambda said, _: Fields(said))) == data:
        return value
    raise ValueError("another spelling than the canonical one")


def digest(tag: str, *parts: Any) -> bytes:
    """Return SHA-256 over the canonical list of a tag and its parts."""
    return sha256(encode([tag, *parts])).digest()


def signed(key: bytes, signature: bytes, message: bytes) -> bool:
    """Check one signature as libsodium does, and the key with it."""
    with suppress(CryptoError):
        good = len(signature) == 64 and crypto_core_ed25519_is_valid_point(key)
        return bool(good and crypto_sign_open(signature + message, key) == message)
    return False


def read(raw: bytes) -> Record:
    """Read and prove a record."""
    protected, empty, payload, signature = parts = decode(raw)
    header, whole = decode(protected), encode(["Signature1", protected, b"", payload])
    (kind,) = re.findall(r"\Ahedgerow/([a-z]+(?:-[a-z]+)*)/1\Z", header[16])
    good = [*map(type, [parts, *parts])] == [list, bytes, Fields, bytes, bytes] and not empty
    good = good and protected == encode({1: -8, 4: header[4], 16: header[16]})
    said = decode(payload) if kind in STATEMENTS else Fields()
    good = good and (kind not in STATEMENTS or fits(said, kind)) and len(raw) <= 256 * 1024
    if not (good and signed(header[4], signature, whole)):
        raise ValueError("no record, another version or shape, or a signature that does not hold")
    return Record(kind, header[4], sha256(whole).digest(), digest("hedgerow/payload/1", kind, payload), said)


def of_kind(records: Iterable[Record], kind: str) -> dict[bytes, Fields]:
    """Return the statements of a kind by payload id."""
    return {one.payload_id: one.said for one in records if one.kind == kind}


def signers(records: Iterable[Record]) -> Signers:
    """Return by payload and community who approved it; under no name who signed what one of them says."""
    by: Signers = defaultdict(set)
    for one in records:
        if one.kind == "approval":
            by[one.said.of, one.said.community].add(one.signer)
        elif one.kind not in ("founding", "membership", "petition"):
            by[one.payload_id, b""].add(one.signer)
    return by


class Charter:
    """Who speaks for a community, by `devices` it ever had, `first` the lowest founding one; or nobody."""

    def __init__(self, community: bytes = b"", records: Iterable[Record] = ()) -> None:
        by, said = signers(records), of_kind(records, "charter").get(community, Fields())
        rule, founded = said.get("stewards", Fields(keys=[], threshold=1)), said.get("devices", [])
        anchor = digest("hedgerow/anchor/1", *map(said.get, ("stewards", "recovery", "next", "nonce")))
        self.community, self.stewards, self.threshold = community, {*rule["keys"]}, rule.threshold
        if not (self.approves(community, by) and all(_consents(anchor, one) for one in founded)):
            founded, self.stewards = [], set()
        added = [(p, s) for p, s in of_kind(records, "charter-device").items() if s.community == community]
        more = [s.device for p, s in added if self.approves(p, by) and _consents(community, s.device)]
        self.devices = {one.sign for one in [*founded, *more]}
        self.first = min((one.sign for one in founded), default=b"")

    def approves(self, payload: bytes, by: Signers) -> bool:
        """Tell whether as many stewards as it takes signed a payload for this community."""
        return len(self.stewards & (by[payload, b""] | by[payload, self.community])) >= int(self.threshold)


def _consents(anchor: bytes, device: Fields) -> bool:
    return signed(device.sign, device.consent, digest("hedgerow/device/1", anchor, device.sign, device.box))


class File:
    """A decision's file, proved; `flawed` if a record in it does not hold.

    `all` are statements by kind and payload id, `ever` who was a member at some time, `bylaws` all by id.
    """

    def __init__(self, data: bytes) -> None:
        _, self.wanted, founding, charters, raws = decode(data)
        held = [(community, [*records]) for community, records in charters]
        named = [self.wanted, *raws, *(community for community, _ in held)]
        spelled = encode(["hedgerow/decision/1", self.wanted, founding, held, [*raws]])
        if spelled != data or len(data) > 64 * 2**20 or {*map(type, named)} != {bytes}:
            raise ValueError("no decision's file")
        self.records, self.flawed, first = list[Record](), False, read(founding)
        self.federation, self.founding = first.payload_id, first.said
        parts = defaultdict[bytes, list[Record]](list)
        for community, records in held:
            parts[community] += map(read, records)
        self.charters = defaultdict(Charter, {one: Charter(one, records) for one, records in parts.items()})
        for raw in [founding, *raws]:
            try:
                one = read(raw)
            except REFUSED:
                self.flawed = True
            else:
                self.records += [one] * (one.said.get("federation", self.federation) == self.federation)
        self.all = {kind: of_kind(self.records, kind) for kind in STATEMENTS}
        self.by, founders = signers(self.records), self.founding.founders
        self.ever = {*founders} if all(self.approves(one, self.federation) for one in founders) else set()
        self.bylaws = {self.federation: self.founding.bylaws}

    def approves(self, community: bytes, payload: bytes) -> bool:
        """Tell whether a community's stewards stand behind a payload."""
        return self.charters[community].approves(payload, self.by)

    def grow(self, passed: Iterable[bytes]) -> bool:
        """Let in who was admitted and the bylaws that were decided; tell whether that is anything new."""
        before, rule = (len(self.ever), len(self.bylaws)), self.founding.bylaws.admission
        asked = {p: one.community for p, one in self.all["join"].items() if self.approves(one.community, p)}
        claims = self.all["membership"].items()
        stated = {p: one.community for p, one in claims if asked.get(one.request) == one.community}
        for p, community in stated.items() if rule.way != "decision" else ():
            if sum(self.approves(one, p) for one in self.ever) >= rule.approvals:
                self.ever.add(community)
        for name in passed:
            effect = self.all["proposal"][name].effect or Fields(act="none")
            if effect.act == "admit" and rule.way != "approvals":
                self.ever |= {effect.target}.intersection(stated.values())
            if effect.act == "bylaws":
                self.bylaws[name] = decode(effect.content)
        return before != (len(self.ever), len(self.bylaws))

    def in_chain(self, wanted: bytes, version: int) -> bool:
        """Tell whether a roll is that of its version in the chain of rolls that begins with the founding."""
        before, rules = self.federation, self.founding.bylaws
        first = turns(rules, before, 0, [], {*self.founding.founders})
        panel = {one: self.charters[one].first for one in first}
        for number in range(1, version + 1):
            about = digest("hedgerow/subject/1", self.federation, "roll", number, 0)
            cast = [(one.signer, one.said) for one in self.records if one.said.get("instance") == about]
            heard = [(key, vote) for key, vote in cast if key in self.charters[vote.witness].devices]
            # A quorum of the devices named, or every witness by any device that it ever had.
            needed = quorum(rules, len(panel))[1]
            named = agreed((vote for key, vote in heard if key == panel.get(vote.witness)), needed)
            anyhow = agreed((vote for _, vote in heard if vote.witness in panel), len(panel))
            values = named + [one for one in anyhow if one not in named]
            name = values[0].proposal if values else b""
            roll = self.all["roll"].get(name, Fields(version=0))
            sealed = plain_value(name, digest("hedgerow/roll-value/1", name))
            follows = roll.version == number and roll.previous == before and roll.bylaws in self.bylaws
            if values != [sealed] or not follows:
                return False
            before, rules = name, self.bylaws[roll.bylaws]
            panel = {one.community: one.device for one in roll.witnesses}
        return before == wanted


def turns(rules: Fields, name: bytes, version: int, before: list[bytes], among: set[bytes]) -> list[bytes]:
    """Return whose turn it is to witness by a roll, after those of the roll before it; sorted."""
    seed = digest("hedgerow/turn-seed/1", name, version, sorted(before))
    chosen = among & {*rules.closing.get("elected", ())}
    order = sorted(chosen if len(chosen) > 3 else among, key=lambda one: digest("hedgerow/turn/1", seed, one))
    return sorted(order[: rules.closing.get("witnesses", 31)])


def quorum(rules: Fields, witnesses: int) -> tuple[int, int]:
    """Return how many of so many witnesses may lie, and how many must agree."""
    liars, raised = (witnesses - 1) // 3, rules.closing.agreeing or 0
    return liars, max((witnesses + liars) // 2 + 1, min(raised, witnesses - liars))


def plain_value(subject: bytes, name: bytes, seals: Iterable[bytes] = ()) -> Fields:
    """Return the value that witnesses vote for where no ballots are counted."""
    return Fields(proposal=subject, seals=[*seals], cut=name, result=name)


def agreed(votes: Iterable[Fields], needed: int) -> list[Fields]:
    """Return the values that so many committed to in one round, in the order of their cuts and results."""
    voices: dict[tuple[int, bytes], set[bytes]] = defaultdict(set)
    for one in votes:
        if one.step == "com":
            voices[one.round, encode(one.value)].add(one.witness)
    found = [decode(value) for value in {value for (_, value), by in voices.items() if len(by) >= needed}]
    return sorted(found, key=lambda value: (value.cut, value.result, value.seals))
