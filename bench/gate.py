"""How long the gate takes for a change: `python -m bench.gate --documents 500`.

Offers as people write them (eight fields, then two edits), judged one change at a time as live push brings
them, each followed by reading the document; and one document with thousands of changes. Processor time, the
best of several passes, because other programs share the machine.
"""

import argparse
import hashlib
import time
from collections.abc import Callable

from node.crdt import changes
from node.crdt.edits import Edit, Put
from node.crdt.gate import DocumentGate
from node.crdt.operations import Actor
from node.crdt.waiting import Offer
from node.directory.schemas import OFFER_SCHEMA

_PASSES = 7


def history(number: int) -> list[Offer]:
    """Return the three changes of one offer."""
    actor = Actor(hashlib.sha256(b"run %d" % number).digest())
    steps: list[list[Edit]] = [
        [
            Put(("kind",), "offer"),
            Put(("category",), "garden"),
            Put(("title",), {"und": f"offer {number} " + "t" * 50}),
            Put(("text",), {"und": f"body {number} " * 25}),
            Put(("quantity",), "3"),
            Put(("state",), "open"),
        ],
        [Put(("quantity",), "4"), Put(("title", "und"), f"edited {number}")],
        [Put(("quantity",), "5")],
    ]
    gate = DocumentGate(OFFER_SCHEMA)
    return [_written(gate, actor, edits) for edits in steps]


def _written(gate: DocumentGate, actor: Actor, edits: list[Edit]) -> Offer:
    raw = gate.change(actor=actor, edits=edits, time_s=1_790_000_000)
    assert raw is not None
    offer = Offer(raw, actor)
    assert len(gate.admit([offer]).admitted) == 1
    return offer


def _microseconds(work: Callable[[], None], count: int) -> float:
    """Return the processor time of one of `count` equal parts of some work."""
    best = float("inf")
    for _ in range(_PASSES):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best / count * 1_000_000


def main() -> None:
    """Measure and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--edits", type=int, default=2_000)
    wanted = parser.parse_args()
    histories = [history(number) for number in range(wanted.documents)]
    count = 3 * wanted.documents

    def decode() -> None:
        for offers in histories:
            for offer in offers:
                changes.decode(offer.raw)

    def judge(*, reading: bool) -> None:
        for offers in histories:
            gate = DocumentGate(OFFER_SCHEMA)
            for offer in offers:
                gate.admit([offer])
                if reading:
                    gate.read()

    def edit_one() -> None:
        gate = DocumentGate(OFFER_SCHEMA)
        actor = Actor(bytes(32))
        for number in range(wanted.edits):
            _written(gate, actor, [Put(("quantity",), str(number))])
            gate.read()

    print(f"decode a change                   {_microseconds(decode, count):7.1f} us")
    print(f"decode, judge, apply              {_microseconds(lambda: judge(reading=False), count):7.1f} us")
    print(f"and read the document each time   {_microseconds(lambda: judge(reading=True), count):7.1f} us")
    print(f"write, judge and read, one of {wanted.edits:,} {_microseconds(edit_one, wanted.edits):7.1f} us")


if __name__ == "__main__":
    main()
