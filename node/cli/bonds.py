"""How a question's bonds to others are told: what it revises, what stands in its place, what it fills."""

from typing import Any, Final

from node.cli import output

_PARTS: Final = {
    "title": "The question",
    "text": "The text",
    "options": "What can be chosen",
    "money": "How much money there is",
    "seats": "How many are elected",
    "method": "How it is counted",
}


def show_bonds(found: dict[str, Any]) -> None:
    """Print what a question revises and how, what stands in its place, and what it fills."""
    for one in found["superseded_by"]:
        output.say(
            f"Another question stands in its place: “{one['title']}”.", f"  hedgerow result {one['proposal']}"
        )
    if found["supersedes"] is not None:
        output.say(f"It stands in place of “{found['supersedes']['title']}”. What was changed:")
        for change in found["supersedes"]["changes"]:
            output.say(*_change(change))
    if found["petition"] is not None:
        output.say(f"It answers the petition “{found['petition']['title']}”.")
    if found["fills"] is not None:
        show_fills(found["fills"])


def show_fills(fills: dict[str, Any]) -> None:
    """Print which places an election fills, until when, and whose key each option would put there."""
    places = ", ".join(map(str, fills["places"]))
    output.say(
        f"It {'fills' if fills['acts'] else 'is for'} places of {fills['title']}: {places}, from"
        f" {output.moment(fills['starts'])} until {output.moment(fills['ends'])}."
    )
    if not fills["acts"]:
        output.say("By the bylaws (effects.bodies) it fills none by itself: that is for people to act on.")
    for one in fills["options"]:
        output.say(f"  {one['option']}. {one['name']}: {', '.join(_about(one))}")


def _about(option: dict[str, Any]) -> list[str]:
    """Say who an option is, as far as anybody entitled to has said so."""
    communities = option["stands_for"]
    said = [f"stands for {' and '.join(communities)}"] if communities else ["no community says who this is"]
    if option["key"] is None:
        return [*said, "with no key, so cannot step down"]
    known = option["known_as"] or ["not known here otherwise"]
    return [*said, f"key {output.short_key(option['key'])} ({', '.join(known)})"]


def _change(change: dict[str, Any]) -> list[str]:
    where = f", line {change['line']}" if change["line"] else ""
    lines = [f"  {_PARTS.get(change['part'], change['part'])}{where}"]
    lines += [f"    taken out: {line}" for line in change["taken_out"]]
    return lines + [f"    put in: {line}" for line in change["put_in"]]
