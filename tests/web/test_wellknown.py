from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from node import ids, keys
from tests.web import serving, valley
from tests.web.serving import CONFIG, Site
from tests.web.valley import Valley


@pytest.fixture(scope="module")
def some_valley() -> Valley:
    """Return one valley for all tests here: none of them changes what another looks at."""
    return valley.make()


CONFIGURED = replace(CONFIG, domain="garden.example", contact="mailto:weeds@garden.example")


@pytest_asyncio.fixture
async def named(some_valley: Valley) -> AsyncIterator[Site]:
    """Return the public listener of a node with a domain and a contact."""
    async with serving.public(some_valley.node, CONFIGURED) as site:
        yield site


async def test_nodeinfo_is_found_and_has_the_fields_of_the_standard(named: Site) -> None:
    """NodeInfo 2.1: the link leads to the document, which holds what is required and nothing beside it."""
    links = (await named.json("/.well-known/nodeinfo"))["links"]
    assert links == [
        {
            "rel": "http://nodeinfo.diaspora.software/ns/schema/2.1",
            "href": "https://garden.example/nodeinfo/2.1",
        }
    ]
    response = await named.get("/nodeinfo/2.1")
    assert "nodeinfo.diaspora.software/ns/schema/2.1#" in response.headers["Content-Type"]
    tree = await response.json()
    assert set(tree) == {
        "version",
        "software",
        "protocols",
        "services",
        "openRegistrations",
        "usage",
        "metadata",
    }
    assert set(tree["software"]) == {"name", "version"}
    assert tree["protocols"] == ["hedgerow"]


async def test_without_a_domain_nodeinfo_names_the_address_it_was_asked_at(stranger: Site) -> None:
    """On a home network the link leads back to the same address."""
    (link,) = (await stranger.json("/.well-known/nodeinfo"))["links"]
    assert link["href"] == stranger.url("/nodeinfo/2.1")


async def test_webfinger_finds_the_community_by_each_of_its_names(named: Site, some_valley: Valley) -> None:
    """The account, the id at the domain, the did and the home page mean one community; others are unknown."""
    community = ids.show(some_valley.node.community)
    for resource in (
        "acct:community@garden.example",
        f"acct:{community}@garden.example",
        "did:web:garden.example",
        "https://garden.example/",
    ):
        response = await named.get(f"/.well-known/webfinger?resource={resource}")
        assert response.content_type == "application/jrd+json"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        tree = await response.json()
        assert tree["subject"] == "acct:community@garden.example"
    (self_link,) = (
        await named.json("/.well-known/webfinger?resource=did:web:garden.example&rel=self&rel=other")
    )["links"]
    assert self_link["href"] == f"https://garden.example/api/v1/communities/{community}"
    assert (await named.get("/.well-known/webfinger?resource=acct:x@evil.example")).status == 404
    assert (await named.get("/.well-known/webfinger")).status == 400
    assert (await named.get("/.well-known/webfinger?resource=community")).status == 400
    # U+0085 is a space to some readers of patterns and none to others; this one names nobody.
    assert (await named.get("/.well-known/webfinger?resource=http://%C2%85u")).status == 404


async def test_the_did_document_lists_the_devices_that_stand(named: Site, some_valley: Valley) -> None:
    """did:web is an alias: its keys are the did:keys of the charter's devices."""
    tree = await named.json("/.well-known/did.json")
    assert tree["id"] == "did:web:garden.example"
    (method,) = tree["verificationMethod"]
    assert f"did:key:{method['publicKeyMultibase']}" == keys.show(some_valley.node.device.public)
    assert tree["assertionMethod"] == [method["id"]]


async def test_security_txt_never_lapses(named: Site) -> None:
    """Expires lies ahead of whenever it is asked for."""
    text = await (await named.get("/.well-known/security.txt")).text()
    assert "Contact: mailto:weeds@garden.example\n" in text
    assert "Expires: 2026-12-20T00:00:00Z\n" in text
    named.clock.wait(400 * 24 * 3_600_000)
    assert "Expires: 2028-01-24T" in await (await named.get("/.well-known/security.txt")).text()


@pytest.mark.parametrize("path", ["webfinger?resource=acct:community@127.0.0.1", "did.json", "security.txt"])
async def test_a_node_without_a_domain_claims_none(stranger: Site, path: str) -> None:
    """A name that somebody sends as Host is never taken for the node's own."""
    assert (await stranger.get(f"/.well-known/{path}", Host="garden.example")).status == 404
