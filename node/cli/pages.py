"""`hedgerow web`: where the running node shows its pages."""

import os
import webbrowser
from typing import Annotated, Any

import typer

from node.cli import output
from node.cli.asking import folder
from node.errors import StoreUnavailableError

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: hedgerow web --open")
def web(
    ctx: typer.Context,
    *,
    show: Annotated[
        bool, typer.Option("--open", help="Open your own pages in this machine's browser.")
    ] = False,
) -> None:
    """Say where this node's pages are: yours, and those that everybody sees."""
    place = folder(ctx)
    where = place.read_address()
    if where is None or not place.is_locked():
        raise StoreUnavailableError(f"no node runs in {place.path}: start it with `hedgerow serve`")
    pages = {"operator": where.get("operator"), "pages": where.get("pages")}
    output.answer(ctx, pages, show_pages)
    if show and pages["operator"]:
        # A browser of our own user's; one for the terminal would take the terminal over.
        if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.uname().sysname == "Darwin":
            webbrowser.open(str(pages["operator"]))
        else:
            output.note("There is no screen here to open a browser on.")


def show_pages(pages: dict[str, Any]) -> None:
    """Tell a person where to look."""
    if pages["operator"]:
        output.say("Your own pages, on this machine only:", f"  {pages['operator']}")
    else:
        output.say("Your own pages are switched off (`operator` in the settings).")
    output.say("The pages that everybody sees:", f"  {pages['pages']}")
