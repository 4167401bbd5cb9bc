"""`hedgerow attest` and `roll`: how many people a community has, and how many seats follow."""

from typing import Annotated, Any

import typer

from node.cli import output
from node.cli.asking import ask
from node.cli.options import FederationOption
from node.governance import seat_words

app = typer.Typer(rich_markup_mode=None)
roll = typer.Typer(no_args_is_help=True, help="Seats as the communities' sizes give them.")
app.add_typer(roll, name="roll")


@app.command(epilog="Example: hedgerow attest 140")
def attest(
    ctx: typer.Context,
    *,
    size: Annotated[int, typer.Argument(min=1, metavar="SIZE", help="How many people.")],
    community: Annotated[
        str | None,
        typer.Option("--community", metavar="NAME", help="Another one's, where the bylaws say so."),
    ] = None,
    federation: FederationOption = None,
) -> None:
    """State how many people a community has; seats follow from it."""
    output.answer(
        ctx,
        ask(ctx, "attest", size=size, community=community, federation=federation),
        _show_attested,
    )


def _show_attested(done: dict[str, Any]) -> None:
    people = output.counted(done["size"], "person", "people")
    if done["counts_from"] is not None:
        output.say(f"Stated: {people}. By the bylaws it counts from {output.moment(done['counts_from'])} on.")
        return
    output.say(f"Stated: {people}. See what follows from it with:", "  hedgerow roll show")


@roll.command(epilog="Example: hedgerow roll show")
def show(ctx: typer.Context, federation: FederationOption = None) -> None:
    """Show how many seats each community has by the sizes stated so far."""
    output.answer(ctx, ask(ctx, "show-roll", federation=federation), _show_roll)


def _show_roll(result: dict[str, Any]) -> None:
    if not result["seats"]:
        output.say("Nobody has stated a size yet. Begin with yours:", "  hedgerow attest SIZE")
        return
    output.table(
        ["Community", "#People", "#Seats"],
        (
            [output.named(each["name"], each["community"]), f"{each['size']:,}", each["seats"]]
            for each in result["seats"]
        ),
    )
    output.say(
        f"{output.counted(result['house'], 'seat', 'seats')} in all, shared out by {result['method']}."
    )
    for tie in result["ties"]:
        among, given = (_names(tie[which]) for which in ("among", "given"))
        one = tie["seats"] == 1
        seats = "seat" if one else f"{tie['seats']} seats"
        went = f"the lot gave {'it' if one else 'them'} to {given}"
        if result["ties_by"] != "lot":
            went = f"{'it' if one else 'they'} went to {given}, by {seat_words.TIES_BY[result['ties_by']]}"
        output.say(f"{among} had an equal claim to the last {seats}; {went}.")
    if result["next_day"] is not None:
        output.say(f"Sizes stated since count from {output.moment(result['next_day'])} on.")
    if result["certified"]:
        output.say(f"Roll {result['version']}, certified by the witnesses of the one before it.")
    else:
        output.say(f"Roll {result['version']} will be certified with the next question.")
    for each in result["unattested"]:
        output.say(f"No size stated yet: {output.named(each['name'], each['community'])}")


def _names(communities: list[dict[str, str]]) -> str:
    return ", ".join(output.named(one["name"], one["community"]) for one in communities)
