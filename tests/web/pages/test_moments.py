"""Days and times as people write them."""

from datetime import UTC, date, datetime

import pytest

from node.clock import MS_PER_DAY, MS_PER_HOUR, Timestamp
from node.web.pages import moments

NOW = Timestamp(int(datetime(2026, 11, 21, 10, 42, tzinfo=UTC).timestamp()) * 1_000)


@pytest.mark.parametrize(
    ("passed_ms", "shown"),
    [
        (0, "just now"),
        (-MS_PER_DAY, "just now"),
        (60_000, "1 minute ago"),
        (59 * 60_000, "59 minutes ago"),
        (MS_PER_HOUR, "1 hour ago"),
        (2 * MS_PER_DAY + 5, "2 days ago"),
        (14 * MS_PER_DAY, "14 days ago"),
        (49 * MS_PER_DAY, "on 3 October 2026"),
    ],
)
def test_how_long_ago_is_said_in_the_largest_unit(passed_ms: int, shown: str) -> None:
    """Minutes, hours, days, then the day itself; a clock that runs ahead is just now."""
    assert moments.ago(Timestamp(NOW - passed_ms), NOW).shown == shown


@pytest.mark.parametrize(
    ("passed_ms", "shown"),
    [
        (0, "10:42 UTC"),
        (MS_PER_DAY, "yesterday, 10:42 UTC"),
        (49 * MS_PER_DAY, "3 October, 10:42 UTC"),
        (400 * MS_PER_DAY, "17 October 2025, 10:42 UTC"),
    ],
)
def test_since_when_is_a_time_of_day(passed_ms: int, shown: str) -> None:
    """Today the hour is enough; before that the day comes first."""
    assert moments.since(Timestamp(NOW - passed_ms), NOW).shown == shown


def test_machines_read_the_same_moment() -> None:
    """The attribute holds day and time in the form of HTML's time element."""
    assert moments.since(NOW, NOW).machine == "2026-11-21T10:42Z"
    assert moments.on_day(date(2027, 4, 30)) == moments.Moment("2027-04-30", "30 April 2027")
    assert moments.at_hour(NOW // MS_PER_HOUR, NOW).shown == "today, about 10:00 UTC"
    assert moments.hours_ago(NOW // MS_PER_HOUR, NOW).shown == "within the hour"
    assert moments.hours_ago(NOW // MS_PER_HOUR - 1, NOW).shown == "within two hours"
    assert moments.hours_ago(NOW // MS_PER_HOUR - 2, NOW).shown == "2 hours ago"
