"""What a document type allows where: rules given as data, checked before a change touches a document.

A schema bounds the shape of a document, so that a reader never meets a map where it looks for text. It is
part of the verdict on a change, so the schema of a type never changes once it is released: a new shape is a
new type. Whether values make sense together is judged where they are read.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from node.crdt.operations import DELETE, Action, Scalar

# Stands for any one map key, and for every element of a list or text.
ANY: Final = "*"
# A key that a rule does not spell out is still no place for an essay.
KEY_CHARS_MAX: Final = 200
# Paths of which a schema remembers what may stand there: honest ones are few, a peer's keys without end.
_KNOWN_PATHS_MAX: Final = 4_096


class Kind(StrEnum):
    """What may stand at a place."""

    NULL = "null"
    BOOL = "bool"
    INT = "int"
    STR = "str"
    BYTES = "bytes"
    MAP = "map"
    LIST = "list"
    TEXT = "text"


_CONTAINERS: Final = {Action.MAKE_MAP: Kind.MAP, Action.MAKE_LIST: Kind.LIST, Action.MAKE_TEXT: Kind.TEXT}
_SCALARS: Final = {type(None): Kind.NULL, bool: Kind.BOOL, int: Kind.INT, str: Kind.STR, bytes: Kind.BYTES}


@dataclass(frozen=True, slots=True)
class Rule:
    """Say what may stand at the places that fit a pattern.

    Attributes:
        pattern: one part for each step from the root, such as ``("contacts", "*", "name")``.
        kinds: what may stand there.
        length_max: the longest text in characters, or bytes in bytes.
    """

    pattern: tuple[str, ...]
    kinds: frozenset[Kind]
    length_max: int = 0

    def fits(self, path: tuple[str, ...]) -> bool:
        """Tell whether a path is one of this rule's places."""
        return len(path) == len(self.pattern) and all(
            part in (ANY, step) for part, step in zip(self.pattern, path, strict=True)
        )


@dataclass(frozen=True, slots=True)
class DocumentSchema:
    """The rules of one document type; what no rule names is not allowed.

    The characters of a text are elements below it: ``("story",)`` allows the text, ``("story", "*")`` of kind
    STR its characters.
    """

    rules: tuple[Rule, ...]
    # What may stand at the paths met so far: for each kind the longest, None where nothing may.
    _known: dict[tuple[str, ...], dict[Kind, int] | None] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def _kinds_at(self, path: tuple[str, ...]) -> dict[Kind, int] | None:
        """Return the kinds that may stand at a path, each with the longest that any rule allows."""
        if any(len(step) > KEY_CHARS_MAX for step in path):
            return None
        fitting = [rule for rule in self.rules if rule.fits(path)]
        kinds = {
            kind: max(rule.length_max for rule in fitting if kind in rule.kinds)
            for kind in Kind
            if any(kind in rule.kinds for rule in fitting)
        }
        return kinds if fitting else None

    def allows(self, *, action: Action, path: tuple[str, ...], value: Scalar) -> bool:
        """Tell whether an operation may happen at a path (``*`` for an element of a list or text).

        Anything may be deleted where anything may stand.
        """
        try:
            kinds = self._known[path]
        except KeyError:
            kinds = self._kinds_at(path)
            if sum(map(len, path)) <= KEY_CHARS_MAX:
                if len(self._known) >= _KNOWN_PATHS_MAX:
                    self._known.clear()
                self._known[path] = kinds
        if kinds is None:
            return False
        if action is DELETE:
            return True
        kind = _CONTAINERS.get(action) or _SCALARS[type(value)]
        if kind not in kinds:
            return False
        return not isinstance(value, str | bytes) or len(value) <= kinds[kind]
