"""The days on which offers and needs end, as a calendar to subscribe to: iCalendar (RFC 5545, RFC 7986)."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from node.clock import MS_PER_SECOND, Timestamp
from node.web.pages.feeds import content_lines as lines


def write(
    ending: Sequence[dict[str, Any]], *, name: str, now: Timestamp, address: Callable[[str], str]
) -> bytes:
    """Write the calendar.

    Args:
        ending: open offers and needs of `browse` that have an end.
        name: of this node's community.
        now: when the calendar is asked for.
        address: makes a path of this node a whole address.
    """
    calendar = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Hedgerow//Deadlines//EN",
        "METHOD:PUBLISH",
        lines.text_line("NAME", f"Deadlines near {name}"),
        lines.text_line("X-WR-CALNAME", f"Deadlines near {name}"),
        "REFRESH-INTERVAL;VALUE=DURATION:P1D",
    ]
    # The day is fine enough, and lets an unchanged calendar stay the same file all day.
    stamp = f"{datetime.fromtimestamp(now // MS_PER_SECOND, UTC):%Y%m%d}T000000Z"
    for one in sorted(ending, key=lambda one: (one["expires"], one["id"])):
        calendar += _event(one, stamp=stamp, url=address(f"/offers/{one['id']}"))
    return lines.write([*calendar, "END:VCALENDAR"])


def _event(one: dict[str, Any], *, stamp: str, url: str) -> list[str]:
    last = date.fromisoformat(one["expires"])
    event = [
        "BEGIN:VEVENT",
        lines.text_line("UID", one["id"]),
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{last:%Y%m%d}",
        f"DTEND;VALUE=DATE:{last + timedelta(days=1):%Y%m%d}",
        "TRANSP:TRANSPARENT",
        lines.text_line("SUMMARY", f"Last day of the {one['kind']}: {one['name']}"),
        lines.address_line("URL;VALUE=URI", url),
    ]
    told = "\n".join(part for part in (f"From {one['community_name']}", one["summary"]) if part)
    return [*event, lines.text_line("DESCRIPTION", told), "END:VEVENT"]
