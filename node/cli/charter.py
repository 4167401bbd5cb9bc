"""`hedgerow charter`: who your community is, by its keys, and which devices speak for it."""

from typing import Annotated, Any

import typer

from node.cli import output
from node.cli.asking import ask

app = typer.Typer(rich_markup_mode=None)
charter = typer.Typer(no_args_is_help=True, help="The community's keys and the devices that speak for it.")
device = typer.Typer(no_args_is_help=True, help="Add or retire a device of your community.")
charter.add_typer(device, name="device")
app.add_typer(charter, name="charter")


@charter.command(epilog="Example: hedgerow charter show")
def show(
    ctx: typer.Context,
    community: Annotated[
        str | None, typer.Argument(metavar="COMMUNITY", help="Name or id; your own when left out.")
    ] = None,
) -> None:
    """Show a community's charter: its id, its keys, its devices."""
    output.answer(ctx, ask(ctx, "show-charter", community=community), _show)


@device.command(epilog='Example: hedgerow charter device add "hedgerow:device?community=..."')
def add(
    ctx: typer.Context,
    request: Annotated[
        str, typer.Argument(metavar="REQUEST", help="The line `hedgerow init --device-of` printed on it.")
    ],
) -> None:
    """Let a further device publish for your community."""
    output.answer(
        ctx,
        ask(ctx, "add-device", request=request),
        lambda done: output.say(
            f"The device {done['device']} speaks for your community now.",
            "Let the two reach each other with `hedgerow peer add ADDRESS`, and they share everything.",
        ),
    )


_STOLEN = (
    "Whoever holds it may still witness questions under way whose roll names it, as one voice of many.",
    "Where fewer than four members witness, withdraw such a question and put it again.",
    "It may have let somebody into your circles: look at who is in them with 'hedgerow circle list'.",
)


@device.command(epilog="Example: hedgerow charter device retire did:key:z6Mk... --stolen")
def retire(
    ctx: typer.Context,
    *,
    device: Annotated[
        str,
        typer.Argument(
            metavar="DEVICE",
            help="Its key, as `hedgerow charter show` shows it, or a proof by `charter device prove`.",
        ),
    ],
    stolen: Annotated[
        bool, typer.Option("--stolen", help="Tell everybody that somebody else may hold it.")
    ] = False,
) -> None:
    """Retire a device. Edits that have not arrived here count for nothing; what it witnessed stands."""
    output.answer(
        ctx,
        ask(ctx, "retire-device", device=device, stolen=stolen),
        lambda done: output.say(
            f"The device {done['device']} is retired ({done['reason']}).",
            "Its edits from now on do not count. Decisions that it helped to certify stand as they are.",
            *(_STOLEN if done["reason"] == "stolen" else ()),
        ),
    )


@device.command(epilog="Example: hedgerow charter device prove did:key:z6Mk... > proof.txt")
def prove(
    ctx: typer.Context,
    device: Annotated[
        str, typer.Argument(metavar="DEVICE", help="Its key, as `hedgerow peer status` shows it.")
    ],
) -> None:
    """Print the proof that a device told two stories. It is for its stewards and can be checked anywhere."""
    output.answer(ctx, ask(ctx, "prove-fork", device=device), lambda done: output.say(done["proof"]))


@device.command(epilog='Example: hedgerow charter device check "$(cat proof.txt)"')
def check(
    ctx: typer.Context,
    proof: Annotated[str, typer.Argument(metavar="PROOF", help="What `charter device prove` printed.")],
) -> None:
    """Check a proof that a device told two stories."""
    output.answer(
        ctx,
        ask(ctx, "check-fork", proof=proof),
        lambda done: output.say(
            f"The proof holds: the device {done['device']} of {done['name']} signed two different entries",
            f"{done['entry']:,} in {done['scope']}. Its stewards retire it with:",
            f"  hedgerow charter device retire {done['device']}",
        ),
    )


def _show(result: dict[str, Any]) -> None:
    output.say(
        f"{output.named(result.get('name'), result['community'])}",
        f"  id: {result['community']}",
        f"  stewards: {result['threshold']} of {len(result['stewards'])} must sign",
        *(f"    {key}" for key in result["stewards"]),
        f"  recovery keys: {result['recovery_threshold']} of {len(result['recovery'])} must sign",
    )
    if result["frozen"]:
        output.say("  Two rival changes stand: nothing newer counts until the recovery keys decide.")
    output.say("  devices:")
    for each in result["devices"]:
        remark = " (this one)" if each.get("this") else ""
        if each.get("retired"):
            remark += f" (retired: {each['retired']})"
        output.say(f"    {each['device']}{remark}")
