"""One row of a list of listings, offers and needs, from what the core answers to what a template shows."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from node.clock import Timestamp
from node.web.pages import moments, words
from node.web.pages.moments import Moment

# So many tags say what something is about; its own page has them all.
_TAGS_SHOWN = 6
_TAG_CHARS_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Row:
    """A listing, offer or need in a list.

    Attributes:
        href: its own page.
        kind: "listing", "offer" or "need".
        about: what kind of listing, in words; "" for offers and needs.
        made_by: the community that wrote it, "" where that is plain.
        place: town and country as far as known.
        source: where an imported listing comes from, "" for a community's own word.
        standing: until when an offer stands, or since when it does not; None without an end.
        fresh: when it was begun or last confirmed, None when that is not known.
    """

    href: str
    kind: str
    name: str
    lang: str
    summary: str
    summary_lang: str
    about: str
    made_by: str
    made_by_own: bool
    place: str
    distance: str
    tags: tuple[str, ...]
    source: str
    flagged: bool
    is_open: bool
    standing: Moment | None
    fresh: Moment | None


def read(listed: dict[str, Any], now: Timestamp) -> Row:
    """Read one listing of `browse` or `list-news`."""
    is_profile = listed["kind"] == "profile"
    own_page = is_profile and listed["source"] is None
    where = [listed["place"], words.country(listed["country"]) if listed["country"] else ""]
    hours = listed.get("hours", listed["confirmed_at"])
    return Row(
        href=f"/{'listings' if is_profile else 'offers'}/{listed['id']}",
        kind=words.KINDS[listed["kind"]],
        name=listed["name"] or "(without a name)",
        lang=words.lang_attribute(listed["name_language"]),
        summary=listed["summary"],
        summary_lang=words.lang_attribute(listed["summary_language"]),
        about=words.spoken(listed["about"]) if listed["about"] else "",
        made_by="" if own_page else listed["community_name"],
        made_by_own=listed["own"],
        place=", ".join(part for part in where if part),
        distance=_distance(listed.get("distance_km")),
        tags=tuple(words.clipped(tag, _TAG_CHARS_SHOWN) for tag in listed["tags"][:_TAGS_SHOWN]),
        source=listed["source"] or "",
        flagged=bool(listed["flags"]),
        is_open=listed["open"],
        standing=moments.on_day(date.fromisoformat(listed["expires"])) if listed["expires"] else None,
        fresh=moments.hours_ago(hours, now) if hours is not None else None,
    )


def _distance(kilometres: float | None) -> str:
    if kilometres is None:
        return ""
    return f"{kilometres:.1f} km" if kilometres < 10 else f"{kilometres:,.0f} km"
