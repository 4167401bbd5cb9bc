"""How a question's bonds to others are told: what it amends, what stands in its place, what it fills."""

from typing import Any, Final

from node.cli import output

_PARTS: Final = {
    "title": "The question",
    "text": "The text",
    "options": "Who stands",
    "seats": "How many are elected",
    "method": "How it is counted",
}


def show_bonds(found: dict[str, Any]) -> None:
    """Print what a question amends and how, what stands in its place, and what it fills."""
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
        places = ", ".join(map(str, found["fills"]["places"]))
        output.say(f"It fills places of {found['fills']['title']}: {places}.")


def _change(change: dict[str, Any]) -> list[str]:
    where = f", line {change['line']}" if change["line"] else ""
    lines = [f"  {_PARTS.get(change['part'], change['part'])}{where}"]
    lines += [f"    taken out: {line}" for line in change["taken_out"]]
    return lines + [f"    put in: {line}" for line in change["put_in"]]
