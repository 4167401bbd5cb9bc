"""A node's listeners as people and programs meet them: a real process, real sockets, members' affairs."""

import http.client
import itertools
import json
import re
import secrets
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from node.cli.asking import carried
from node.demo.processes import NodeProcess
from node.web import token_spelling
from node.web.api import table
from tests.e2e.conftest import Start, befriend, federate, log_of, starting, until

pytestmark = pytest.mark.e2e
WHISPER = "Zephyrine's barn burnt down, whispered among members"
QUESTION = "Hushed question about the mill race"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def tree(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Listener:
    """One listener of a running node."""

    host: str
    port: int
    # Each request comes from another address of this machine, so that no test uses up another's allowance.
    callers: Iterator[int] = field(default_factory=lambda: itertools.cycle(range(2, 250)))

    def send(self, method: str, path: str, tree: Any = None, **headers: str) -> Answer:
        """Send a request of its own connection."""
        caller = (f"127.0.0.{next(self.callers)}", 0)
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20, source_address=caller)
        body = None if tree is None else json.dumps(tree).encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        answer = Answer(response.status, told, response.read())
        connection.close()
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        """Read something."""
        return self.send("GET", path, **headers)


@dataclass(frozen=True, slots=True)
class Web:
    """A node with its two listeners, a member of a federation that has something to whisper about."""

    node: NodeProcess
    public: Listener
    operator: Listener
    federation: str
    offer: str
    token: str

    @property
    def bearer(self) -> str:
        """Return the header of a program that may publish."""
        return f"Bearer {self.token}"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """Return a node with a federation, a note on its board, a question, a neighbour and an offer."""
    for start in starting(tmp_path_factory.mktemp("web")):
        alder, birch = start("Alder", "Birch")
        befriend(alder, birch)
        federate(alder, birch)
        for node in (alder, birch):
            node.ask("attest", size=10)
        alder.ask("add-note", text=WHISPER)
        alder.ask("open-proposal", title=QUESTION)
        offer = alder.ask("add-offer", title="Apple <b>trees</b>", text="Old sorts", tags=["orchard"])["id"]
        written, digest = token_spelling.draw(secrets.token_bytes)
        alder.ask("add-token", name="shop", scopes=["publish", "read"], digest=carried(digest))
        federation = alder.ask("list-federations")["federations"][0]["id"]
        public, operator = listeners(alder)
        yield Web(alder, public, operator, federation, offer, written)


def listeners(node: NodeProcess) -> tuple[Listener, Listener]:
    """Return where a node's pages are, as its data folder tells."""
    known = node.folder.read_address()
    assert known is not None
    pages, operator = urlsplit(known["pages"]), urlsplit(known["operator"])
    return (
        Listener(str(pages.hostname), int(pages.port or 0)),
        Listener(str(operator.hostname), int(operator.port or 0)),
    )


PUBLIC_PATHS = (
    ("/", "text/html"),
    ("/directory", "text/html"),
    ("/offers", "text/html"),
    ("/api/v1/node", "application/json"),
    ("/api/v1/listings?q=apple", "application/json"),
    ("/api/v1/offers", "application/json"),
    ("/healthz", "application/json"),
    ("/openapi.json", "application/json"),
    ("/.well-known/nodeinfo", "application/json"),
    ("/nodeinfo/2.1", "application/json"),
    ("/murmurations.json", "application/json"),
    ("/feeds/news.atom", "application/atom+xml"),
    ("/feeds/directory.geojson", "application/geo+json"),
    ("/feeds/directory.vcf", "text/vcard"),
    ("/feeds/deadlines.ics", "text/calendar"),
    ("/robots.txt", "text/plain"),
    ("/static/hedgerow.css", "text/css"),
)


@pytest.mark.parametrize(("path", "kind"), PUBLIC_PATHS)
def test_a_visitor_reads_what_is_public(path: str, kind: str, web: Web) -> None:
    """Each address answers at the very port at which neighbours connect, with a policy that runs nothing."""
    answer = web.public.get(path)
    assert answer.status == 200
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "set-cookie" not in answer.headers
    assert web.public.get(path, **{"If-None-Match": answer.headers["etag"]}).status == 304


def test_what_needs_a_domain_or_a_contact_is_not_there_without(web: Web) -> None:
    """WebFinger, did:web and security.txt say 404 as problems, until a steward sets what they need."""
    for path in ("webfinger?resource=acct:community@x.example", "did.json", "security.txt"):
        answer = web.public.get(f"/.well-known/{path}")
        assert answer.status == 404
        assert answer.headers["content-type"] == "application/problem+json"


def filled(path: str, web: Web) -> str:
    """Return a path with the ids of what really is there."""
    names = {"federation": web.federation, "proposal": web.federation, "note": "x", "id": web.offer}
    # For anything else an id of the right form, of which nothing is held.
    return re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], web.federation), path)


def test_members_affairs_do_not_leak_through_the_public_listener(web: Web) -> None:
    """Leak: no path of either listener, asked by a stranger with the operator's token, shows any of them."""
    paths = {operation.path for operation in (*table.OPERATOR, *table.PUBLIC)}
    paths |= {path for path, _ in PUBLIC_PATHS}
    paths |= {
        "/log",
        "/federations",
        f"/federations/{web.federation}",
        "/proposals",
        "/metrics",
        "/v1/command",
    }
    asked = [filled(path, web) for path in sorted(paths)]
    secret = [text.encode() for text in (WHISPER, QUESTION, web.federation, "Hills", web.token)]
    for path in asked:
        for headers in ({}, {"Authorization": web.bearer}, {"Host": "localhost"}):
            answer = web.public.get(path, **headers)
            assert not [text for text in secret if text in answer.body], path
            assert answer.status < 500, path
    for path in ("/log", "/federations", "/proposals", "/metrics", "/api/v1/log", "/api/v1/neighbours"):
        assert web.public.get(path).status == 404, path
    # The same words are there for whom they are meant.
    assert WHISPER.encode() in web.operator.get(f"/api/v1/federations/{web.federation}/notes").body
    assert QUESTION.encode() in web.operator.get("/proposals").body


def test_the_operator_reads_everything_and_under_its_own_names_only(web: Web) -> None:
    """Pages and numbers are there; a page elsewhere that lets its name point here is refused."""
    for path in ("/", "/log", "/federations", "/proposals", f"/federations/{web.federation}"):
        assert web.operator.get(path).status == 200, path
    assert web.public.get("/").status == 200
    numbers = web.operator.get("/metrics").body.decode()
    assert 'hedgerow_peers{state="connected"} 1.0' in numbers
    assert 'hedgerow_http_requests_total{listener="public",method="GET",status="200"}' in numbers
    assert web.operator.get("/", Host="evil.example").status == 421


def test_a_program_publishes_with_a_token(web: Web) -> None:
    """What it sends is published for everybody; without the token, or on the public listener, nothing is."""
    wanted = {"title": "Forty metres of hurdle", "tags": ["coppice"]}
    assert web.operator.send("POST", "/api/v1/offers", wanted).status == 401
    assert web.public.send("POST", "/api/v1/offers", wanted, Authorization=web.bearer).status == 405
    made = web.operator.send("POST", "/api/v1/offers", wanted, Authorization=web.bearer)
    assert made.status == 201, made.body
    until(lambda: web.public.get("/api/v1/listings?q=hurdle").tree["total"] == 1)
    shown = web.public.get(made.headers["location"]).tree
    assert shown["offer"]["title"] == {"und": "Forty metres of hurdle"}
    (token,) = web.node.ask("list-tokens")["tokens"]
    assert token["used"] is not None
    assert web.token not in log_of(web.node)


def test_listings_of_others_are_text_on_every_page(web: Web) -> None:
    """Injected markup: a title with markup shows as text."""
    page = web.public.get(f"/offers/{web.offer}").body
    assert b"Apple &lt;b&gt;trees&lt;/b&gt;" in page
    assert b"<b>trees" not in page


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    ],
)
def test_a_stranger_cannot_fill_the_log(sent: bytes, web: Web) -> None:
    """Log flooding: what is no HTTP is refused and leaves no line behind."""
    before = len(log_of(web.node))
    with socket.create_connection((web.public.host, web.public.port), timeout=20) as connection:
        connection.sendall(sent)
        assert connection.recv(64).startswith(b"HTTP/1.")
    assert web.public.get("/healthz").status == 200
    added = log_of(web.node)[before:]
    assert "Traceback" not in added
    assert not [line for line in added.splitlines() if "level=error" in line or "level=warning" in line]


def test_a_request_under_way_is_answered_before_the_node_ends(start: Start) -> None:
    """SIGTERM: a program in the middle of its request is answered, and what it sent is kept."""
    (node,) = start("Alder")
    written, digest = token_spelling.draw(secrets.token_bytes)
    node.ask("add-token", name="shop", scopes=["publish"], digest=carried(digest))
    _, operator = listeners(node)
    body = json.dumps({"title": "The last loaf"}).encode()
    # RFC 9110 section 10.1.1: the node says "continue" once it holds the head. The request is under way then.
    head = (
        f"POST /api/v1/offers HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {written}\r\n"
        "Expect: 100-continue\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((operator.host, operator.port), timeout=20) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4_096).startswith(b"HTTP/1.1 100")
        node.begin_stop()
        connection.sendall(body)
        answered = connection.recv(4_096)
    assert answered.startswith(b"HTTP/1.1 201"), answered
    node.end_stop()
    assert "Traceback" not in log_of(node)
    node.begin_serve()
    node.end_serve()
    assert [one["title"] for one in node.ask("list-offers")["offers"]] == ["The last loaf"]


def test_many_visitors_at_once_leave_room_for_the_steward(web: Web) -> None:
    """Denial of service: while strangers ask for all they can, the steward's command is answered."""
    stop = threading.Event()
    statuses: list[int] = []

    def visit(number: int) -> None:
        visitor = Listener(web.public.host, web.public.port, itertools.repeat(250))
        turn = 0
        while not stop.is_set():
            turn += 1
            statuses.append(visitor.get(f"/feeds/directory.geojson?tag={number}-{turn}").status)

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(12)]
    for visitor in visitors:
        visitor.start()
    try:
        for _ in range(20):
            assert web.node.ask("list-offers")["offers"]
    finally:
        stop.set()
        for visitor in visitors:
            visitor.join()
    assert set(statuses) <= {200, 429, 503}
    assert 429 in statuses


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no browser on this machine")
def test_a_browser_shows_the_first_page(web: Web, tmp_path: Path) -> None:
    """A real browser lays the page out and is refused nothing that it asks for."""
    shot = tmp_path / "home.png"
    done = subprocess.run(
        [
            "chromium",
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *(f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={shot}", "--window-size=390,844"),
            *("--enable-logging=stderr", "--log-level=0"),
            f"http://{web.public.host}:{web.public.port}/",
        ],
        capture_output=True,
        timeout=90,
        check=False,
    )
    told = done.stderr.decode("utf-8", "replace")
    assert shot.exists(), told[-2_000:]
    assert "Content Security Policy" not in told
    assert not re.findall(r"CONSOLE.*", told)
