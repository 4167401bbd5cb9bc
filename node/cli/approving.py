"""`hedgerow approve`: what waits for further stewards of the community, shown in words and signed."""

from pathlib import Path
from typing import Annotated, Any

import typer

from node import ids
from node.cli import output
from node.cli.asking import ask, carried, passphrase_of
from node.errors import NotFoundError
from node.records.approvals import Approval
from node.runtime.keyrings import KeyOpener

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: hedgerow approve mhxq3k --key my-keys/dan.pem")
def approve(
    ctx: typer.Context,
    *,
    named: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID...", help="What to sign: its id or the id's beginning; none: only list."),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="Your own steward's key; without it this device's."),
    ] = None,
) -> None:
    """List what waits for further stewards of your community, or sign it as one of them."""
    waiting = ask(ctx, "list-waiting")
    if not named:
        output.answer(ctx, waiting, _show_waiting)
        return
    chosen = [_meant(each, waiting["waiting"]) for each in named]
    signer = KeyOpener(passphrase_of).open(key) if key is not None else None
    signed = []
    for one in chosen:
        if not output.is_json(ctx):
            # What is signed is read before it is signed, and on the same screen.
            _show(one)
        approval = Approval(of=ids.parse(one["id"])).sign(signer) if signer is not None else None
        given = {"approval": carried(approval.raw)} if approval is not None else {}
        signed.append(ask(ctx, "approve-waiting", statement=one["id"], **given))
    output.answer(ctx, {"signed": signed}, _show_signed)


def _meant(named: str, waiting: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what of all that waits has this id, or the only one that begins so.

    Raises:
        NotFoundError: none or several fit.
    """
    wanted = named.strip("… ").casefold()
    fitting = [one for one in waiting if wanted and one["id"].startswith(wanted)]
    if len(fitting) != 1:
        raise NotFoundError(
            f"{len(fitting)} of what waits for your stewards fit {named!r}: see `hedgerow approve`"
        )
    return fitting[0]


def _show_waiting(found: dict[str, Any]) -> None:
    if not found["waiting"]:
        output.say("Nothing waits for a steward of your community.")
        return
    for one in found["waiting"]:
        _show(one)
    output.say("Sign what you stand behind with:", "  hedgerow approve ID --key FILE")


def _show(one: dict[str, Any]) -> None:
    """Print a statement in words, who has signed it, and how many more must."""
    output.say(f"{output.short(one['id'])}  {one['in_words'][0]}")
    for line in one["in_words"][1:]:
        output.say(f"  {line}")
    missing = one["needed"] - one["signed"]
    output.say(f"  Signed by {', '.join(one['signed_by'])}; {missing} more must sign.")


def _show_signed(done: dict[str, Any]) -> None:
    for one in done["signed"]:
        more = output.counted(one["needed"] - one["signed"], "more steward", "more stewards")
        output.say(
            f"Signed {output.short(one['id'])}. {'It holds.' if one['holds'] else f'{more} must sign.'}"
        )
