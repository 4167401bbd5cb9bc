"""Every error of the web as one kind of answer: a problem after RFC 9457.

This is the one place of the web that turns errors into output. A problem names the status in words, says what
was expected and found, and lists the fields that did not hold. Its type is `about:blank`: the status and
these words are all there is to know.
"""

import http
from collections.abc import Mapping
from typing import Annotated, Final, Literal

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from node import errors
from node.errors import NodeError, PeerError, StorageError, UserError
from node.records.complaints import in_words
from node.web.asking import ERROR_PAGE

PROBLEM_TYPE: Final = "application/problem+json"
# How long somebody who finds no room is asked to wait, in seconds.
RETRY_AFTER_S: Final = "5"
# Below these nothing is a page: what asks there is a program, whatever it says to accept.
_PROGRAMS_PATHS: Final = ("/api/", "/.well-known/", "/nodeinfo/", "/openapi.json", "/healthz", "/metrics")
_STATUS: Final[tuple[tuple[type[NodeError], int], ...]] = (
    # RFC 9110, 15.5.5 and 15.5.21: 404 speaks of what the address names, 422 of what the body asks.
    (errors.UnknownReferenceError, 422),
    (errors.NotFoundError, 404),
    (errors.ConflictError, 409),
    (errors.NotAuthorisedError, 403),
    (UserError, 400),
    (PeerError, 400),
    (StorageError, 503),
)
# A form with more mistakes than this is no form.
_FIELD_ERRORS_MAX: Final = 20

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("web")


class FieldProblem(BaseModel):
    """One field that did not hold."""

    model_config = ConfigDict(frozen=True)

    pointer: Annotated[
        str,
        Field(
            description="Where: a JSON pointer into the body, or the name of a parameter.",
            examples=["/title", "limit"],
        ),
    ]
    message: Annotated[str, Field(description="What was expected.")]


class Problem(BaseModel):
    """What went wrong, after RFC 9457."""

    model_config = ConfigDict(frozen=True)

    type: Literal["about:blank"] = "about:blank"
    title: Annotated[str, Field(description="The status in words.", examples=["Not Found"])]
    status: Annotated[int, Field(ge=400, le=599, examples=[404])]
    detail: Annotated[str, Field(description="What was expected, what was found and what to do.")]
    errors: Annotated[tuple[FieldProblem, ...], Field(description="The fields that did not hold.")] = ()


class RefusedError(UserError):
    """A request cannot be answered as it is.

    Args:
        status: of the answer, 400 to 599.
        headers: to send along, such as `WWW-Authenticate`.
        fields: those that did not hold.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        fields: tuple[FieldProblem, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})
        self.fields = fields


def not_valid(error: ValidationError, *, pointers: bool) -> RefusedError:
    """Return what a form's complaints make: status 400 and the fields.

    Args:
        error: what the form says.
        pointers: whether fields are named by JSON pointers into a body, else by the names of parameters.
    """
    fields = []
    for each in error.errors(include_url=False, include_input=False):
        steps = [str(step) for step in each["loc"]]
        place = (
            "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
            if pointers
            else ".".join(steps)
        )
        fields.append(FieldProblem(pointer=place, message=in_words(each)))
    where = "fields of the body" if pointers else "parameters"
    return RefusedError(400, f"Some {where} do not hold.", fields=tuple(fields[:_FIELD_ERRORS_MAX]))


@web.middleware
async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever was raised into an answer."""
    try:
        return await handler(request)
    except web.HTTPException as found:
        if found.status < 400:
            raise  # A page may send its reader elsewhere.
        kept = {"Allow": found.headers[hdrs.ALLOW]} if hdrs.ALLOW in found.headers else None
        return await _answer(request, RefusedError(found.status, _said(found), headers=kept))
    except RefusedError as refused:
        return await _answer(request, refused)
    except StorageError as error:
        # What the disk said is for the steward, who reads the log.
        _log.warning("store_unavailable", error=str(error))
        detail = "This node cannot answer at the moment: try again."
        return await _answer(request, RefusedError(503, detail, headers={hdrs.RETRY_AFTER: RETRY_AFTER_S}))
    except NodeError as error:
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 400)
        return await _answer(request, RefusedError(status, str(error)))
    except Exception as error:  # noqa: BLE001 (a stranger's request must not stop the node, nor see our insides)
        _log.exception("request_failed", method=request.method, path=request.path, error=repr(error))
        return await _answer(request, RefusedError(500, "This node made a mistake; its log says more."))


def response(refused: RefusedError) -> web.Response:
    """Return a refusal as problem+json."""
    told = Problem(
        title=title(refused.status), status=refused.status, detail=str(refused), errors=refused.fields
    )
    return web.Response(
        body=told.model_dump_json(ensure_ascii=True).encode(),
        status=refused.status,
        headers={**refused.headers, hdrs.CACHE_CONTROL: "no-store", hdrs.CONTENT_TYPE: PROBLEM_TYPE},
    )


def title(status: int) -> str:
    """Return a status in words."""
    return http.HTTPStatus(status).phrase


async def _answer(request: web.Request, refused: RefusedError) -> web.StreamResponse:
    page = request.app.get(ERROR_PAGE)
    if page is None or not wants_page(request):
        return response(refused)
    shown = await page(request, refused.status, title(refused.status), str(refused))
    shown.headers.update(refused.headers)
    return shown


def wants_page(request: web.Request) -> bool:
    """Tell whether a person with a browser asks, outside what is there for programs."""
    return "text/html" in request.headers.get(hdrs.ACCEPT, "") and not request.path.startswith(
        _PROGRAMS_PATHS
    )


def _said(found: web.HTTPException) -> str:
    match found.status:
        case 404:
            return "There is nothing at this address."
        case 405:
            return f"This address takes {found.headers.get(hdrs.ALLOW, 'other methods')} only."
        case 413:
            return "The body is larger than this node takes."
        case _:
            return found.text or found.reason
