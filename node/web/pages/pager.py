"""Long lists in parts: which part is shown, and the addresses of its neighbours."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from node.limits import NEAREST_LISTINGS_MAX

PAGE_ROWS = 20
NEAREST_PAGES_MAX = NEAREST_LISTINGS_MAX // PAGE_ROWS
# Nobody turns so many pages; further in, a search helps, and the database need not count so far.
PAGES_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Pager:
    """Where a list stands: `first` to `last` of `total`; addresses are "" where there is no such part.

    Attributes:
        uncounted: whether there are more than `total`.
        listed_max: how many of them the list shows, where that is fewer and this is its last part; else 0.
    """

    first: int
    last: int
    total: int
    newer: str
    older: str
    uncounted: bool = False
    listed_max: int = 0


def read_page(text: str, *, pages_max: int = PAGES_MAX) -> int:
    """Read a page's number, from 1; anything else is the first page."""
    return min(int(text), pages_max) if text.isascii() and text.isdigit() and 0 < len(text) < 6 else 1


def offset(page: int) -> int:
    """Return how many rows come before a page."""
    return (max(page, 1) - 1) * PAGE_ROWS


def nearest(path: str, kept: dict[str, str], *, page: int, shown: int, total: int) -> Pager:
    """Say where a list by distance stands: it shows, and within a distance counts, only the nearest."""
    place = make(path, kept, page=page, shown=shown, total=min(total, NEAREST_LISTINGS_MAX))
    uncounted = total > NEAREST_LISTINGS_MAX and "within" in kept
    is_cut = total > NEAREST_LISTINGS_MAX and page == NEAREST_PAGES_MAX
    return replace(
        place,
        total=NEAREST_LISTINGS_MAX if uncounted else total,
        uncounted=uncounted,
        listed_max=NEAREST_LISTINGS_MAX if is_cut else 0,
    )


def make(path: str, kept: dict[str, str], *, page: int, shown: int, total: int) -> Pager:
    """Say where a list stands.

    Args:
        path: of the list.
        kept: the other fields of its address, empty ones left out.
        page: its number, from 1.
        shown: how many rows this page has.
        total: how many rows there are in all.
    """
    first = offset(page) + 1
    last = offset(page) + shown
    return Pager(
        first=first,
        last=last,
        total=total,
        newer=_address(path, kept, page - 1) if page > 1 else "",
        older=_address(path, kept, page + 1) if last < total and shown and page < PAGES_MAX else "",
    )


def _address(path: str, kept: dict[str, str], page: int) -> str:
    fields = kept | ({"page": str(page)} if page > 1 else {})
    return f"{path}?{urlencode(fields)}" if fields else path
