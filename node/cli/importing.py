"""`hedgerow import` and `imports`: bringing listings in, saying what came in, taking it back."""

import re
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from node.cli import asking, import_slices, output, progress, slices
from node.errors import UserError

app = typer.Typer(rich_markup_mode=None)

# More than so many problems, pairs or kept listings are counted on the screen and listed with --json.
_SHOWN: Final = 20


@app.command(
    "import", epilog="Example: hedgerow import places.geojson --source OpenStreetMap --licence ODbL --dry-run"
)
def import_(
    ctx: typer.Context,
    *,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="GeoJSON, CSV or JSON; with --undo the import's number."),
    ] = None,
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
    undo: Annotated[
        bool, typer.Option("--undo", help="Take an import back: the newest, or the one of a number.")
    ] = False,
) -> None:
    """Bring in listings from a file. Doing it again updates them and doubles none."""
    if undo:
        if format or source or licence or mapping or dry_run:
            raise UserError("--undo goes with the number of an import and no other option")
        _undo(ctx, file)
        return
    if file is None:
        raise UserError("expected a file to bring in, or --undo to take an import back")
    fields = dict(_field(each) for each in mapping or ())
    report = _bring_in(ctx, Path(file), fields, (format, source, licence), dry_run=dry_run)
    output.answer(ctx, report, _show_report)


@app.command(epilog="Example: hedgerow imports")
def imports(ctx: typer.Context) -> None:
    """List what was imported here, newest first."""
    output.answer(ctx, asking.ask(ctx, "list-imports"), _show_imports)


def _bring_in(
    ctx: typer.Context,
    path: Path,
    mapping: dict[str, str],
    about: tuple[str | None, str | None, str | None],
    *,
    dry_run: bool,
) -> dict[str, Any]:
    # Imported here: `hedgerow import --undo` and `hedgerow imports` read no file.
    from node.directory.importing import reader  # noqa: PLC0415 (as said)

    data = asking.read_file(path)
    file_format, source, licence = about
    ask, is_running = slices.way_to_node(ctx)
    with progress.shown(f"Reading {path.name} ({len(data):,} bytes)…") as tell:
        report = reader.read(
            data,
            path.name,
            file_format=file_format,
            source=source,
            licence=licence,
            mapping=mapping,
            progress=lambda done, in_all: tell(f"Reading {path.name}: {done:,} of {in_all:,} rows"),
        )
        doing = "Comparing" if dry_run else "Bringing in"
        taken = import_slices.send(
            report,
            path.name,
            dry_run=dry_run,
            ask=ask,
            is_running=is_running,
            told=lambda done, in_all: tell(f"{doing} {path.name}: {done:,} of {in_all:,} listings"),
        )
    answer: dict[str, Any] = {**report.to_json(), **taken.counts, "import": taken.number, "dry_run": dry_run}
    answer["duplicate_pairs"] = [*(pair.to_json() for pair in report.duplicates), *taken.similar]
    answer["duplicates"] = len(answer["duplicate_pairs"])
    return answer


def _undo(ctx: typer.Context, number: str | None) -> None:
    if number is not None and re.fullmatch(r"[1-9][0-9]{0,17}", number) is None:
        raise UserError(f"expected the number of an import, as `hedgerow imports` shows it, found {number!r}")
    ask, is_running = slices.way_to_node(ctx)
    with progress.shown("Taking the import back…") as tell:
        done = import_slices.take_back(
            int(number) if number is not None else None,
            ask=ask,
            is_running=is_running,
            told=lambda done, in_all: tell(f"Taking back: {done:,} of about {in_all:,} listings"),
        )
    output.answer(ctx, done, _show_undone)


def _field(text: str) -> tuple[str, str]:
    field, equals, path = text.partition("=")
    if not (field and equals and path):
        raise UserError(f"expected --map field=path, such as name=properties.title, found {text!r}")
    return field.strip(), path.strip()


def _show_report(report: dict[str, Any]) -> None:
    came = report["accepted"] + report["flagged"]
    output.say(
        f"{output.counted(report['rows'], 'row', 'rows')}: {came:,} come in"
        f" ({report['flagged']:,} of them marked for a look), {report['rejected']:,} do not."
    )
    if report["dry_run"]:
        _show_guess(report["guess"])
        output.say("Nothing was written; leave out --dry-run to bring them in.")
    else:
        output.say(
            f"New: {report['written']:,}, updated: {report['updated']:,}, as before: {report['unchanged']:,}."
        )
    _show_pairs(report["duplicate_pairs"])
    serious = [each for each in report["problems"] if each["severity"] in ("flagged", "rejected")]
    if serious:
        output.table(
            ["#Row", "What", "Field", "Why"],
            ([each["row"], each["severity"], each["field"], each["message"]] for each in serious[:_SHOWN]),
        )
    _tell_more(serious)


def _show_guess(guess: list[dict[str, Any]]) -> None:
    if not guess:
        return
    output.table(
        ["Our field", "In the file", "Known by", "#Rows"],
        ([each["field"], each["path"], each["how"], each["rows"]] for each in guess),
    )
    output.say("Where that is wrong, say it with --map: --map name=title")


def _show_pairs(pairs: list[dict[str, Any]]) -> None:
    """Show the pairs, one under the other with all that helps to judge them."""
    if not pairs:
        return
    output.say(f"{output.counted(len(pairs), 'pair', 'pairs')} may be the same one twice; none were merged:")
    output.table(
        ["", "Name", "Place", "Website", "#Km", "What agrees"],
        (row for pair in pairs[:_SHOWN] for row in _pair(pair)),
    )
    _tell_more(pairs)


def _pair(pair: dict[str, Any]) -> list[list[object]]:
    first = f"row {pair['rows'][0]}"
    second = f"held {output.short(pair['held'])}" if pair["held"] else f"row {pair['rows'][1]}"
    km = "" if pair["km"] is None else pair["km"]
    sides = list(zip((first, second), pair["names"], pair["places"], pair["sites"], strict=True))
    return [[*sides[0], km, "; ".join(pair["reasons"])], [*sides[1], "", ""]]


def _show_imports(found: dict[str, Any]) -> None:
    if not found["imports"]:
        output.say("Nothing was imported here yet. Bring listings in with:", "  hedgerow import FILE")
        return
    output.table(
        ["#No", "When", "File", "Source", "#Came in", "#Marked", ""],
        (
            [
                each["import"],
                output.day(each["hours"]),
                each["file_name"],
                each["source"],
                _came_in(each),
                each["flagged"],
                "taken back" if each["undone"] else "",
            ]
            for each in found["imports"]
        ),
    )


def _came_in(each: dict[str, Any]) -> str:
    whole = each["came_in"] == each["expected"]
    return f"{each['came_in']:,}" if whole else f"{each['came_in']:,} of {each['expected']:,}"


def _show_undone(done: dict[str, Any]) -> None:
    output.say(
        f"Took import {done['import']} ({done['file_name']}) back:"
        f" {output.counted(done['withdrawn'], 'listing', 'listings')} withdrawn,"
        f" {done['reverted']:,} as they were before."
    )
    if done["kept"]:
        output.say("What was changed since is kept:")
        output.table(
            ["Name", "Changed since", "Id"],
            ([each["name"], ", ".join(each["fields"]), each["id"]] for each in done["kept"][:_SHOWN]),
        )
    _tell_more(done["kept"])


def _tell_more(found: list[Any]) -> None:
    if len(found) > _SHOWN:
        output.say(f"and {len(found) - _SHOWN:,} more; --json lists all")
