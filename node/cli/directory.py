"""`hedgerow search` and `export`: finding and handing out listings."""

import base64
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from node.cli import output
from node.cli.asking import ask
from node.cli.files import write_new
from node.cli.invocation import current
from node.cli.options import LimitOption
from node.errors import UserError

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
    offset: Annotated[
        int, typer.Option("--offset", min=0, metavar="N", help="Leave out the first ones.")
    ] = 0,
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
        country=country,
        language=language,
        near=near,
        within_km=within,
        limit=limit,
        offset=offset,
    )
    output.answer(ctx, result, lambda found: _show_found(found, offset))


@app.command(epilog="Example: hedgerow export --format zip --output directory.zip")
def export(
    ctx: typer.Context,
    *,
    format: Annotated[  # noqa: A002 (the option's name is fixed)
        str, typer.Option("--format", metavar="FORMAT", help="geojson, csv, murmurations, or zip for all.")
    ] = "geojson",
    open_only: Annotated[
        bool, typer.Option("--open-only", help="Only listings whose licence lets anybody use them.")
    ] = False,
    without_share_alike: Annotated[
        bool,
        typer.Option("--without-share-alike", help="None that ask for the same licence, as ODbL does."),
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="A new file; the screen when left out."),
    ] = None,
) -> None:
    """Write every listing held here; equal directories give equal files."""
    if file is None and format == "zip" and not current(ctx).as_json and sys.stdout.isatty():
        raise UserError("a ZIP is nothing for a screen: name a file with --output")
    result = ask(ctx, "export", format=format, open_only=open_only, without_share_alike=without_share_alike)
    if file is None:
        output.answer(ctx, result, _write_out)
        return
    told: dict[str, Any] = {"format": format, "records": result["records"], "left_out": result["left_out"]}
    told |= {"offers": result["offers"]} if "offers" in result else {}
    told["file"] = str(file)
    # The README first: who finds the table finds what explains it.
    if "readme" in result:
        readme = file.with_name(f"{file.name}.README.txt")
        told["readme"] = str(readme)
        write_new(readme, result["readme"].encode())
    write_new(file, _content(result))
    output.answer(ctx, told, _show_written)


def _content(result: dict[str, Any]) -> bytes:
    text = result.get("text")
    return base64.b64decode(result["data"]) if text is None else text.encode()


def _write_out(result: dict[str, Any]) -> None:
    typer.echo(_content(result), nl=False)


def _show_written(done: dict[str, Any]) -> None:
    output.say(f"Wrote {output.counted(done['records'], 'listing', 'listings')} to {done['file']}.")
    if "readme" in done:
        output.say(f"What the columns mean stands in {done['readme']}.")
    for reason, count in done["left_out"].items():
        output.say(f"Left out {output.counted(count, 'listing', 'listings')}: {reason}.")


def _show_found(result: dict[str, Any], offset: int) -> None:
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
    if shown < result["total"]:
        output.say(f"{shown:,} of {result['total']:,}; more with --offset {shown}")
