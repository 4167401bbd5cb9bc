import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node.web import openapi
from node.web.api import table
from tests.web import valley
from tests.web.serving import Site
from tests.web.valley import Valley


@pytest.fixture(scope="module")
def some_valley() -> Valley:
    """Return one valley for all tests here: none of them changes what another looks at."""
    return valley.make()


PAGE = Path(__file__).resolve().parents[2] / "docs" / "http-api.md"


def references(tree: Any) -> Iterator[str]:
    """Yield every reference in a document."""
    if isinstance(tree, dict):
        yield from [tree["$ref"]] if "$ref" in tree else []
        for value in tree.values():
            yield from references(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from references(value)


@pytest.mark.parametrize("operator", [False, True])
def test_every_reference_leads_to_a_form_with_a_description(*, operator: bool) -> None:
    """The document is complete in itself, and each form says what it is."""
    operations = table.OPERATOR if operator else table.PUBLIC
    document = openapi.document(operations, version="1", operator=operator)
    schemas = document["components"]["schemas"]
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas
    assert not [name for name, schema in schemas.items() if not schema.get("description")]
    names = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert len(names) == len(set(names)) == len(operations)


async def test_each_listener_describes_itself(stranger: Site, steward: Site) -> None:
    """The document served is that of the listener, and the public one speaks of no tokens."""
    public, own = await stranger.json("/openapi.json"), await steward.json("/openapi.json")
    assert public["openapi"] == own["openapi"] == "3.1.0"
    assert "securitySchemes" not in public["components"]
    assert "/api/v1/log" in own["paths"]
    assert "/api/v1/log" not in public["paths"]
    assert own["paths"]["/api/v1/offers"]["post"]["security"] == [{"token": []}]


def test_every_operation_is_documented() -> None:
    """docs/http-api.md names each method with its path, and no other."""
    told = set(re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    served = {f"{each.method} {each.path}" for each in (*table.PUBLIC, *table.OPERATOR)}
    assert told == served | {"GET /openapi.json"}
