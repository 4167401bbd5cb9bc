"""`hedgerow approve`: what waits for further stewards of the community, shown in words and signed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from node import ids
from node.cli import output
from node.cli.asking import ask, carried, passphrase_of
from node.errors import ConflictError, NodeError, NotAuthorisedError, NotFoundError, UserError
from node.keys import Signer
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
    every: Annotated[
        bool, typer.Option("--all", help="Sign all that waits, once it was shown and you said yes.")
    ] = False,
) -> None:
    """List what waits for further stewards of your community, or sign it as one of them."""
    waiting = ask(ctx, "list-waiting")
    if every and named:
        raise UserError("expected ids or --all, found both")
    if every and output.is_json(ctx):
        raise UserError("--all is for who reads what it shows: with --json, name the ids")
    if not named and not (every and waiting["waiting"]):
        output.answer(ctx, waiting, lambda found: _show_waiting(found, key))
        return
    meant = [_meant(each, waiting["waiting"]) for each in named or ()] or waiting["waiting"]
    chosen = list({one["id"]: one for one in meant}.values())
    if every:
        for one in chosen:
            _show(one)
        typer.confirm(f"Sign {output.counted(len(chosen), 'statement', 'statements')}?", abort=True)
    signer = KeyOpener(passphrase_of).open(key) if key is not None else None
    signed = list(_signed(ctx, chosen, signer, shown=every))
    if output.is_json(ctx):
        output.as_json({"signed": signed})


def _signed(
    ctx: typer.Context, chosen: list[dict[str, Any]], signer: Signer | None, *, shown: bool
) -> Iterator[dict[str, Any]]:
    """Sign one after another, and yield what came of each.

    Raises:
        NodeError: none could be signed; why the first could not.
    """
    refusals = list[NodeError]()
    for one in chosen:
        try:
            yield _sign(ctx, one, signer, shown=shown)
        except (NotFoundError, ConflictError, NotAuthorisedError) as error:
            # It holds by now, or what was just signed replaced it, or this key signed it: the others go on.
            refusals.append(error)
            if len(chosen) > 1 and not output.is_json(ctx):
                output.say(f"Not signed: {output.short(one['id'])}: {error}")
    if len(refusals) == len(chosen):
        raise refusals[0]


def _sign(ctx: typer.Context, one: dict[str, Any], signer: Signer | None, *, shown: bool) -> dict[str, Any]:
    """Sign one statement and say at once what came of it, for the next one may fail."""
    if not output.is_json(ctx) and not shown:
        # What is signed is read before it is signed, and on the same screen.
        _show(one)
    given = {"approval": carried(_approval(one).sign(signer).raw)} if signer is not None else {}
    signed = ask(ctx, "approve-waiting", statement=one["id"], **given)
    if not output.is_json(ctx):
        _show_signed(signed)
    return signed


def _approval(one: dict[str, Any]) -> Approval:
    return Approval(of=ids.parse(one["id"]), community=ids.parse(one["community"]))


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


def _show_waiting(found: dict[str, Any], key: Path | None) -> None:
    if not found["waiting"]:
        output.say("Nothing waits for a steward of your community.")
        return
    for one in found["waiting"]:
        _show(one)
    if key is not None:
        output.say("Nothing was signed: no ID was named.")
    output.say("Sign what you stand behind with:", "  hedgerow approve ID --key FILE")


def _show(one: dict[str, Any]) -> None:
    """Print a statement in words, who has signed it, and how many more must.

    Titles and texts in it are whoever's: a line that begins inside one is marked, so that none of them looks
    like a sentence of ours.
    """
    first, *others = [_marked(line) for line in one["in_words"]]
    output.say(f"{output.short(one['id'])}  {first}", *(f"  {line}" for line in others))
    missing = one["needed"] - one["signed"]
    output.say(f"  Signed by {', '.join(one['signed_by'])}; {missing} more must sign.")


def _marked(line: str) -> str:
    return "\n  > ".join(line.splitlines())


def _show_signed(one: dict[str, Any]) -> None:
    more = output.counted(one["needed"] - one["signed"], "more steward", "more stewards")
    output.say(f"Signed {output.short(one['id'])}. {'It holds.' if one['holds'] else f'{more} must sign.'}")
