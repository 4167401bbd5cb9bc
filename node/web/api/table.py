"""One table of operations for each listener, from which routes, checks and the OpenAPI document are made."""

import functools
import json
from typing import Final

from aiohttp import web

from node.web import health, metrics, openapi
from node.web.api import (
    bodies,
    circles,
    deciding,
    directory,
    federations,
    meetings,
    nodes,
    petitions,
    serving,
    wellknown,
)
from node.web.api.operations import AnyOperation, Operation, Plain, Told
from node.web.asking import CONFIG

PUBLIC: Final[tuple[AnyOperation, ...]] = (
    *nodes.PUBLIC,
    *directory.PUBLIC,
    *wellknown.PUBLIC,
    health.OPERATION,
)
OPERATOR: Final[tuple[AnyOperation, ...]] = (
    *nodes.OPERATOR,
    *directory.OPERATOR,
    *federations.OPERATOR,
    *deciding.OPERATOR,
    *bodies.OPERATOR,
    *meetings.OPERATOR,
    *petitions.OPERATOR,
    *circles.OPERATOR,
    health.OPERATION,
    metrics.OPERATION,
)


def add_routes(app: web.Application, *, operator: bool) -> None:
    """Add the API of a listener, and the document that describes it."""
    table = OPERATOR if operator else PUBLIC
    version = app[CONFIG].version

    async def describe(_call: Plain) -> Told:
        return Told(_described(version, operator=operator))

    document: AnyOperation = Operation("describe", "GET", "/openapi.json", "This document", describe, None)
    for operation in (*table, document):
        handler = serving.handler(operation)
        if operation.method == "GET":
            app.router.add_get(operation.path, handler, allow_head=True)
        else:
            app.router.add_route(operation.method, operation.path, handler)


@functools.cache
def _described(version: str, *, operator: bool) -> str:
    """Write the document of a listener, once for each of the two."""
    table = OPERATOR if operator else PUBLIC
    return json.dumps(openapi.document(table, version=version, operator=operator))
