"""A second reader of decision files, written from docs/ alone; it shares no line with the node.

`python -m tests.verifier.minimal council.hedgerow` prints result id, state and outcome by docs/closing.md.
"""

import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from tests.verifier.counting import choose, count, seats
from tests.verifier.proving import Fields, File, decode, digest, encode


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
