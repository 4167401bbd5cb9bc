"""From an operation to a handler: read the request strictly, run it, write the answer with its ETag.

The order on a request: token, path, parameters, kind of body, body. Whatever does not hold becomes a problem.
"""

import json
import typing
from hashlib import sha256
from typing import Any, Final, NoReturn, TypeVar

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ValidationError

from node.web import problems, tokens
from node.web.api.operations import JSON, AnyOperation, Call, Told
from node.web.asking import CONFIG, OPERATOR
from node.web.problems import FieldProblem, RefusedError
from node.web.schemas.parts import NoParameters
from node.web.tokens import Scope

Form = TypeVar("Form", bound=BaseModel)

# 128 bits: nobody finds two answers with one tag.
_TAG_BYTES: Final = 16


def handler(operation: AnyOperation) -> Handler:
    """Return the handler of an operation."""

    async def serve(request: web.Request) -> web.StreamResponse:
        await _authorise(request, operation)
        call: Call[Any, Any, Any] = Call(
            request=request,
            place=_place(request, operation.place),
            parameters=_parameters(request, operation.parameters),
            body=await _body(request, operation),
        )
        return _respond(request, operation, await operation.run(call))

    return serve


async def _authorise(request: web.Request, operation: AnyOperation) -> None:
    """Ask for a token where one is needed; one that is shown without need must hold too."""
    if operation.needs is not None:
        await tokens.check(request, operation.needs)
    elif request.app[OPERATOR] and operation.path.startswith("/api/"):
        shown = hdrs.AUTHORIZATION in request.headers
        if shown or not request.app[CONFIG].open_reads:
            await tokens.check(request, Scope.READ)


def _place(request: web.Request, form: type[Form]) -> Form:
    """Read the path; what cannot be a name of anything is not found."""
    try:
        return form.model_validate(dict(request.match_info))
    except ValidationError as error:
        raise RefusedError(404, "There is nothing at this address.") from error


def _parameters(request: web.Request, form: type[Form]) -> Form:
    """Read the query: each parameter known, and once unless it is a list."""
    given: dict[str, Any] = {}
    for name in request.query:
        values = request.query.getall(name)
        field = form.model_fields.get(name)
        if field is not None and typing.get_origin(field.annotation) is tuple:
            given[name] = tuple(values)
        elif len(values) == 1:
            given[name] = values[0]
        else:
            told = FieldProblem(pointer=name, message="expected this parameter once")
            raise RefusedError(400, "Some parameters do not hold.", fields=(told,))
    try:
        return form.model_validate(given)
    except ValidationError as error:
        raise problems.not_valid(error, pointers=False) from error


async def _body(request: web.Request, operation: AnyOperation) -> BaseModel:
    if not operation.takes_body:
        return NoParameters()
    if request.content_type != JSON or request.headers.get(hdrs.CONTENT_ENCODING, "identity") != "identity":
        raise RefusedError(415, "Expected a body of Content-Type application/json, not compressed.")
    form: type[BaseModel] = operation.body
    return read_body(await request.read(), form)


def read_body(data: bytes, form: type[Form]) -> Form:
    """Read JSON as it stands: no key twice, no numbers that are none, no type for another.

    Raises:
        RefusedError: 400, with the fields that do not hold.
    """
    try:
        # The form's own reader takes the last of two equal keys; whoever reads the first sees something else.
        json.loads(data, object_pairs_hook=_no_key_twice, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, f"Expected JSON: {str(error)[:200]}") from error
    try:
        return form.model_validate_json(data, strict=True)
    except ValidationError as error:
        raise problems.not_valid(error, pointers=True) from error


def _no_key_twice(pairs: list[tuple[str, Any]]) -> None:
    seen = set()
    for key, _ in pairs:
        if key in seen:
            raise ValueError(f"the key {key[:80]!r} stands there twice")
        seen.add(key)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _respond(request: web.Request, operation: AnyOperation, told: Told) -> web.Response:
    headers = {**operation.headers, hdrs.CONTENT_TYPE: operation.media}
    if told.location is not None:
        headers[hdrs.LOCATION] = told.location
    if told.links:
        links = (f'<{target}>; rel="{relation}"' for relation, target in told.links)
        headers[hdrs.LINK] = ", ".join(links)
    body = as_bytes(told.body)
    if operation.method != hdrs.METH_GET:
        headers[hdrs.CACHE_CONTROL] = "no-store"
        return web.Response(body=body, status=operation.status, headers=headers)
    # Kept by a browser or a cache, and asked about each time: what was withdrawn must not linger.
    headers[hdrs.CACHE_CONTROL] = "private, no-cache" if request.app[OPERATOR] else "no-cache"
    if not request.app[OPERATOR]:
        # What anybody may read, a page anywhere may read too; there are no cookies that it could misuse.
        headers["Access-Control-Allow-Origin"] = "*"
    tag = sha256(body).hexdigest()[: 2 * _TAG_BYTES]
    headers[hdrs.ETAG] = f'"{tag}"'
    if _has(request, tag):
        del headers[hdrs.CONTENT_TYPE]
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, status=operation.status, headers=headers)


def as_bytes(body: BaseModel | str) -> bytes:
    """Write an answer: keys in order, and letters beyond ASCII escaped: nothing acts on a terminal."""
    if isinstance(body, str):
        return body.encode()
    tree = body.model_dump(mode="json")
    return json.dumps(tree, sort_keys=True, separators=(",", ":")).encode("ascii")


def _has(request: web.Request, tag: str) -> bool:
    """Tell whether the caller holds this very answer."""
    return any(found.value in ("*", tag) for found in request.if_none_match or ())
