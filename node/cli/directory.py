"""`hedgerow search`, `import` and `export`: finding, bringing in and handing out listings."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from node.cli import output
from node.cli.asking import ask, carried, read_file
from node.cli.options import LimitOption
from node.errors import ConfigError, UserError

app = typer.Typer(rich_markup_mode=None)

# More problems than this are counted on the screen and listed with --json.
_PROBLEMS_SHOWN: Final = 20


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


@app.command(
    "import", epilog="Example: hedgerow import places.geojson --source OpenStreetMap --licence ODbL --dry-run"
)
def import_(
    ctx: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="GeoJSON, CSV or JSON.")],
    format: Annotated[  # noqa: A002 (the option's name is fixed)
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="Where the file does not say: geojson, csv, json, murmurations, freifunk, openfairdb …",
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help="Who published the file.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option("--licence", metavar="NAME", help="On what terms, such as CC-BY-4.0.")
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="FIELD=PATH", help="Where a field stands in the file; may be repeated."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come in.")] = False,
) -> None:
    """Bring in listings from a file. Doing it again updates them and doubles none."""
    data = read_file(file)
    fields = dict(_field(each) for each in mapping or ())
    with output.busy(f"Reading {file.name} ({len(data):,} bytes)…"):
        result = ask(
            ctx,
            "import-file",
            data=carried(data),
            file_name=file.name,
            format=format,
            source=source,
            licence=licence,
            mapping=fields,
            dry_run=dry_run,
        )
    output.answer(ctx, result, _show_report)


@app.command(epilog="Example: hedgerow export --format csv --output directory.csv")
def export(
    ctx: typer.Context,
    *,
    format: Annotated[  # noqa: A002 (the option's name is fixed)
        str, typer.Option("--format", metavar="FORMAT", help="geojson or csv.")
    ] = "geojson",
    file: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="A new file; the screen when left out.")
    ] = None,
) -> None:
    """Write every listing held here; equal directories give equal files."""
    result = ask(ctx, "export", format=format)
    if file is None:
        output.answer(ctx, result, lambda found: output.raw(found["text"]))
        return
    try:
        with file.open("x", encoding="utf-8", newline="") as handle:
            handle.write(result["text"])
    except OSError as error:
        raise ConfigError(f"expected to write the new file {file}, found: {error.strerror}") from error
    told = {"format": result["format"], "records": result["records"], "file": str(file)}
    output.answer(
        ctx,
        told,
        lambda done: output.say(
            f"Wrote {output.counted(done['records'], 'listing', 'listings')} to {done['file']}."
        ),
    )


def _field(text: str) -> tuple[str, str]:
    field, equals, path = text.partition("=")
    if not (field and equals and path):
        raise UserError(f"expected --map field=path, such as name=properties.title, found {text!r}")
    return field.strip(), path.strip()


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


def _show_report(report: dict[str, Any]) -> None:
    came = report["accepted"] + report["flagged"]
    output.say(
        f"{output.counted(report['rows'], 'row', 'rows')}: {came:,} come in"
        f" ({report['flagged']:,} of them marked for a look), {report['rejected']:,} do not."
    )
    if report["dry_run"]:
        output.say("Nothing was written; leave out --dry-run to bring them in.")
    else:
        output.say(
            f"New: {report['written']:,}, updated: {report['updated']:,}, as before: {report['unchanged']:,}."
        )
    if report["duplicates"]:
        output.say(
            f"{output.counted(report['duplicates'], 'pair', 'pairs')} may be the same one twice;"
            " none were merged."
        )
    serious = [each for each in report["problems"] if each["severity"] in ("flagged", "rejected")]
    if serious:
        output.table(
            ["#Row", "What", "Field", "Why"],
            (
                [each["row"], each["severity"], each["field"], each["message"]]
                for each in serious[:_PROBLEMS_SHOWN]
            ),
        )
    if len(serious) > _PROBLEMS_SHOWN:
        output.say(f"and {len(serious) - _PROBLEMS_SHOWN:,} more; --json lists all")
