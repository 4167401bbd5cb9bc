"""The two applications: one for anybody, one for the operator at this machine.

Owns which parts are mounted where and in what order requests are looked at. Refuses to own what a part answers:
the API is `node.web.api`, the pages are `node.web.pages`.
"""

from collections.abc import Callable, Iterable

from aiohttp import web

from node.clock import Timestamp
from node.web import guard, pages, problems, rate
from node.web.asking import ASKS, CONFIG, LINK_PATHS, NOW, OPERATOR, Asks, WebConfig
from node.web.rate import BUCKETS, Buckets


def public_app(
    asks: Asks,
    *,
    config: WebConfig,
    now: Callable[[], Timestamp],
    links: Iterable[web.RouteDef] = (),
) -> web.Application:
    """Return what anybody may reach: the `public` scope only, and no cookies.

    Args:
        now: reads the clock.
        links: the routes at which other nodes connect; they keep bounds of their own.
    """
    return _app(asks, config=config, now=now, links=tuple(links), operator=False)


def operator_app(asks: Asks, *, config: WebConfig, now: Callable[[], Timestamp]) -> web.Application:
    """Return what the operator reaches on this machine: everything, and publishing with a token."""
    return _app(asks, config=config, now=now, links=(), operator=True)


def _app(
    asks: Asks,
    *,
    config: WebConfig,
    now: Callable[[], Timestamp],
    links: tuple[web.RouteDef, ...],
    operator: bool,
) -> web.Application:
    # From the outside in. The clean form of every answer comes first, then the cheap checks, then the work.
    app = web.Application(
        client_max_size=config.body_bytes_max,
        middlewares=[problems.middleware, guard.middleware, rate.middleware],
    )
    app[ASKS] = asks
    app[CONFIG] = config
    app[NOW] = now
    app[OPERATOR] = operator
    app[LINK_PATHS] = frozenset(link.path for link in links)
    allowance = config.operator_allowance if operator else config.public_allowance
    if allowance is not None:
        app[BUCKETS] = Buckets(allowance)
    app.on_response_prepare.append(guard.add_headers)
    app.router.add_routes(links)
    pages.add_routes(app, operator=operator)
    return app
