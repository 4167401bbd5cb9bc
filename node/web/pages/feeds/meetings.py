"""The meetings of a federation as a calendar: iCalendar (RFC 5545). For the operator's listener only."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from node.clock import MS_PER_SECOND, Timestamp
from node.web.pages.feeds import content_lines as lines


def write(meetings: Sequence[dict[str, Any]], *, name: str, now: Timestamp) -> bytes:
    """Write the calendar.

    Args:
        meetings: as `list-meetings` answers them; those without a time are left out.
        name: of the federation.
        now: when the calendar is asked for.
    """
    calendar = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Hedgerow//Meetings//EN",
        "METHOD:PUBLISH",
        lines.text_line("NAME", f"Meetings of {name}"),
        lines.text_line("X-WR-CALNAME", f"Meetings of {name}"),
    ]
    stamp = f"{datetime.fromtimestamp(now // MS_PER_SECOND, UTC):%Y%m%d}T000000Z"
    timed = [one for one in meetings if one["begins"] is not None]
    for one in sorted(timed, key=lambda one: (one["begins"], one["id"])):
        calendar += _event(one, stamp=stamp)
    return lines.write([*calendar, "END:VCALENDAR"])


def _event(one: dict[str, Any], *, stamp: str) -> list[str]:
    begins = datetime.fromtimestamp(one["begins"], UTC)
    event = [
        "BEGIN:VEVENT",
        lines.text_line("UID", one["id"]),
        f"DTSTAMP:{stamp}",
        f"DTSTART:{_time(begins)}",
    ]
    if one["minutes_long"]:
        event.append(f"DTEND:{_time(begins + timedelta(minutes=one['minutes_long']))}")
    event.append(lines.text_line("SUMMARY", one["title"]))
    if one["called_off"]:
        event.append("STATUS:CANCELLED")
    if one["place"]:
        event.append(lines.text_line("LOCATION", one["place"]))
    agenda = "\n".join(f"{point['number']}. {point['title']}" for point in one["points"])
    if agenda:
        event.append(lines.text_line("DESCRIPTION", agenda))
    return [*event, "END:VEVENT"]


def _time(when: datetime) -> str:
    return f"{when:%Y%m%dT%H%M%SZ}"
