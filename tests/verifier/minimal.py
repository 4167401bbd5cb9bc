"""A second reader of decision files, written from docs/ alone; it shares no line with the node.

`python -m tests.verifier.minimal council.hedgerow` prints result id, state and outcome by docs/closing.md.
"""

import sys
import time
from collections import Counter
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from tests.verifier import proving
from tests.verifier.counting import CHOICES, decide
from tests.verifier.proving import REFUSED, File, Record, agreed, decode, digest, encode, plain_value, read
from tests.verifier.shapes import Fields, fits
from tests.verifier.sharing import seats

WHOLE = ("scottish-stv/1", "meek/1", "budget-equal-shares/1")  # A vote in these cannot be split.
ALL_PAIRS = ("schulze/1", "phragmen/1", "equal-shares/1")  # These take 200 options at most, others 1,000.
UNSURE = ("no proof", "provisional", "diverged")


class Verdict(NamedTuple):
    """What a file proves."""

    valid: bool = False
    state: str = "no proof"
    result_id: bytes = b""
    result: bytes = b""
    outcome: Any = None


def verify(data: bytes) -> Verdict:
    """Prove and count a decision's file."""
    with suppress(*REFUSED):
        file = File(data)
        # Who belongs and which bylaws hold rests on decisions, and these on who belongs.
        while file.grow([name for name in file.all["proposal"] if passed(file, name)]):
            pass
        state, name, told = Question(file, file.wanted).read()
        return Verdict(not file.flawed and state not in UNSURE, state, name, encode(told), told[3])
    return Verdict()


def passed(file: File, name: bytes) -> bool | None:
    """Tell whether a certified result says that a question passed; None where none is certified."""
    with suppress(*REFUSED):
        state, _, told = Question(file, name).read()
        return None if state in (*UNSURE, "failed", "withdrawn") else told[3][0] == "passed"
    return None


class Question:
    """A question that a member put as its bylaws say, on a roll that stands; REFUSED where it is not."""

    def __init__(self, file: File, name: bytes) -> None:
        self.file, self.name, self.asked = file, name, file.all["proposal"][name]
        self.roll = file.all["roll"][self.asked.roll]
        self.rules = file.bylaws[self.roll.bylaws]
        self.seated = {one.community: one.seats for one in self.roll.holders}
        self.panel = {one.community: one.device for one in self.roll.witnesses}
        if not (self._is_put() and self._stands() and seats(self.roll) == self.seated):
            raise ValueError("not put by a member as its bylaws say, or on a roll that does not stand")
        self.liars, self.needed = proving.quorum(self.rules, len(self.panel))
        cast = [one for one in file.records if one.kind == "ballot" and one.said.proposal == name]
        self.ballots = {one.id: self._valid(one) for one in cast}
        given = [(p, one) for p, one in file.all["mandate"].items() if file.approves(one.community, p)]
        self.mandates = {p: Fields(one, id=p) for p, one in given}
        # What orders ties: a drawn lot, None while it is awaited, or what the question says.
        drawn = not self.asked.rule and len(self.panel) >= 2
        self.seed = self._lot() if drawn else self.asked.lot_seed

    def _is_put(self) -> bool:
        file, asked, rules = self.file, self.asked, self.rules
        who, opens, effect = asked.proposer, asked.windows.opens, asked.effect
        # What changed the federation itself may be annulled by the same rule alone.
        rule = [rules.amending] if amends(effect) else [rules.passing]
        rule += [rules.amending] if effect and effect.act == "annul" else []
        share = [*rules.electing.quorum.values()]
        times = {**rules.closing, "opens": opens, "closes": opens + rules.closing.voting}
        by_rule = {
            "turnout": {"quorum": share, "of": rules.electing.of} if share[0] and not asked.rule else None,
            "windows": {name: times[name] for name in asked.windows},
            "casting": rules.casting | ({"parts": 1} if asked.method in WHOLE else {}),
        }
        as_said = asked.rule in map(as_asked, rule) if asked.rule else self._can_be_elected()
        as_said &= by_rule.items() <= asked.items()
        changed = decode(effect.content) if effect and effect.act == "bylaws" else rules
        as_said &= fits(changed, "bylaws") and changed.admission == file.founding.bylaws.admission
        entitled = rules.proposing.by == "members" or self.seated.get(who, 0) > 0
        return bool(as_said and entitled and who in file.ever and file.approves(who, self.name))

    def _can_be_elected(self) -> bool:
        asked, rule, budget = self.asked, self.rules.electing, self.asked.budget
        methods = [one for one in rule.methods if one.startswith("budget-") == bool(budget)]
        good = not methods or asked.method.removesuffix("/1") in methods
        good &= len(asked.options) <= 200 or asked.method not in ALL_PAIRS
        if asked.fills and rule.longest_term is not None:
            good &= asked.fills.ends - asked.fills.starts <= rule.longest_term
        if budget:
            good &= max(budget.costs) <= budget.money
            good &= len(asked.options) * sum(self.seated.values()) <= 10_000
        return good

    def _stands(self) -> bool:
        file, roll, rule, everybody = self.file, self.roll, self.rules.sizes, {*self.panel, *self.seated}
        before, day = file.all["roll"].get(roll.previous, Fields(witnesses=[])), roll.sized
        # Where sizes count from a day of the year on, they stay until the next such day.
        same = rule.days and (before.get("sized"), before.get("bylaws")) == (day, roll.bylaws)
        then = {one.community: one.size for one in before.holders} if same else {}
        chosen = file.ever & {*rule.get("named", ())}
        few = len(everybody & chosen) < rule.witnesses
        for holder in roll.holders:
            stated = [(p, file.all["attestation"][p]) for p in holder.attestations]
            named = [one for p, one in stated if file.approves(one.attester, p)]
            by, who = {one.attester for one in named}, holder.community
            others = file.ever - {who} if few or who in then else set()
            entitled = by == {who} if rule.attesters == "itself" else by <= chosen | others
            sized = then.get(who, holder.size) == min(one.size for one in named) == holder.size
            about = {one.subject for one in named} == {who} and {len(by), len(stated)} == {rule.witnesses}
            if not (entitled and sized and about):
                return False
        timely = day is None and not rule.days
        if rule.days and day is not None:
            timely = day == 0 or (day % 86_400 == 0 and time.strftime("%m-%d", time.gmtime(day)) in rule.days)
        pinned = all(one.device in file.charters[one.community].devices for one in roll.witnesses)
        witnessed = [one.community for one in before.witnesses]
        turns = proving.turns(self.rules, file.federation, roll.version, witnessed, everybody)
        by_rule = {"ties": None, **self.rules.seats}.items() <= {"ties": None, **roll}.items()
        return timely and pinned and turns == [*self.panel] and everybody <= file.ever and by_rule

    def _covers(self, mandate: Fields) -> bool:
        opens, kind = self.asked.windows.opens, "yes-no" if self.asked.rule else "election"
        in_term = (mandate.since or 0) <= opens and (mandate.until is None or opens < mandate.until)
        return in_term and kind in (mandate.kinds or [kind]) and mandate.question in (None, self.name)

    def _valid(self, one: Record) -> Fields | None:
        """Return a ballot that holds by itself, with its mandate under `by` and its voice; else None."""
        ballot, asked, rule, file = one.said, self.asked, self.asked.rule, self.file
        seat = Fields(community=ballot.community, seat=ballot.seat)
        charter, most = file.charters[ballot.community], len(asked.options or CHOICES)
        try:
            parts = [read(part) for part in ballot.mandate]
            entry = read(ballot.entered) if ballot.entered is not None else None
        except REFUSED:
            return None
        named, mandate = parts[0].payload_id, parts[0].said
        alone = parts[0].kind == "mandate" and all(named in (p.payload_id, p.said.get("of")) for p in parts)
        if not (alone and charter.approves(named, proving.signers(parts)) and self._covers(mandate)):
            return None
        voice = {mandate.substitute: 2, mandate.holder: 0}.get(one.signer)
        if entry:  # Two different stewards entered the same from paper.
            said = {name: ballot[name] for name in ballot if name not in ("entered", "follows")}
            alike = entry.kind == "ballot-entry" and entry.said == {**said, "mandate": named}
            two = len({one.signer, entry.signer} & charter.stewards) == 2
            voice = 1 if alike and two and mandate.paper else None
        good: Any = voice is not None and {**seat, "federation": file.federation}.items() <= mandate.items()
        good &= ballot.roll == asked.roll and ballot.seat <= self.seated.get(ballot.community, 0)
        choices = [ballot.choice, *(portion.choice for portion in ballot.split)]
        good &= all(max(each, default=0) <= most and len({*each}) == len(each) for each in choices)
        good &= not ballot.split or sum(portion.parts for portion in ballot.split) == asked.casting.parts
        good &= max(map(len, choices)) <= 1 if rule else not ballot.reason
        if rule and rule.block_reasons and [len(CHOICES)] in choices:
            good &= ballot.reason.strip(" ") != ""
        if to := ballot.follows:
            good &= asked.casting.lending and not entry and seat != to
            good &= to.seat <= self.seated.get(to.community, 0)
        return Fields(ballot, id=one.id, by=Fields(mandate, id=named), voice=voice) if good else None

    def _heard(self, kind: str, **what: Any) -> dict[bytes, Fields]:
        """Return by record id what the devices that the roll names said for their witnesses."""
        about = [one for one in self.file.records if one.kind == kind and what.items() <= one.said.items()]
        return {one.id: one.said for one in about if one.signer == self.panel.get(one.said.witness)}

    def read(self) -> tuple[str, bytes, list[Any]]:
        """Return how far the papers brought it, the decision's id, and the count."""
        votes = [*self._heard("cut-vote", instance=digest("hedgerow/closing/1", self.name)).values()]
        votes *= self.file.in_chain(self.asked.roll, self.roll.version)
        values, told = agreed(votes, self.needed), self._count({*self.ballots, *self.mandates})
        if not values:
            backed = {(encode(one.value), one.witness) for one in votes if one.value}
            by = Counter(value for value, _ in backed)
            cuts = [decode(value).cut for value in by if by[value] > self.liars]
            return ("diverged" if len({*cuts}) < len(cuts) else "provisional", *told)
        value, seals, state = values[0], values[0].seals, "provisional"
        cut = self._cut(seals)
        if not seals:
            state = "withdrawn" if value.cut == digest("hedgerow/withdrawn/1", self.name) else "failed"
        elif cut and self.seed and {*cut[0]} <= self.ballots.keys() | self.mandates.keys():
            sure, name = self._count({*cut[0]}), digest("hedgerow/cut/1", self.name, seals, *cut)
            state = "diverged"
            if value == Fields(proposal=self.name, seals=seals, cut=name, result=sure[0]):
                state, told = self._reviewed(sure, cut), sure
        return (state if len(values) == 1 else "diverged", *told)

    def _count(self, inside: set[bytes]) -> tuple[bytes, list[Any]]:
        """Return the decision's id and the count of what is in a cut."""
        held = [one for key, one in self.ballots.items() if one and key in inside]
        given = [one for key, one in self.mandates.items() if key in inside and self._covers(one)]
        asked = Fields(self.asked, lot_seed=self.seed or self.asked.lot_seed)
        told, *parts = decide(asked, self.seated, held, given)
        counted = sha256(encode(told)).digest()
        return digest("hedgerow/decision/1", self.name, asked.roll, *parts, counted), told

    def _lot(self) -> bytes | None:
        """Return the seed of the draw that the witnesses let stand, None as long as they have not."""
        name, seed = self.name, b""
        for draw in range(1, len(self.panel) + 2):
            votes = self._heard("cut-vote", instance=digest("hedgerow/lot-call/1", name, draw)).values()
            values = agreed(votes, self.needed)
            if seed and values == [plain_value(name, digest("hedgerow/lot-stands/1", name, draw - 1, seed))]:
                return seed
            listed = values[0].seals if values else []
            bound = self._heard("lot-commit", question=name, draw=draw)
            called = {bound[one].witness: bound[one].commitment for one in listed if one in bound}
            call = plain_value(name, digest("hedgerow/lot-called/1", name, draw, listed), listed)
            if values != [call] or not self.needed <= len(called) == len(listed):
                return None
            shown = []
            for one in self._heard("lot-reveal", question=name, draw=draw).values():
                bound_to = digest("hedgerow/lot-commit/1", name, one.witness, draw, one.secret)
                shown += [[one.witness, one.secret]] * (called.get(one.witness) == bound_to)
            whole = len(shown) == len(called)
            seed = digest("hedgerow/lot-seed/1", name, draw, sorted(shown)) if whole else b""
        return None

    def _cut(self, named: list[bytes]) -> tuple[list[bytes], list[bytes]] | None:
        """Return what counts by some seals, and what is contested; None where one cannot be used."""
        sealed, given = self._heard("seal", proposal=self.name), self._heard("receipt", proposal=self.name)
        seals = [sealed[one] for one in named if one in sealed]
        receipts = {one for seal in seals for one in seal.receipts}
        whole = all(tree(seal.listed) == seal.root for seal in seals) and receipts <= given.keys()
        if not whole or not self.needed <= len(named) == len({seal.witness for seal in seals}):
            return None
        noted = {(one, given[receipt].witness) for receipt in receipts for one in given[receipt].listed}
        by = Counter(one for seal in seals for one in seal.listed) | Counter(one for one, _ in noted)
        counted = sorted(one for one, witnesses in by.items() if witnesses > self.liars)
        return counted, sorted(by.keys() - {*counted})

    def _reviewed(self, sure: tuple[bytes, list[Any]], cut: tuple[list[bytes], list[bytes]]) -> str:
        """Return where a certified decision stands, by the papers of its review."""
        asked, rule, file = self.asked, self.rules.review, self.file
        if asked.effect and asked.effect.act == "annul":
            return "in force"  # A review of reviews would never end.
        outcomes = [told[3] for told in (sure[1], self._count({*cut[0], *cut[1]})[1])]
        ours, other = ([said[0], *(option for option, _ in said[5])] for said in outcomes)
        about = Fields(proposal=self.name, result=sure[0])
        requests = [(p, s) for p, s in file.all["review-request"].items() if about.items() <= s.items()]
        asking = {s.community for p, s in requests if file.approves(s.community, p)}
        seated = {one for one in self.seated if self.seated[one]}
        asking &= {*self.seated, *self.panel, asked.proposer} if rule.asked_by == "members" else seated
        opened = ours != other or len(asking) >= rule.communities
        clear = {s.witness for s in self._heard("review-end", **about, requests=[], contested=False).values()}
        annul, since = {"act": "annul", "target": self.name}, asked.windows.closes + asked.windows.grace
        later = [(p, s) for p, s in file.all["proposal"].items() if s.windows.opens >= since]
        later = [(p, s) for p, s in later if not amends(asked.effect) or s.rule == asked.rule]
        said = {passed(file, p) for p, s in later if s.effect and annul.items() <= s.effect.items()}
        table = {
            "annulled": True in said,
            "upheld": False in said and opened,
            "in force": len(clear) >= self.needed or not (rule.stays or opened),
            "under review": opened,
            "certified": True,
        }
        return next(state for state, holds in table.items() if holds)


def amends(effect: Fields | None) -> bool:
    """Tell whether a question would change the federation itself."""
    return effect is not None and effect.act not in ("form", "budget", "annul")


def as_asked(passing: Fields) -> dict[str, Any]:
    """Return a rule of the bylaws as a question states it."""
    return passing | {name: [*passing[name].values()] for name in ("threshold", "quorum")}


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
