"""How much of which seats something is, where a seat's vote may be split into parts."""

from fractions import Fraction


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
