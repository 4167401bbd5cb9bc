"""Searching the directory: the query, the row that a store keeps for each document, and the answer.

Owns what is looked for and how texts are folded for it, and a plain implementation that says what a store
must answer. Refuses to own the index itself: storage keeps rows and texts in tables of its database.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from node import ids
from node.directory.location import Location, distance_km
from node.directory.offer import Offer
from node.directory.profile import Profile
from node.errors import UserError
from node.ids import CommunityId, DocumentId
from node.limits import NEAREST_LISTINGS_MAX

LISTING_KINDS: Final = ("profile", "offer", "need")
LIMIT_MAX: Final = 500
# Half of the Earth's girth: further away there is nothing.
WITHIN_KM_MAX: Final = 20_040.0
# A question of more words, once they are cut, or of more characters is a text pasted by mistake; each word
# costs a look into the index.
QUERY_WORDS_MAX: Final = 20
QUERY_CHARS_MAX: Final = 2_000

# Letters that Unicode does not take apart into a letter and a mark.
_PLAIN_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
# Marks above Latin, Greek and Cyrillic letters; the vowels of Indic scripts are marks too, and stay.
_MARKS = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What somebody looks for; everything that is given must hold.

    Attributes:
        words: each must begin a word of the listing, in any order.
        kind: "profile", "offer" or "need".
        tag: as written, but for capitals and accents.
        country: ISO 3166-1 alpha-2.
        language: a listing that speaks it or is written in it.
        near, within_km: a place, and how far from it; listings without a place are then left out. Only the
            nearest NEAREST_LISTINGS_MAX can be listed. Within a distance no more are counted either: a total
            of one more than that stands for all beyond.
    """

    words: tuple[str, ...] = ()
    kind: str | None = None
    tag: str | None = None
    country: str | None = None
    language: str | None = None
    near: Location | None = None
    within_km: float | None = None
    limit: int = 50
    offset: int = 0

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in LISTING_KINDS:
            raise UserError(f"expected one of the kinds {', '.join(LISTING_KINDS)}, found {self.kind[:80]!r}")
        if self.within_km is not None and self.near is None:
            raise UserError("expected a place to measure the distance from; name it with --near")
        if self.within_km is not None and not 0 <= self.within_km <= WITHIN_KM_MAX:
            raise UserError(f"expected a distance from 0 to {WITHIN_KM_MAX:,.0f} km, found {self.within_km}")
        if not 1 <= self.limit <= LIMIT_MAX or self.offset < 0:
            raise UserError(f"expected 1 to {LIMIT_MAX} listings from place 0 on")
        if self.near is not None and self.offset >= NEAREST_LISTINGS_MAX:
            raise UserError(
                f"expected one of the {NEAREST_LISTINGS_MAX:,} nearest listings, found a question for those"
                f" behind the first {self.offset:,}: add words or filters, or leave the place out"
            )
        chars = sum(map(len, self.words))
        if chars > QUERY_CHARS_MAX:
            raise UserError(f"expected a question of at most {QUERY_CHARS_MAX} characters, found {chars}")
        # Before they are cut as well: signs alone are words of none.
        words = max(len(self.words), len(self.words_folded))
        if words > QUERY_WORDS_MAX:
            raise UserError(f"expected at most {QUERY_WORDS_MAX} words, found {words}: leave some out")

    @property
    def end(self) -> int:
        """Return the place behind the last one asked for."""
        end = self.offset + self.limit
        return end if self.near is None else min(end, NEAREST_LISTINGS_MAX)

    @property
    def words_folded(self) -> tuple[str, ...]:
        """Return the words as they are looked for: folded, and cut at signs."""
        return tuple(word for text in self.words for word in words_of(text))


@dataclass(frozen=True, slots=True)
class ListingRow:
    """What a store keeps of one document to find it and to show it in a list.

    Attributes:
        kind: "profile", "offer" or "need".
        name: the name or title to show.
        tags, languages, flags: as in the document, sorted.
        confirmed_at: whole hours since 1970, or None.
        text: everything that can be found by its words, folded; see `index_text`.
    """

    document_id: DocumentId
    community_id: CommunityId
    kind: str
    name: str
    tags: tuple[str, ...]
    country: str | None
    languages: tuple[str, ...]
    lat_e7: int | None
    lon_e7: int | None
    confirmed_at: int | None
    flags: tuple[str, ...]
    text: str

    @property
    def location(self) -> Location | None:
        """Return where the listing is."""
        return None if self.lat_e7 is None or self.lon_e7 is None else Location(self.lat_e7, self.lon_e7)


@dataclass(frozen=True, slots=True)
class Hit:
    """A listing that was found, with its distance when the query named a place."""

    row: ListingRow
    distance_km: float | None = None


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """One page of what was found; `total` counts all pages, as far as it is counted (SearchQuery)."""

    total: int
    hits: tuple[Hit, ...]

    def to_json(self) -> dict[str, object]:
        """Write the answer as the `search` command prints it (contract.md)."""
        return {"total": self.total, "listings": [_listing_json(hit) for hit in self.hits]}


def _listing_json(hit: Hit) -> dict[str, object]:
    listing: dict[str, object] = {
        "id": ids.show(hit.row.document_id),
        "name": hit.row.name,
        "community": ids.show(hit.row.community_id),
        "kind": hit.row.kind,
    }
    if hit.distance_km is not None:
        listing["distance_km"] = round(hit.distance_km, 1)
    listing["confirmed_at"] = hit.row.confirmed_at
    return listing


def fold(text: str) -> str:
    """Return the text for comparing: small letters, no accents, one space between words.

    The same is done to what is indexed and to what is asked, so no database's own folding matters.
    """
    small = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = _MARKS.sub("", small).translate(_PLAIN_LETTERS)
    return " ".join(unicodedata.normalize("NFC", bare).split())


def words_of(text: str) -> tuple[str, ...]:
    """Cut a question into folded words, without signs: what is left is safe in any query language."""
    return tuple(_WORD.findall(fold(text)))


def index_text(content: Profile | Offer) -> dict[str, str]:
    """Return the folded texts of a listing by column: what it is called, its tags, where it is, all else."""
    match content:
        case Profile():
            address = content.address
            subject = content.subject.name if content.subject else ""
            return {
                "name": _folded(*content.name.values(), subject),
                "tags": _folded(*content.tags),
                "place": _folded(address.city, address.postcode, address.region, address.street),
                "text": _folded(*content.description.values(), *content.urls),
            }
        case Offer():
            return {
                "name": _folded(*content.title.values()),
                "tags": _folded(content.category, *content.tags),
                "place": "",
                "text": _folded(*content.text.values(), content.quantity),
            }


def _folded(*texts: str) -> str:
    return "\n".join(fold(text) for text in texts if text)


def listing_row(
    document_id: DocumentId,
    community_id: CommunityId,
    content: Profile | Offer,
    *,
    home: Profile | None = None,
) -> ListingRow:
    """Make the row of a document; an offer is where its community's page, `home`, says the community is."""
    text = "\n".join(part for part in index_text(content).values() if part)
    match content:
        case Profile():
            place = content.location
            return ListingRow(
                document_id=document_id,
                community_id=community_id,
                kind="profile",
                name=content.shown_name(),
                tags=content.tags,
                country=content.country,
                languages=tuple(sorted({*content.languages, *content.name, *content.description} - {"und"})),
                lat_e7=place.lat_e7 if place else None,
                lon_e7=place.lon_e7 if place else None,
                confirmed_at=content.confirmed_at,
                flags=content.flags,
                text=text,
            )
        case Offer():
            place = home.location if home else None
            return ListingRow(
                document_id=document_id,
                community_id=community_id,
                kind=content.kind,
                name=content.shown_title(),
                tags=content.tags,
                country=home.country if home else None,
                languages=tuple(sorted({*content.title, *content.text} - {"und"})),
                lat_e7=place.lat_e7 if place else None,
                lon_e7=place.lon_e7 if place else None,
                confirmed_at=None,
                flags=(),
                text=text,
            )


def search(rows: Iterable[ListingRow], query: SearchQuery) -> SearchAnswer:
    """Find listings the plain way: what every store must answer, in the same order.

    With a place the nearest come first, else by folded name; ties go by document id.
    """
    words = query.words_folded
    hits = [hit for row in rows if (hit := _hit(row, query, words)) is not None]
    hits.sort(key=lambda hit: (hit.distance_km or 0.0, fold(hit.row.name), hit.row.document_id))
    total = len(hits) if query.within_km is None else min(len(hits), NEAREST_LISTINGS_MAX + 1)
    return SearchAnswer(total, tuple(hits[query.offset : query.end]))


def _hit(row: ListingRow, query: SearchQuery, words: tuple[str, ...]) -> Hit | None:
    if not (_fits_filters(row, query) and _has_words(row, words)):
        return None
    if query.near is None:
        return Hit(row)
    if row.location is None:
        return None
    apart = distance_km(query.near, row.location)
    return Hit(row, apart) if query.within_km is None or apart <= query.within_km else None


def _fits_filters(row: ListingRow, query: SearchQuery) -> bool:
    return (
        query.kind in (None, row.kind)
        and query.country in (None, row.country)
        and (query.language is None or query.language in row.languages)
        and (query.tag is None or fold(query.tag) in map(fold, row.tags))
    )


def _has_words(row: ListingRow, words: tuple[str, ...]) -> bool:
    found = words_of(row.text) if words else ()
    return all(any(other.startswith(word) for other in found) for word in words)
