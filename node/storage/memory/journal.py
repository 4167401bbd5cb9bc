"""The undo log of the store in memory: what each write replaced, so that a rollback costs no more."""

from typing import Any, Final, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_InnerKey = TypeVar("_InnerKey")
_ABSENT: Final = object()


class Journal:
    """Write into dictionaries and remember what was there before.

    Dictionaries written through a journal must not be changed in any other way. A rollback may change the
    order of their keys, so whoever reads them sorts.
    """

    __slots__ = ("_undo",)

    def __init__(self) -> None:
        # Dictionaries of every kind; what comes out of here goes back where it came from and nowhere else.
        self._undo: list[tuple[dict[Any, Any], object, object]] = []

    def put(self, into: dict[_Key, _Value], key: _Key, value: _Value) -> None:
        """Write one value."""
        self._undo.append((into, key, into.get(key, _ABSENT)))
        into[key] = value

    def remove(self, out_of: dict[_Key, _Value], key: _Key) -> None:
        """Take one value out; nothing happens when it is not there."""
        if key in out_of:
            self._undo.append((out_of, key, out_of.pop(key)))

    def clear(self, emptied: dict[_Key, _Value]) -> None:
        """Take all values out."""
        for key in list(emptied):
            self.remove(emptied, key)

    def within(self, into: dict[_Key, dict[_InnerKey, _Value]], key: _Key) -> dict[_InnerKey, _Value]:
        """Return the dictionary at a key, put there empty if need be."""
        found = into.get(key)
        if found is None:
            found = {}
            self.put(into, key, found)
        return found

    def commit(self) -> None:
        """Keep every write for good."""
        self._undo.clear()

    def rollback(self) -> None:
        """Undo every write since the last commit, the newest first."""
        while self._undo:
            changed, key, before = self._undo.pop()
            if before is _ABSENT:
                changed.pop(key, None)
            else:
                changed[key] = before
