import pytest

from tests.web import valley
from tests.web.serving import Site
from tests.web.valley import Valley


@pytest.fixture(scope="module")
def some_valley() -> Valley:
    """Return one valley for all tests here: none of them changes what another looks at."""
    return valley.make()


@pytest.mark.parametrize(
    "query",
    [
        "colour=green",
        "limit=0",
        "limit=101",
        "limit=1_0",
        "limit=+5",
        "limit=%D9%A5",
        "limit=5&limit=6",
        "offset=-1",
        "offset=99999999999999999999",
        "kind=house",
        "country=CHE",
        "near=91,0",
        "near=here",
        "within_km=5",
        "q=%00",
        "q=" + "a+" * 21,
        "q=" + "a" * 201,
    ],
)
async def test_a_parameter_that_does_not_hold_is_named(stranger: Site, query: str) -> None:
    """Unknown, repeated and impossible parameters are refused with 400, never read in some other way."""
    response = await stranger.get(f"/api/v1/listings?{query}")
    assert response.status == 400
    assert response.content_type == "application/problem+json"
    assert (await response.json())["errors"]
