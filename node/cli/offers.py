"""`hedgerow offer`: what your community gives and what it looks for."""

from typing import Annotated, Any

import typer

from node.cli import output, progress, slices
from node.cli.asking import ask
from node.cli.options import LanguageOption

app = typer.Typer(rich_markup_mode=None)
offer = typer.Typer(no_args_is_help=True, help="What your community offers, and what it needs.")
app.add_typer(offer, name="offer")


@offer.command(epilog='Example: hedgerow offer add "Seed potatoes, 40 kg" --tag garden --expires 2027-04-30')
def add(  # noqa: PLR0913 (each is an option)
    ctx: typer.Context,
    *,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What it is, in a few words.")],
    need: Annotated[
        bool, typer.Option("--need", help="It is something you need, not something you offer.")
    ] = False,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="More about it.")] = "",
    language: LanguageOption = "und",
    category: Annotated[
        str, typer.Option("--category", metavar="WORD", help="Such as tools, food, skills or space.")
    ] = "other",
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="WORD", help="A word people search by; may be repeated."),
    ] = None,
    quantity: Annotated[
        str, typer.Option("--quantity", metavar="TEXT", help="How much: 40 kg, two afternoons.")
    ] = "",
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="DAY", help="The last day it stands: 2027-04-30.")
    ] = None,
) -> None:
    """Publish an offer, or with --need a need."""
    result = ask(
        ctx,
        "add-offer",
        kind="need" if need else "offer",
        title=title,
        text=text,
        language=language,
        category=category,
        tags=tags or (),
        quantity=quantity,
        expires=expires,
    )
    output.answer(
        ctx,
        result,
        lambda made: output.say(
            f"Published the {made['kind']} “{made['title']}”. Take it back with:",
            f"  hedgerow offer withdraw {made['id']}",
        ),
    )


@offer.command("list", epilog="Example: hedgerow offer list --own")
def list_(
    ctx: typer.Context,
    *,
    own: Annotated[bool, typer.Option("--own", help="Only your community's.")] = False,
    withdrawn: Annotated[bool, typer.Option("--withdrawn", help="Also what was taken back.")] = False,
) -> None:
    """List offers and needs, your own and your neighbours'."""
    ask_part, is_running = slices.way_to_node(ctx)
    command = {"command": "list-offers", "own": own, "withdrawn": withdrawn}
    with progress.shown("Reading offers and needs…") as tell:
        found = slices.collect(
            command,
            "offers",
            ask=ask_part,
            is_running=is_running,
            told=lambda done: tell(f"Reading offers and needs: {done:,}"),
        )
    found.sort(key=lambda one: (one["title"], one["id"]))
    output.answer(ctx, {"offers": found}, _show)


@offer.command(
    epilog="Example: hedgerow offer withdraw $(hedgerow offer list --own --json | jq -r .offers[0].id)"
)
def withdraw(
    ctx: typer.Context,
    offer: Annotated[str, typer.Argument(metavar="ID", help="As `hedgerow offer list` shows it.")],
) -> None:
    """Take an offer or a need of your community back."""
    output.answer(
        ctx, ask(ctx, "withdraw-offer", id=offer), lambda done: output.say(f"It is {done['state']} now.")
    )


def _show(result: dict[str, Any]) -> None:
    if not result["offers"]:
        output.say(
            "No offers or needs yet. Begin with:",
            '  hedgerow offer add "Seed potatoes"',
            '  hedgerow offer add --need "Someone who can mend a pump"',
        )
        return
    output.table(
        ["Kind", "What", "From", "State", "Id"],
        (
            [
                each["kind"],
                each["title"],
                output.named(each["community_name"], each["community"]),
                _standing(each),
                each["id"],
            ]
            for each in result["offers"]
        ),
    )


def _standing(each: dict[str, Any]) -> str:
    """Say whether an offer stands, and until when it does or did."""
    if each["state"] != "open" or not each["expires"]:
        return str(each["state"])
    return f"{'open until' if each['open'] else 'ended on'} {each['expires']}"
