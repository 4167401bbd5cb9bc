"""The first page: who we are, how fresh our neighbours are, and what is new."""

from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from node.clock import Timestamp
from node.directory.profile import Profile
from node.engine.commands import ListNews, ListPeers, ListWaiting, PeerStatus, ShowProfile
from node.errors import NotFoundError
from node.web.asking import ASKS, NOW, OPERATOR
from node.web.pages import addresses, moments, rows, structured, words
from node.web.pages.moments import Moment
from node.web.pages.rendering import page
from node.web.pages.words import Audience

_NEWS_SHOWN: Final = 6
# Whom this node talks to, and what of it worries us, is for our own stewards.
_UNTOLD: Final[dict[str, Any]] = {"sessions": [], "usage": [], "forks": [], "wanted": [], "left_over": []}
_UNKNOWN: Final = "No community of that id is known here."
_NOTHING_TO_SHOW: Final = "There is no page of that community here."


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A neighbour and how fresh we are with it.

    Attributes:
        state: what is so, in words, `when` following it.
        well: whether nothing is missing.
        trouble: why its address was not reached, "" when it was.
    """

    name: str
    href: str
    state: str
    when: Moment | None
    well: bool
    trouble: str


async def show_home(request: web.Request) -> web.Response:
    """Show the first page; neighbours only to the operator, for whom this node talks to is our own affair."""
    ask = request.app[ASKS].ask
    answer = await ask(ShowProfile())
    news = (await ask(ListNews(limit=_NEWS_SHOWN)))["news"]
    now = request.app[NOW]()
    operator = request.app[OPERATOR]
    status = await ask(PeerStatus()) if operator else _UNTOLD
    found = Profile.model_validate(answer["profile"], strict=False) if answer["profile"] else None
    language, name = structured.best(found.name) if found else ("und", "")
    url = addresses.absolute(request, "/")
    return await page(
        request,
        "home.html",
        title="Home",
        audience=Audience.ONLY_US if operator else Audience.EVERYONE,
        community=name,
        profile=found,
        name=name,
        name_lang=words.lang_attribute(language),
        listing=f"/listings/{answer['id']}",
        country=words.country(found.country) if found and found.country else "",
        neighbours=neighbours(await ask(ListPeers()), status, now) if operator else [],
        waiting=(await ask(ListWaiting()))["waiting"] if operator else [],
        forks=[fork for fork in status["forks"] if not fork["retired"]],
        paused=[used for used in status["usage"] if used["paused"]],
        wanted=status["wanted"],
        left_over=status["left_over"],
        offers=[rows.read(one, now) for one in news if one["kind"] != "profile"],
        listings=[rows.read(one, now) for one in news if one["kind"] == "profile"],
        described=structured.organization(found, url=url) if found else None,
    )


def neighbours(peers: dict[str, Any], status: dict[str, Any], now: Timestamp) -> list[Neighbour]:
    """Say of every neighbour how fresh we are with it, those with something amiss first."""
    sessions = {one["community"]: one for one in status["sessions"]}
    reached: dict[str, int] = {}
    trouble: dict[str, str] = {}
    for known in peers["addresses"]:
        community = known["community"]
        if community is not None:
            reached[community] = max(reached.get(community, 0), known["reached"] or 0)
            trouble[community] = known["problem"] or ""
    found = [
        _neighbour(one, sessions.get(one["community"]), reached.get(one["community"], 0), trouble, now)
        for one in peers["neighbours"]
    ]
    return sorted(found, key=lambda one: (one.well, one.name.casefold()))


def _neighbour(
    known: dict[str, Any],
    session: dict[str, Any] | None,
    reached: int,
    trouble: dict[str, str],
    now: Timestamp,
) -> Neighbour:
    state, when, well = _freshness(session, reached, now)
    return Neighbour(
        name=known["name"],
        href=f"/communities/{known['community']}",
        state=state,
        when=when,
        well=well,
        trouble="" if session is not None else trouble.get(known["community"], ""),
    )


def _freshness(
    session: dict[str, Any] | None, reached: int, now: Timestamp
) -> tuple[str, Moment | None, bool]:
    if session is None:
        if not reached:
            return "not heard from yet", None, False
        return "last heard from", moments.ago(Timestamp(reached), now), False
    if not session["scopes"]:
        return "connected; its steward has not made us a neighbour yet", None, False
    missing = sum(one["missing"] for one in session["scopes"])
    if missing:
        return f"catching up, {missing:,} still to come", None, False
    equal = [one["equal_since"] for one in session["scopes"]]
    odd = _odd(session)  # Who hides something may well never be the same: said while it is compared, too.
    if any(since is None for since in equal):
        return f"{odd}comparing", None, not odd
    return f"{odd}all the same since", moments.since(Timestamp(max(equal)), now), not odd


def _odd(session: dict[str, Any]) -> str:
    """Say what a neighbour holds less of than others may; empty when nothing is known."""
    refused = {each["name"] for one in session["scopes"] for each in one["not_taken"]}
    if refused:
        return f"takes no more of {', '.join(sorted(refused))}; apart from that "
    less = {one["name"] for one in session["findings"]}
    if less:
        return f"shows less of {', '.join(sorted(less))} than it did, or than others do; "
    return ""


async def show_community(request: web.Request) -> web.Response:
    """Lead to a community's own page, or say that it has none yet.

    To a stranger a community without a page is the same as none: whom this node knows, or keeps from view, is
    not public.
    """
    operator = request.app[OPERATOR]
    try:
        answer = await request.app[ASKS].ask(ShowProfile(community=request.match_info["id"]))
    except NotFoundError as error:
        raise NotFoundError(_UNKNOWN if operator else _NOTHING_TO_SHOW) from error
    if answer["profile"] is not None:
        raise web.HTTPSeeOther(f"/listings/{answer['id']}")
    if not operator:
        raise NotFoundError(_NOTHING_TO_SHOW)
    return await page(
        request,
        "error.html",
        title="No page yet",
        audience=Audience.ONLY_US,
        status=404,
        detail="This community has not written its page yet, or it has not arrived, or it is kept from view.",
    )
