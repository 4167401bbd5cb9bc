"""Which listings held already may be the same community as a row that comes in: proposed, never merged here.

Owns the few questions a row asks of the directory's index, so that the cost is one a row whatever is held:
what lies within a kilometre, and who has the same website. Who counts as alike is decided in duplicates.py.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from node import ids
from node.directory.importing.duplicates import NEAR_KM, SITE_ROWS_MAX, name_likeness, place_shown
from node.directory.importing.web_addresses import site_of
from node.directory.location import distance_km
from node.directory.profile import Profile
from node.directory.search import ListingRow, SearchQuery, fold, words_of
from node.ids import DocumentId

Search = Callable[[SearchQuery], tuple[int, Sequence[ListingRow]]]

# What one question reads at most. Where more listings lie within a kilometre the nearest are looked at.
_CANDIDATES_MAX: Final = 50
# A page with many websites asks about its first ones: each is a question to the index.
_SITES_ASKED_MAX: Final = 2
# The longest words of an address single it out; "www", "org" and "de" stand in too many others.
_SITE_WORDS_ASKED_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class HeldPair:
    """A row of a file beside a listing held already, for a person to judge.

    Attributes:
        row: the record's number in the file.
        document: the listing's document.
        names, sites, places: the row's first, then the listing's, as a page would show them; "" without one.
        km: how far they lie apart, to a tenth; None when one of them has no place.
        reasons: which fields agree.
    """

    row: int
    document: DocumentId
    names: tuple[str, str]
    sites: tuple[str, str]
    places: tuple[str, str]
    km: float | None
    reasons: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Write the pair as the `import` command prints it: everything twice, side by side."""
        return {
            "rows": [self.row],
            "held": ids.show(self.document),
            "names": list(self.names),
            "sites": list(self.sites),
            "places": list(self.places),
            "km": self.km,
            "reasons": list(self.reasons),
        }


def similar(row: int, page: Profile, *, own: DocumentId, search: Search) -> tuple[HeldPair, ...]:
    """List the held listings that a row may be a second time, by document id.

    Args:
        row: the record's number in its file.
        page: what comes in.
        own: the document that the row becomes; it is no duplicate of itself.
        search: asks the directory's index.
    """
    found: dict[DocumentId, tuple[ListingRow, list[str]]] = {}
    for held, reason in (*_same_site(page, search), *_same_name_and_place(page, search)):
        if held.document_id != own:
            found.setdefault(held.document_id, (held, []))[1].append(reason)
    return tuple(_beside(row, page, held, tuple(reasons)) for _, (held, reasons) in sorted(found.items()))


def _same_site(page: Profile, search: Search) -> Iterator[tuple[ListingRow, str]]:
    for site in sorted({site_of(address) for address in page.urls})[:_SITES_ASKED_MAX]:
        words = tuple(sorted(words_of(site), key=len, reverse=True)[:_SITE_WORDS_ASKED_MAX])
        if not words:
            continue
        query = SearchQuery(words=words, kind="profile", limit=_CANDIDATES_MAX)
        same = [held for held in search(query)[1] if fold(site) in _sites_of(held)]
        # A site that so many listings name is a platform and says nothing about any two of them.
        if len(same) <= SITE_ROWS_MAX:
            yield from ((held, f"same website {site}") for held in same)


def _same_name_and_place(page: Profile, search: Search) -> Iterator[tuple[ListingRow, str]]:
    name, place = page.shown_name(), page.location
    if place is None or not name:
        return
    query = SearchQuery(kind="profile", near=place, within_km=NEAR_KM, limit=_CANDIDATES_MAX)
    for held in search(query)[1]:
        likeness = name_likeness(name, held.name)
        if likeness and held.location is not None:
            apart_km = distance_km(place, held.location)
            yield held, f"names {likeness:.0f} % alike, {apart_km:.1f} km apart"


def _sites_of(held: ListingRow) -> list[str]:
    """Return the sites of a held listing, folded: its addresses stand in its indexed text, one a line."""
    return [site_of(line) for line in held.text.splitlines() if line.startswith(("http://", "https://"))]


def _beside(row: int, page: Profile, held: ListingRow, reasons: tuple[str, ...]) -> HeldPair:
    sites = sorted(site_of(address) for address in page.urls)
    held_sites = sorted(_sites_of(held))
    shared = next((site for site in sites if fold(site) in held_sites), "")
    km = None
    if page.location is not None and held.location is not None:
        km = round(distance_km(page.location, held.location), 1)
    return HeldPair(
        row=row,
        document=held.document_id,
        names=(page.shown_name(), held.name),
        sites=(shared or next(iter(sites), ""), shared or next(iter(held_sites), "")),
        places=(place_shown(page.location, page.country), place_shown(held.location, held.country)),
        km=km,
        reasons=reasons,
    )
