"""An item: one card that the members of a federation keep together, such as a form, a policy or a book.

Its key names it, so whichever member begins it all mean the same document. A card is flat: fields of text,
whole numbers and yes or no, each changed by itself, so that two members who change different fields both keep
theirs. `kind` says which form a card follows; forms are judged where cards are read.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from node import canonical
from node.crdt import genesis
from node.crdt.genesis import Genesis, MembersOf
from node.crdt.schema import ANY, DocumentSchema, Kind, Rule
from node.feeds import scopes
from node.ids import CommunityId, FederationId
from node.limits import TEXT_CHARS_MAX

ITEM_TYPE: Final = "item"
# A key is written by people or taken from another system's ids.
ITEM_KEY_CHARS_MAX: Final = 200
ITEM_FIELD_CHARS_MAX: Final = 64
ITEM_FIELDS_MAX: Final = 64
# Cards are edited again and again; how a card is named took a twelfth of an edit. At most 1 KiB each.
_NAMED_MAX: Final = 4_096

ItemValue: TypeAlias = str | int | bool

ITEM_SCHEMA: Final = DocumentSchema(
    (Rule((ANY,), frozenset({Kind.STR, Kind.INT, Kind.BOOL}), TEXT_CHARS_MAX),)
)


@lru_cache(maxsize=_NAMED_MAX)
def founding(federation: FederationId, owner: CommunityId, key: str) -> Genesis:
    """Return the genesis of the item of this key: the same whichever member begins it.

    Args:
        federation: whose members keep it.
        key: its name among their items.
        owner: the community that answers for the federation's common documents, its first founder.
    """
    nonce = canonical.digest("hedgerow/item/1", federation, key)[: genesis.GENESIS_NONCE_BYTES]
    made = Genesis(ITEM_TYPE, owner, MembersOf(federation), scopes.members(federation), nonce)
    return genesis.decode(genesis.encode(made))  # It keeps its bytes, which give its id.


def fields(tree: Mapping[str, object]) -> dict[str, ItemValue]:
    """Return the fields of a card by name."""
    return {name: value for name, value in tree.items() if isinstance(value, str | int | bool)}
