import hmac
from dataclasses import replace

import pytest

from node.errors import NotFoundError
from node.web import tokens
from node.web.token_spelling import PREFIX
from node.web.tokens import Scope, StoredToken, TokensInMemory
from tests.engine.harness import START
from tests.web import serving, valley
from tests.web.serving import CONFIG, Site
from tests.web.valley import Valley


@pytest.fixture(scope="module")
def some_valley() -> Valley:
    """Return one valley for all tests here: none of them changes what another looks at."""
    return valley.make()


def drawn(byte: int, *scopes: Scope) -> tuple[str, StoredToken]:
    """Return a token made of one byte."""
    return tokens.make(f"t{byte}", frozenset(scopes), entropy=lambda count: bytes([byte]) * count, now=START)


def test_what_is_kept_of_a_token_does_not_give_it_away() -> None:
    """Neither the secret nor how it is written stands in what is kept."""
    shown, stored = drawn(7, Scope.READ)
    assert shown.startswith(PREFIX)
    assert bytes([7]) * 32 not in stored.digest
    assert shown.removeprefix(PREFIX) not in repr(stored)
    assert len(stored.digest) == 32
    assert stored.digest.hex().startswith(stored.id)


def test_guessing_a_token_compares_every_digest_in_constant_time() -> None:
    """A guess, a token at the start and one at the end of the list cost the same comparisons of 32 bytes."""
    known = [drawn(byte, Scope.READ) for byte in range(5)]
    compared: list[tuple[int, int]] = []

    def counting(left: bytes, right: bytes) -> bool:
        compared.append((len(left), len(right)))
        return hmac.compare_digest(left, right)

    assert tokens.CONSTANT_TIME is hmac.compare_digest
    stored = [one for _, one in known]
    for written in (f"Bearer {known[0][0]}", f"Bearer {known[4][0]}", "Bearer guess", "", "Basic eDp5"):
        compared.clear()
        found = tokens.match(written, stored, compare=counting)
        assert (found is not None) == written.startswith("Bearer hedgerow_")
        assert compared == [(32, 32)] * 5


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer hedgerow_",
        "Basic eDp5",
        "Bearer {token}a",
        "Token {token}",
        "{token}",
    ],
)
async def test_publishing_without_a_token_that_holds_is_refused(steward: Site, shown: str) -> None:
    """401 with a challenge, before the body is looked at."""
    headers = {"Authorization": shown.format(token=steward.token)} if shown else {}
    response = await steward.send("POST", "/api/v1/offers", data=b"{", headers=headers)
    assert response.status == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_token_for_reading_publishes_nothing(some_valley: Valley) -> None:
    """The scopes of a token bound what it is good for; publishing includes reading."""
    reader, stored = drawn(1, Scope.READ)
    config = replace(CONFIG, open_reads=False)
    async with serving.operator(some_valley.node, config, more=(stored,)) as site:
        may_read = {"Authorization": f"bearer {reader}"}
        assert (await site.get("/api/v1/log")).status == 401
        assert (await site.get("/api/v1/log", **may_read)).status == 200
        assert (await site.get("/api/v1/log", Authorization=f"Bearer {site.token}")).status == 200
        refused = await site.send("POST", "/api/v1/offers", json={"title": "x"}, headers=may_read)
        assert refused.status == 403
        assert (await site.get("/healthz")).status == 200
        for path in ("/", "/log", "/federations", "/feeds/news.atom", "/metrics", "/openapi.json"):
            assert (await site.get(path)).status == 401, path
            assert (await site.get(path, **may_read)).status == 200, path


async def test_a_wrong_token_is_refused_even_where_none_is_needed(steward: Site) -> None:
    """A program with a mistyped token learns of it."""
    assert (await steward.get("/api/v1/log", Authorization="Bearer wrong")).status == 401
    assert (await steward.get("/api/v1/log")).status == 200


async def test_a_removed_token_no_longer_holds(some_valley: Valley) -> None:
    """Removing takes effect with the next request."""
    held = TokensInMemory()
    shown, stored = drawn(1, Scope.PUBLISH)
    async with serving.operator(some_valley.node, tokens=held) as site:
        await held.add(stored)
        assert (await site.get("/api/v1/log", Authorization=f"Bearer {shown}")).status == 200
        await held.remove(stored.id)
        assert (await site.get("/api/v1/log", Authorization=f"Bearer {shown}")).status == 401
    with pytest.raises(NotFoundError):
        await held.remove(stored.id)
