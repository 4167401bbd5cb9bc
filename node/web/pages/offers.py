"""Offers and needs: the lists, and one offer's page."""

from datetime import date
from typing import Final

from aiohttp import web

from node.directory.offer import Offer
from node.engine.commands import Browse, ShowOffer
from node.web.asking import ASKS, NOW
from node.web.pages import addresses, moments, pager, rows, structured, words
from node.web.pages.rendering import page
from node.web.pages.words import Audience

PATH: Final = "/offers"


async def show_offers(request: web.Request) -> web.Response:
    """Show offers, or needs, as a list."""
    needs = request.query.get("kind") == "need"
    number = pager.read_page(request.query.get("page", ""))
    answer = await request.app[ASKS].ask(
        Browse(
            kind="need" if needs else "offer",
            limit=pager.PAGE_ROWS,
            offset=pager.offset(number),
        )
    )
    now = request.app[NOW]()
    listed = [rows.read(one, now) for one in answer["listings"]]
    kept = {"kind": "need"} if needs else {}
    return await page(
        request,
        "offers.html",
        title="Needs" if needs else "Offers",
        audience=Audience.EVERYONE,
        needs=needs,
        rows=listed,
        pager=pager.make(PATH, kept, page=number, shown=len(listed), total=answer["total"]),
    )


async def show_offer(request: web.Request) -> web.Response:
    """Show one offer or need; of a withdrawn one only that it is withdrawn."""
    answer = await request.app[ASKS].ask(ShowOffer(id=request.match_info["id"]))
    found = Offer.model_validate(answer["offer"], strict=False)
    withdrawn = found.state != "open"
    language, title = structured.best(found.title)
    url = addresses.absolute(request, request.path)
    maker_url = addresses.absolute(request, f"/communities/{answer['community']}")
    return await page(
        request,
        "offer.html",
        title=f"This {found.kind} was withdrawn" if withdrawn else title or f"A {found.kind} without a title",
        audience=Audience.EVERYONE,
        status=410 if withdrawn else 200,
        offer=found,
        withdrawn=withdrawn,
        is_open=answer["open"],
        title_lang=words.lang_attribute(language),
        other_titles=[(tag, text) for tag, text in sorted(found.title.items()) if tag != language],
        expires=moments.on_day(date.fromisoformat(answer["expires"])) if answer["expires"] else None,
        id=answer["id"],
        maker=answer["community_name"],
        maker_path=f"/communities/{answer['community']}",
        own=answer["own"],
        described=structured.offer(found, url=url, maker=answer["community_name"], maker_url=maker_url),
    )
