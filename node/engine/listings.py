"""From a materialised document to its row in the searchable directory."""

from collections.abc import Mapping

from node.directory import offer, profile
from node.directory.schemas import OFFER_TYPE, PROFILE_TYPE
from node.directory.search import listing_row
from node.engine.ports import DirectoryStore, DocumentRow


def write_listing(directory: DirectoryStore, row: DocumentRow, tree: Mapping[str, object]) -> None:
    """Write or take out the row of a document; documents of other types have none.

    A page without a name and a withdrawn offer are nothing to be found.
    """
    if row.type == PROFILE_TYPE:
        page = profile.from_tree(tree).profile
        if page.shown_name():
            directory.put(listing_row(row.id, row.owner, page))
        else:
            directory.remove(row.id)
    elif row.type == OFFER_TYPE:
        found = offer.from_tree(tree).offer
        if found.state == "open":
            directory.put(listing_row(row.id, row.owner, found))
        else:
            directory.remove(row.id)
