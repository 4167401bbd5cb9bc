"""The system's clock: the only place in Hedgerow that reads it."""

import time

from node.clock import MS_PER_SECOND, Timestamp


def now() -> Timestamp:
    """Return the milliseconds since 1970 as this machine has them; nothing between nodes rests on it."""
    return Timestamp(time.time_ns() // (1_000_000_000 // MS_PER_SECOND))
