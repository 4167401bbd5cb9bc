"""Edits: what a command asks of a document, as plain data.

A path walks from the document's root through map keys (text) and places in lists (integers). An edit names
what it wants, not how: `document.py` turns a list of edits into one change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from node.crdt.operations import Scalar

Path: TypeAlias = tuple[str | int, ...]
# What a document holds, and what may be written into it: trees of maps, lists and plain values.
Tree: TypeAlias = Scalar | Mapping[str, "Tree"] | Sequence["Tree"]


@dataclass(frozen=True, slots=True)
class Put:
    """Write a value at a map key or over a list element; a map or list replaces what stood there."""

    path: Path
    value: Tree


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a map key or a list element."""

    path: Path


@dataclass(frozen=True, slots=True)
class Insert:
    """Add a value to the list at `path`, before the element that now stands at `index` (or at the end)."""

    path: Path
    index: int
    value: Tree


Edit: TypeAlias = Put | Delete | Insert
