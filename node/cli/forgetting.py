"""`hedgerow forget`: have what stood somewhere before forgotten."""

from typing import Annotated

import typer

from node.cli import output
from node.cli.asking import ask

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: hedgerow forget")
def forget(
    ctx: typer.Context,
    documents: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="An offer's, a listing's or a card's; your own page without."),
    ] = None,
) -> None:
    """Forget everywhere what stood in a page, an offer or a card before; what stands there now stays."""
    output.answer(
        ctx,
        ask(ctx, "forget-history", ids=documents or ()),
        lambda done: output.say(
            f"Begun anew: {output.counted(len(done['documents']), 'document', 'documents')}."
            " What stood there before is dropped here and wherever this arrives."
        ),
    )
