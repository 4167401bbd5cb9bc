"""`hedgerow shorten`: spare newcomers what nobody needs of this node's public feed."""

import typer

from node.cli import output
from node.cli.asking import ask

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: hedgerow shorten")
def shorten(ctx: typer.Context) -> None:
    """Let newcomers pass over what nobody needs of your page, offers and listings any more."""
    output.answer(
        ctx,
        ask(ctx, "shorten-feed"),
        lambda done: output.say(
            f"Spared: {output.counted(done['spared'], 'header', 'headers')}."
            f" Begun anew: {output.counted(done['renewed'], 'document', 'documents')}."
        ),
    )
