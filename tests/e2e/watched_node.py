"""Run `hedgerow`, and write down each change that is handed to the Automerge extension: `… FILE ARGUMENTS…`.

Not a test: a program for one. Documents that the node itself saved are noted too, under another word, so
that whoever reads the file sees that the watch was on.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from node.cli import main
from node.crdt.document import Document
from node.crdt.operations import Actor


def watch(file: Path) -> None:
    """Note the bytes of every change and saved document on their way into the extension, a line each."""
    apply, load = Document.apply, Document.load

    def note(word: str, raw: bytes) -> None:
        with file.open("a", encoding="ascii") as handle:
            handle.write(f"{word} {raw.hex()}\n")

    def watched_apply(self: Document, raws: Sequence[bytes]) -> Document:
        for raw in raws:
            note("change", raw)
        return apply(self, raws)

    def watched_load(saved: bytes, actor: Actor) -> Document:
        note("saved", saved)
        return load(saved, actor)

    Document.apply = watched_apply  # type: ignore[method-assign]  # the watch
    Document.load = staticmethod(watched_load)  # type: ignore[method-assign]  # the watch


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
    sys.exit(main.run(sys.argv[2:]))
