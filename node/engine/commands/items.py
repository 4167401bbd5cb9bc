"""Commands about items: the cards that the members of a federation keep together."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool, StrictInt

from node.directory.item import ITEM_FIELD_CHARS_MAX, ITEM_FIELDS_MAX, ITEM_KEY_CHARS_MAX
from node.engine.commands.ask import Ask, Text

# One change each: more are asked for in several commands, between which others have their turn.
ITEMS_PER_COMMAND_MAX = 256

Key = Annotated[str, Field(min_length=1, max_length=ITEM_KEY_CHARS_MAX)]
FieldName = Annotated[str, Field(min_length=1, max_length=ITEM_FIELD_CHARS_MAX)]
Number = Annotated[StrictInt, Field(ge=-(2**63), le=2**63 - 1)]
FieldValue = Text | StrictBool | Number | None


class ItemEdit(Ask):
    """What to write on one card; a field that is null is taken off, fields left out stay."""

    key: Key
    fields: Annotated[dict[FieldName, FieldValue], Field(min_length=1, max_length=ITEM_FIELDS_MAX)]


class KeepItems(Ask):
    """Begin or change cards that all members of a federation keep together, one signed change each.

    {federation, items: [{key, id}]}.
    """

    command: Literal["keep-items"] = "keep-items"
    federation: str | None = None
    items: Annotated[tuple[ItemEdit, ...], Field(min_length=1, max_length=ITEMS_PER_COMMAND_MAX)]


class ListItems(Ask):
    """The cards of the federation by id: {items: [{id, fields}]}; only those of one kind if it is named."""

    command: Literal["list-items"] = "list-items"
    question: ClassVar[bool] = True
    federation: str | None = None
    kind: Annotated[str, Field(max_length=200)] | None = None
