"""A second reader of decision files, written from docs/ alone; it shares no line with the node.

`python -m tests.verifier.minimal council.hedgerow` prints result id, state and outcome by docs/closing.md.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from tests.verifier.choosing import decide
from tests.verifier.counting import CHOICES, seats
from tests.verifier.proving import (
    File,
    Record,
    agreed,
    decode,
    digest,
    encode,
    plain_value,
    quorum,
    read,
    signers,
    turns,
)
from tests.verifier.shapes import Fields, fits

# Methods that take no split votes, and methods that take at most 200 options.
WHOLE, ALL_PAIRS = ("scottish-stv/1", "meek/1"), ("schulze/1", "phragmen/1", "equal-shares/1")
Cut = tuple[list[bytes], list[bytes]]


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
    # Who belongs and which bylaws hold rests on decisions, and these on who belongs.
    while file.grow([name for name in file.all("proposal") if passed(file, name)]):
        pass
    try:
        state, name, told = Question(file, file.wanted).read()
    except ValueError:
        return Verdict(valid=False)
    valid = not file.flawed and state not in ("provisional", "diverged")
    return Verdict(valid, state, name, encode(told), told[3])


def passed(file: File, name: bytes) -> bool | None:
    """Tell whether a certified result says that a question passed; None where none is certified."""
    try:
        state, _, told = Question(file, name).read()
    except ValueError:
        return None
    return None if state in ("provisional", "diverged", "failed", "withdrawn") else told[3][0] == "passed"


class Question:
    """A question that a member put as its bylaws say, on a roll that stands; ValueError where it is not."""

    def __init__(self, file: File, name: bytes) -> None:
        asked = file.all("proposal").get(name)
        roll = file.all("roll").get(asked["roll"]) if asked else None
        rules = file.bylaws.get(roll["bylaws"]) if roll else None
        if asked is None or roll is None or rules is None:
            raise ValueError("no such question, or not its roll, or not its bylaws")
        self.file, self.name, self.asked, self.roll, self.rules = file, name, asked, roll, rules
        self.seated = {one["community"]: one["seats"] for one in roll["holders"]}
        self.panel = {one["community"]: one["device"] for one in roll["witnesses"]}
        if not (self._is_put() and self._stands() and seats(roll) == self.seated):
            raise ValueError("not put by a member as its bylaws say, or on a roll that does not stand")
        self.liars, self.needed = quorum(rules, len(self.panel))
        # What the devices that the roll names signed, by kind and record id.
        self.heard = defaultdict[str, dict[bytes, dict[str, Any]]](dict)
        for one in file.records.values():
            if one.signer == self.panel.get(one.said.get("witness", b"")):
                self.heard[one.kind][one.id] = one.said
        cast = [one for one in file.records.values() if one.kind == "ballot" and one.said]
        self.ballots = {one.id: self._valid(one) for one in cast if one.said["proposal"] == name}
        held = file.all("mandate").items()
        self.mandates = {p: {**one, "id": p} for p, one in held if file.approves(one["community"], p)}
        # What orders ties: a drawn lot, None while it is awaited, or what the question says.
        self.seed = self._lot() if not asked["rule"] and len(self.panel) >= 4 else asked["lot_seed"]

    def _is_put(self) -> bool:
        asked, rules, file = self.asked, self.rules, self.file
        effect, who = asked["effect"] or {"act": "none"}, asked["proposer"]
        simple = effect["act"] in ("none", "form", "budget", "annul")
        passing = dict(rules["passing" if simple else "amending"])
        for name in ("threshold", "quorum"):
            passing[name] = [passing[name]["numerator"], passing[name]["denominator"]]
        opens, least = asked["windows"]["opens"], rules["electing"]["quorum"]
        times = {**rules["closing"], "opens": opens, "closes": opens + rules["closing"]["voting"]}
        turnout = {"quorum": [least["numerator"], least["denominator"]], "of": rules["electing"]["of"]}
        wanted = {
            "rule": passing if asked["rule"] else None,
            "windows": {name: times[name] for name in asked["windows"]},
            "turnout": turnout if least["numerator"] and not asked["rule"] else None,
            "casting": rules["casting"] | ({"parts": 1} if asked["method"] in WHOLE else {}),
        }
        few = len(asked["options"]) <= (200 if asked["method"] in ALL_PAIRS else 1_000)
        changed = decode(effect["content"]) if effect["act"] == "bylaws" else rules
        amends = fits(changed, "bylaws") and changed["admission"] == file.founding["bylaws"]["admission"]
        entitled = rules["proposing"]["by"] == "members" or self.seated.get(who, 0) > 0
        put = who in file.ever and entitled and file.approves(who, self.name)
        fitting = all(asked[name] == value for name, value in wanted.items())
        return put and fitting and amends and few and bool(asked["seats"] <= 10_000)

    def _stands(self) -> bool:
        file, roll, rule = self.file, self.roll, self.rules["sizes"]
        everybody, itself = sorted({*self.panel, *self.seated}), rule["attesters"] == "itself"
        known = [(p, one) for p, one in file.all("attestation").items() if one["attester"] in file.ever]
        said = {p: one for p, one in known if file.approves(one["attester"], p)}
        before, sized = file.all("roll").get(roll["previous"], {}), roll["sized"]
        # Where sizes count from a day of the year on, they stay until the next such day.
        same = rule["days"] and (before.get("sized"), before.get("bylaws")) == (sized, roll["bylaws"])
        then = {one["community"]: one["size"] for one in before["holders"]} if same else {}
        for holder in roll["holders"]:
            named, who = [said[one] for one in holder["attestations"] if one in said], holder["community"]
            counts = {len(named), len(holder["attestations"]), len({one["attester"] for one in named})}
            about = all(one["subject"] == who and (one["attester"] == who) == itself for one in named)
            sizes = {min((one["size"] for one in named), default=0), then.get(who, holder["size"])}
            if not (about and counts == {rule["witnesses"]} and sizes == {holder["size"]}):
                return False
        day = "" if sized is None else time.strftime("%m-%d", time.gmtime(sized))
        begins = sized == 0 or (day in rule["days"] and sized % 86_400 == 0)
        timely = begins if rule["days"] else sized is None
        pinned = all(one["device"] in file.charters[one["community"]].devices for one in roll["witnesses"])
        fitting = all(roll[name] == value for name, value in self.rules["seats"].items()) and timely
        turn = file.turn(roll["version"], roll["previous"])
        fitting &= file.ever.issuperset(everybody) and [*self.panel] == turns(turn, everybody)
        return pinned and fitting

    def _covers(self, mandate: Fields) -> bool:
        opens, until = self.asked["windows"]["opens"], mandate["until"]
        in_term = (mandate["since"] or 0) <= opens and (until is None or opens < until)
        of_kind = not mandate["kinds"] or ("yes-no" if self.asked["rule"] else "election") in mandate["kinds"]
        return in_term and of_kind and mandate["question"] in (None, self.name)

    def _valid(self, one: Record) -> dict[str, Any] | None:
        """Return a ballot that holds by itself, with its mandate under `by` and its voice; else None."""
        ballot, asked, file = one.said, self.asked, self.file
        try:
            parts = [read(part) for part in ballot["mandate"]]
            entry = read(ballot["entered"]) if ballot["entered"] is not None else None
        except (ValueError, TypeError):
            return None
        named, mandate = parts[0].payload_id, parts[0].said if parts[0].kind == "mandate" else {}
        if not mandate or any(named not in (part.payload_id, part.said.get("of")) for part in parts):
            return None
        seat = {"federation": file.federation, "community": ballot["community"], "seat": ballot["seat"]}
        voice = {mandate["substitute"]: 2, mandate["holder"]: 0}.get(one.signer)
        if entry:
            voice = 1 if mandate["paper"] and self._alike(one, entry, named) else None
        entitled = voice is not None and all(mandate[name] == value for name, value in seat.items())
        seats_there = self.seated.get(seat["community"], 0)
        entitled &= ballot["roll"] == asked["roll"] and ballot["seat"] <= seats_there
        entitled &= self._covers(mandate) and file.charters[seat["community"]].approves(named, signers(parts))
        said = [ballot["choice"], *(portion["choice"] for portion in ballot["split"])]
        most, rule, split = len(asked["options"]) or len(CHOICES), asked["rule"], ballot["split"]
        fitting = all(max(each, default=0) <= most and len(set(each)) == len(each) for each in said)
        fitting &= not split or 1 < sum(each["parts"] for each in split) == asked["casting"]["parts"]
        fitting &= max(map(len, said)) <= 1 if rule else not ballot["reason"]
        if rule and rule["block_reasons"] and any(len(CHOICES) in each for each in said):
            fitting &= ballot["reason"].strip(" ") != ""
        if to := ballot["follows"]:
            fitting &= asked["casting"]["lending"] and not entry and to != {name: seat[name] for name in to}
            fitting &= to["seat"] <= self.seated.get(to["community"], 0)
        by = {**mandate, "id": named}
        return {**ballot, "id": one.id, "by": by, "voice": voice} if entitled and fitting else None

    def _alike(self, second: Record, first: Record, mandate: bytes) -> bool:
        """Tell whether two different stewards entered the same from paper."""
        said = {k: v for k, v in second.said.items() if k not in ("entered", "follows")}
        known = self.file.charters[said["community"]].stewards
        two = first.signer != second.signer and {first.signer, second.signer} <= known
        return two and first.kind == "ballot-entry" and first.said == said | {"mandate": mandate}

    def read(self) -> tuple[str, bytes, list[Any]]:
        """Return how far the papers brought it, the decision's id, and the count."""
        instance, counted = digest("hedgerow/closing/1", self.name), self._count()
        votes = [one for one in self.heard["cut-vote"].values() if one["instance"] == instance]
        if not self.file.in_chain(self.asked["roll"], self.roll["version"]):
            votes = []
        values = agreed(votes, self.needed)
        if not values:
            return ("diverged" if self._divided(votes) else "provisional", *counted)
        value, rivals = values[0], len(values) > 1
        if not value["seals"]:
            withdrawn = value["cut"] == digest("hedgerow/withdrawn/1", self.name)
            return ("diverged" if rivals else "withdrawn" if withdrawn else "failed", *counted)
        cut = self._cut(value["seals"])
        if cut is None or self.seed is None or not {*cut[0]} <= self.ballots.keys() | self.mandates.keys():
            return ("diverged" if rivals else "provisional", *counted)
        sure, name = self._count(cut[0]), digest("hedgerow/cut/1", self.name, value["seals"], *cut)
        if value != {"proposal": self.name, "seals": value["seals"], "cut": name, "result": sure[0]}:
            return ("diverged", *counted)
        return ("diverged" if rivals else self._reviewed(sure, cut), *sure)

    def _count(self, cut: Collection[bytes] | None = None) -> tuple[bytes, list[Any]]:
        """Return the decision's id and the count, of all ballots held or of those in a cut."""
        inside = {*self.ballots, *self.mandates} if cut is None else {*cut}
        held = [one for key, one in sorted(self.ballots.items()) if one and key in inside]
        given = [one for key, one in self.mandates.items() if key in inside and self._covers(one)]
        asked = {**self.asked, "lot_seed": self.seed or self.asked["lot_seed"]}
        told, *parts = decide(asked, self.seated, held, given)
        counted = sha256(encode(told)).digest()
        return digest("hedgerow/decision/1", self.name, asked["roll"], *parts, counted), told

    def _lot(self) -> bytes | None:
        """Return the seed of the draw that the witnesses let stand, None as long as they have not."""
        question, commits, seed = self.name, self.heard["lot-commit"], None
        for draw in range(1, len(self.panel) + 2):
            about = digest("hedgerow/lot-call/1", question, draw)
            votes = [one for one in self.heard["cut-vote"].values() if one["instance"] == about]
            values = agreed(votes, self.needed)
            stands = digest("hedgerow/lot-stands/1", question, draw - 1, seed)
            if seed and values == [plain_value(question, stands)]:
                return seed
            calls = [commits.get(one, {}) for one in (values[0]["seals"] if len(values) == 1 else ())]
            of_draw = [one for one in calls if (one.get("question"), one.get("draw")) == (question, draw)]
            called = {one["witness"]: one["commitment"] for one in of_draw}
            if not self.needed <= len(called) == len(calls):
                return None
            name = digest("hedgerow/lot-called/1", question, draw, values[0]["seals"])
            if values[0] != plain_value(question, name, values[0]["seals"]):
                return None
            shown = {}
            for one in self.heard["lot-reveal"].values():
                bound = digest("hedgerow/lot-commit/1", question, one["witness"], draw, one["secret"])
                if (one["question"], one["draw"], called.get(one["witness"])) == (question, draw, bound):
                    shown[one["witness"]] = one["secret"]
            secrets = [list(one) for one in sorted(shown.items())]
            whole = len(shown) == len(called)
            seed = digest("hedgerow/lot-seed/1", question, draw, secrets) if whole else None
        return None

    def _cut(self, named: list[bytes]) -> Cut | None:
        """Return what counts by some seals, and what is contested; None where one cannot be used."""
        said = [self.heard[kind].items() for kind in ("seal", "receipt")]
        sealed, held = ({key: one for key, one in each if one["proposal"] == self.name} for each in said)
        seals = [sealed[one] for one in named if one in sealed]
        receipts = {one for seal in seals for one in seal["receipts"]}
        if not self.needed <= len(named) == len(seals) == len({one["witness"] for one in seals}):
            return None
        if not receipts <= held.keys() or any(tree(one["listed"]) != one["root"] for one in seals):
            return None
        by: dict[bytes, tuple[set[bytes], set[bytes]]] = defaultdict(lambda: (set(), set()))
        for kind, papers in enumerate((seals, [held[one] for one in receipts])):
            for one, witness in ((one, paper["witness"]) for paper in papers for one in paper["listed"]):
                by[one][kind].add(witness)
        counted = sorted(one for one in by if max(map(len, by[one])) > self.liars)
        return counted, sorted(by.keys() - set(counted))

    def _divided(self, votes: list[dict[str, Any]]) -> bool:
        """Tell whether more witnesses than may lie stand behind each of two results over one cut."""
        backed: dict[bytes, set[bytes]] = defaultdict(set)
        for one in votes:
            if one["value"]:
                backed[encode(one["value"])].add(one["witness"])
        cuts = [decode(value)["cut"] for value, by in backed.items() if len(by) > self.liars]
        return len(set(cuts)) < len(cuts)

    def _reviewed(self, sure: tuple[bytes, list[Any]], cut: Cut) -> str:
        """Return where a certified decision stands, by the papers of its review."""
        asked, rule, about = self.asked, self.rules["review"], (self.name, sure[0])
        if asked["effect"] and asked["effect"]["act"] == "annul":
            return "in force"  # A review of reviews would never end.
        outcomes = [self._count(each)[1][3] for each in (cut[0], [*cut[0], *cut[1]])]
        ours, other = ((one[0], [option for option, _ in one[5]]) for one in outcomes)
        seated = {community for community, number in self.seated.items() if number}
        named = {*self.seated, *self.panel, asked["proposer"]}
        entitled = named if rule["asked_by"] == "members" else seated
        held = self.file.all("review-request").items()
        requests = [(p, s["community"]) for p, s in held if (s["proposal"], s["result"]) == about]
        asking = {community for p, community in requests if self.file.approves(community, p)} & entitled
        opened = ours != other or len(asking) >= rule["communities"]
        ends = [s for s in self.heard["review-end"].values() if (s["proposal"], s["result"]) == about]
        clear = {s["witness"] for s in ends if not s["requests"] and not s["contested"]}
        since = asked["windows"]["closes"] + asked["windows"]["grace"]
        later = {p: s for p, s in self.file.all("proposal").items() if s["windows"]["opens"] >= since}
        acts = [(p, s["effect"]) for p, s in later.items() if s["effect"]]
        appeals = [p for p, effect in acts if (effect["act"], effect["target"]) == ("annul", self.name)]
        said = {passed(self.file, one) for one in appeals} - {None}
        table = {
            "annulled": True in said,
            "upheld": said == {False} and opened,
            "in force": len(clear) >= self.needed or not (rule["stays"] or opened),
            "under review": opened,
        }
        return next((state for state, holds in table.items() if holds), "certified")


def tree(leaves: list[bytes]) -> bytes:
    """Return the Merkle tree hash of RFC 9162, section 2.1.1."""
    if len(leaves) < 2:
        return sha256(b"\x00" + leaves[0] if leaves else b"").digest()
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01" + tree(leaves[:half]) + tree(leaves[half:])).digest()


if __name__ == "__main__":
    found = verify(Path(sys.argv[1]).read_bytes())
    print(found.result_id.hex(), found.state, found.outcome)
    sys.exit(0 if found.valid else 1)
