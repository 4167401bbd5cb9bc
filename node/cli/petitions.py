"""`hedgerow petition`: what people of a community ask the federation to decide."""

from typing import Annotated, Any, Final

import typer

from node.cli import output
from node.cli.asking import ask
from node.cli.options import FederationOption

app = typer.Typer(rich_markup_mode=None)
petition = typer.Typer(no_args_is_help=True, help="What people ask the federation to decide.")
app.add_typer(petition, name="petition")

Named = Annotated[str, typer.Argument(metavar="PETITION", help="Its title, its id, or the id's beginning.")]
People = Annotated[
    int | None,
    typer.Option("--people", min=0, metavar="N", help="How many people of your community support it."),
]
_STATES: Final = {
    "due": "due: the question is to be put",
    "gathering": "gathering support",
    "put": "the question was put",
}


@petition.command(epilog='Example: hedgerow petition start "Shall we mend the barn?" --text "It leaks."')
def start(
    ctx: typer.Context,
    *,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="The question, as it shall be put.")],
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="Why, and what would follow.")] = "",
    people: People = None,
    federation: FederationOption = None,
) -> None:
    """Hand a petition in for people of your community."""
    result = ask(ctx, "start-petition", title=title, text=text, people=people, federation=federation)
    output.answer(
        ctx,
        result,
        lambda told: output.say(
            f"Handed in. It is due when {told['needed_in_words']}; another community supports it with:",
            f"  hedgerow petition support {told['petition']}",
        ),
    )


@petition.command(epilog='Example: hedgerow petition support "Shall we mend the barn?" --people 12')
def support(ctx: typer.Context, *, named: Named, people: People = None) -> None:
    """Stand behind a petition, or state how many of you support it.

    With --people you state a number, without it the community stands behind it. To stand behind it cannot
    be taken back. A number is replaced by the next one; 0 takes it back.
    """
    output.answer(ctx, ask(ctx, "support-petition", petition=named, people=people), _show_support)


@petition.command(epilog='Example: hedgerow petition put "Shall we mend the barn?"')
def put(ctx: typer.Context, *, named: Named) -> None:
    """Put the yes/no question that a petition asks for, once it is due."""
    output.answer(ctx, ask(ctx, "put-petition", petition=named), _show_put)


@petition.command("list", epilog="Example: hedgerow petition list")
def list_(ctx: typer.Context, federation: FederationOption = None) -> None:
    """List the petitions, those that are due first."""
    output.answer(ctx, ask(ctx, "list-petitions", federation=federation), _show_list)


def _show_support(told: dict[str, Any]) -> None:
    if told["people"] is None:
        output.say(f"Your community stands behind “{told['title']}” from now on.")
        return
    people = output.counted(told["people"], "person", "people")
    output.say(f"Stated: {people} of your community {'supports' if told['people'] == 1 else 'support'} it.")
    if not told["stands_behind"]:
        output.say(
            "The community itself does not stand behind it; if it shall:",
            f"  hedgerow petition support {told['petition']}",
        )


def _show_put(result: dict[str, Any]) -> None:
    output.say(
        f"The question is put; {output.counted(result['seats_on_roll'], 'seat', 'seats')} may vote on it.",
        f"  hedgerow vote {result['proposal']} --key FILE CHOICE...",
        f"Voting ends {output.moment(result['closes'])}.",
    )


def _show_list(result: dict[str, Any]) -> None:
    if not result["petitions"]:
        output.say("No petitions yet. Hand one in:", '  hedgerow petition start "Shall we mend the barn?"')
    for one in result["petitions"]:
        output.say(f"- {one['title']} — {_STATES[one['state']]}")
        for line in one["text"].splitlines():
            output.say(f"    {line}")
        output.say(f"    from {one['community']}; behind it: {', '.join(one['supporters'])}")
        if one["people"] or one["people_needed"]:
            by = ", ".join(f"{each['community']} {each['people']:,}" for each in one["people_by"])
            output.say(f"    people who support it: {one['people']:,}{f' ({by})' if by else ''}")
        for each in one["doubtful"]:
            output.say(
                f"    not counted: {each['community']} states {each['people']:,}, more people than it has"
            )
        if one["state"] == "gathering":
            output.say(f"    due when {one['needed_in_words']}")
        if one["state"] == "due":
            output.say(f"    hedgerow petition put {one['id']}")
        elif one["state"] == "gathering" and not one["supported_here"]:
            output.say(f"    hedgerow petition support {one['id']}")
        for question in one["put"]:
            output.say(f"    hedgerow result {question['proposal']}")
