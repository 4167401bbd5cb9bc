"""A second reader of decision files, written from docs/ alone; it shares no line with the node.

`python -m tests.verifier.minimal council.hedgerow` prints result id, state and outcome by docs/closing.md.
"""

import sys
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from tests.verifier.counting import choose, count, loans, seats
from tests.verifier.proving import File, decode, digest, encode
from tests.verifier.shapes import Fields


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
    if (seated := {one["community"]: one["seats"] for one in roll["holders"]}) != seats(roll):
        return Verdict(valid=False)
    cast = [(one, one.statement("ballot")) for one in file.records.values()]
    named = [one for one, said in cast if said and said["proposal"] == file.proposal]
    ballots = {one.id: file.valid(one, proposal, seated) for one in named}
    mandates = {p: one for p, one in file.all("mandate") if file.approves(one["community"], p)}

    papers = Papers(file, proposal["roll"], roll)
    drawn = len(roll["witnesses"]) < 4 or proposal["rule"] is not None
    seed = proposal["lot_seed"] if drawn else papers.lot(file.proposal)
    proposal["lot_seed"] = seed or proposal["lot_seed"]

    def result(inside: Callable[[bytes], bool]) -> tuple[bytes, list[Any]]:
        held = [one for key, one in sorted(ballots.items()) if one and inside(key)]
        given = [one for key, one in mandates.items() if inside(key) and file.covers(one, proposal)]
        counted, void = choose(held, given)
        lent, idle = loans(counted, void, given, seated) if proposal["casting"]["lending"] else ([], 0)
        said = {one["id"]: one for one in counted}
        heard = [one for one in counted if one["choice"]] + [said[one] for *_, one in lent if one]
        told = count(proposal, heard, len(void) + idle, sum(seated.values()))
        parts = [file.proposal, proposal["roll"], [*said], lent, void]
        return digest("hedgerow/decision/1", *parts, sha256(encode(told)).digest()), told

    state, (name, told), values = "provisional", result(lambda _: True), papers.certified()
    if len(values) > 1 or (not values and papers.divided()):
        state = "diverged"
    elif values and not values[0]["seals"]:
        withdrawn = values[0]["cut"] == digest("hedgerow/withdrawn/1", file.proposal)
        state = "withdrawn" if withdrawn else "failed"
    elif values:
        cut = papers.cut(values[0]["seals"])
        if cut is not None and seed and all(one in ballots or one in mandates for one in cut[0]):
            sure, named_cut = result(set(cut[0]).__contains__), [file.proposal, values[0]["seals"], *cut]
            good = (digest("hedgerow/cut/1", *named_cut), sure[0]) == (values[0]["cut"], values[0]["result"])
            state, (name, told) = ("certified", sure) if good else ("diverged", (name, told))
    valid = not file.flawed and state in {"certified", "failed", "withdrawn"}
    return Verdict(valid, state, name, encode(told), told[3])


_DRAWING = ("lot-commit", "lot-reveal", "cut-vote")


class Papers:
    """What witnesses signed about a proposal."""

    def __init__(self, file: File, named: bytes, roll: Fields) -> None:
        panel = {one["community"]: one["device"] for one in roll["witnesses"]}
        self.liars, self.needed = quorum(file, len(panel))
        self.said: dict[str, dict[bytes, dict[str, Any]]] = {"receipt": {}, "seal": {}, "cut-vote": {}}
        subjects = {file.proposal, digest("hedgerow/closing/1", file.proposal)}
        for one in file.records.values():
            said = one.statement(one.kind) if one.kind in self.said else None
            subject = said.get("proposal", said.get("instance")) if said else None
            if said and subject in subjects and panel.get(said["witness"]) == one.signer:
                self.said[one.kind][one.id] = said
        if not in_chain(file, named, roll["version"]):
            self.said["cut-vote"] = {}
        self.heard = [one for one in file.records.values() if one.signer in panel.values()]
        self.panel = panel

    def lot(self, question: bytes) -> bytes | None:
        """Return the seed that the witnesses drew, None as long as they have not."""
        said = [(one, one.statement(one.kind)) for one in self.heard if one.kind in _DRAWING]
        own = [(one, s) for one, s in said if s and self.panel.get(s["witness"]) == one.signer]
        commits = {one.id: s for one, s in own if one.kind == "lot-commit" and s["question"] == question}
        seed = None
        for draw in range(1, len(self.panel) + 1):
            about = digest("hedgerow/lot-call/1", question, draw)
            values = agreed([s for _, s in own if s.get("instance") == about], self.needed)
            chosen = [commits.get(one) for one in (values[0]["seals"] if len(values) == 1 else ())]
            called = {s["witness"]: s["commitment"] for s in chosen if s and s["draw"] == draw}
            if not self.needed <= len(called) == len(chosen):
                return seed
            name = digest("hedgerow/lot-called/1", question, draw, values[0]["seals"])
            if (values[0]["proposal"], values[0]["cut"], values[0]["result"]) != (question, name, name):
                return seed
            shown = {}
            for _, s in own:
                if s.get("secret") and (s["question"], s["draw"]) == (question, draw):
                    bound = digest("hedgerow/lot-commit/1", question, s["witness"], draw, s["secret"])
                    if called.get(s["witness"]) == bound:
                        shown[s["witness"]] = s["secret"]
            drawn = [list(one) for one in sorted(shown.items())]
            seed = digest("hedgerow/lot-seed/1", question, draw, drawn) if len(shown) == len(called) else None
        return seed

    def certified(self) -> list[Any]:
        """Return the values a quorum committed to in one round."""
        return agreed(self.said["cut-vote"].values(), self.needed)

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


def quorum(file: File, witnesses: int) -> tuple[int, int]:
    """Return how many of so many witnesses may lie, and how many must agree."""
    liars = (witnesses - 1) // 3
    raised = min(file.rules["closing"]["agreeing"] or 0, witnesses - liars)
    return liars, max((witnesses + liars) // 2 + 1, raised)


def agreed(votes: Iterable[Fields], needed: int) -> list[Any]:
    """Return the values that so many committed to in one round."""
    voices: dict[bytes, set[bytes]] = {}
    for one in votes:
        if one["step"] == "com":
            voices.setdefault(encode([one["round"], one["value"]]), set()).add(one["witness"])
    return [
        decode(one) for one in sorted({encode(decode(k)[1]) for k, by in voices.items() if len(by) >= needed})
    ]


def in_chain(file: File, named: bytes, version: int) -> bool:
    """Tell whether a roll is that of its version in the chain of rolls that begins with the founding."""
    assert file.founding is not None
    rolls, before, panel = dict(file.all("roll")), file.federation, file.founding["founders"][:31]
    cast = [(one.signer, said) for one in file.records.values() if (said := one.statement("cut-vote"))]
    for number in range(1, version + 1):
        instance = digest("hedgerow/subject/1", file.federation, "roll", number, 0)
        about = [(key, one) for key, one in cast if one["instance"] == instance and one["witness"] in panel]
        heard = [one for key, one in about if key in file.devices.get(one["witness"], ())]
        values = agreed(heard, quorum(file, len(panel))[1])
        name = values[0]["proposal"] if len(values) == 1 else b""
        sealed = digest("hedgerow/roll-value/1", name)
        if values != [{"proposal": name, "seals": [], "cut": sealed, "result": sealed}] or name not in rolls:
            return False
        if (rolls[name]["version"], rolls[name]["previous"]) != (number, before):
            return False
        before, panel = name, [one["community"] for one in rolls[name]["witnesses"]]
    return before == named


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
