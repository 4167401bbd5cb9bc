"""Straight histories: documents whose changes follow one another, and that hold values under keys of maps.

Nearly every document is one: a card that one person edits, or several one after the other. Each change then
builds on the one before and so on all, and each place holds one value or none; what `history.py` asks of
closures and concurrent values follows from the latest state. A straight history says yes or nothing: what it
admits `History.check` would admit, to the same effect (tests/crdt/test_straight.py); of anything else it says
nothing, and the gate makes the history from the changes and judges by that.
"""

from collections.abc import Collection
from typing import Final

from node.crdt.changes import ChangeHash
from node.crdt.edits import Tree
from node.crdt.history import DOCUMENT_DEPTH_MAX, Schema
from node.crdt.operations import DELETE, MAKE_MAP, SET, Action, Actor
from node.crdt.straight_reading import Named, Plain, read
from node.crdt.verdicts import Admitted
from node.limits import DOCUMENT_CHANGES_MAX


class StraightMap:
    """One map of a document: under each key what stands there, and the operation that wrote it.

    Args:
        path: the steps to it from the root.
        name: the operation that made it, None for the root.
    """

    __slots__ = ("id", "ids", "path", "values")

    def __init__(self, path: tuple[str, ...], name: Named | None) -> None:
        self.path = path
        self.id = name
        self.ids: dict[str, Named] = {}
        self.values: dict[str, Tree | StraightMap] = {}

    def read(self) -> Tree:
        """Return what a reader sees."""
        values = self.values
        return {
            key: one.read() if isinstance(one := values[key], StraightMap) else one for key in sorted(values)
        }


class StraightHistory:
    """The admitted changes of one document, as long as each follows the one before.

    Once `follow` has returned None, nothing but `raws` may be asked for: the document goes on otherwise.
    """

    __slots__ = (
        "_last",
        "_maps",
        "head",
        "operations_count",
        "raws",
        "root",
        "schema",
    )

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        # The changes in order, from which a history can be made.
        self.raws: list[bytes] = []
        self.head: ChangeHash | None = None
        # Counters run from 1 without gaps, so this is the last one too.
        self.operations_count = 0
        # Of each author the number and name of its last change.
        self._last: dict[Actor, tuple[int, ChangeHash]] = {}
        self.root = StraightMap((), None)
        self._maps: dict[Named, StraightMap] = {}

    def follow(self, raw: bytes, actors: Collection[bytes], *, plain: Plain | None = None) -> Admitted | None:
        """Admit a change of one of these actors if it certainly counts, and let it take effect.

        Args:
            raw: the change.
            actors: whose it may be.
            plain: what was read of these very bytes, where they have been read.
        """
        plain = plain or read(raw)
        if plain is None or len(self.raws) >= DOCUMENT_CHANGES_MAX:
            return None
        author = plain.actor
        # docs/changes.md, section 4, rules 2 to 5.
        if author not in actors or plain.start != self.operations_count + 1:
            return None
        seq, last = self._last.get(author, (0, None))
        if plain.seq != seq + 1 or plain.dependencies != self._below(last) or not self._act(plain):
            return None
        self.raws.append(raw)
        self.head = plain.name
        self.operations_count += len(plain.keys)
        self._last[author] = plain.seq, plain.name
        return Admitted(plain.name, author, len(plain.keys))

    def read(self) -> dict[str, Tree]:
        """Return what a reader sees of the document."""
        tree = self.root.read()
        assert isinstance(tree, dict)
        return tree

    def next_of(self, actor: Actor) -> tuple[int, tuple[ChangeHash, ...]]:
        """Return the number of an actor's next change, and what it builds on."""
        seq, last = self._last.get(actor, (0, None))
        return seq + 1, self._below(last)

    def _below(self, last: ChangeHash | None) -> tuple[ChangeHash, ...]:
        """Return what an author's next change names: the latest change, and its own last one."""
        head = self.head
        if head is None:
            return ()
        return (head,) if last is None or last == head else (min(head, last), max(head, last))

    def _act(self, plain: Plain) -> bool:
        """Let the operations of a change take effect; False when one is not certainly allowed."""
        allows, maps, counter, author = self.schema.allows, self._maps, plain.start, plain.actor
        for key, number, value, target, replaced in zip(
            plain.keys, plain.actions, plain.values, plain.objects, plain.predecessors, strict=True
        ):
            inside = self.root if target is None else maps.get(target)
            # Rules 6 and 10: the map is known, and what stands at the place is what is replaced.
            if inside is None or inside.ids.get(key) != replaced:
                return False
            action, path = _ACTIONS.get(number), (*inside.path, key)
            if action is None or len(path) > DOCUMENT_DEPTH_MAX:
                return False
            if not allows(action=action, path=path, value=value):
                return False
            name = (counter, author)
            counter += 1
            if action is DELETE:
                if replaced is None:
                    return False
                del inside.ids[key], inside.values[key]
                continue
            inside.ids[key] = name
            if action is SET:
                inside.values[key] = value
            else:
                inside.values[key] = maps[name] = StraightMap(path, name)
        return True


_ACTIONS: Final[dict[int | None, Action]] = {int(action): action for action in (MAKE_MAP, SET, DELETE)}
