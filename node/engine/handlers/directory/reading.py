"""Commands that read what pages and feeds show of the directory."""

from typing import Any, Final

from node import ids
from node.clock import MS_PER_HOUR
from node.directory import offer, profile
from node.directory.offer import Offer
from node.directory.profile import Profile
from node.directory.schemas import OFFER_TYPE, PROFILE_TYPE
from node.engine.commands import Browse, ListNews, Search, ShowListing, ShowOffer
from node.engine.desk import Answer, Desk, Done
from node.engine.handlers.directory.directory import find
from node.engine.handlers.directory.listings import last_day
from node.engine.ports import DocumentRow
from node.engine.replicas.documents import read_tree
from node.errors import NodeError, NotFoundError
from node.feeds import bodies, scopes
from node.feeds.bodies import Kind
from node.feeds.entry import Entry
from node.ids import CommunityId, DocumentId

# What `Browse` hands on to the search as it is.
_SEARCHED: Final = ("words", "kind", "tag", "country", "language", "near", "within_km", "limit", "offset")
_NO_LISTING: Final = "no listing of that id is shown here"
# A listing that was taken back holds nothing any more, and answers as one that never was.
_TAKEN_BACK: Final = Profile()
# What a list shows of a description: three lines on a phone.
_SUMMARY_CHARS: Final = 240
# How many of the newest entries are looked at for news, and how many at a time. It bounds what a visitor of
# the first page can make the core do.
_NEWS_ENTRIES_MAX: Final = 400
_NEWS_ENTRIES_AT_ONCE: Final = 100


def browse(command: Browse, desk: Desk) -> Done:
    """Search the directory for a list that people read."""
    asked = {name: getattr(command, name) for name in _SEARCHED}
    total, hits = find(Search(**asked), desk)
    lister = _Lister(desk)
    listings = []
    for hit in hits:
        row = desk.store.documents.get(hit.row.document_id)
        if row is None:
            continue  # The cache of listings is ahead of the cache of documents: rebuild mends it.
        shown = lister.row(row, whole=command.whole)
        shown["distance_km"] = round(hit.distance_km, 1) if hit.distance_km is not None else None
        listings.append(shown)
    return Done({"total": total, "listings": listings})


def show_listing(command: ShowListing, desk: Desk) -> Done:
    """Show one listing."""
    row = _public(command.id, PROFILE_TYPE, desk)
    page = profile.from_tree(read_tree(row)).profile
    if page == _TAKEN_BACK:
        raise NotFoundError(_NO_LISTING)
    return Done({**_Lister(desk).owner(row), "profile": page.model_dump(mode="json")})


def show_offer(command: ShowOffer, desk: Desk) -> Done:
    """Show one offer or need."""
    row = _public(command.id, OFFER_TYPE, desk)
    found = offer.from_tree(read_tree(row)).offer
    return Done(
        {**_Lister(desk).owner(row), "offer": found.model_dump(mode="json"), **_standing(found, desk)}
    )


def list_news(command: ListNews, desk: Desk) -> Done:
    """List what arrived last."""
    lister = _Lister(desk)
    news: list[dict[str, Any]] = []
    room = {PROFILE_TYPE: command.limit, OFFER_TYPE: command.limit}
    looked, before = 0, None
    while looked < _NEWS_ENTRIES_MAX and any(room.values()):
        part = desk.store.feeds.recent(limit=_NEWS_ENTRIES_AT_ONCE, before=before)
        for _, entry in part:
            row = _begun(entry, desk)
            if row is None or not room[row.type]:
                continue
            shown = lister.row(row)
            if shown["name"] and shown["open"]:
                news.append({**shown, "hours": entry.hours})
                room[row.type] -= 1
        if len(part) < _NEWS_ENTRIES_AT_ONCE:
            break
        looked, before = looked + len(part), part[-1][0]
    return Done({"news": news})


class _Lister:
    """Write rows of lists; a community's name is looked up once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._names: dict[CommunityId, str] = {}

    def owner(self, row: DocumentRow) -> dict[str, Any]:
        if row.owner not in self._names:
            self._names[row.owner] = self._desk.name_of(row.owner)
        return {
            "id": ids.show(row.id),
            "community": ids.show(row.owner),
            "community_name": self._names[row.owner],
            "own": row.owner == self._desk.own,
        }

    def row(self, row: DocumentRow, *, whole: bool = False) -> dict[str, Any]:
        if row.type == PROFILE_TYPE:
            page = profile.from_tree(read_tree(row)).profile
            more = {"profile": page.model_dump(mode="json")} if whole else {}
            return {**self.owner(row), **_profile_row(page), **more}
        found = offer.from_tree(read_tree(row)).offer
        more = {"offer": found.model_dump(mode="json")} if whole else {}
        return {**self.owner(row), **_offer_row(found), **_standing(found, self._desk), **more}


def _profile_row(page: Profile) -> dict[str, Any]:
    return {
        "kind": "profile",
        "about": page.kind,
        **_called(page.name, page.description),
        "tags": list(page.tags),
        "country": page.country,
        "place": page.address.city,
        "languages": list(page.languages),
        "flags": list(page.flags),
        "confirmed_at": page.confirmed_at,
        "source": page.subject.source if page.subject else None,
        "licence": page.subject.licence if page.subject else None,
        "category": None,
        "expires": None,
        "open": True,
    }


def _offer_row(found: Offer) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "about": None,
        **_called(found.title, found.text),
        "tags": list(found.tags),
        "country": None,
        "place": "",
        "languages": [],
        "flags": [],
        "confirmed_at": None,
        "source": None,
        "licence": None,
        "category": found.category,
    }


def _standing(found: Offer, desk: Desk) -> Answer:
    return {"expires": last_day(found.expires), "open": found.is_open(now_hours=desk.now // MS_PER_HOUR)}


def _called(names: dict[str, str], texts: dict[str, str]) -> Answer:
    name_language, name = _best(names)
    # The text in the language of the name, so that a list does not mix two in one row.
    text_language, text = (name_language, texts[name_language]) if name_language in texts else _best(texts)
    summary = text if len(text) <= _SUMMARY_CHARS else text[:_SUMMARY_CHARS].rstrip() + "…"
    return {
        "name": name,
        "name_language": name_language,
        "summary": " ".join(summary.split()),
        "summary_language": text_language,
    }


def _best(texts: dict[str, str]) -> tuple[str, str]:
    """Return language and text as `language_tags.best_text` chooses, and the language it is in."""
    for language in ("und", "en"):
        if language in texts:
            return language, texts[language]
    return min(texts.items()) if texts else ("und", "")


def _public(named: str, kind: str, desk: Desk) -> DocumentRow:
    row = desk.store.documents.get(DocumentId(ids.parse(named)))
    known = row is not None and row.type == kind and row.scope == scopes.PUBLIC
    # What is kept from view answers as what never was: nobody finds out by asking.
    if row is None or not known or not desk.moderation.shows(row.id, row.owner):
        raise NotFoundError(_NO_LISTING if kind == PROFILE_TYPE else "no offer of that id is shown here")
    return row


def _begun(entry: Entry, desk: Desk) -> DocumentRow | None:
    """Return the listing or offer that a public entry began, None for every other entry."""
    if entry.feed.scope != scopes.PUBLIC or entry.body is None:
        return None
    try:
        body = bodies.decode(entry.body)
    except NodeError:
        return None
    if body.kind is not Kind.GENESIS or body.document is None:
        return None
    row = desk.store.documents.get(body.document)
    if row is None or row.type not in (PROFILE_TYPE, OFFER_TYPE):
        return None
    return row if desk.moderation.shows(row.id, row.owner) else None
