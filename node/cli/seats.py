"""`hedgerow attest`, `roll` and `mandate`: how many seats a community has, and who votes for them."""

from typing import Annotated, Any

import typer

from node.cli import output
from node.cli.asking import ask
from node.cli.options import FederationOption

app = typer.Typer(rich_markup_mode=None)
roll = typer.Typer(no_args_is_help=True, help="Seats as the communities' sizes give them.")
mandate = typer.Typer(no_args_is_help=True, help="Who may vote for your community's seats.")
app.add_typer(roll, name="roll")
app.add_typer(mandate, name="mandate")


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
        lambda done: output.say(
            f"Stated: {output.counted(done['size'], 'person', 'people')}. See what follows from it with:",
            "  hedgerow roll show",
        ),
    )


@roll.command(epilog="Example: hedgerow roll show")
def show(ctx: typer.Context, federation: FederationOption = None) -> None:
    """Show how many seats each community has by the sizes stated so far."""
    output.answer(ctx, ask(ctx, "show-roll", federation=federation), _show_roll)


@mandate.command(epilog="Example: hedgerow mandate grant did:key:z6Mk... --seat 1")
def grant(
    ctx: typer.Context,
    *,
    holder: Annotated[
        str, typer.Argument(metavar="KEY", help="The delegate's key, as `hedgerow key show` prints it.")
    ],
    seat: Annotated[
        int | None, typer.Option("--seat", min=1, metavar="N", help="One seat; all of yours when left out.")
    ] = None,
    revoke_ballots: Annotated[
        bool, typer.Option("--revoke-ballots", help="Also void what the former delegate has cast.")
    ] = False,
    federation: FederationOption = None,
) -> None:
    """Let a delegate's key vote for your community's seats."""
    result = ask(
        ctx, "grant-mandate", holder=holder, seat=seat, revoke_ballots=revoke_ballots, federation=federation
    )
    output.answer(ctx, result, _show_granted)


@mandate.command("list", epilog="Example: hedgerow mandate list")
def list_(ctx: typer.Context, federation: FederationOption = None) -> None:
    """List whose key votes for which seat."""
    output.answer(ctx, ask(ctx, "list-mandates", federation=federation), _show_mandates)


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
    for each in result["unattested"]:
        output.say(f"No size stated yet: {output.named(each['name'], each['community'])}")


def _show_granted(result: dict[str, Any]) -> None:
    numbers = ", ".join(str(each["seat"]) for each in result["seats"])
    noun = "seat" if len(result["seats"]) == 1 else "seats"
    output.say(f"That key votes for {noun} {numbers} of your community from now on.")


def _show_mandates(result: dict[str, Any]) -> None:
    if not result["mandates"]:
        output.say(
            "Nobody votes for anybody yet. A delegate makes a key, and you let it vote:",
            "  hedgerow key new my-keys/ana.pem   (on the delegate's device)",
            "  hedgerow mandate grant KEY",
        )
        return
    output.table(
        ["Community", "#Seat", "Delegate's key"],
        (
            [output.named(each["name"], each["community"]), each["seat"], each["holder"]]
            for each in result["mandates"]
        ),
    )
