"""`hedgerow key`: a delegate's voting key, made and kept on the delegate's own device."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from node import keys
from node.cli import output
from node.cli.asking import new_passphrase, passphrase_of
from node.cli.options import PassphraseFlag
from node.keys import KeyPair
from node.runtime.keyrings import KeyOpener
from node.storage.files import keyfile

app = typer.Typer(rich_markup_mode=None)
key = typer.Typer(no_args_is_help=True, help="A delegate's own voting key: it never leaves your device.")
app.add_typer(key, name="key")


@key.command(epilog="Example: hedgerow key new my-keys/ana.pem --passphrase")
def new(
    ctx: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new key file; only you can read it.")],
    show: Annotated[bool, typer.Option("--show", help="Print only the public part, for scripts.")] = False,
    passphrase: PassphraseFlag = False,
) -> None:
    """Make a voting key. Hand its public part to your community's steward; keep the file."""
    seed = secrets.token_bytes(keyfile.SEED_BYTES)
    keyfile.write(file, seed, new_passphrase(wanted=passphrase))
    public = keys.show(KeyPair(seed).public)
    if show:
        output.answer(ctx, {"file": str(file), "key": public}, lambda made: output.say(made["key"]))
        return
    output.answer(
        ctx,
        {"file": str(file), "key": public},
        lambda made: output.say(
            f"Your voting key is in {made['file']}. Keep it to yourself, and keep a copy in a safe place.",
            "Your community's steward lets it vote with:",
            f"  hedgerow mandate grant {made['key']}",
        ),
    )


@key.command(epilog="Example: hedgerow key show my-keys/ana.pem")
def show(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A key file.")],
) -> None:
    """Print the public part of a key, the part that others may know."""
    public = keys.show(KeyOpener(passphrase_of).open(file).public)
    output.answer(ctx, {"file": str(file), "key": public}, lambda found: output.say(found["key"]))
