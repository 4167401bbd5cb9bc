"""`hedgerow bundle`: what neighbours would send each other, in a file for a stick."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from node.cli import asking, bundle_files, bundle_slices, output, progress, slices
from node.cli.bundle_slices import Sums
from node.cli.invocation import current
from node.errors import InputFileError, UserError
from node.runtime import client

app = typer.Typer(rich_markup_mode=None)
bundle = typer.Typer(no_args_is_help=True, help="The same as neighbours send each other, in a file.")
app.add_typer(bundle, name="bundle")

# Titles and damaged places shown on the screen; --json has more.
_SHOWN: Final = 10
_EXIT_DAMAGED: Final = 1
_FILE: Final = typer.Argument(metavar="FILE", help="Such as /media/stick/riverside.bundle.")


@bundle.command(epilog="Example: hedgerow bundle write /media/stick/for-hill.bundle --for Hill --since-last")
def write(
    ctx: typer.Context,
    file: Annotated[Path, _FILE],
    *,
    peer: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="NEIGHBOUR", help="Name or id: all that you share with this community."
        ),
    ] = None,
    federation: Annotated[
        list[str] | None,
        typer.Option("--federation", metavar="NAME", help="Only this federation's affairs; may be repeated."),
    ] = None,
    since_last: Annotated[
        bool,
        typer.Option("--since-last", help="Only what its last bundle, read here, did not hold already."),
    ] = False,
) -> None:
    """Write what you hold to a file. It is what is public, for a neighbour all that you share with it."""
    ask, is_running = _way_to_node(ctx)
    asked: dict[str, Any] = {"peer": peer, "federations": federation or []}
    # First, so that a file that is in the way is said before anybody waits.
    with bundle_files.new_file(file) as target, progress.shown(f"Writing {file.name}…") as tell:
        plan = ask({"command": "plan-bundle", **asked, "since_last": since_last})
        whole, size = plan["entries"], 0
        for part in bundle_slices.pack(
            # By its id from here on: a name may change while the file is written.
            {**plan, **asked, "peer": plan["reader"]},
            ask,
            is_running,
            lambda done: tell(f"Writing {file.name}: {done:,} of {whole:,} entries"),
        ):
            size += target.write(part)
    answer = {
        "file": str(file),
        "bytes": size,
        "reader": plan["reader"],
        "name": plan["name"],
        "federations": plan["federation_names"],
        "charters": plan["charters"],
        "entries": whole,
        "since_last": since_last,
    }
    output.answer(ctx, answer, _show_written)


@bundle.command(epilog="Example: hedgerow bundle read /media/stick/from-hill.bundle")
def read(
    ctx: typer.Context,
    file: Annotated[Path, _FILE],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take it in without asking first.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would bring.")] = False,
) -> int:
    """Show what a bundle would bring, ask, and take it in. Doing it again changes nothing."""
    if yes and dry_run:
        raise UserError("--yes takes a bundle in and --dry-run does not: expected one of them")
    # First, so that a file that is not there is said before anybody is asked for an option.
    size = bundle_files.size_of(file)
    may_ask = sys.stdin.isatty() and not current(ctx).as_json
    if not (yes or dry_run or may_ask):
        raise UserError("expected --yes or --dry-run, as nobody can be asked here")
    ask, is_running = _way_to_node(ctx)
    give = functools.partial(_give, file, size, ask, is_running)
    sums = give(bundle_slices.take if yes else bundle_slices.look)
    taken = yes
    if not (yes or dry_run):
        _show_found(_answer(sums, file, size, taken=False))
        if _brings_anything(sums) and not typer.confirm("Take it in?", err=True):
            output.say("Nothing was taken in.")
            return 0
        # Even where nothing is new it tells what the writer holds by now.
        sums, taken = give(bundle_slices.take), True
    output.answer(ctx, _answer(sums, file, size, taken=taken), _show_found)
    return _EXIT_DAMAGED if sums.damages else 0


def _give(
    file: Path,
    size: int,
    ask: bundle_slices.Ask,
    is_running: Callable[[], bool],
    way: Callable[..., Sums],
) -> Sums:
    """Read a file by one of two ways: looking, or taking.

    Raises:
        InputFileError: it holds no part of a bundle.
    """
    doing = "Reading" if way is bundle_slices.look else "Taking in"
    with progress.shown(f"{doing} {file.name}…") as tell:
        sums = way(
            file,
            ask,
            is_running,
            lambda at: tell(f"{doing} {file.name}: {at // 1_000_000:,} of {size // 1_000_000:,} MB"),
        )
    if not sums.parts:
        found = sums.damages[0]["reason"] if sums.damages else "something else"
        raise InputFileError(f"expected a bundle in {file}, found no whole part of one: {found}")
    return sums


def _way_to_node(ctx: typer.Context) -> tuple[bundle_slices.Ask, Callable[[], bool]]:
    """Return how to ask many commands in a row, and what tells whether the node runs meanwhile."""
    folder = asking.folder(ctx)
    passphrase = functools.cache(asking.passphrase_of)
    running = False

    def is_running() -> bool:
        nonlocal running
        running = running or slices.runs(folder)
        return running

    def ask(command: dict[str, Any]) -> dict[str, Any]:
        given = {field: value for field, value in command.items() if value is not None}
        return client.ask(folder, given, passphrase)

    return ask, is_running


def _brings_anything(sums: Sums) -> bool:
    return bool(sums.total("new") or sums.charters["new"] or sums.federations["new"] or sums.total("waiting"))


def _answer(sums: Sums, file: Path, size: int, *, taken: bool) -> dict[str, Any]:
    return {
        "file": str(file),
        "bytes": size,
        "taken": taken,
        "opening": sums.opening,
        "damages": sums.damages,
        **{name: sums.total(name) for name in ("new", "held", "waiting", "refused")},
        "charters": sums.charters,
        "federations": sums.federations,
        "communities": [sums.feeds[key] for key in sorted(sums.feeds)],
        "words": sums.words,
        "titles": sums.titles,
    }


def _show_written(done: dict[str, Any]) -> None:
    rooms = ", ".join(["the public directory", *done["federations"]])
    output.say(
        f"Wrote {output.counted(done['entries'], 'entry', 'entries')} of {rooms} to {done['file']}"
        f" ({done['bytes']:,} bytes)."
    )
    if done["reader"] is None:
        output.say(
            "It is for any neighbour of yours."
            if not done["federations"]
            else "It holds what only members may read: give it to none but members."
        )
        return
    output.say_for_others(
        f"It is for {output.named(done['name'], done['reader'])}, whose steward reads it with:",
        f"  hedgerow bundle read {Path(done['file']).name}",
    )


def _show_found(found: dict[str, Any]) -> None:
    _show_damages(found["damages"])
    _show_opening(found["opening"])
    if found["federations"]["names"]:
        output.say(f"A federation you are asked into: {', '.join(found['federations']['names'])}.")
    if found["communities"]:
        output.table(
            ["Community", "In", "#New", "#Held already", "#Left out", "Why"],
            (_row(each) for each in found["communities"]),
        )
    for sentence, count in sorted(found["words"].items(), key=lambda pair: (-pair[1], pair[0]))[:_SHOWN]:
        output.say(f"  {output.counted(count, 'entry', 'entries')}: {sentence}")
    for each in found["titles"][:_SHOWN]:
        output.say(f"  {each['what']}: {each['title']}")
    if len(found["titles"]) > _SHOWN:
        output.say("  and more; --json lists them")
    left = found["waiting"] + found["refused"]
    tail = f" {output.counted(left, 'entry is', 'entries are')} left out." if left else ""
    new = output.counted(found["new"], "entry", "entries")
    output.say(f"Took in {new}.{tail}" if found["taken"] else f"{new} would be new here.{tail}")


def _show_damages(damages: list[dict[str, Any]]) -> None:
    for each in damages[:_SHOWN]:
        output.say(f"Damaged, {each['at']:,} bytes into the file: {each['reason']}")
    if damages:
        output.say("What is whole can be taken all the same; ask for a new copy of the rest.")


def _show_opening(opening: dict[str, Any] | None) -> None:
    if opening is None:
        return
    what = "everything" if opening["whole"] else "what was new since the bundle before"
    output.say(f"It says that {opening['name']} wrote it on {output.day(opening['hours'])} UTC: {what}.")
    if not opening["for_us"]:
        output.say("It was written for another community; what of it you carry can be taken all the same.")


def _row(each: dict[str, Any]) -> list[object]:
    where = each["federation"] or ("the public directory" if each["scope"] == "public" else "a federation")
    who = each["name"] or f"not known here ({output.short(each['community'] or '…')})"
    left = each["waiting"] + each["refused"]
    return [who, where, each["new"], each["held"], left, "; ".join(each["reasons"]) if left else ""]
