"""Seats in words: how much of them something is, where votes are split, and who got those that were tied."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

# By what a tie for seats was broken, by the rule of `apportionment.TieRule`.
TIES_BY: Final[Mapping[str, str]] = {
    "lot": "lot",
    "larger": "size, the larger first, and between equal sizes by lot",
    "smaller": "size, the smaller first, and between equal sizes by lot",
}


def in_seats(parts_counted: int, *, parts: int) -> str:
    """Return in words how many seats' votes some parts are: `7 1/5 seats`.

    Args:
        parts_counted: how many parts were counted.
        parts: how many make the vote of one seat.
    """
    whole, rest = divmod(parts_counted, parts)
    if not rest:
        return f"{whole:,} seat{'' if whole == 1 else 's'}"
    share = f"{Fraction(rest, parts)}"
    return f"{whole:,} {share} seats" if whole else f"{share} of a seat"
