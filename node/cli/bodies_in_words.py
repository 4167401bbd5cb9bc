"""Bodies as `hedgerow body list` and `body show` print them."""

from typing import Any, Final

from node.cli import output
from node.governance.closing.quorum import Footnotes

KINDS: Final = {
    "assembly": "assembly",
    "council": "council",
    "committee": "committee",
    "working-group": "working group",
    "office": "office",
}


def show_list(result: dict[str, Any]) -> None:
    """Print all bodies with who holds them."""
    if not result["bodies"]:
        output.say(
            "There are no bodies yet. Begin one:",
            '  hedgerow body set "Coordination council" --kind council --places 3 --term 365',
        )
    notes = _notes(result["bodies"])
    for each in result["bodies"]:
        output.say(_headline(each))
        if each["kind"] != "assembly" and not each["ended"]:
            names = [
                notes.mark(one["name"], one["quorum"]) if one["name"] else "vacant" for one in each["places"]
            ]
            output.say(f"    {', '.join(names)}")
    output.say(*notes.lines())


def _headline(each: dict[str, Any]) -> str:
    what = f"- {each['title']}, {KINDS[each['kind']]}"
    if each["ended"]:
        return f"{what}: ended"
    vacant = f", {each['vacant']} vacant" if each["vacant"] else ""
    return f"{what}: {output.counted(each['seats'], 'place', 'places')}{vacant}"


def _notes(found: list[dict[str, Any]]) -> Footnotes:
    """Return what is said about the elections by which places are held, or will be."""
    elected = (
        one for each in found for one in (*each["places"], *each["elected"], *each["coming"], *each["left"])
    )
    return Footnotes(one["quorum"] for one in elected if one.get("name", "") is not None)


def show_body(found: dict[str, Any]) -> None:
    """Print one body: who holds it, was elected, and stands for it."""
    notes = _notes([found])
    output.say(f"{found['title']} — {KINDS[found['kind']]}{', ended' if found['ended'] else ''}")
    if found["purpose"]:
        output.say(found["purpose"])
    for place in found["places"]:
        output.say(f"  {place['number']}. {_place(place, notes)}")
    if found["elected"]:
        output.say("It is called an assembly now, but was filled by elections; those hold on:")
    for place in found["elected"]:
        output.say(f"  {place['number']}. {_place(place, notes)}")
    if found["deputies"]:
        output.say("Who follows next: " + ", ".join(one["name"] for one in found["deputies"]))
    for one in found["coming"]:
        names = ", ".join(one["names"])
        said = f"Elected, from {output.moment(one['starts'])} ({one['state']}): {names}"
        output.say(notes.mark(said, one["quorum"]))
    for one in found["left"]:
        said = f"Elected ({one['state']}): {', '.join(one['names'])}"
        output.say(notes.mark(said, one["quorum"]))
        output.say(
            "  By the bylaws (effects.bodies) it fills no place by itself: it is for people to act on."
        )
    output.say(*notes.lines())
    for one in found["under_way"]:
        output.say(
            f"To be elected: “{one['title']}”, voting ends {output.moment(one['closes'])}",
            f"  hedgerow vote {one['proposal']} --key FILE NAME...",
        )
    _show_standing(found)


def _show_standing(found: dict[str, Any]) -> None:
    """Print who stands for the next election, or how somebody does."""
    if found["standing"]:
        output.say("Standing for the next election:")
    for one in found["standing"]:
        key = f", key {output.short_key(one['key'])}" if one["key"] is not None else ""
        output.say(f"  {one['option']}, of {one['community']}{key}")
        output.say(*(f"     {line}" for line in one["text"].splitlines()))
    waits = any(place["name"] is None for place in found["places"]) and not found["under_way"]
    if waits and not found["standing"] and found["kind"] != "assembly" and not found["ended"]:
        output.say(
            "Nobody stands for the next election yet. Say that somebody of yours does:",
            f'  hedgerow body stand "{found["title"]}" NAME',
        )


def _place(place: dict[str, Any], notes: Footnotes) -> str:
    if place["name"] is None:
        return f"vacant: {place['why_vacant']}"
    followed = ", who was a deputy" if place["followed"] else ""
    term = f", until {output.moment(place['ends'])}" if place["ends"] is not None else ""
    return notes.mark(f"{place['name']}{followed}{term}", place["quorum"])
