"""Commands about items: the cards that the members of a federation keep together."""

from node import ids
from node.crdt.edits import Delete, Edit, Put
from node.directory import item
from node.directory.item import ITEM_TYPE
from node.engine.commands import KeepItems, ListItems
from node.engine.commands.items import ItemEdit
from node.engine.desk import Answer, Desk, Done
from node.engine.drafts import Draft
from node.engine.replicas.documents import read_tree
from node.errors import ConflictError
from node.feeds import scopes
from node.ids import CommunityId


def keep_items(command: KeepItems, desk: Desk) -> Done:
    """Begin or change cards."""
    if len({one.key for one in command.items}) < len(command.items):
        raise ConflictError("expected each card once, found one named twice: put its fields together")
    founded = desk.member_of(command.federation).founding
    federation, owner = founded.federation, CommunityId(founded.founders[0])
    drafts: list[Draft] = []
    kept = []
    for one in command.items:
        founding = item.founding(federation, owner, one.key)
        document, written = desk.documents.keep(founding, _edits(one), desk.now)
        drafts += written
        kept.append({"key": one.key, "id": ids.show(document)})
    scope = scopes.members(federation)
    answer: Answer = {"federation": ids.show(federation), "items": kept}
    return Done(answer, publish=((scope, tuple(drafts)),))


def list_items(command: ListItems, desk: Desk) -> Done:
    """Show the cards held here."""
    scope = scopes.members(desk.federation(command.federation).founding.federation)
    held = [
        (row.id, item.fields(read_tree(row)))
        for row in desk.store.documents.of_type(ITEM_TYPE)
        if row.scope == scope
    ]
    return Done(
        {
            "items": [
                {"id": ids.show(document), "fields": fields}
                for document, fields in held
                if command.kind is None or fields.get("kind") == command.kind
            ]
        }
    )


def _edits(one: ItemEdit) -> list[Edit]:
    """Return the edits in the order of the fields' names."""
    return [
        Put((name,), value) if value is not None else Delete((name,))
        for name, value in sorted(one.fields.items())
    ]
