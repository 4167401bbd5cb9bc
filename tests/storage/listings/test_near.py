"""The nearest of many listings on disk: circles that hold more than are counted, places that many share."""

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from node.directory.location import Location
from node.directory.search import ListingRow, SearchQuery, search
from node.errors import UserError
from node.limits import NEAREST_LISTINGS_MAX
from node.storage.sqlite import SqliteStore
from tests.contracts.directory_contract import listing

ROWS = 3_000
HERE = Location(470_000_000, 80_000_000)


@pytest.fixture(scope="module")
def rows() -> list[ListingRow]:
    """Return listings all around, a third of them at one place, half of them gardens."""
    draw = random.Random(3)
    spread = [(draw.randint(40, 55), draw.randint(0, 20)) for _ in range(ROWS)]
    return [
        listing(
            f"listing {number}",
            text="garden" if number % 2 else "",
            tags=("repair",) if number % 5 else (),
            place=(47, 9) if number % 3 == 0 else spread[number],
            number=number,
        )
        for number in range(ROWS)
    ]


@pytest.fixture(scope="module")
def store(rows: list[ListingRow], tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    """Yield a store on disk that holds them."""
    folder: Path = tmp_path_factory.mktemp("near")
    with closing(SqliteStore.open(folder / "node.db")) as opened:
        for row in rows:
            opened.directory.put(row)
        opened.commit()
        yield opened


@pytest.mark.parametrize("within_km", [None, 80, 300, 1_500])
@pytest.mark.parametrize(
    "asked", [{}, {"words": ("gar",)}, {"tag": "repair", "words": ("listing",)}, {"words": ("299",)}]
)
def test_circles_that_hold_many_answer_as_the_plain_search(
    asked: dict[str, object], within_km: float | None, store: SqliteStore, rows: list[ListingRow]
) -> None:
    """Whether a circle is read, counted or not counted to its end, total and page are the same."""
    for offset in (0, 300, 505, 980, NEAREST_LISTINGS_MAX - 1):
        query = SearchQuery(near=HERE, within_km=within_km, limit=30, offset=offset, **asked)  # type: ignore[arg-type] # drawn by name
        expected = search(rows, query)
        assert store.directory.search(query) == (expected.total, [hit.row for hit in expected.hits])


def test_a_circle_is_counted_up_to_a_bound_and_listed_up_to_it(store: SqliteStore) -> None:
    """Beyond the bound the total is one more, the last page ends there, and the next is refused."""
    circle = SearchQuery(near=HERE, within_km=5_000, limit=50, offset=NEAREST_LISTINGS_MAX - 20)
    total, page = store.directory.search(circle)
    assert (total, len(page)) == (NEAREST_LISTINGS_MAX + 1, 20)
    assert store.directory.search(SearchQuery(near=HERE))[0] == ROWS
    with pytest.raises(UserError, match="nearest"):
        SearchQuery(near=HERE, offset=NEAREST_LISTINGS_MAX)


def test_a_question_after_a_rollback_is_answered(store: SqliteStore, rows: list[ListingRow]) -> None:
    """What a question notes for itself goes with a rolled back transaction; the next notes it again."""
    query = SearchQuery(words=("gar",), limit=5)
    before = store.directory.search(query)
    store.rollback()
    assert store.directory.search(query) == before
    assert before[0] == sum("garden" in row.text for row in rows)
