"""The two applications: one for anybody, one for the operator at this machine.

Owns which parts are mounted where and in what order requests are looked at. Refuses to own what a part
answers: the API is `node.web.api`, the pages are `node.web.pages`.
"""

from collections.abc import Iterable

from aiohttp import web

from node.web import guard, metrics, pages, problems, rate
from node.web import tokens as tokens_module
from node.web.api import table
from node.web.asking import (
    ASKS,
    CONFIG,
    HEAVY_PATHS,
    LINK_PATHS,
    NOW,
    OPERATOR,
    Asks,
    Changes,
    Now,
    WebConfig,
    never_the_same,
)
from node.web.kept_files import KEPT_FILES, KeptFiles
from node.web.metrics import METRICS, Metrics
from node.web.pages import feeds
from node.web.public_asking import PublicAsks
from node.web.rate import BUCKETS, Buckets
from node.web.tokens import TOKENS, Tokens, TokensInMemory


def public_app(
    asks: Asks,
    *,
    config: WebConfig,
    now: Now,
    links: Iterable[web.RouteDef] = (),
    metrics: Metrics | None = None,
    changes: Changes = never_the_same,
) -> web.Application:
    """Return what anybody may reach: the `public` scope only, and no cookies.

    Args:
        asks: gives commands to the core.
        config: what the steward decided.
        now: reads the clock.
        links: the routes at which other nodes connect; they keep bounds of their own.
        metrics: where both listeners count.
        changes: grows whenever what is kept may have changed.
    """
    app = _app(PublicAsks(asks, now, changes), config=config, now=now, operator=False, counted=metrics)
    app[KEPT_FILES] = KeptFiles(now, changes)
    routes = tuple(links)
    app[LINK_PATHS] = frozenset(route.path for route in routes)
    app.router.add_routes(routes)
    return app


def operator_app(
    asks: Asks,
    *,
    config: WebConfig,
    now: Now,
    tokens: Tokens | None = None,
    metrics: Metrics | None = None,
) -> web.Application:
    """Return what the operator reaches on this machine: everything, and publishing with a token.

    Args:
        asks: gives commands to the core.
        config: what the steward decided.
        now: reads the clock.
        tokens: what programs may show; none are known by default.
        metrics: where both listeners count.
    """
    app = _app(asks, config=config, now=now, operator=True, counted=metrics)
    if not config.open_reads:
        app.middlewares.append(tokens_module.needed_to_read)
    app[LINK_PATHS] = frozenset()
    # The operator sees what is so at this moment: a file is made at each change, and at each second look.
    app[KEPT_FILES] = KeptFiles(now, never_the_same)
    app[TOKENS] = tokens if tokens is not None else TokensInMemory()
    return app


def _app(
    asks: Asks, *, config: WebConfig, now: Now, operator: bool, counted: Metrics | None
) -> web.Application:
    # From the outside in: what counts, what gives every error its form, the cheap checks, then the work.
    app = web.Application(
        client_max_size=config.body_bytes_max,
        middlewares=[metrics.middleware, problems.middleware, guard.middleware, rate.middleware],
    )
    app[ASKS] = asks
    app[CONFIG] = config
    app[NOW] = now
    app[OPERATOR] = operator
    app[HEAVY_PATHS] = feeds.HEAVY_PATHS
    app[METRICS] = counted if counted is not None else Metrics(version=config.version)
    allowance = config.operator_allowance if operator else config.public_allowance
    if allowance is not None:
        app[BUCKETS] = Buckets(allowance)
    app.on_response_prepare.append(guard.add_headers)
    table.add_routes(app, operator=operator)
    pages.add_routes(app, operator=operator)
    return app
