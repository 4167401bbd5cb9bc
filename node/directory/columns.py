"""A profile as flat columns, named as others name them: the one table that exports and their re-import share.

`name:de` and `addr:city` are the spellings of OpenStreetMap, which map programs show and which our importer
guesses too. Owns the columns' names and the spelling of a set in one cell.
"""

import re
from collections.abc import Mapping
from typing import Final

from node.directory import forms
from node.directory.language_tags import UNKNOWN_LANGUAGE
from node.directory.profile import Profile, ProfileReading, from_tree, to_tree

# A text, a whole number or a set of words.
Cell = str | int | list[str]

# The first column, and a property, of every export: by it the importer knows its own.
ID_COLUMN: Final = "hedgerow_id"
COMMUNITY_COLUMN: Final = "hedgerow_community"

SET_COLUMNS: Final = ("urls", "tags", "languages", "flags")
_PLAIN: Final = ("kind", "email", "phone", "succeeds", "confirmed_at")
_RENAMED: Final = {
    "addr:country": ("country",),
    **{f"addr:{part}": ("address", part) for part in forms.ADDRESS_PARTS},
    **{f"subject:{part}": ("subject", part) for part in forms.SUBJECT_PARTS},
    **{name: (name,) for name in _PLAIN},
}
_PATH_TO_COLUMN: Final = {path: column for column, path in _RENAMED.items()}
_LANGUAGE_MAPS: Final = ("name", "description", "title", "text")
_EXTRA_PREFIX: Final = "extra:"


def to_columns(profile: Profile) -> dict[str, Cell]:
    """Write the profile as columns, without its location; empty ones are left out."""
    return tree_to_columns(to_tree(profile))


def tree_to_columns(tree: Mapping[str, object]) -> dict[str, Cell]:
    """Write a profile's or an offer's tree as columns, without its location."""
    columns: dict[str, Cell] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            if key in SET_COLUMNS:
                columns[key] = sorted(value)
            else:
                columns |= {_column(key, inner): text for inner, text in value.items()}
        elif isinstance(value, str | int) and key != "location":
            columns[_PATH_TO_COLUMN.get((key,), key)] = value
    return {column: cell for column, cell in columns.items() if cell not in ("", [])}


def _column(key: str, inner: str) -> str:
    if key in _LANGUAGE_MAPS:
        return key if inner == UNKNOWN_LANGUAGE else f"{key}:{inner}"
    if key == "extra":
        return _EXTRA_PREFIX + inner
    return _PATH_TO_COLUMN[key, inner]


def read_columns(columns: Mapping[str, object], *, location: str | None) -> ProfileReading:
    """Read what `to_columns` wrote, and whatever else stands there, as leniently as a document.

    Args:
        columns: each a text, a whole number or a list of texts.
        location: as a document's tree holds it, "lat_e7,lon_e7".
    """
    tree: dict[str, object] = {} if location is None else {"location": location}
    for column, cell in columns.items():
        if column not in (ID_COLUMN, COMMUNITY_COLUMN):
            _place(tree, column, cell)
    return from_tree(tree)


def _place(tree: dict[str, object], column: str, cell: object) -> None:
    key, colon, language = column.partition(":")
    if column in _RENAMED:
        *above, last = _RENAMED[column]
        _map_in(tree, above)[last] = _number(cell) if column == "confirmed_at" else cell
    elif column in SET_COLUMNS:
        words = cell if isinstance(cell, list) else split_set(str(cell))
        tree[column] = {word: True for word in words if isinstance(word, str)}
    elif column.startswith(_EXTRA_PREFIX):
        _map_in(tree, ["extra"])[column.removeprefix(_EXTRA_PREFIX)] = cell
    elif key in ("name", "description"):
        _map_in(tree, [key])[language if colon else UNKNOWN_LANGUAGE] = cell
    else:
        tree[column] = cell


def _map_in(tree: dict[str, object], above: list[str]) -> dict[str, object]:
    for key in above:
        inner = tree.setdefault(key, {})
        assert isinstance(inner, dict), "the columns name every map by its entries"
        tree = inner
    return tree


def _number(cell: object) -> object:
    return int(cell) if isinstance(cell, str) and re.fullmatch(r"[0-9]{1,9}", cell) else cell


def join_set(words: list[str]) -> str:
    r"""Write a set in one cell: separated by `;`, with `\` before a `;` or `\` that belongs to a word."""
    return ";".join(word.replace("\\", "\\\\").replace(";", "\\;") for word in words)


def split_set(cell: str) -> list[str]:
    """Read what `join_set` wrote."""
    words = re.findall(r"(?:[^;\\]|\\.|\\$)+", cell, re.DOTALL)
    return [re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL) for word in words]
