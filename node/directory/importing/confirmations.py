"""When somebody last said that a record is right, as the file writes it, in whole hours since 1970."""

from datetime import UTC, datetime, timedelta

from node.directory.forms import HOURS_MAX

_CHARS_MAX = 40


def read_hour(text: str) -> int | None:
    """Read a time of ISO 8601, in UTC where it names no zone; None when it is something else."""
    cleaned = text.strip()
    if not cleaned or len(cleaned) > _CHARS_MAX:
        return None
    try:
        time = datetime.fromisoformat(cleaned)
    except ValueError:
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    # Subtracted, not converted: near the year 1 a zone would leave the calendar.
    hour = (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(hours=1)
    return hour if 0 <= hour <= HOURS_MAX else None
