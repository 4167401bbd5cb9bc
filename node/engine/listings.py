"""From a materialised document to its row in the searchable directory.

Offers and needs name no place: they are where the page of their community says that it is. So a page that is
written, or taken out, takes them along; whichever came first, the directory ends the same.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from node import canonical
from node.directory import offer, profile
from node.directory.profile import Profile
from node.directory.schemas import OFFER_TYPE, PROFILE_TYPE
from node.directory.search import listing_row
from node.engine.own_pages import profile_id
from node.engine.ports import DocumentRow, Store
from node.ids import CommunityId, DocumentId

# A community's offers are often written one after the other.
_HOMES_REMEMBERED_MAX = 16


def write_listing(store: Store, row: DocumentRow, tree: Mapping[str, object], *, shown: bool) -> int:
    """Write or take out the row of a document; documents of other types have none.

    A page without a name and a withdrawn offer are nothing to be found.

    Args:
        store: where the document was written before.
        row: the document.
        tree: what readers see of it.
        shown: whether this node shows it.

    Returns:
        How many offers and needs were moved with it.
    """
    moved, listed = 0, None
    if row.type == PROFILE_TYPE:
        page = profile.from_tree(tree).profile
        listed = listing_row(row.id, row.owner, page) if page.shown_name() else None
        moved = _settle_offers(store, row.id, row.owner, page)
    elif row.type == OFFER_TYPE:
        found = offer.from_tree(tree).offer
        home = _home(store, row.owner) if found.state == "open" else None
        listed = listing_row(row.id, row.owner, found, home=home) if found.state == "open" else None
    else:
        return 0  # There is no row: to ask for it at each edit takes longer than to judge the edit.
    if listed is not None and shown:
        store.directory.put(listed)
    else:
        store.directory.remove(row.id)
    return moved


def take_out(store: Store, document: DocumentId) -> None:
    """Take a document out that no entry makes any more."""
    before = store.documents.get(document)
    store.documents.remove(document)
    store.directory.remove(document)
    if before is not None and before.type == PROFILE_TYPE:
        _settle_offers(store, document, before.owner, Profile())


def _settle_offers(store: Store, document: DocumentId, owner: CommunityId, page: Profile) -> int:
    """Let a community's offers and needs be where this page says, if it is its own; return how many moved."""
    if document != profile_id(owner):
        return 0
    place = page.location
    lat_e7, lon_e7 = (place.lat_e7, place.lon_e7) if place is not None else (None, None)
    moved = 0
    for row in store.directory.offers_of(owner):
        settled = replace(row, country=page.country, lat_e7=lat_e7, lon_e7=lon_e7)
        if settled != row:
            store.directory.put(settled)
            moved += 1
    return moved


def _home(store: Store, community: CommunityId) -> Profile | None:
    """Return a community's own page, None where it is not held."""
    row = store.documents.get(profile_id(community))
    return _page(row.tree) if row is not None else None


@lru_cache(maxsize=_HOMES_REMEMBERED_MAX)
def _page(tree: bytes) -> Profile:
    return profile.from_tree(canonical.decode(tree, bytes_max=len(tree))).profile
