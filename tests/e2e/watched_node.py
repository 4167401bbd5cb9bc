"""Run `hedgerow`, and write down each change that it admits into a document: `… FILE ARGUMENTS…`.

Not a test: a program for one. Whoever reads the file sees by the honest changes in it that the watch was on.
"""

import sys
from collections.abc import Collection, Iterable
from pathlib import Path

from node.cli import main
from node.crdt.gate import DocumentGate, Outcome
from node.crdt.verdicts import Admitted
from node.crdt.waiting import Offer


def watch(file: Path) -> None:
    """Note the bytes of every change that a gate admits, a line each."""
    admit, follow = DocumentGate.admit, DocumentGate.follow
    noted: set[bytes] = set()

    def note(raw: bytes) -> None:
        if raw not in noted:
            noted.add(raw)
            with file.open("a", encoding="ascii") as handle:
                handle.write(f"change {raw.hex()}\n")

    def followed(self: DocumentGate, raw: bytes, actors: Collection[bytes]) -> Admitted | None:
        verdict = follow(self, raw, actors)
        if verdict is not None:
            note(raw)
        return verdict

    def watched(self: DocumentGate, offers: Iterable[Offer]) -> Outcome:
        outcome = admit(self, offers)
        for judged in outcome.judged:
            if isinstance(judged.verdict, Admitted):
                note(judged.offer.raw)
        return outcome

    DocumentGate.admit = watched  # type: ignore[method-assign]  # the watch
    DocumentGate.follow = followed  # type: ignore[method-assign]  # the watch


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
    sys.exit(main.run(sys.argv[2:]))
