"""`hedgerow search`: finding listings."""

from typing import Annotated, Any

import typer

from node.cli import output
from node.cli.asking import ask
from node.cli.options import LimitOption, OffsetOption, country_code
from node.errors import UserError
from node.limits import NEAREST_LISTINGS_MAX

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: hedgerow search garden --country CH --near 47.37,8.54 --within 50")
def search(  # noqa: PLR0913 (each is an option)
    ctx: typer.Context,
    *,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORDS...", help="All of them must fit.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="WORD", help="Such as community or offer.")
    ] = None,
    tag: Annotated[
        str | None, typer.Option("--tag", metavar="WORD", help="Only listings with this tag.")
    ] = None,
    country: Annotated[
        str | None, typer.Option("--country", metavar="CODE", help="Two letters, such as CH.")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", metavar="TAG", help="A language they speak, such as es.")
    ] = None,
    near: Annotated[
        str | None, typer.Option("--near", metavar="LAT,LON", help="Nearest first, in decimal degrees.")
    ] = None,
    within: Annotated[
        int | None, typer.Option("--within", min=1, metavar="KM", help="At most so far from --near.")
    ] = None,
    limit: LimitOption = 20,
    offset: OffsetOption = 0,
) -> None:
    """Find listings, your own and your neighbours'."""
    if within is not None and near is None:
        raise UserError("--within needs --near, to say from where")
    result = ask(
        ctx,
        "search",
        words=words or (),
        kind=kind,
        tag=tag,
        country=country_code(country),
        language=language,
        near=near,
        within_km=within,
        limit=limit,
        offset=offset,
    )
    output.answer(ctx, result, lambda found: _show_found(found, offset, is_circle=within is not None))


def _show_found(result: dict[str, Any], offset: int, *, is_circle: bool) -> None:
    if not result["listings"]:
        output.say(
            "Nothing fits. Try fewer words, or bring listings in with:",
            "  hedgerow import FILE",
        )
        return
    far = any("distance_km" in each for each in result["listings"])
    output.table(
        ["Name", "Kind", *(["#Km"] if far else []), "Id"],
        (
            [each["name"], each["kind"], *([each.get("distance_km", "")] if far else []), each["id"]]
            for each in result["listings"]
        ),
    )
    shown = offset + len(result["listings"])
    total = result["total"]
    if shown < total:
        # Within a distance no more are counted, and of the nearest no more are listed.
        uncounted = is_circle and total > NEAREST_LISTINGS_MAX
        many = f"more than {NEAREST_LISTINGS_MAX:,}" if uncounted else f"{total:,}"
        is_end = far and shown >= NEAREST_LISTINGS_MAX
        way = "to find others, add words" if is_end else f"more with --offset {shown}"
        output.say(f"{shown:,} of {many}; {way}")
