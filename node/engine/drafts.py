"""Drafts: what a command or an edit wants published, before it is salted and signed."""

from dataclasses import dataclass

from node.canonical import Value
from node.feeds.bodies import Kind
from node.ids import DocumentId
from node.records.record import Record


@dataclass(frozen=True, slots=True)
class Draft:
    """The content of one body."""

    kind: Kind
    content: Value
    document: DocumentId | None = None


def carry(record: Record) -> Draft:
    """Return the draft that carries a record."""
    return Draft(Kind.RECORD, record.raw)
