"""`hedgerow export`: handing out the directory. The node gives it part by part; the file is made here."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from node.cli import output, progress, slices
from node.cli.files import write_new
from node.cli.invocation import current
from node.directory import archive
from node.directory.export import ListedOffer, ListedProfile
from node.directory.licences import Wish
from node.errors import UserError

app = typer.Typer(rich_markup_mode=None)


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
    exported = _collected(ctx, format, Wish(open_only=open_only, without_share_alike=without_share_alike))
    if file is None:
        # JSON is made only where it was asked for: it takes four bytes for three of the file.
        shown = exported.to_json() if current(ctx).as_json else {}
        output.answer(ctx, shown, lambda _: typer.echo(exported.data, nl=False))
        return
    told: dict[str, Any] = {"format": format, "records": exported.records, "left_out": exported.left_out}
    told |= {"offers": exported.offers} if exported.offers is not None else {}
    told["file"] = str(file)
    # The README first: who finds the table finds what explains it.
    if exported.readme is not None:
        readme = file.with_name(f"{file.name}.README.txt")
        told["readme"] = str(readme)
        write_new(readme, exported.readme.encode())
    write_new(file, exported.data)
    output.answer(ctx, told, _show_written)


def _collected(ctx: typer.Context, file_format: str, wish: Wish) -> archive.Exported:
    """Return the directory in one format, asked for part by part."""
    if file_format not in archive.FORMATS:
        raise UserError(
            f"expected one of the formats {', '.join(archive.FORMATS)}, found {file_format[:80]!r}"
        )
    ask_part, is_running = slices.way_to_node(ctx)

    def part(kind: str) -> list[dict[str, Any]]:
        return slices.collect(
            {"command": "export-part", "kind": kind},
            "part",
            ask=ask_part,
            is_running=is_running,
            told=lambda done: tell(f"Reading the directory: {done:,} of kind {kind}"),
        )

    with progress.shown("Reading the directory…") as tell:
        profiles = [ListedProfile.from_json(one) for one in part("profile")]
        offers = [ListedOffer.from_json(one) for one in part("offer")] if file_format == "zip" else []
    return archive.export(file_format, profiles, offers, wish=wish)


def _show_written(done: dict[str, Any]) -> None:
    output.say(f"Wrote {output.counted(done['records'], 'listing', 'listings')} to {done['file']}.")
    if "readme" in done:
        output.say(f"What the columns mean stands in {done['readme']}.")
    for reason, count in done["left_out"].items():
        output.say(f"Left out {output.counted(count, 'listing', 'listings')}: {reason}.")
