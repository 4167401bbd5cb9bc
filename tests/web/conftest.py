"""What several tests of the web start from."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.web import serving, valley
from tests.web.serving import Site
from tests.web.valley import Valley


@pytest.fixture
def some_valley() -> Valley:
    """Return two communities with a federation."""
    return valley.make()


@pytest_asyncio.fixture
async def stranger(some_valley: Valley) -> AsyncIterator[Site]:
    """Return the public listener of the valley's first node, as a stranger reaches it."""
    async with serving.public(some_valley.node) as site:
        yield site


@pytest_asyncio.fixture
async def steward(some_valley: Valley) -> AsyncIterator[Site]:
    """Return the operator's listener of the valley's first node."""
    async with serving.operator(some_valley.node) as site:
        yield site
