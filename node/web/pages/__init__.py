"""The pages that people read, rendered by the node: read-only, without any script.

The public listener shows the `public` scope; the operator's also what a federation shares and what only this
node knows.
"""

from aiohttp import web

from node.web.asking import ERROR_PAGE
from node.web.pages import (
    bodies,
    circles,
    directory,
    downloads,
    federations,
    feeds,
    home,
    log,
    meetings,
    moderation,
    offers,
    petitions,
    proposals,
    rendering,
)

# Ids are spelled one way only (node.ids), so whatever else stands there is no address of ours.
_ID = "{id:[a-z2-7]{52}}"


def add_routes(app: web.Application, *, operator: bool) -> None:
    """Add the pages of a listener; `operator` says whether it shows more than the `public` scope."""
    app[ERROR_PAGE] = rendering.error_page
    app.router.add_routes(rendering.static_routes())
    app.router.add_routes(
        [
            web.get("/", home.show_home),
            web.get(f"/communities/{_ID}", home.show_community),
            web.get(directory.PATH, directory.show_directory),
            web.get(f"/listings/{_ID}", moderation.or_hidden(directory.show_listing)),
            web.get(offers.PATH, offers.show_offers),
            web.get(f"/offers/{_ID}", moderation.or_hidden(offers.show_offer)),
        ]
    )
    app.router.add_routes(feeds.routes())
    if operator:
        app.router.add_routes(
            [
                web.get("/federations", federations.show_federations),
                web.get(f"/federations/{_ID}", federations.show_federation),
                web.get(f"/federations/{_ID}/bylaws", federations.show_bylaws),
                web.get(f"/federations/{_ID}/bodies", bodies.show_bodies),
                web.get(f"/federations/{_ID}/meetings", meetings.show_meetings),
                web.get(f"/federations/{_ID}/meetings.ics", meetings.send_calendar),
                web.get(f"/meetings/{_ID}", meetings.show_meeting),
                web.get(f"/federations/{_ID}/petitions", petitions.show_petitions),
                web.get(circles.PATH, circles.show_circles),
                web.get(f"{circles.PATH}/{_ID}", circles.show_circle),
                web.get("/proposals", proposals.show_proposals),
                web.get(f"/proposals/{_ID}", proposals.show_proposal),
                *downloads.routes(f"/proposals/{_ID}"),
                web.get("/log", log.show_log),
                web.get(moderation.PATH, moderation.show_moderation),
                web.get(f"{moderation.PATH}/{_ID}", moderation.show_hidden),
                web.get("/reports", moderation.show_reports),
            ]
        )
