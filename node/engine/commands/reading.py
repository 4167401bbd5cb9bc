"""Commands that read what pages and feeds show of the directory: lists, one listing or offer, what is new."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask, Words
from node.limits import NAME_CHARS_MAX


class Browse(Ask):
    """Search the directory for a list that people read: {total, listings: […]}.

    Each listing: {id, kind, name, name_language, summary, summary_language, community, community_name, own,
    tags, country, place, languages, flags, confirmed_at, distance_km, about, source, licence, category,
    expires, open}. `kind` is "profile", "offer" or "need"; `about` is a profile's own kind (community, …).
    With `whole`, each also holds `profile` or `offer`, as `show-listing` and `show-offer` give it.
    """

    command: Literal["browse"] = "browse"
    question: ClassVar[bool] = True
    words: Words = ()
    kind: Literal["profile", "offer", "need"] | None = None
    tag: Annotated[str, Field(max_length=NAME_CHARS_MAX)] | None = None
    country: Annotated[str, Field(max_length=2)] | None = None
    language: Annotated[str, Field(max_length=35)] | None = None
    near: Annotated[str, Field(max_length=60)] | None = None
    within_km: Annotated[int, Field(ge=1, le=20_040)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    offset: Annotated[int, Field(ge=0)] = 0
    whole: bool = False


class ShowListing(Ask):
    """Show a listing, a community's own page or an imported one, by its document's id.

    {id, community, community_name, own, profile}; `own` says whether it is this community's.
    """

    command: Literal["show-listing"] = "show-listing"
    question: ClassVar[bool] = True
    id: str


class ShowOffer(Ask):
    """Show an offer or a need: {id, community, community_name, own, offer, expires, open}.

    `expires` is the last day on which it stands, null for no end.
    """

    command: Literal["show-offer"] = "show-offer"
    question: ClassVar[bool] = True
    id: str


class ListNews(Ask):
    """The newest listings, offers and needs that arrived here: {news: […]}, newest first.

    At most `limit` listings and as many offers and needs; each is as `browse` lists it, with `hours` since
    1970 when its maker began it. Only so many of the newest entries are looked at, so the list may be short
    while much else arrives.
    """

    command: Literal["list-news"] = "list-news"
    question: ClassVar[bool] = True
    limit: Annotated[int, Field(ge=1, le=50)] = 20
