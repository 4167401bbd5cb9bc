import io
import json

import pytest

from node.engine import commands
from tests.web.serving import Site
from tests.web.valley import Valley

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}"
HIDDEN = "safe\u202egnp.exe\u2066\u200b\x1b[31m\x07"
ODD_ADDRESSES = ("javascript:alert(1)", "http://169.254.169.254/latest", "http://[64:ff9b::7f00:1]/")


def hostile_file() -> bytes:
    """Return a file with a listing that tries everything."""
    properties = {"name": MARKUP, "description": HIDDEN * 50, "url": ODD_ADDRESSES[0], "tags": [MARKUP[:50]]}
    geometry = {"type": "Point", "coordinates": [8.5, 47.1]}
    feature = {"type": "Feature", "id": "1", "geometry": geometry, "properties": properties}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


async def test_a_hostile_listing_comes_out_as_plain_json(stranger: Site, some_valley: Valley) -> None:
    """Markup, hidden characters and odd addresses travel as text in ASCII JSON that no browser sniffs."""
    some_valley.node.ask(commands.ImportFile(data=hostile_file(), file_name="h.geojson", source="s"))
    (found,) = (await stranger.json("/api/v1/listings?q=alert"))["listings"]
    assert found["name"].startswith("<script>")
    for path in ("/api/v1/listings?q=alert", f"/api/v1/listings/{found['id']}"):
        response = await stranger.get(path, Accept="text/html")
        assert response.content_type == "application/json"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        raw = await response.read()
        assert raw.isascii()
        assert all(byte >= 0x20 and byte != 0x7F for byte in raw)
        assert b"\\u202e" not in raw
    shown = await stranger.json(f"/api/v1/listings/{found['id']}")
    assert shown["profile"]["urls"] == [], "an address that acts is no address"


@pytest.mark.parametrize(
    "path", ["/<script>alert(1)</script>", "/api/v1/listings/%3Cscript%3E", "/api/v1/listings?<script>=1"]
)
async def test_what_was_asked_is_not_played_back_as_a_page(stranger: Site, path: str) -> None:
    """Reflected markup: an error is JSON for whoever asks below /api, and repeats no path."""
    response = await stranger.get(path, Accept="application/json")
    assert response.status in (400, 404)
    assert response.content_type == "application/problem+json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_an_oversized_text_never_gets_in(steward: Site) -> None:
    """Texts beyond the bounds of the form, and bodies beyond the bounds of the listener, are refused."""
    long = await steward.publish("POST", "/api/v1/offers", {"title": "x" * 201})
    assert long.status == 400
    body = io.BytesIO(b'{"title": "x", "text": "' + b"x" * (3 * 1024 * 1024) + b'"}')
    headers = {"Authorization": f"Bearer {steward.token}", "Content-Type": "application/json"}
    huge = await steward.send("POST", "/api/v1/offers", data=body, headers=headers)
    assert huge.status == 413
    assert huge.content_type == "application/problem+json"
    assert (await steward.json("/api/v1/offers"))["total"] == 1
