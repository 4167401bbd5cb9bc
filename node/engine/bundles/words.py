"""What entries of a bundle say, in a few words, before anybody takes them in."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from node.crdt import changes, genesis
from node.crdt.operations import MAKE_MAP, SET, Operation
from node.directory import plain_text
from node.directory.schemas import OFFER_TYPE, PROFILE_TYPE
from node.engine.ports import Store
from node.engine.replicas.documents import read_tree
from node.engine.retelling import retell
from node.errors import NodeError
from node.feeds import bodies
from node.feeds.bodies import Body, Kind
from node.feeds.entry import Entry
from node.governance.proposals import Proposal
from node.limits import NAME_CHARS_MAX
from node.records import record

# Titles told of one part; a person reads some, and the rest are numbers.
_TITLES_MAX: Final = 20
_NAMED: Final = frozenset({"name", "title"})
_WHAT: Final = {PROFILE_TYPE: "listing", OFFER_TYPE: "offer"}


@dataclass(slots=True)
class Words:
    """What new entries say.

    Attributes:
        sentences: how many say the same.
        titles: of listings, offers and questions: what it is, and its title.
    """

    store: Store
    sentences: Counter[str] = field(default_factory=Counter)
    titles: list[tuple[str, str]] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Note what a further entry says; what cannot be read counts as that."""
        if entry.body is None:
            self.sentences[retell(entry)] += 1
            return
        try:
            body = bodies.decode(entry.body)
            title = self._title(body) if len(self.titles) < _TITLES_MAX else None
            if body.kind is Kind.RECORD and isinstance(body.content, bytes):
                record.read(body.content)
            self.sentences[retell(entry)] += 1
        except NodeError:
            self.sentences["something that cannot be read"] += 1
        else:
            if title is not None and title not in self.titles:
                self.titles.append(title)

    def _title(self, body: Body) -> tuple[str, str] | None:
        """Return what a body puts up and how it is called, None for what has no title."""
        if body.kind is Kind.RECORD:
            found = record.read(body.content) if isinstance(body.content, bytes) else None
            return ("question", Proposal.read(found).title) if found and found.kind == Proposal.kind else None
        brought = bodies.changes_of(body)
        if brought is None or body.document is None:
            return None
        row = self.store.documents.get(body.document)
        operations = [step for raw in brought.raw_changes for step in changes.decode(raw).operations]
        title = _written(operations)
        if row is not None:
            return (_WHAT[row.type], title or _written_before(read_tree(row))) if row.type in _WHAT else None
        kind = genesis.decode(bodies.genesis_of(body)).type if body.kind is Kind.GENESIS else PROFILE_TYPE
        return (_WHAT[kind], title) if title and kind in _WHAT else None


def _written(operations: Iterable[Operation]) -> str:
    """Return the last name or title that operations write."""
    places = set()
    title = ""
    for step in operations:
        if step.action == MAKE_MAP and step.object is None and step.key in _NAMED:
            places.add(step.id)
        elif step.action == SET and step.object in places and isinstance(step.value, str):
            title = step.value
    return plain_text.line(title)[:NAME_CHARS_MAX]


def _written_before(tree: dict[str, object]) -> str:
    """Return a name or title that a document bears already."""
    for key in sorted(_NAMED):
        words = tree.get(key)
        texts = [text for text in words.values() if isinstance(text, str)] if isinstance(words, dict) else []
        if texts:
            return texts[0][:NAME_CHARS_MAX]
    return ""
