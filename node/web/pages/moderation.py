"""What this node keeps from view, one hidden thing whole, and what members reported. Operator only."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from aiohttp import web

from node.clock import Timestamp
from node.directory.profile import Profile
from node.engine.commands import ListModeration, ListReports, ShowHidden
from node.errors import NotFoundError
from node.web.asking import ASKS, NOW, OPERATOR
from node.web.pages import moments, words
from node.web.pages.rendering import page
from node.web.pages.words import Audience

PageHandler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]

PATH: Final = "/moderation"
_MODES: Final = {
    "open": "everybody",
    "federations": "the members of your federations, and the communities on your list",
    "listed": "only the communities on your list",
}
_WHY: Final = {
    "hidden": "It is hidden on this node",
    "blocked": "Its community is blocked on this node",
    "not allowed": "Its community is not among those that this node shows",
}
# Beyond it there is no year to show; a neighbour's clock may say anything.
_HOURS_MAX: Final = 70_389_528


async def show_moderation(request: web.Request) -> web.Response:
    """Show every block, hiding and list, with who decided it, when, why, and how to take it back."""
    answer = await request.app[ASKS].ask(ListModeration())
    now = request.app[NOW]()
    return await page(
        request,
        "moderation.html",
        title="Kept from view",
        audience=Audience.ONLY_US,
        allowed=_MODES[answer["mode"]["mode"]],
        mode=_decided(answer["mode"], now),
        is_open=answer["mode"]["mode"] == "open",
        blocked=[_decided(one, now) for one in answer["blocked"]],
        hidden=[_hidden(one, now) for one in answer["hidden"]],
        listed=[_decided(one, now) for one in answer["listed"]],
        left_out=answer["not_allowed"],
    )


async def show_hidden(request: web.Request) -> web.Response:
    """Show a listing, an offer or a need whether it is kept from view or not."""
    answer = await request.app[ASKS].ask(ShowHidden(id=request.match_info["id"]))
    now = request.app[NOW]()
    found = answer["profile"] or answer["offer"]
    kind = words.KINDS.get(answer["kind"], answer["kind"])
    shown_at = "listings" if answer["profile"] else "offers"
    urls = Profile.model_validate(answer["profile"], strict=False).urls if answer["profile"] else ()
    return await page(
        request,
        "hidden.html",
        title=answer["title"] or f"A {kind} without a name",
        audience=Audience.ONLY_US,
        kind=kind,
        id=answer["id"],
        maker=answer["community_name"],
        maker_path=f"/communities/{answer['community']}",
        community_id=answer["community"],
        texts=found["description"] if answer["profile"] else found["text"],
        urls=urls,
        why=[{**_decided(one, now), "words": _WHY[one["what"]]} for one in answer["why"]],
        shown_path=f"/{shown_at}/{answer['id']}",
    )


def or_hidden(handler: PageHandler) -> PageHandler:
    """Return a handler that leads the operator on to what a page does not show because it is hidden."""

    async def show(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except NotFoundError:
            if not request.app[OPERATOR]:
                raise  # A stranger finds nothing, whether it never was or is hidden.
            answer = await request.app[ASKS].ask(ShowHidden(id=request.match_info["id"]))
            if not answer["why"]:
                raise
            raise web.HTTPSeeOther(f"{PATH}/{answer['id']}") from None

    return show


async def show_reports(request: web.Request) -> web.Response:
    """Show what members' stewards reported to our federations."""
    answer = await request.app[ASKS].ask(ListReports(withdrawn=True))
    now = request.app[NOW]()
    return await page(
        request,
        "reports.html",
        title="Reports",
        audience=Audience.FEDERATION,
        reports=[_report(one, now) for one in answer["reports"]],
    )


def _decided(one: dict[str, Any], now: Timestamp) -> dict[str, Any]:
    """Return a decision with its time in words; None where nobody decided anything."""
    return {**one, "when": moments.since(Timestamp(one["at"]), now) if one["at"] else None}


def _hidden(one: dict[str, Any], now: Timestamp) -> dict[str, Any]:
    kind = words.KINDS.get(one["kind"], one["kind"])
    openable = one["kind"] in words.KINDS
    return {
        **_decided(one, now),
        "kind": kind,
        "title": one["title"] or f"a {kind} without words",
        "path": f"{PATH}/{one['id']}" if openable else "",
        "target": one["note"] or one["id"],
    }


def _report(one: dict[str, Any], now: Timestamp) -> dict[str, Any]:
    about = one["about"]
    paths = {"community": f"/communities/{about['id']}"}
    return {
        **one,
        "kind": words.KINDS.get(about["kind"], about["kind"]),
        "title": about["title"] or "something that is not known here",
        "path": paths.get(about["kind"], f"{PATH}/{about['id']}" if about["kind"] in words.KINDS else ""),
        "when": moments.at_hour(one["hours"], now) if one["hours"] < _HOURS_MAX else None,
    }
