"""Time as values. This module reads no clock: the shell passes the time in.

Time decides nothing between nodes (design, section 2); it is shown to people and drives timers.
"""

from typing import NewType

# Milliseconds since 1970-01-01T00:00:00Z.
Timestamp = NewType("Timestamp", int)

MS_PER_SECOND = 1_000
MS_PER_HOUR = 3_600_000
MS_PER_DAY = 24 * MS_PER_HOUR


def hours(now: Timestamp) -> int:
    """Return the whole hours since 1970: the coarse time an entry carries."""
    return now // MS_PER_HOUR
