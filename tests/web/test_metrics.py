import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from node import ids
from node.web.app import public_app
from node.web.metrics import Metrics, middleware
from tests.web import serving, valley
from tests.web.serving import CONFIG, Clock, NodeAsks, Site
from tests.web.valley import Valley


@pytest.fixture(scope="module")
def some_valley() -> Valley:
    """Return one valley for all tests here: none of them changes what another looks at."""
    return valley.make()


async def test_numbers_are_named_as_prometheus_wants_them(steward: Site) -> None:
    """Every metric parses, has our prefix and a help text, and base units."""
    await steward.get("/nowhere")
    response = await steward.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = list(text_string_to_metric_families(await response.text()))
    values = {
        (sample.name, *sample.labels.values()): sample.value for one in families for sample in one.samples
    }
    assert values["hedgerow_build_info", "0.0.0-test"] == 1
    assert values["hedgerow_peers", "connected"] == 1
    assert values["hedgerow_documents", "public", "listing"] == 5
    assert values["hedgerow_http_requests_total", "operator", "GET", "404"] == 1
    assert values["hedgerow_last_sync_timestamp_seconds",] > 1_700_000_000
    for family in families:
        assert re.fullmatch("hedgerow_[a-z_]+", family.name)
        assert family.documentation or family.name.endswith("_created")


async def test_no_id_name_or_address_becomes_a_label(steward: Site, some_valley: Valley) -> None:
    """What people ask for, and whom the node knows, never grows the list of numbers."""
    for path in (f"/api/v1/listings/{some_valley.offer}", "/x?y", "/api/v1/listings?q=apples"):
        await steward.get(path)
    await steward.send("PROPFIND", "/api/v1/node")
    text = await (await steward.get("/metrics")).text()
    for private in (
        some_valley.offer,
        ids.show(some_valley.other.community),
        "birch",
        "127.0.0.1",
        "PROPFIND",
    ):
        assert private not in text
    assert 'method="other"' in text


async def test_both_listeners_count_in_one_place(some_valley: Valley) -> None:
    """Given the same numbers, what strangers ask shows on the operator's listener."""
    metrics = Metrics(version="1")
    app = public_app(NodeAsks(some_valley.node), config=CONFIG, now=Clock(), metrics=metrics)
    assert middleware in app.middlewares
    async with serving.listening(app, some_valley.node) as site:
        await site.get("/api/v1/node")
    text = await metrics.scrape(NodeAsks(some_valley.node))
    assert 'hedgerow_http_requests_total{listener="public",method="GET",status="200"} 1.0' in text
