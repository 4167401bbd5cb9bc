"""Others' tools against a node that really runs and holds what nobody should have written.

`make fuzz-api` brings schemathesis (SCHEMATHESIS names its program), `make check-html` the W3C's Nu checker
(VNU_JAR names its jar); without them these tests are skipped.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from node.cli.asking import carried
from node.demo.processes import NodeProcess
from node.keys import KeyPair, show
from node.web import token_spelling
from tests.e2e.conftest import befriend, federate, starting
from tests.e2e.test_web import Listener, listeners
from tests.web.pages.hostile import LONG, MARKUP, ODD_ADDRESSES, TURNED

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(600)]
PROGRAM = os.environ.get("SCHEMATHESIS", "")
JAR = os.environ.get("VNU_JAR", "")
HERE = Path(__file__).parent
SETTINGS = (HERE.parent / "web" / "schemathesis.toml").read_text(encoding="utf-8")
# Visitors behind a proxy are counted each for themselves, so that the tool is not held up by its own haste.
NODE_SETTINGS = (
    'domain = "garden.example"\ncontact = "mailto:weeds@garden.example"\nproxies = ["127.0.0.1"]\n'
)
CALLERS = {"SCHEMATHESIS_HOOKS": "callers", "PYTHONPATH": str(HERE / "hooks")}
EXAMPLES = "30"
# Letters that run from right to left by themselves.
HEBREW = "\u05d2\u05df \u05e7\u05d4\u05d9\u05dc\u05ea\u05d9 <i>7</i>"


@dataclass(frozen=True, slots=True)
class Site:
    """A node that runs, and the ids of what it holds."""

    public: Listener
    operator: Listener
    federation: str
    proposal: str
    offer: str
    listings: tuple[str, ...]
    holder: str
    token: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a node full of hostile texts."""
    for start in starting(tmp_path_factory.mktemp("outside")):
        ann, ben = start("Ann", "Ben")
        befriend(ann, ben)
        federate(ann, ben)
        ann.begin_stop()
        ann.end_stop()
        with ann.folder.config_file.open("a", encoding="utf-8") as settings:
            settings.write(NODE_SETTINGS)
        ann.begin_serve()
        ann.end_serve()
        yield filled(ann)


def filled(node: NodeProcess) -> Site:
    """Write what nobody should into each field; commands refuse hidden signs, imported files hold them."""
    holder = show(KeyPair(secrets.token_bytes(32)).public)
    node.ask("edit-profile", name=f"Ann {MARKUP}", description=f"{MARKUP}\n\n{LONG}"[:20_000])
    node.ask("edit-profile", tags=[MARKUP, HEBREW], country="CH", latitude="47.1", longitude="8.5")
    offer = node.ask("add-offer", title=MARKUP, text=LONG, tags=[MARKUP], expires="2031-01-31")["id"]
    node.ask("add-offer", kind="need", title=HEBREW, text=f"{HEBREW} {MARKUP}", category="other")
    features = [
        {
            "type": "Feature",
            "id": str(number),
            "geometry": {"type": "Point", "coordinates": [8.5, 47.1]},
            "properties": {"name": MARKUP, "description": TURNED, "url": address, "x": LONG[:5_000]},
        }
        for number, address in enumerate(ODD_ADDRESSES)
    ]
    data = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    node.ask("import-file", data=carried(data), file_name="h.geojson", source=MARKUP, licence="CC0-1.0")
    node.ask("attest", size=12)
    node.ask("grant-mandate", holder=holder)
    node.ask("add-note", text=f"{MARKUP}\n{HEBREW}")
    options = [MARKUP, HEBREW, "W" * 200]
    opened = node.ask(
        "open-proposal", title=MARKUP, text=HEBREW, method="scottish-stv", options=options, seats=2
    )
    written, digest = token_spelling.draw(secrets.token_bytes)
    node.ask("add-token", name=MARKUP, scopes=["publish", "read"], digest=carried(digest))
    operator = listeners(node)[1]
    known = node.folder.read_address()
    assert known is not None
    listings = node.ask("search", limit=50)["listings"]
    return Site(
        # With a domain its pages name themselves by that.
        public=Listener("127.0.0.1", known["port"]),
        operator=operator,
        federation=node.ask("list-federations")["federations"][0]["id"],
        proposal=opened["proposal"],
        offer=offer,
        listings=tuple(one["id"] for one in listings if one["kind"] == "profile"),
        holder=holder,
        token=written,
    )


def fuzz(listener: Listener, site: Site, folder: Path, *, token: str | None) -> None:
    """Let schemathesis ask everything it can think of."""
    known = {
        "path.federation": site.federation,
        "path.proposal": site.proposal,
        "path.id": site.offer,
        "query.holder": site.holder,
    }
    lines = [f'"{name}" = "{value}"' for name, value in known.items()]
    settings = folder / "schemathesis.toml"
    settings.write_text("\n".join(["[parameters]", *lines, "", SETTINGS]), encoding="utf-8")
    done = subprocess.run(
        [
            PROGRAM,
            *("--config-file", str(settings)),
            *("run", f"http://{listener.host}:{listener.port}/openapi.json"),
            *("--max-examples", EXAMPLES, "--continue-on-failure", "--no-color"),
            *(("-H", f"Authorization: Bearer {token}") if token else ()),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | ({} if token else CALLERS),
        check=False,
    )
    print(done.stdout[-3_000:])
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]


@pytest.mark.skipif(not PROGRAM, reason="SCHEMATHESIS names no program: run `make fuzz-api`")
def test_a_fuzzer_finds_nothing_on_a_running_nodes_public_listener(site: Site, tmp_path: Path) -> None:
    """No server error and no answer that the document does not describe."""
    fuzz(site.public, site, tmp_path, token=None)


@pytest.mark.skipif(not PROGRAM, reason="SCHEMATHESIS names no program: run `make fuzz-api`")
def test_a_fuzzer_finds_nothing_on_a_running_nodes_operators_listener(site: Site, tmp_path: Path) -> None:
    """No server error and no answer that the document does not describe, with a token that may publish."""
    fuzz(site.operator, site, tmp_path, token=site.token)


@pytest.mark.skipif(not JAR, reason="VNU_JAR names no checker: run `make check-html`")
def test_the_nu_checker_finds_no_error_in_a_running_nodes_pages(site: Site, tmp_path: Path) -> None:
    """Every page of both listeners, found as a reader finds it: by following links from the first."""
    java = shutil.which("java")
    assert java is not None, "expected java to run the checker with"
    pages = 0
    for name, listener in (("public", site.public), ("operator", site.operator)):
        for number, page in enumerate(walked(listener)):
            (tmp_path / f"{name}-{number}.html").write_bytes(page)
            pages += 1
        (tmp_path / f"{name}.css").write_bytes(listener.get("/static/hedgerow.css").body)
    assert pages > 20
    done = subprocess.run(
        [java, "-jar", JAR, "--also-check-css", "--format", "text", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    print(f"{pages} pages checked")
    assert done.returncode == 0, done.stdout + done.stderr


def walked(listener: Listener) -> Iterator[bytes]:
    """Yield every page that links lead to, and one of an error."""
    waiting, seen = ["/", "/nothing-here", "/directory?near=x"], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen or len(seen) > 300:
            continue
        seen.add(path)
        answer = listener.get(path, Accept="text/html")
        assert answer.status < 500, path
        if answer.headers["content-type"].startswith("text/html"):
            yield answer.body
            found = re.findall(rb'href="(/[^"]*)"', answer.body)
            waiting += [one.decode().replace("&amp;", "&") for one in found]
