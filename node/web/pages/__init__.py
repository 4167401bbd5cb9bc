"""The pages that people read, rendered by the node."""

from aiohttp import web


def add_routes(app: web.Application, *, operator: bool) -> None:
    """Add the pages of a listener; `operator` says whether it shows more than the `public` scope."""
