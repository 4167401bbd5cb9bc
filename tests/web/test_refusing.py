import base64
from typing import Any

import pytest

from tests.web import valley
from tests.web.serving import Site
from tests.web.valley import Valley


@pytest.fixture(scope="module")
def some_valley() -> Valley:
    """Return one valley for all tests here: none of them changes what another looks at."""
    return valley.make()


@pytest.mark.parametrize(
    ("path", "tree", "pointer"),
    [
        ("/api/v1/offers", {"title": ""}, "/title"),
        ("/api/v1/offers", {"title": "x", "colour": "green"}, "/colour"),
        ("/api/v1/offers", {"title": 5}, "/title"),
        ("/api/v1/offers", {"title": "x", "tags": "food"}, "/tags"),
        ("/api/v1/offers", {"title": "x", "expires": "tomorrow"}, "/expires"),
        ("/api/v1/ballots", {"ballots": ["no base64"]}, "/ballots/0"),
        ("/api/v1/ballots", {"ballots": []}, "/ballots"),
    ],
)
async def test_a_field_that_does_not_hold_is_pointed_at(
    steward: Site, path: str, tree: Any, pointer: str
) -> None:
    """Each mistake is named by a JSON pointer, and nothing is published."""
    response = await steward.publish("POST", path, tree)
    assert response.status == 400
    assert (await response.json())["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"title": "shown", "title": "published"}',
        b'{"title": "x", "tags": [NaN]}',
        b'{"title": "\xff"}',
        b'{"title": "\\ud800"}',
        b"[" * 100_000,
        b'{"title": ' + b"9" * 5_000 + b"}",
        b'{"title": "x"} {}',
    ],
)
async def test_json_that_could_be_read_in_two_ways_is_refused(steward: Site, body: bytes) -> None:
    """Keys that stand there twice, halves of characters, bottomless nesting and what is no JSON give 400."""
    headers = {"Authorization": f"Bearer {steward.token}", "Content-Type": "application/json"}
    response = await steward.send("POST", "/api/v1/offers", data=body, headers=headers)
    assert response.status == 400, await response.text()
    assert (await steward.json("/api/v1/offers"))["total"] == 1


async def test_forged_ballots_are_refused_with_the_reason(steward: Site, some_valley: Valley) -> None:
    """A ballot with a changed byte is not published."""
    raw = bytearray(base64.b64decode(some_valley.signed_ballots()[0]))
    raw[-1] ^= 1
    forged = {"ballots": [base64.b64encode(raw).decode()]}
    response = await steward.publish("POST", "/api/v1/ballots", forged)
    assert response.status == 400
    assert "does not hold" in (await response.json())["detail"] or "not a signed" in await response.text()
    result = await steward.json(f"/api/v1/proposals/{some_valley.proposal}/result")
    assert result["ballots"] == []
