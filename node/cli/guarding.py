"""`hedgerow guardian`: what recovery keys are asked to sign, signed without a node, and handed in."""

import base64
from pathlib import Path
from typing import Annotated, Any

import typer

from node import ids, keys
from node.cli import output
from node.cli.asking import ask as ask_node
from node.cli.asking import carried, passphrase_of, read_file
from node.cli.files import write_new
from node.errors import UserError
from node.identity import guarding
from node.identity.guarding import Request
from node.runtime.keyrings import KeyOpener

app = typer.Typer(rich_markup_mode=None)
guardian = typer.Typer(
    no_args_is_help=True, help="What recovery keys sign when stewards' keys do not do any more."
)
app.add_typer(guardian, name="guardian")

_RequestFile = Annotated[Path, typer.Argument(metavar="FILE", help="What `hedgerow guardian ask` wrote.")]
_NewFile = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="A new file.")]


@guardian.command(epilog="Example: hedgerow guardian ask did:key:z6Mk... --stolen --output ask.guardian")
def ask(
    ctx: typer.Context,
    *,
    device: Annotated[
        str,
        typer.Argument(metavar="DEVICE", help="The device to retire: its key, or a proof of two stories."),
    ],
    file: _NewFile,
    stolen: Annotated[
        bool, typer.Option("--stolen", help="Tell everybody that somebody else may hold it.")
    ] = False,
    place: Annotated[
        int | None,
        typer.Option("--place", min=1, metavar="N", help="Instead of what stewards' keys put there."),
    ] = None,
    community: Annotated[
        str | None,
        typer.Option("--community", metavar="NAME", help="A neighbour that has no node left; else yours."),
    ] = None,
) -> None:
    """Write down what guardians shall sign to retire a device.

    It holds whatever stewards' keys say.

    Hand the file to each of them in any way; nothing in it is secret.
    """
    found = ask_node(ctx, "ask-guardians", device=device, stolen=stolen, place=place, community=community)
    write_new(file, base64.b64decode(found.pop("data")))
    output.answer(ctx, {**found, "file": str(file)}, _show_asked)


@guardian.command(epilog="Example: hedgerow guardian show ask.guardian")
def show(ctx: typer.Context, *, file: _RequestFile) -> None:
    """Show what a guardian is asked to sign; no node is needed."""
    output.answer(ctx, _told(guarding.read_request(read_file(file))), _show_request)


@guardian.command(epilog="Example: hedgerow guardian sign ask.guardian --key uma.pem --output uma.guardian")
def sign(
    ctx: typer.Context,
    *,
    file: _RequestFile,
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="Your recovery key.")],
    answer: _NewFile,
) -> None:
    """Sign as a guardian, on your own machine: no node, no network. Read it first with `guardian show`."""
    request = guarding.read_request(read_file(file))
    signer = KeyOpener(passphrase_of).open(key)
    write_new(answer, guarding.sign(request, signer))
    told = {**_told(request), "signer": keys.show(signer.public), "answer": str(answer)}
    output.answer(ctx, told, _show_signed)


@guardian.command("hand-in", epilog="Example: hedgerow guardian hand-in uma.guardian vic.guardian")
def hand_in(
    ctx: typer.Context,
    *,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="What `hedgerow guardian sign` wrote.")
    ],
) -> None:
    """Take in what guardians signed. They may come one after another; it holds once enough did."""
    answers = [carried(_small(file)) for file in files]
    output.answer(ctx, ask_node(ctx, "hand-in-guardians", answers=answers), _show_handed_in)


def _small(file: Path) -> bytes:
    data = read_file(file)
    if len(data) > guarding.FILE_BYTES_MAX:
        raise UserError(f"{file}: expected at most {guarding.FILE_BYTES_MAX:,} bytes, found {len(data):,}")
    return data


def _told(request: Request) -> dict[str, Any]:
    link, standing = request.link, request.standing
    return {
        "community": ids.show(standing.id),
        "name": request.name,
        "device": keys.show(link.device),
        "reason": link.reason,
        "place": link.position,
        "needed": standing.recovery.threshold,
        "guardians": [keys.show(one) for one in standing.recovery.keys],
        "cuts": [{"scope": cut.scope, "seq": cut.seq} for cut in link.cuts],
        "undone": [{"device": keys.show(one.device), "reason": one.reason} for one in request.undone],
    }


def _show_asked(found: dict[str, Any]) -> None:
    output.say_for_others(
        f"{_must_sign(found)} sign it, each on a machine of their own:",
        f"  hedgerow guardian show {found['file']}",
        f"  hedgerow guardian sign {found['file']} --key FILE --output ANSWER",
    )
    output.say("What they send back is handed in with:", "  hedgerow guardian hand-in ANSWER...")


def _show_request(told: dict[str, Any]) -> None:
    # The name is whoever's wrote the file: on one line, so that it looks like no sentence of ours.
    output.say(
        f"The community that calls itself “{' '.join(told['name'].split())}” asks its guardians. Its id:",
        f"  {told['community']}",
        f"To retire its device ({told['reason']}), at place {told['place']} of its charter:",
        f"  {told['device']}",
        "What the device published counts up to:",
        *([f"  {cut['scope']}: entry {cut['seq']:,}" for cut in told["cuts"]] or ["  nothing of it"]),
    )
    again = [one for one in told["undone"] if one["device"] != told["device"]]
    if again:
        output.say(
            "It takes the place of what stewards' keys signed; these devices stand again:",
            *(f"  {one['device']} (retired: {one['reason']})" for one in again),
        )
    output.say(
        f"{_must_sign(told)} sign it.",
        "Speak with people of the community whom you know before you do: whoever asks may be the thief.",
    )


def _show_signed(told: dict[str, Any]) -> None:
    _show_request(told)
    output.say(f"Signed with your key. Send this file back: {told['answer']}")


def _show_handed_in(done: dict[str, Any]) -> None:
    if done["holds"]:
        output.say(
            f"It holds: {output.counted(done['signed'], 'guardian has', 'guardians have')} signed.",
            f"The device {done['device']} of {done['name']} is retired ({done['reason']}).",
        )
        return
    more = output.counted(done["needed"] - done["signed"], "guardian", "guardians")
    output.say(f"Taken in. {more} more must sign before it holds.")


def _must_sign(told: dict[str, Any]) -> str:
    return f"{told['needed']} of {output.counted(len(told['guardians']), 'guardian', 'guardians')} must"
