"""Days and times as people write them, beside the form that machines read. All times are UTC and say so.

Owns the wording only; the time itself comes in as an argument.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from node.clock import MS_PER_DAY, MS_PER_HOUR, MS_PER_SECOND, Timestamp, utc

_MS_PER_MINUTE = 60 * MS_PER_SECOND
# Beyond a fortnight a date says more than a number of days.
_DAYS_AGO_MAX = 14


@dataclass(frozen=True, slots=True)
class Moment:
    """A `<time>` element: what its attribute holds, and what it shows."""

    machine: str
    shown: str


def on_day(day: date) -> Moment:
    """Show a day: `30 April 2027`."""
    return Moment(day.isoformat(), _day(day))


def at_hour(hours: int, now: Timestamp) -> Moment:
    """Show a coarse time, whole hours since 1970: `today, about 7:00 UTC`."""
    then = utc(hours * 3_600)
    return Moment(_machine(then), f"{_near_day(then, now)}, about {then.hour}:00 UTC")


def at_second(seconds: int) -> Moment:
    """Show a time to come, in seconds since 1970: `30 April 2027, 10:42 UTC`."""
    then = utc(seconds)
    return Moment(_machine(then), f"{_day(then.date())}, {then.hour}:{then.minute:02d} UTC")


def since(when: Timestamp, now: Timestamp) -> Moment:
    """Show a time after the word “since”: `10:42 UTC`, `yesterday, 10:42 UTC`, `3 October, 10:42 UTC`."""
    then = _at(when)
    clock = f"{then.hour}:{then.minute:02d} UTC"
    day = _near_day(then, now)
    return Moment(_machine(then), clock if day == "today" else f"{day}, {clock}")


def ago(when: Timestamp, now: Timestamp) -> Moment:
    """Show how long ago something was: `just now`, `5 minutes ago`, `2 days ago`, `on 3 October 2026`."""
    return Moment(_machine(_at(when)), _ago(when, now))


def hours_ago(hours: int, now: Timestamp) -> Moment:
    """Show how long ago a coarse time was, whole hours since 1970: it was up to an hour later than that."""
    when = Timestamp(hours * MS_PER_HOUR)
    if now - when < MS_PER_HOUR:
        return Moment(_machine(_at(when)), "within the hour")
    if now - when < 2 * MS_PER_HOUR:
        # A quarter of an hour after it happened, "1 hour ago" would be wrong.
        return Moment(_machine(_at(when)), "within two hours")
    return ago(when, now)


def _ago(when: Timestamp, now: Timestamp) -> str:
    passed = now - when
    if passed < _MS_PER_MINUTE:
        # A neighbour's clock may be ahead of ours: that is no reason to show the future.
        return "just now"
    for unit_ms, name in ((MS_PER_DAY, "day"), (MS_PER_HOUR, "hour"), (_MS_PER_MINUTE, "minute")):
        count = passed // unit_ms
        if name == "day" and count > _DAYS_AGO_MAX:
            return f"on {_day(_at(when).date())}"
        if count:
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    raise AssertionError("a minute has passed")


def _near_day(then: datetime, now: Timestamp) -> str:
    today = _at(now).date()
    if then.date() == today:
        return "today"
    if then.date() == today - timedelta(days=1):
        return "yesterday"
    return f"{then.day} {then:%B}" if then.year == today.year else _day(then.date())


def _at(when: Timestamp) -> datetime:
    return utc(when // MS_PER_SECOND)


def _day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def _machine(then: datetime) -> str:
    return then.strftime("%Y-%m-%dT%H:%MZ")
