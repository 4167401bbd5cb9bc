"""Documents as plain trees: how one is read leniently, how an edit is made small.

A tree is what a materialised document is: dictionaries with text keys, and text, whole numbers or truth
values as leaves. Sets of words (tags, languages, addresses on the web) are dictionaries `{word: true}`: two
people who add different words at the same time both keep theirs, which a list put as a whole would not allow.

Refuses to own who may edit, and the bytes of a change (node/crdt).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from node.crdt.edits import Delete, Edit, Put
from node.crdt.schema import DocumentSchema

Path: TypeAlias = tuple[str, ...]


def edits(old: Mapping[str, object], new: Mapping[str, object], *, schema: DocumentSchema) -> list[Edit]:
    """List the fewest edits that lead from the old tree to the new, in path order.

    What stands in the old tree outside the schema is left as it is. A map that is
    missing is put empty first, so that the edits can be carried out one by one.
    """
    return list(_edits(old, new, (), schema))


def _edits(
    old: Mapping[str, object], new: Mapping[str, object], at: Path, schema: DocumentSchema
) -> Iterator[Edit]:
    for key in sorted(old.keys() | new.keys()):
        path = (*at, key)
        before, after = old.get(key), new.get(key)
        if key not in new:
            if any(rule.fits(path) for rule in schema.rules):
                yield Delete(path)
        elif isinstance(after, Mapping):
            if not isinstance(before, Mapping):
                yield Put(path, {})
                before = {}
            yield from _edits(before, after, path, schema)
        elif isinstance(after, str | int) and (type(before) is not type(after) or before != after):
            yield Put(path, after)


@dataclass(slots=True)
class TreeReader:
    """Read a tree that a peer's document holds: what is not as expected is noted and never raises.

    `problems` are sentences for people; `unread` keeps the path and a short text of each value left aside.
    """

    tree: object
    problems: list[str] = field(default_factory=list)
    unread: list[tuple[Path, str]] = field(default_factory=list)

    def text(self, *path: str, clean: Callable[[str], str], chars_max: int) -> str:
        """Read one text, cleaned; "" when it is absent or not usable."""
        value = self._value(path)
        return "" if value is None else self._text(path, value, clean=clean, chars_max=chars_max)

    def checked(self, *path: str, is_valid: Callable[[str], bool], expected: str) -> str | None:
        """Read one text that must be as `is_valid` says; None when it is absent or not so."""
        value = self._value(path)
        if isinstance(value, str) and is_valid(value):
            return value
        if value is not None:
            self._leave(path, value, f"expected {expected}")
        return None

    def integer(self, *path: str, smallest: int, largest: int) -> int | None:
        """Read one whole number within bounds."""
        value = self._value(path)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and smallest <= value <= largest:
            return value
        self._leave(path, value, f"expected a whole number from {smallest} to {largest}")
        return None

    def choice(self, *path: str, allowed: tuple[str, ...], otherwise: str) -> str:
        """Read one word of a closed list; anything else, or nothing, reads as `otherwise`."""
        value = self._value(path)
        if isinstance(value, str) and value in allowed:
            return value
        if value is not None:
            self._leave(path, value, f"expected one of {', '.join(allowed)}")
        return otherwise

    def texts(
        self,
        *path: str,
        is_key: Callable[[str], bool],
        clean: Callable[[str], str],
        chars_max: int,
        count_max: int,
    ) -> dict[str, str]:
        """Read a map of texts, such as language to text; empty texts are passed over."""
        found: dict[str, str] = {}
        for key, value in self._entries(path):
            if not is_key(key):
                self._leave((*path, key), value, "the key is not one this map may hold")
            elif len(found) >= count_max:
                self._leave((*path, key), value, f"more than {count_max} entries")
            elif text := self._text((*path, key), value, clean=clean, chars_max=chars_max):
                found[key] = text
        return found

    def words(
        self, *path: str, is_word: Callable[[str], bool], clean: Callable[[str], str], count_max: int
    ) -> tuple[str, ...]:
        """Read a set of words kept as `{word: true}`, sorted."""
        found: set[str] = set()
        for key, value in self._entries(path):
            word = clean(key)
            if value is not True:
                self._leave((*path, key), value, "expected true beside a word of a set")
            elif not is_word(word):
                self._leave((*path, key), value, "not a word this set may hold")
            elif len(found) >= count_max:
                self._leave((*path, key), value, f"more than {count_max} entries")
            else:
                found.add(word)
        return tuple(sorted(found))

    def others(self, known: frozenset[str], *path: str) -> None:
        """Note every key under the path that this version does not know."""
        for key, value in self._entries(path):
            if key not in known:
                self.unread.append(((*path, key), _short(value)))

    def reject(self, *path: str, expected: str) -> None:
        """Leave aside the value at the path, saying what was expected there."""
        self._leave(path, self._value(path), f"expected {expected}")

    def _value(self, path: Path) -> object:
        value: object = self.tree
        for key in path:
            if not isinstance(value, Mapping):
                return None
            value = value.get(key)
        return value

    def _entries(self, path: Path) -> list[tuple[str, object]]:
        value = self._value(path)
        if value is None:
            return []
        if not isinstance(value, Mapping):
            self._leave(path, value, "expected a map")
            return []
        return sorted((key, entry) for key, entry in value.items() if isinstance(key, str))

    def _text(self, path: Path, value: object, *, clean: Callable[[str], str], chars_max: int) -> str:
        if not isinstance(value, str):
            self._leave(path, value, "expected text")
            return ""
        cleaned = clean(value)
        if len(cleaned) > chars_max:
            self._leave(path, value, f"expected at most {chars_max} characters, found {len(cleaned)}")
            return ""
        if cleaned != value:
            self.problems.append(f"{_show(path)}: hidden characters or spaces are not shown")
        return cleaned

    def _leave(self, path: Path, value: object, reason: str) -> None:
        self.problems.append(f"{_show(path)}: {reason}")
        self.unread.append((path, _short(value)))


def _show(path: Path) -> str:
    return ".".join(part.encode("utf-8", "replace").decode()[:80] for part in path)


# Enough to recognise a value in a list of what could not be read.
_SHORT_CHARS = 200


def _short(value: object) -> str:
    text = value if isinstance(value, str) else type(value).__name__
    if isinstance(value, bool | int) and abs(value) < 2**63:
        text = str(value)
    return text.encode("utf-8", "replace").decode()[:_SHORT_CHARS]
