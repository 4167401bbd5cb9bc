"""What `hedgerow result` says about a question beside its count: what it does, and who may still object."""

from typing import Any, Final

from node.cli import output

# States in which an effect is no more to come.
_OVER: Final = ("withdrawn", "failed", "annulled", "diverged")
_ASKED_BY: Final = {"seated": "communities with a seat on it", "members": "members"}


def show_standing(found: dict[str, Any]) -> None:
    """Print what a question does, when, and who may still object."""
    if found["effect"] is not None and found["state"] not in _OVER:
        acts = "It does now:" if found["acts"] else "If it passes and is in force:"
        output.say(f"{acts} {found['effect']['in_words']}")
    if found["taken_back"] and found["state"] == "provisional":
        output.say("Its proposer takes it back; the witnesses have yet to certify that.")
    read = found["review"]
    for one in read["requests"]:
        output.say(f"{one['name']} asks for a review: {one['reason']}")
    if found["state"] == "certified" and not read["over"]:
        output.say(
            f"Until {output.moment(read['until'])} {_ASKED_BY[read['asked_by']]} may ask for a review;"
            f" {read['needed']} must."
        )
    if found["state"] == "under review":
        output.say(
            "It takes effect when a decision upholds it."
            if read["stays"]
            else "It has its effect meanwhile.",
            "Decide about it with: hedgerow decision annul ...",
        )
