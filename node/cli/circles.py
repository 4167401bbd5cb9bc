"""`hedgerow circle`: what a few communities share that the others carry and cannot read."""

from typing import Annotated, Any

import typer

from node.cli import output
from node.cli.asking import ask
from node.cli.options import FederationOption, LimitOption, OffsetOption
from node.clock import MS_PER_SECOND

app = typer.Typer(rich_markup_mode=None)
circle = typer.Typer(no_args_is_help=True, help="What a few communities share among themselves.")
app.add_typer(circle, name="circle")

Named = Annotated[str, typer.Argument(metavar="CIRCLE", help="Its name, its id, or the id's beginning.")]
COMMUNITY = "Name or id of a community; may be given several times."


@circle.command("open", epilog='Example: hedgerow circle open "Roof repairs" --with Elder --with Hazel')
def open_(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the circle is called.")],
    with_: Annotated[list[str] | None, typer.Option("--with", metavar="COMMUNITY", help=COMMUNITY)] = None,
    federation: FederationOption = None,
) -> None:
    """Open a circle with other members of the federation.

    The others carry what is said in it without being able to read it, so that it reaches everybody who shall
    read it by whatever way there is.
    """
    result = ask(ctx, "open-circle", name=name, parties=with_ or [], federation=federation)
    output.answer(ctx, result, _show_opened)


@circle.command("list", epilog="Example: hedgerow circle list")
def list_(ctx: typer.Context) -> None:
    """List the circles that this device can read."""
    output.answer(ctx, ask(ctx, "list-circles"), _show_list)


@circle.command(epilog='Example: hedgerow circle show "Roof repairs"')
def show(ctx: typer.Context, *, named: Named, limit: LimitOption = 50, offset: OffsetOption = 0) -> None:
    """Show who is in a circle and what was said, newest first."""
    output.answer(ctx, ask(ctx, "show-circle", circle=named, limit=limit, offset=offset), _show)


@circle.command(epilog='Example: hedgerow circle say "Roof repairs" "We can come on Friday."')
def say(
    ctx: typer.Context,
    *,
    named: Named,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What you say.")],
) -> None:
    """Say something to the communities of a circle."""
    output.answer(
        ctx,
        ask(ctx, "say-in-circle", circle=named, text=text),
        lambda told: output.say(
            f"Said in “{told['name']}”. To take it back:",
            f"  hedgerow circle unsay {told['circle'][:12]} {told['note'][:12]}",
        ),
    )


@circle.command(epilog='Example: hedgerow circle unsay "Roof repairs" rnbg3vzp')
def unsay(
    ctx: typer.Context,
    *,
    named: Named,
    note: Annotated[str, typer.Argument(metavar="NOTE", help="The note's id, or its beginning.")],
) -> None:
    """Take back what your community said. It is shown no more; who read it has read it."""
    output.answer(
        ctx,
        ask(ctx, "unsay-in-circle", circle=named, note=note),
        lambda told: output.say(f"Taken back in “{told['name']}”."),
    )


@circle.command(epilog='Example: hedgerow circle change "Roof repairs" --add Rowan --remove Hazel')
def change(
    ctx: typer.Context,
    *,
    named: Named,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Its new name.")] = None,
    add: Annotated[list[str] | None, typer.Option("--add", metavar="COMMUNITY", help=COMMUNITY)] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", metavar="COMMUNITY", help=COMMUNITY)] = None,
) -> None:
    """Change who is in a circle that your community opened, or its name.

    Who comes reads what is said from then on, not what was said before. Who goes keeps what was said before,
    and reads nothing that is said from then on.
    """
    result = ask(ctx, "change-circle", circle=named, name=name, add=add or [], remove=remove or [])
    output.answer(ctx, result, _show_changed)


@circle.command(epilog='Example: hedgerow circle leave "Roof repairs"')
def leave(ctx: typer.Context, *, named: Named) -> None:
    """Leave a circle. The others go on with a new key as soon as the node that opened it hears of it."""
    output.answer(
        ctx,
        ask(ctx, "leave-circle", circle=named),
        lambda told: output.say(f"Your community has left “{told['name']}”."),
    )


def _show_opened(told: dict[str, Any]) -> None:
    output.say(
        f"“{told['name']}” is open with {_others(told)}. Say something:",
        f'  hedgerow circle say {told["id"][:12]} "…"',
    )


def _show_changed(told: dict[str, Any]) -> None:
    output.say(f"“{told['name']}” goes on with a new key, with {_others(told)}.")


def _show_list(result: dict[str, Any]) -> None:
    if not result["circles"]:
        output.say(
            "No circles yet. Open one with other members of a federation:",
            '  hedgerow circle open "Roof repairs" --with NAME',
        )
    for one in result["circles"]:
        newest = output.moment(one["newest_at"] // MS_PER_SECOND) if one["newest_at"] else "nothing said yet"
        said = (
            f"{output.counted(one['notes'], 'note', 'notes')}, the newest {newest}"
            if one["notes"]
            else newest
        )
        output.say(f"- {one['name']} — with {_others(one)}; {said}")
        output.say(f"    in {one['federation_name']}, opened by {one['owner_name']}")
        _show_ended(one)
        output.say(f"    hedgerow circle show {one['id'][:12]}")


def _show(result: dict[str, Any]) -> None:
    told = result["circle"]
    output.say(f"{told['name']}, a circle in {told['federation_name']}, opened by {told['owner_name']}")
    for party in told["parties"]:
        reading = (
            f"{party['reading']} of {output.counted(party['devices'], 'device', 'devices')} given the key"
        )
        you = " (your community)" if party["own"] else ""
        output.say(f"  {party['name']}{you}: {reading}")
    _show_ended(told)
    if not result["total"]:
        output.say("", "Nothing was said yet:", f'  hedgerow circle say {told["id"][:12]} "…"')
    for note in result["notes"]:
        author = "your community" if note["own"] else note["community_name"]
        output.say("", f"{author}, {output.moment(note['at'] // MS_PER_SECOND)} [{note['id'][:12]}]")
        for line in note["text"].splitlines():
            output.say(f"  {line}")
    shown = len(result["notes"])
    if shown < result["total"]:
        output.say("", f"{shown:,} of {result['total']:,} notes: --limit and --offset show others.")


def _show_ended(told: dict[str, Any]) -> None:
    if told["over"]:
        output.say("    It goes on with a key that this device was not given: without you, or not yet.")
    elif not told["party"]:
        output.say("    Your community has left it.")


def _others(told: dict[str, Any]) -> str:
    names = [one["name"] for one in told["parties"] if not one["own"]]
    return ", ".join(names) if names else "nobody else"
