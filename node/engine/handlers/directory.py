"""Commands about the whole directory: search and export. imports.py has those that bring listings in."""

import base64
from collections import Counter
from typing import Final

from node.directory import archive, licences, murmurations, offer, profile
from node.directory import export as exporting
from node.directory.export import ListedOffer, ListedProfile
from node.directory.licences import Wish
from node.directory.location import distance_km
from node.directory.profile import Profile
from node.directory.schemas import OFFER_TYPE, PROFILE_TYPE
from node.directory.search import Hit, SearchAnswer, SearchQuery
from node.engine.commands import Export, Search
from node.engine.desk import Answer, Desk, Done
from node.engine.documents import read_tree
from node.engine.handlers.listings import read_location
from node.errors import UserError

# One answer is held in memory several times over, as bytes, as base64 and as JSON. 100,000 listings of a
# thousand bytes fit in any one format.
EXPORT_BYTES_MAX: Final = 128 * 1024 * 1024

_EMPTY: Final = Profile()
_WRITERS: Final = {
    "geojson": exporting.profiles_geojson,
    "csv": exporting.profiles_csv,
    "murmurations": murmurations.profiles_jsonl,
}


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
    wish = Wish(open_only=command.open_only, without_share_alike=command.without_share_alike)
    pages = _pages(desk)
    selection = licences.select(pages, wish)
    answer: Answer = {
        "format": command.format,
        "records": len(selection.listed),
        "left_out": dict(sorted(Counter(one.reason for one in selection.left_out).items())),
    }
    if command.format == "zip":
        packed = archive.pack(pages, _offers(desk), wish=wish)
        data = base64.b64encode(_bounded(packed.data)).decode("ascii")
        return Done({**answer, "offers": packed.offers, "data": data})
    if command.format == "csv":
        answer["readme"] = archive.csv_readme(selection, wish=wish)
    if command.format == "murmurations":
        answer["records"] = sum(map(murmurations.is_publishable, selection.listed))
    text = _WRITERS[command.format](selection.listed)
    return Done({**answer, "text": _bounded(text).decode("utf-8")})


def _pages(desk: Desk) -> list[ListedProfile]:
    """Return every page that says anything; one that was taken back is empty."""
    listed = [
        ListedProfile(row.id, row.owner, profile.from_tree(read_tree(row)).profile)
        for row in desk.store.documents.of_type(PROFILE_TYPE)
        if desk.moderation.shows(row.id, row.owner)
    ]
    return [one for one in listed if one.profile != _EMPTY]


def _offers(desk: Desk) -> list[ListedOffer]:
    """Return every offer and need that stands."""
    listed = [
        ListedOffer(row.id, row.owner, offer.from_tree(read_tree(row)).offer)
        for row in desk.store.documents.of_type(OFFER_TYPE)
        if desk.moderation.shows(row.id, row.owner)
    ]
    return [one for one in listed if one.offer.state == "open"]


def _bounded(data: bytes) -> bytes:
    if len(data) > EXPORT_BYTES_MAX:
        raise UserError(
            f"expected an export of at most {EXPORT_BYTES_MAX:,} bytes in one answer, found {len(data):,}:"
            " export one format instead of everything, or open data only"
        )
    return data
