import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientResponse, web

from node.engine.commands import Command
from node.errors import (
    ConflictError,
    MalformedMessageError,
    NodeError,
    NotAuthorisedError,
    StorageError,
    StoreBusyError,
    UserError,
)
from node.web.app import operator_app
from node.web.asking import ERROR_PAGE, Answer
from node.web.problems import Problem
from tests.web import serving, valley
from tests.web.serving import CONFIG, ONE_REQUEST, Clock, Site
from tests.web.valley import Valley


@pytest.fixture(scope="module")
def some_valley() -> Valley:
    """Return one valley for all tests here: none of them changes what another looks at."""
    return valley.make()


async def problem(response: ClientResponse, status: int) -> dict[str, Any]:
    """Return the problem of an answer after checking its form."""
    assert response.status == status
    assert response.content_type == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    tree: dict[str, Any] = await response.json()
    assert Problem.model_validate(tree).status == status
    return tree


async def test_every_way_to_ask_for_what_is_not_there_is_a_problem(steward: Site) -> None:
    """404, 405 with Allow, 413 and 415 have the one form of all errors."""
    await problem(await steward.get("/nowhere"), 404)
    await problem(await steward.get("/api/v1/listings/none"), 404)
    not_allowed = await steward.send("PUT", "/api/v1/offers")
    assert "GET,HEAD,POST" in (await problem(not_allowed, 405))["detail"]
    assert not_allowed.headers["Allow"] == "GET,HEAD,POST"
    headers = {"Authorization": f"Bearer {steward.token}"}
    for content_type in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        kind = {**headers, "Content-Type": content_type}
        await problem(await steward.send("POST", "/api/v1/offers", data=b"{}", headers=kind), 415)
    zipped = {**headers, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    sent = await steward.send("POST", "/api/v1/offers", data=b"\x1f\x8b", headers=zipped)
    assert sent.status in (400, 415)


class FailingAsks:
    """A core that answers with an error, or never."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    async def ask(self, command: Command) -> Answer:  # noqa: ARG002 (whatever is asked)
        """Fail, or wait for ever."""
        if self.error is not None:
            raise self.error
        await asyncio.Event().wait()
        return {}


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (UserError("expected a day"), 400, "expected a day"),
        (ConflictError("withdrawn already"), 409, "withdrawn already"),
        (NotAuthorisedError("no key here"), 403, "no key here"),
        (MalformedMessageError("odd bytes"), 400, "odd bytes"),
        (StoreBusyError("waits"), 503, "try again"),
        (StorageError("disk of the steward failed"), 503, "try again"),
        (ValueError("our own secret mistake"), 500, "This node made a mistake"),
        (AssertionError("our own secret mistake"), 500, "This node made a mistake"),
    ],
)
async def test_errors_of_the_core_keep_their_meaning_and_our_mistakes_their_secrets(
    some_valley: Valley, error: Exception, status: int, told: str
) -> None:
    """Whose fault it is decides the status; what is not the caller's fault is not told in detail."""
    app = operator_app(FailingAsks(error), config=CONFIG, now=Clock())
    async with serving.listening(app, some_valley.node) as site:
        response = await site.get("/api/v1/log")
        tree = await problem(response, status)
        assert told in tree["detail"]
        assert "secret" not in tree["detail"]
        assert "disk" not in tree["detail"]
        assert ("Retry-After" in response.headers) == (status == 503)
        health = await site.get("/healthz")
        assert health.status == (503 if isinstance(error, NodeError) else 500)


async def test_an_answer_that_takes_too_long_is_given_up(some_valley: Valley) -> None:
    """A core that stands still costs a caller bounded time, and health says so."""
    app = operator_app(FailingAsks(None), config=replace(CONFIG, request_s_max=0.01), now=Clock())
    async with serving.listening(app, some_valley.node) as site:
        response = await site.get("/api/v1/log")
        assert "Retry-After" in response.headers
        await problem(response, 503)
        assert (await site.get("/healthz")).status == 503


async def test_a_client_that_asks_too_often_waits(some_valley: Valley) -> None:
    """429 with the seconds to wait, after which the next request passes."""
    async with serving.public(some_valley.node, replace(CONFIG, public_allowance=ONE_REQUEST)) as site:
        assert (await site.get("/healthz")).status == 200
        response = await site.get("/healthz")
        assert response.headers["Retry-After"] == "1"
        await problem(response, 429)
        site.clock.wait(1_000)
        assert (await site.get("/healthz")).status == 200


async def test_people_get_a_page_and_programs_a_problem(some_valley: Valley) -> None:
    """Where pages set one, an error outside the API is a page for a browser, and never one below /api."""

    async def page(_request: web.Request, status: int, title: str, _detail: str) -> web.Response:
        return web.Response(text=f"<p>{title}", status=status, content_type="text/html")

    app = operator_app(FailingAsks(None), config=CONFIG, now=Clock())
    app[ERROR_PAGE] = page
    async with serving.listening(app, some_valley.node) as site:
        shown = await site.get("/nowhere", Accept="text/html,*/*")
        assert (shown.status, await shown.text()) == (404, "<p>Not Found")
        await problem(await site.get("/nowhere"), 404)
        await problem(await site.get("/api/nowhere", Accept="text/html"), 404)
