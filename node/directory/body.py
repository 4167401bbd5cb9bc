"""A body of a federation: an assembly, a council, a committee, a working group, or one office.

The document says what the body is for and how many places it has; all members keep it together. Who holds the
places never stands here: that follows from elections (node/governance/bodies.py), and who speaks in an
assembly from the communities' mandates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from node import canonical
from node.crdt import genesis
from node.crdt.edits import Edit
from node.crdt.genesis import Genesis, MembersOf
from node.crdt.schema import DocumentSchema, Kind, Rule
from node.directory import forms, plain_text, trees
from node.directory.trees import TreeReader
from node.feeds import scopes
from node.ids import CommunityId, FederationId
from node.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX

BODY_TYPE: Final = "body"
BODY_KINDS: Final = ("assembly", "council", "committee", "working-group", "office")
# As many as one question can fill.
BODY_PLACES_MAX: Final = 1_000
# Ten years: whoever is elected for longer is not elected any more.
TERM_DAYS_MAX: Final = 3_650

BODY_SCHEMA: Final = DocumentSchema(
    (
        Rule(("title",), frozenset({Kind.STR}), NAME_CHARS_MAX),
        Rule(("kind",), frozenset({Kind.STR}), forms.SLUG_CHARS_MAX),
        Rule(("purpose",), frozenset({Kind.STR}), TEXT_CHARS_MAX),
        Rule(("places",), frozenset({Kind.INT})),
        Rule(("term_days",), frozenset({Kind.INT})),
        Rule(("ended",), frozenset({Kind.BOOL})),
    )
)


@dataclass(frozen=True, slots=True)
class Body:
    """What a body is.

    Attributes:
        places: how many people hold it; of an assembly none, because its seats follow from the roll.
        term_days: the usual length of a term, 0 where none is usual; each election names its own.
        ended: whether the federation has done away with it.
    """

    title: str
    kind: str = "committee"
    purpose: str = ""
    places: int = 1
    term_days: int = 0
    ended: bool = False


def founding(federation: FederationId, owner: CommunityId, key: str) -> Genesis:
    """Return the genesis of the body that was begun under this name: the same whichever member begins it."""
    nonce = canonical.digest("hedgerow/body/1", federation, key)[: genesis.GENESIS_NONCE_BYTES]
    return Genesis(BODY_TYPE, owner, MembersOf(federation), scopes.members(federation), nonce)


def from_tree(tree: Mapping[str, object]) -> Body:
    """Read a body leniently: what a member wrote that makes no sense reads as its usual value."""
    reader = TreeReader(tree)
    return Body(
        title=reader.text("title", clean=plain_text.line, chars_max=NAME_CHARS_MAX),
        kind=reader.choice("kind", allowed=BODY_KINDS, otherwise="committee"),
        purpose=reader.text("purpose", clean=plain_text.block, chars_max=TEXT_CHARS_MAX),
        places=reader.integer("places", smallest=1, largest=BODY_PLACES_MAX) or 1,
        term_days=reader.integer("term_days", smallest=0, largest=TERM_DAYS_MAX) or 0,
        ended=tree.get("ended") is True,
    )


def edits(old: Mapping[str, object], new: Body) -> list[Edit]:
    """Return the fewest edits that make a document say this."""
    tree = {
        "title": new.title,
        "kind": new.kind,
        "purpose": new.purpose,
        "places": new.places,
        "term_days": new.term_days,
        "ended": new.ended,
    }
    return trees.edits(old, tree, schema=BODY_SCHEMA)
