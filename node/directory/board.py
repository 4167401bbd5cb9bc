"""A federation's notice board: one document that all its members write, each note under a key of its own.

Its genesis follows from the federation, so any member may begin it and all mean the same document. Notes
stand at the root: two members who begin the board at the same time both keep theirs, which notes inside a map
that both of them make would not allow.
"""

import re
from collections.abc import Mapping
from typing import Final

from node.crdt.schema import ANY, DocumentSchema, Kind, Rule

BOARD_TYPE: Final = "board"
NOTE_CHARS_MAX: Final = 2_000
NOTE_KEY_BYTES: Final = 16
_NOTE_KEY: Final = re.compile(rf"[0-9a-f]{{{2 * NOTE_KEY_BYTES}}}", re.ASCII)

BOARD_SCHEMA: Final = DocumentSchema((Rule((ANY,), frozenset({Kind.STR}), NOTE_CHARS_MAX),))


def notes(tree: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the notes with their keys, sorted by key.

    Under a key of another form nothing is a note: a member could choose one that spells the id of a
    neighbour's offer, and a steward who wants the note out of sight would hide the offer.
    """
    return sorted(
        (key, note)
        for key, note in tree.items()
        if isinstance(note, str) and note and _NOTE_KEY.fullmatch(key)
    )
