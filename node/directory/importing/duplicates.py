"""Which rows may be one and the same community: pairs to look at side by side, never merged here.

Two rows are a pair when they share a website (host and path), or when their names are nearly the same and
they lie within a kilometre. A grid keeps the work near to linear: 100,000 rows are not 5,000,000,000 pairs.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rapidfuzz import fuzz, utils

from node.directory.importing.report import DuplicatePair, ImportedProfile
from node.directory.importing.web_addresses import site_of
from node.directory.location import E7, KM_PER_DEGREE, Location, distance_km, show_degrees
from node.directory.profile import Profile

NEAR_KM: Final = 1.0
# Of 100: "Repair Café Graz" and "Repaircafé Graz" have 97, "Repair Café Linz" 81.
NAME_LIKENESS_MIN: Final = 90.0
# In a place with more rows than this, a row is compared only with its neighbours in the order of names.
_CROWD_MAX: Final = 200
_CROWD_WINDOW: Final = 20
# A site that so many rows name is a platform or an umbrella and says nothing about any two of them.
SITE_ROWS_MAX: Final = 10

_Cell = tuple[int, int]


def propose(profiles: Sequence[ImportedProfile]) -> tuple[DuplicatePair, ...]:
    """List the pairs, by row; each pair once with all its reasons."""
    reasons: dict[tuple[int, int], list[str]] = defaultdict(list)
    for first, second, reason in (*_same_site(profiles), *_same_name_and_place(profiles)):
        reasons[min(first, second), max(first, second)].append(reason)
    by_row = {imported.row: imported.profile for imported in profiles}
    return tuple(
        _side_by_side(first, second, by_row, tuple(sorted(set(why))))
        for (first, second), why in sorted(reasons.items())
    )


def _side_by_side(
    first_row: int, second_row: int, by_row: dict[int, Profile], reasons: tuple[str, ...]
) -> DuplicatePair:
    """Put beside each other what a person needs to judge the pair by."""
    first, second = by_row[first_row], by_row[second_row]
    sites = [[site_of(address) for address in profile.urls] for profile in (first, second)]
    shared = min(set(sites[0]).intersection(sites[1]), default="")
    km = None
    if first.location is not None and second.location is not None:
        km = round(distance_km(first.location, second.location), 1)
    return DuplicatePair(
        first_row,
        second_row,
        reasons,
        first_name=first.shown_name(),
        second_name=second.shown_name(),
        first_site=shared or min(sites[0], default=""),
        second_site=shared or min(sites[1], default=""),
        first_place=place_shown(first.location, first.country),
        second_place=place_shown(second.location, second.country),
        km=km,
    )


def place_shown(place: Location | None, country: str | None) -> str:
    """Say where a listing is in few letters: degrees to about a kilometre, and the country's code."""
    degrees = ""
    if place is not None:
        rounded = (show_degrees(round(units, -5)) for units in (place.lat_e7, place.lon_e7))
        degrees = ", ".join(rounded)
    return " ".join(part for part in (degrees, country) if part)


def name_likeness(first: str, second: str) -> float:
    """Return how alike two names are, of 100; 0 when they are not nearly the same."""
    return _likeness_of(utils.default_process(first), utils.default_process(second))


def _same_site(profiles: Iterable[ImportedProfile]) -> Iterator[tuple[int, int, str]]:
    by_site: dict[str, list[int]] = defaultdict(list)
    for imported in profiles:
        for site in sorted({site_of(address) for address in imported.profile.urls}):
            by_site[site].append(imported.row)
    for site, rows in by_site.items():
        if len(rows) <= SITE_ROWS_MAX:
            # With the first only: ten rows are nine pairs to look at, not forty-five.
            yield from ((rows[0], row, f"same website {site}") for row in rows[1:])


def _same_name_and_place(profiles: Iterable[ImportedProfile]) -> Iterator[tuple[int, int, str]]:
    grid: dict[_Cell, list[_Entry]] = defaultdict(list)
    for imported in profiles:
        place = imported.profile.location
        if place is not None:
            name = utils.default_process(imported.profile.shown_name())
            grid[_cell(place)].append((name, imported.row, place))
    for cell, here in sorted(grid.items()):
        around = [entry for neighbour in _cells_after(cell, here[0][2]) for entry in grid.get(neighbour, ())]
        for entry, others in _comparisons(here, around):
            for other in others:
                reason = _likeness(entry, other)
                if reason:
                    yield entry[1], other[1], reason


# A name made ready for comparing, the row, the place.
_Entry = tuple[str, int, Location]


def _comparisons(here: list[_Entry], around: list[_Entry]) -> Iterator[tuple[_Entry, Sequence[_Entry]]]:
    """Yield each row of a cell with the rows it is to be compared with, each pair once."""
    if len(here) + len(around) <= _CROWD_MAX:
        for index, entry in enumerate(here):
            yield entry, [*here[index + 1 :], *around]
        return
    in_order = sorted([*here, *around], key=lambda entry: entry[:2])
    for index, entry in enumerate(in_order):
        yield entry, in_order[index + 1 : index + 1 + _CROWD_WINDOW]


def _likeness(first: _Entry, second: _Entry) -> str:
    """Say how two rows are alike, or ""."""
    likeness = _likeness_of(first[0], second[0])
    if not likeness:
        return ""
    apart_km = distance_km(first[2], second[2])
    return f"names {likeness:.0f} % alike, {apart_km:.1f} km apart" if apart_km <= NEAR_KM else ""


def _likeness_of(first: str, second: str) -> float:
    if not first or not second:
        return 0.0
    # As written, and with the words in order: "Repaircafé Graz", "Graz, Repair Café".
    return max(
        fuzz.ratio(first, second, score_cutoff=NAME_LIKENESS_MIN),
        fuzz.token_sort_ratio(first, second, score_cutoff=NAME_LIKENESS_MIN),
    )


def _cell(place: Location) -> _Cell:
    """Return the square of about a kilometre that a place lies in; rows of squares keep their own width."""
    row = math.floor(place.lat_e7 / E7 * KM_PER_DEGREE / NEAR_KM)
    return row, _column(row, place)


def _column(row: int, place: Location) -> int:
    lat_degrees = row * NEAR_KM / KM_PER_DEGREE
    return math.floor(place.lon_e7 / E7 * KM_PER_DEGREE * math.cos(math.radians(lat_degrees)) / NEAR_KM)


def _cells_after(cell: _Cell, place: Location) -> Iterator[_Cell]:
    """Yield half of the neighbouring squares: the next one in this row, and those of the row above."""
    row, column = cell
    yield row, column + 1
    # The row above has its own width of squares; one more on each side makes up for it.
    above = _column(row + 1, place)
    yield from ((row + 1, above + step) for step in (-2, -1, 0, 1, 2))
