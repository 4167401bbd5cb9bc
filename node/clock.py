"""Time as values. This module reads no clock: the shell passes the time in.

Time decides nothing between nodes (design, section 2); it is shown to people and drives timers.
"""

from datetime import UTC, datetime
from typing import NewType

# Milliseconds since 1970-01-01T00:00:00Z.
Timestamp = NewType("Timestamp", int)

MS_PER_SECOND = 1_000
MS_PER_HOUR = 3_600_000
MS_PER_DAY = 24 * MS_PER_HOUR


# The first second of the last day for which a calendar has a date: 31 December 9999.
_SECONDS_MAX = 253_402_214_400


def utc(seconds: int) -> datetime:
    """Return a time in seconds since 1970 for people to read; one beyond all dates as the last there is.

    What a peer's clock says is shown and decides nothing, so it may say anything.
    """
    return datetime.fromtimestamp(min(seconds, _SECONDS_MAX), UTC)


def hours(now: Timestamp) -> int:
    """Return the whole hours since 1970: the coarse time an entry carries."""
    return now // MS_PER_HOUR
