"""A second reader of decision files, written from docs/ alone; it shares no line with the node.

    python tests/verifier/minimal.py council.hedgerow

prints result id, state and outcome by docs/protocol.md, data-model.md, counting.md and closing.md.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import cbor2
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_sign_open
from nacl.exceptions import CryptoError

Fields = Mapping[str, Any]
UNITS = 100_000
CHOICES = ("yes", "no", "abstain", "stand-aside", "block")


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


# The table is docs/data-model.md itself, section "Shapes": what is wrong there fails here.
_DOCS = Path(__file__).parents[2] / "docs" / "data-model.md"
_TABLE = re.sub(r"\n +", " ", _DOCS.read_text().split("```text\n")[1].split("```")[0])
OBJECTS = dict(line.split(": ", 1) for line in _TABLE.splitlines())
STATEMENTS = list(OBJECTS)[list(OBJECTS).index("approval") :]


def fits(value: Any, shape: str) -> bool:  # noqa: PLR0911 - a table
    """Tell whether a value has a shape."""
    if shape.endswith("?"):
        return value is None or fits(value, shape[:-1])
    if found := re.fullmatch(r"([\[<])(.+)[\]>](\d+)\.\.(\d+)", shape):
        if not isinstance(value, list) or not int(found[3]) <= len(value) <= int(found[4]):
            return False
        keys = [one.get("community", b"") if isinstance(one, dict) else one for one in value]
        return all(fits(one, found[2]) for one in value) and (found[1] == "[" or keys == sorted(set(keys)))
    if found := re.fullmatch(r"(t?)(\d+)\.\.(\d*)", shape):
        if not isinstance(value, str) if found[1] else type(value) is not int:
            return False
        size = len(value) if isinstance(value, str) else value
        return int(found[2]) <= size <= int(found[3] or 2**53 - 1)
    if shape == "flag":
        return isinstance(value, bool)
    if shape[0] == "b" and (shape == "bytes" or shape[1:].isdigit()):
        return isinstance(value, bytes) and (shape == "bytes" or len(value) == int(shape[1:]))
    if "|" in shape:
        return isinstance(value, str) and value in shape.split("|")
    fields = dict(pair.split(":") for pair in OBJECTS[shape].split())
    if not isinstance(value, dict) or value.keys() != fields.keys():
        return False
    return all(fits(value[name], fields[name]) for name in fields) and ALSO.get(shape, lambda _: True)(value)


def _share(pair: list[int], above: int) -> bool:
    return 0 < pair[0] <= pair[1] and not (above and pair[0] == pair[1])


ALSO: dict[str, Callable[[Any], bool]] = {
    "keyset": lambda v: v["threshold"] <= len(v["keys"]),
    "share": lambda v: v["numerator"] <= v["denominator"],
    "passing": lambda v: _share([*v["threshold"].values()], v["strictly_above"]),
    "rule": lambda v: _share(v["threshold"], v["strictly_above"]) and 0 < v["quorum"][1] >= v["quorum"][0],
    "windows": lambda v: v["closes"] > v["opens"],
    "charter": lambda v: not set(v["stewards"]["keys"]) & set(v["recovery"]["keys"]),
    "founding": lambda v: v["bylaws"]["admission"]["approvals"] <= len(v["founders"]),
    **dict.fromkeys(("mandate", "ballot"), lambda v: (v["prev"] is None) == (v["seq"] == 1)),
    "proposal": lambda v: (
        (v["rule"] is None)
        == (v["method"] != "yes-no/1")
        == (len(set(v["options"])) == len(v["options"]) > 0)
        and (v["rule"] is None or (v["seats"] == 1 and not v["options"]))
    ),
    "cut-vote": lambda v: (
        (v["value"] is None) == (v["step"] == "rc") == (v["step"] == "rc" and v["round"] > 0)
        and (v["lock"] is None or (v["step"] == "rc" and v["lock"]["round"] < v["round"]))
    ),
}


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
        passing, closing = dict(self.rules["passing"]), dict(self.rules["closing"])
        for name in ("threshold", "quorum"):
            passing[name] = [passing[name]["numerator"], passing[name]["denominator"]]
        opens, voting, _ = proposal["windows"]["opens"], closing.pop("voting"), closing.pop("agreeing")
        times = {**closing, "opens": opens, "closes": opens + voting}
        fitting = proposal["rule"] in (None, passing) and proposal["windows"] == times
        put = proposal["proposer"] in self.members and self.approves(proposal["proposer"], self.proposal)
        return fitting and put and bool(proposal["seats"] <= 10_000)

    def stands(self, roll: Fields) -> bool:
        """Tell whether a roll follows from bylaws, members, and the attestations it names."""
        if any(roll[name] != self.rules["seats"][name] for name in ("method", "house", "floor", "cap")):
            return False
        names, panel = [one["community"] for one in roll["holders"]], roll["witnesses"]
        if not self.members.issuperset(names) or [one["community"] for one in panel] != names[:31]:
            return False
        pinned = all(one["device"] in self.devices.get(one["community"], ()) for one in panel)
        known = [(p, one) for p, one in self.all("attestation") if one["attester"] in self.members]
        said = {p: one for p, one in known if self.approves(one["attester"], p)}
        shared = {one["community"]: one["seats"] for one in roll["holders"]}
        return pinned and all(self._rests(one, said) for one in roll["holders"]) and seats(roll) == shared

    def _rests(self, holder: Fields, said: Mapping[bytes, Any]) -> bool:
        named, who = [said[one] for one in holder["attestations"] if one in said], holder["community"]
        itself = self.rules["sizes"]["attesters"] == "itself"
        about = all(one["subject"] == who and (one["attester"] == who) == itself for one in named)
        counts = {len(named), len(holder["attestations"]), len({one["attester"] for one in named})}
        wanted = counts == {self.rules["sizes"]["witnesses"]}
        return about and wanted and holder["size"] == min(one["size"] for one in named)

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
        fits_paper = max(choice) <= most and len(set(choice)) == len(choice) <= (
            most if proposal["options"] else 1
        )
        seated_here = ballot["roll"] == proposal["roll"] and ballot["seat"] <= seated.get(seat[1], 0)
        entitled = tuple(mandate[k] for k in ("federation", "community", "seat", "holder")) == (
            *seat,
            one.signer,
        )
        approved = self.approves(seat[1], payload, Signatures(parts))
        holds = fits_paper and seated_here and entitled and approved
        return {**ballot, "id": one.id, "by": {**mandate, "id": payload}} if holds else None


def seats(roll: Fields) -> dict[bytes, int] | None:
    """Share out a roll's seats again; None where floors and caps cannot be met."""
    size = {one["community"]: one["size"] for one in roll["holders"]}
    house, floor, cap = roll["house"], roll["floor"], roll["cap"] or roll["house"]
    if not (floor <= cap and floor * len(size) <= house <= cap * len(size)):
        return None
    seed = digest("hedgerow/roll-lot/1", roll["federation"], sorted(size))
    place = {one: digest("hedgerow/lot/1", seed, one.hex()) for one in size}
    found = dict.fromkeys(size, int(floor))
    if roll["method"] == "sainte-lague":
        for _ in range(house - floor * len(size)):
            room = [one for one in size if found[one] < cap]
            found[min(room, key=lambda one: (-Fraction(size[one], 2 * found[one] + 1), place[one]))] += 1
        return found

    def bounded(at: Fraction) -> dict[bytes, Fraction]:
        return {one: min(max(size[one] * at, Fraction(floor)), Fraction(cap)) for one in size}

    # Hamilton: from one bound to the next lies the quota at which the bounded quotas add up to the house.
    bounds = {Fraction(edge, size[one]) for one in size for edge in (floor, cap)}
    low = max(at for at in bounds if sum(bounded(at).values()) <= house)
    free = sum(size[one] for one in size if floor <= size[one] * low < cap)
    missing = house - sum(bounded(low).values())
    quotas = bounded(low + Fraction(missing, free) if missing else low)
    whole: dict[bytes, int] = {one: int(quotas[one]) for one in size}
    ranked = sorted(size, key=lambda one: (whole[one] - quotas[one], place[one]))
    return {one: whole[one] + (one in ranked[: house - sum(whole.values())]) for one in size}


def choose(ballots: list[dict[str, Any]], mandates: list[dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """Return the ballot that counts of each seat, and the seats that spoke twice in one place."""
    counted: list[Any] = []
    void: list[Any] = []
    for seat in sorted({(one["community"], one["seat"]) for one in ballots}):
        cast = [one for one in ballots if (one["community"], one["seat"]) == seat]
        given = [m for m in mandates if (m["community"], m["seat"]) == seat] + [one["by"] for one in cast]
        highest = max(one["by"]["seq"] for one in cast)
        if any(mandate["revokes_ballots"] and mandate["seq"] > highest for mandate in given):
            continue
        under = [one for one in cast if one["by"]["seq"] == highest]
        numbers, before = [one["seq"] for one in under], [one["prev"] for one in under if one["prev"]]
        twice = any(len(set(each)) < len(each) for each in (numbers, before))
        if twice or len({one["by"]["id"] for one in under}) > 1:
            void.append(list(seat))
        else:
            counted.append(max(under, key=lambda one: one["seq"]))
    return counted, void


def verdict(cast: Mapping[str, int], rule: Fields, electorate: int) -> tuple[str, int]:
    """Return what a yes/no question came to, and how much support was needed."""
    present = sum(cast.values())
    base = {"cast": present - cast["abstain"] - cast["stand-aside"], "present": present, "all": electorate}
    share = Fraction(*rule["threshold"]) * base[rule["of"]]
    needed = share.__floor__() + 1 if rule["strictly_above"] else max(1, share.__ceil__())
    if present < Fraction(*rule["quorum"]) * electorate:
        return "no-quorum", needed
    if rule["blocks_stop"] and cast["block"]:
        return "blocked", needed
    return ("passed" if cast["yes"] >= needed else "rejected"), needed


def count(proposal: Fields, ballots: list[Any], void: int, electorate: int) -> list[Any]:
    """Return a count as the list whose hash is the count id."""
    names, rule = proposal["options"] or list(CHOICES), proposal["rule"]
    rankings = [[names[number - 1] for number in one["choice"]] for one in ballots]
    rankings += [["abstain"]] * void if rule else []
    order = sorted(names, key=str.encode)
    spelled = [" ".join(str(order.index(name) + 1) for name in each) for each in rankings]
    lines = sorted(f"{each}:{spelled.count(each)}\n" for each in set(spelled))
    question = [proposal["title"], proposal["seats"], [[name, name, False] for name in order]]
    named = digest("hedgerow/contest/1", *question, "".join(lines).encode())
    if not rule:
        told = Scottish(proposal, order, rankings).count()
        return ["hedgerow/result/1", ["scottish-stv", 1, []], named, *told]
    cast = {choice: sum(each == [choice] for each in rankings) for choice in CHOICES}
    said, needed = verdict(cast, rule, electorate)
    numbers: list[Any] = []
    for name, between in (("threshold", ["more_than", int(rule["strictly_above"])]), ("quorum", [])):
        part, whole = Fraction(*rule[name]).as_integer_ratio()
        numbers += [
            [f"{name}_numerator", part],
            [f"{name}_denominator", whole],
            *([between] if between else []),
        ]
    numbers += [["blocks_max", 0]] if rule["blocks_stop"] else []
    numbers += [["electorate", electorate]]
    totals, won = [cast[name] * UNITS for name in order], ["yes"] if said == "passed" else []
    outcome = [said, 1, len(rankings), 0, needed * UNITS, [[name, 1] for name in won], []]
    stage = [1, "choices", None, totals, totals, 0, 0, needed * UNITS, won, [], []]
    method = [f"yes-no-{rule['of']}", 1, numbers]
    return ["hedgerow/result/1", method, named, outcome, [stage], []]


class Scottish:
    """An election by the Scottish rules; votes in units of 0.00001."""

    def __init__(self, proposal: Fields, order: list[str], rankings: list[list[str]]) -> None:
        self.order, self.seats, self.valid = order, proposal["seats"], len(rankings)
        self.lot = {name: digest("hedgerow/lot/1", proposal["lot_seed"], name) for name in order}
        self.quota = (self.valid // (self.seats + 1) + 1) * UNITS
        self.standing, self.exhausted, self.total = set(order), 0, dict.fromkeys(order, 0)
        self.piles: dict[str, list[Any]] = {name: [] for name in order}
        self.history: list[dict[str, int]] = []
        self.elected, self.excluded, self.stages, self.lots = (list[Any]() for _ in range(4))
        self._move([(UNITS, each) for each in rankings])

    def count(self) -> list[Any]:
        """Return outcome, stages and lots."""
        self._close("first-preferences", None, [])
        while len(self.elected) < self.seats and self.standing and self.valid:
            waiting = [name for name, _ in self.elected if self.total[name] > self.quota]
            if waiting:
                name = self._pick("surplus", max(map(self._past, waiting)), waiting)
                papers, total = self.piles.pop(name), self.total[name]
                self.total[name] = self.quota
                self._move([(value * (total - self.quota) // total, rest) for value, rest in papers])
                self._close("surplus", name, [])
            else:
                name = self._pick("exclusion", min(map(self._past, self.standing)), self.standing)
                self.standing.remove(name)
                self.excluded.append([name, len(self.stages) + 1])
                self.total[name] = 0
                self._move(self.piles.pop(name))
                self._close("exclusion", name, [name])
        said = "elected" if self.elected else "no-valid-ballot"
        outcome = [said, self.seats, self.valid, 0, self.quota, self.elected, self.excluded]
        return [outcome, self.stages, self.lots]

    def _past(self, name: str) -> list[int]:
        return [totals[name] for totals in reversed(self.history)]

    def _pick(self, purpose: str, record: list[int], among: Iterable[str]) -> str:
        tied = sorted((name for name in among if self._past(name) == record), key=self.lot.__getitem__)
        chosen = tied[-1 if purpose == "exclusion" else 0]
        number = len(self.stages) + 1
        self.lots += [[number, purpose, tied, chosen]] if len(tied) > 1 else []
        return chosen

    def _move(self, papers: Iterable[tuple[int, list[str]]]) -> None:
        for value, ranking in papers:
            to = next((name for name in ranking if name in self.standing), None)
            if to is None:
                self.exhausted += value
            else:
                self.total[to] += value
                self.piles[to].append((value, ranking))

    def _close(self, action: str, source: str | None, out: list[str]) -> None:
        before, number = self.stages[-1][3] if self.stages else [0] * len(self.order), len(self.stages) + 1
        self.history.append(dict(self.total))
        fit = len(self.standing) <= self.seats - len(self.elected)
        reach = {name: self._past(name) for name in self.standing if fit or self.total[name] >= self.quota}
        for record in sorted(map(list, {tuple(past) for past in reach.values()}), reverse=True):
            self._pick("order", record, reach)
        won = sorted(reach, key=lambda name: ([-votes for votes in reach[name]], self.lot[name]))
        totals = list(self.total.values())
        moved = [now - then for now, then in zip(totals, before, strict=True)]
        lost = self.valid * UNITS - sum(totals) - self.exhausted
        self.standing -= set(won)
        self.elected += [[name, number] for name in won]
        row = [number, action, source, totals, moved, self.exhausted, lost, self.quota, won, out, []]
        self.stages.append(row)


class Verdict(NamedTuple):
    """What a file proves."""

    valid: bool
    state: str = "no proof"
    result_id: bytes = b""
    result: bytes = b""
    outcome: Any = None


def verify(data: bytes) -> Verdict:
    """Prove and count a decision's file."""
    try:
        file = File(data)
    except (ValueError, TypeError):
        return Verdict(valid=False)
    proposal = dict(file.all("proposal")).get(file.proposal)
    roll = dict(file.all("roll")).get(proposal["roll"]) if proposal else None
    if proposal is None or roll is None or not file.is_put(proposal) or not file.stands(roll):
        return Verdict(valid=False)
    seated = {one["community"]: one["seats"] for one in roll["holders"]}
    cast = [(one, one.statement("ballot")) for one in file.records.values()]
    named = [one for one, said in cast if said and said["proposal"] == file.proposal]
    ballots = {one.id: file.valid(one, proposal, seated) for one in named}
    mandates = {p: one for p, one in file.all("mandate") if file.approves(one["community"], p)}

    def result(inside: Callable[[bytes], bool]) -> tuple[bytes, list[Any]]:
        held = [one for key, one in sorted(ballots.items()) if one and inside(key)]
        counted, void = choose(held, [one for key, one in mandates.items() if inside(key)])
        told = count(proposal, counted, len(void), sum(seated.values()))
        parts = [file.proposal, proposal["roll"], [one["id"] for one in counted], void]
        return digest("hedgerow/decision/1", *parts, sha256(encode(told)).digest()), told

    papers = Papers(file, roll)
    state, (name, told), values = "provisional", result(lambda _: True), papers.certified()
    if len(values) > 1 or (not values and papers.divided()):
        state = "diverged"
    elif values and not values[0]["seals"]:
        state = "failed"
    elif values:
        cut = papers.cut(values[0]["seals"])
        if cut is not None and all(one in ballots or one in mandates for one in cut[0]):
            sure, named_cut = result(set(cut[0]).__contains__), [file.proposal, values[0]["seals"], *cut]
            good = (digest("hedgerow/cut/1", *named_cut), sure[0]) == (values[0]["cut"], values[0]["result"])
            state, (name, told) = ("certified", sure) if good else ("diverged", (name, told))
    valid = not file.flawed and state in {"certified", "failed"}
    return Verdict(valid, state, name, encode(told), told[3])


class Papers:
    """What witnesses signed about a proposal."""

    def __init__(self, file: File, roll: Fields) -> None:
        panel = {one["community"]: one["device"] for one in roll["witnesses"]}
        self.liars = (len(panel) - 1) // 3
        raised = min(file.rules["closing"]["agreeing"] or 0, len(panel) - self.liars)
        self.needed = max((len(panel) + self.liars) // 2 + 1, raised)
        self.said: dict[str, dict[bytes, dict[str, Any]]] = {"receipt": {}, "seal": {}, "cut-vote": {}}
        subjects = {file.proposal, digest("hedgerow/closing/1", file.proposal)}
        for one in file.records.values():
            said = one.statement(one.kind) if one.kind in self.said else None
            subject = said.get("proposal", said.get("instance")) if said else None
            if said and subject in subjects and panel.get(said["witness"]) == one.signer:
                self.said[one.kind][one.id] = said

    def certified(self) -> list[Any]:
        """Return the values a quorum committed to in one round."""
        voices: dict[bytes, set[bytes]] = {}
        for one in self.said["cut-vote"].values():
            if one["step"] == "com":
                voices.setdefault(encode([one["round"], one["value"]]), set()).add(one["witness"])
        agreed = {encode(decode(key)[1]) for key, by in voices.items() if len(by) >= self.needed}
        return [decode(one) for one in sorted(agreed)]

    def divided(self) -> bool:
        """Tell whether more witnesses than may lie stand behind each of two results over one cut."""
        backed: dict[bytes, dict[bytes, set[bytes]]] = {}
        for one in self.said["cut-vote"].values():
            if one["value"] is not None:
                values = backed.setdefault(one["value"]["cut"], {})
                values.setdefault(encode(one["value"]), set()).add(one["witness"])
        return any(sum(len(by) > self.liars for by in values.values()) > 1 for values in backed.values())

    def cut(self, named: list[bytes]) -> tuple[list[bytes], list[bytes]] | None:
        """Return what counts by some seals, and what is contested."""
        seals = [self.said["seal"][one] for one in named if one in self.said["seal"]]
        receipts = {one for seal in seals for one in seal["receipts"]}
        if not len(named) == len(seals) == len({one["witness"] for one in seals}) >= self.needed:
            return None
        if not receipts <= set(self.said["receipt"]) or any(tree(s["listed"]) != s["root"] for s in seals):
            return None
        heard: dict[bytes, tuple[set[bytes], set[bytes]]] = {}
        for kind, papers in enumerate((seals, [self.said["receipt"][one] for one in receipts])):
            for said in papers:
                for one in said["listed"]:
                    heard.setdefault(one, (set(), set()))[kind].add(said["witness"])
        counted = sorted(one for one, by in heard.items() if max(map(len, by)) > self.liars)
        return counted, sorted(heard.keys() - set(counted))


def tree(leaves: list[bytes]) -> bytes:
    """Return the Merkle tree hash of RFC 9162, section 2.1.1."""
    if len(leaves) < 2:
        return sha256(b"\x00" + leaves[0] if leaves else b"").digest()
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01" + tree(leaves[:half]) + tree(leaves[half:])).digest()


if __name__ == "__main__":
    found = verify(Path(sys.argv[1]).read_bytes())
    print(found.result_id.hex(), found.state or "no proof", found.outcome)
    sys.exit(0 if found.valid else 1)
