"""Commands about the whole directory: search and export. imports.py has those that bring listings in."""

from collections.abc import Iterable
from typing import Final

from node import ids
from node.directory import archive, offer, profile
from node.directory.export import ListedOffer, ListedProfile
from node.directory.licences import Wish
from node.directory.location import distance_km
from node.directory.profile import Profile
from node.directory.schemas import OFFER_TYPE, PROFILE_TYPE
from node.directory.search import Hit, SearchAnswer, SearchQuery
from node.engine.commands import Export, ExportPart, Search
from node.engine.desk import Desk, Done
from node.engine.handlers.directory.listings import read_location
from node.engine.ports import DocumentRow
from node.engine.replicas.documents import read_tree
from node.errors import UserError
from node.ids import DocumentId

# One answer is held in memory several times over, as bytes, as base64 and as JSON. 100,000 listings of a
# thousand bytes fit in any one format.
EXPORT_BYTES_MAX: Final = 128 * 1024 * 1024

_EMPTY: Final = Profile()


def search(command: Search, desk: Desk) -> Done:
    """Search the directory."""
    total, hits = find(command, desk)
    return Done(SearchAnswer(total, hits).to_json())


def find(command: Search, desk: Desk) -> tuple[int, tuple[Hit, ...]]:
    """Return how many listings fit and one page of them."""
    near = None
    if command.near is not None:
        latitude, _, longitude = command.near.partition(",")
        near = read_location(latitude, longitude)
    query = SearchQuery(
        words=command.words,
        kind=command.kind,
        tag=command.tag,
        country=command.country.upper() if command.country is not None else None,
        language=command.language,
        near=near,
        within_km=command.within_km,
        limit=min(command.limit, 500),
        offset=command.offset,
    )
    total, rows = desk.store.directory.search(query)
    return total, tuple(
        Hit(row, distance_km(near, row.location) if near is not None and row.location is not None else None)
        for row in rows
    )


def export(command: Export, desk: Desk) -> Done:
    """Write every page held here in one canonical spelling: equal directories give equal bytes."""
    documents = desk.store.documents
    exported = archive.export(
        command.format,
        _pages(documents.of_type(PROFILE_TYPE), desk),
        _offers(documents.of_type(OFFER_TYPE), desk) if command.format == "zip" else (),
        wish=Wish(open_only=command.open_only, without_share_alike=command.without_share_alike),
    )
    if len(exported.data) > EXPORT_BYTES_MAX:
        raise UserError(
            f"expected an export of at most {EXPORT_BYTES_MAX:,} bytes in one answer, found"
            f" {len(exported.data):,}: ask for it part by part, as `hedgerow export` does"
        )
    return Done(exported.to_json())


def export_part(command: ExportPart, desk: Desk) -> Done:
    """Hand out the next listings, or offers, in the order of their ids."""
    after = DocumentId(ids.parse(command.after)) if command.after is not None else None
    kind = PROFILE_TYPE if command.kind == "profile" else OFFER_TYPE
    rows = desk.store.documents.of_type(kind, after=after, limit=command.limit)
    part = _pages(rows, desk) if command.kind == "profile" else _offers(rows, desk)
    following = ids.show(rows[-1].id) if len(rows) == command.limit else None
    return Done({"part": [one.to_json() for one in part], "after": following})


def _pages(rows: Iterable[DocumentRow], desk: Desk) -> list[ListedProfile]:
    """Return every page that says anything; one that was taken back is empty."""
    listed = [
        ListedProfile(row.id, row.owner, profile.from_tree(read_tree(row)).profile)
        for row in rows
        if desk.moderation.shows(row.id, row.owner)
    ]
    return [one for one in listed if one.profile != _EMPTY]


def _offers(rows: Iterable[DocumentRow], desk: Desk) -> list[ListedOffer]:
    """Return every offer and need that stands."""
    listed = [
        ListedOffer(row.id, row.owner, offer.from_tree(read_tree(row)).offer)
        for row in rows
        if desk.moderation.shows(row.id, row.owner)
    ]
    return [one for one in listed if one.offer.state == "open"]
