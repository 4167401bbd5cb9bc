import asyncio
from dataclasses import replace

import pytest
from aiohttp import web

from node.web.app import public_app
from node.web.guard import CONTENT_SECURITY_POLICY
from tests.web import serving, valley
from tests.web.serving import CONFIG, Clock, NodeAsks, Site
from tests.web.valley import Valley


@pytest.fixture(scope="module")
def some_valley() -> Valley:
    """Return one valley for all tests here: none of them changes what another looks at."""
    return valley.make()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7701", "127.0.0.1.evil.example", "10.0.0.7"])
async def test_dns_rebinding_reaches_nothing_of_the_operator(steward: Site, host: str) -> None:
    """A page whose own name points to this machine is refused by its Host, whatever it asks."""
    for path in ("/api/v1/log", "/healthz", "/metrics", "/openapi.json", "/"):
        response = await steward.get(path, Host=host)
        assert response.status == 421
        assert response.content_type == "application/problem+json"


async def test_the_operator_listener_answers_to_its_own_names(some_valley: Valley) -> None:
    """Loopback is known by all its names, and other names only when the steward set them."""
    config = replace(CONFIG, operator_hosts=frozenset({"node.lan"}))
    async with serving.operator(some_valley.node, config) as site:
        for host in ("localhost", "LOCALHOST:1", "127.0.0.1:7701", "[::1]:7701", "node.lan:80"):
            assert (await site.get("/healthz", Host=host)).status == 200, host


@pytest.mark.parametrize("host", ["", "a b", "a/b", 'a"><script>', "a:b:c", "[::1", "ä.example"])
async def test_a_host_that_is_none_is_refused_everywhere(stranger: Site, host: str) -> None:
    """Nothing is ever built from a Host that is neither name nor address."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stranger.port)
    writer.write(f"GET /.well-known/nodeinfo HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"script" not in answer


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "file:///tmp"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_foreign_page_cannot_send_through_its_visitor(steward: Site, headers: dict[str, str]) -> None:
    """Cross-site request forgery: what another origin sends is refused, even with a token that holds."""
    shown = {"Authorization": f"Bearer {steward.token}", **headers}
    response = await steward.send("POST", "/api/v1/offers", json={"title": "Weeds"}, headers=shown)
    assert response.status == 403
    assert (await steward.json("/api/v1/listings?q=weeds"))["total"] == 0


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_foreign_page_cannot_time_what_the_operator_reads(steward: Site, site: str) -> None:
    """Cross-site search: a page elsewhere cannot guess words by how long the operator's answers take."""
    for mode, target in (
        ("no-cors", "empty"),
        ("cors", "empty"),
        ("no-cors", "image"),
        ("navigate", "iframe"),
    ):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": target}
        for path in ("/directory?q=weeds", "/api/v1/log", "/metrics", "/static/hedgerow.css"):
            assert (await steward.get(path, **headers)).status == 403, (headers, path)


async def test_a_link_from_elsewhere_leads_to_the_operators_page(steward: Site, stranger: Site) -> None:
    """Following a link shows the page, and pages elsewhere go on reading the public listener."""
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert (await steward.get("/directory", **link)).status == 200
    fetched = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    assert (await stranger.get("/feeds/directory.geojson", **fetched)).status == 200


async def test_the_own_page_and_programs_may_send(steward: Site) -> None:
    """A page of the listener itself, and a program that sends no Origin, pass."""
    for headers in ({"Origin": f"http://127.0.0.1:{steward.port}", "Sec-Fetch-Site": "same-origin"}, {}):
        shown = {"Authorization": f"Bearer {steward.token}", **headers}
        response = await steward.send("POST", "/api/v1/offers", json={"title": "Herbs"}, headers=shown)
        assert response.status == 201


@pytest.mark.parametrize("path", ["/api/v1/node", "/nowhere", "/api/v1/listings/none", "/openapi.json"])
async def test_every_answer_tells_browsers_to_do_nothing_inline(stranger: Site, path: str) -> None:
    """Errors carry the same headers as answers."""
    headers = (await stranger.get(path)).headers
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Server"] == "hedgerow"


async def test_links_of_other_nodes_keep_bounds_of_their_own(some_valley: Valley) -> None:
    """A link lasts longer than any request may take, and opening one costs no allowance."""

    async def link(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data)
        return socket

    config = replace(CONFIG, request_s_max=0.0, public_allowance=serving.ONE_REQUEST)
    app = public_app(
        NodeAsks(some_valley.node),
        config=config,
        now=Clock(),
        links=[web.get("/sync", link, allow_head=False)],
    )
    async with serving.listening(app, some_valley.node) as site:
        for _ in range(3):
            async with site.client.ws_connect(site.url("/sync")) as socket:
                await socket.send_str("still here")
                assert await socket.receive_str() == "still here"
        assert (await site.get("/healthz")).status == 503
