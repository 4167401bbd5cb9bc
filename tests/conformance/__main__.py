"""Hold our changes against Automerge as its makers ship it: `python -m tests.conformance --histories 300`.

Needs Node.js 20 and `npm install` in this folder (`make conformance` does both). Half of the histories are
written by our gates and read in JavaScript, half are written in JavaScript and read by our gate: each must
read the same on both sides, name the same heads, and be spelled as our codec would spell it.
"""

import argparse
import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

from node.crdt import changes
from node.crdt.gate import DocumentGate
from node.crdt.waiting import Offer
from tests.crdt.foreign_documents import changes_in, inflated, respelled
from tests.crdt.histories import AnySchema, gated_history
from tests.crdt.test_conformance_states import SAME

FOLDER = Path(__file__).resolve().parent
DOCUMENTS = FOLDER.parents[2] / "shared" / "data" / "automerge"
_EXACT_MAX = 2**53


class Javascript:
    """The other side, in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", "automerge.mjs"], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, **question: Any) -> Any:
        """Return the answer to one question."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def spelled(tree: Any) -> Any:
    """Return a tree as it comes from JavaScript: bytes marked, integers as doubles where they are large."""
    if isinstance(tree, dict):
        return {key: spelled(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [spelled(value) for value in tree]
    if isinstance(tree, bytes):
        return {"$bytes": tree.hex()}
    if type(tree) is int and abs(tree) > _EXACT_MAX:
        return float(tree)
    return tree


def admitted(offers: list[Offer]) -> DocumentGate:
    """Return a gate that has admitted all of these, none of them spelled in another way than ours."""
    gate = DocumentGate(AnySchema())
    for it in offers:
        assert changes.encode(changes.decode(it.raw)) == it.raw
    outcome = gate.admit(offers)
    assert len(outcome.admitted) == len(offers), outcome.judged
    return gate


def same(gate: DocumentGate, answer: Any) -> bool:
    """Tell whether both sides name the same heads and read the same, types included."""
    ours = [name.hex() for name in gate.heads], json.dumps(spelled(gate.read()), sort_keys=True)
    return ours == (answer["heads"], json.dumps(spelled(answer["tree"]), sort_keys=True))


def documents_differ(javascript: Javascript) -> list[str]:
    """Return which documents of Automerge's makers JavaScript reads otherwise than we do.

    JavaScript does not tell 5.0 from 5, so what is a floating-point number there becomes one here again.
    """
    different = []
    for name in SAME:
        raw = (DOCUMENTS / name).read_bytes()
        offers, old_names = respelled(changes_in(raw), floats=True)
        gate = admitted(offers)
        answer = javascript.ask(load=raw.hex())
        ours = [old_names[head].hex() for head in gate.heads], _floating(gate.read())
        if (sorted(ours[0]), ours[1]) != (answer["heads"], answer["tree"]):
            different.append(name)
    return different


def _floating(tree: Any) -> Any:
    """Return a tree in which bytes are floating-point numbers: these documents hold no other bytes."""
    if isinstance(tree, dict):
        return {key: _floating(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_floating(value) for value in tree]
    return struct.unpack("<d", tree)[0] if isinstance(tree, bytes) else tree


def main() -> int:
    """Compare histories until one differs, then the documents of Automerge's makers if at hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=300)
    parser.add_argument("--steps", type=int, default=60)
    wanted = parser.parse_args()
    javascript = Javascript()
    counted = 0
    for seed in range(wanted.histories // 2):
        ours = gated_history(seed, wanted.steps)
        if not same(admitted(ours), javascript.ask(apply=[it.raw.hex() for it in ours])):
            sys.stderr.write(f"seed={seed}: JavaScript reads our history otherwise\n")
            return 1
        answer = javascript.ask(write=seed, steps=wanted.steps)
        raws = [inflated(bytes.fromhex(it)) for it in answer["changes"]]
        if not same(admitted([Offer(raw, changes.actor_of(raw)) for raw in raws]), answer):
            sys.stderr.write(f"seed={seed}: we read JavaScript's history otherwise\n")
            return 1
        counted += len(ours) + len(raws)
    different = documents_differ(javascript) if DOCUMENTS.is_dir() else []
    javascript.close()
    if different:
        sys.stderr.write(f"JavaScript reads otherwise: {', '.join(different)}\n")
        return 1
    print(f"{len(SAME) if DOCUMENTS.is_dir() else 'no'} documents of Automerge's makers read the same")
    print(f"{wanted.histories} histories of {counted:,} changes read the same on both sides")
    return 0


if __name__ == "__main__":
    sys.exit(main())
