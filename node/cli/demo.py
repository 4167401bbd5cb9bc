"""`hedgerow demo`: a handful of made-up communities on this machine, to watch and to play with."""

import shlex
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from node.cli import output
from node.cli.asking import read_file
from node.cli.invocation import current
from node.demo.cast import COMMUNITIES_MAX, COMMUNITIES_MIN, ELECTION_TITLE, SEARCH_WORD
from node.demo.run import Ending, Plan, perform
from node.demo.telling import Brief, Full
from node.demo.valley import Valley

app = typer.Typer(rich_markup_mode=None)

_EXIT_NO: Final = 1
_EXIT_NODE: Final = 3
_LOOK_S: Final = 0.2


@app.command(epilog="Example: hedgerow demo --communities 5")
def demo(
    ctx: typer.Context,
    *,
    communities: Annotated[
        int,
        typer.Option(
            "--communities", min=COMMUNITIES_MIN, max=COMMUNITIES_MAX, metavar="N", help="How many take part."
        ),
    ] = 3,
    headless: Annotated[
        bool, typer.Option("--headless", help="Run through, print what came of it, and end.")
    ] = False,
    files: Annotated[
        list[Path] | None,
        typer.Option(
            "--data-file", metavar="FILE", help="GeoJSON or CSV that one node imports; may be repeated."
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="A new folder to keep the nodes' data in afterwards."),
    ] = None,
) -> int:
    """Watch made-up communities found a federation, share a directory and decide together.

    Each is a real node with a process and a data folder of its own, on this machine alone. Ctrl-C ends it
    and removes everything. With --headless, or --json, it ends by itself: exit code 1 when the nodes do not
    agree, 3 when one failed.
    """
    by_itself = headless or current(ctx).as_json
    plan = Plan(communities, [(path.name, read_file(path)) for path in files or ()], keep)
    if by_itself:
        ending = perform(plan, Brief(_console(stderr=True)), lambda _valley, _asked: None)
    else:
        teller = Full(_console())
        _greet(communities)
        try:
            ending = perform(plan, teller, _stay)
        finally:
            teller.end()
    if ending.summary is None:
        return _failed(ending)
    if by_itself:
        output.answer(ctx, ending.summary, lambda told: output.say(_summed_up(told)))
    else:
        output.say("", f"The nodes are stopped. Their folders are {f'in {keep}' if keep else 'removed'}.")
    return 0 if ending.summary["converged"] else _EXIT_NO


def _console(*, stderr: bool = False) -> Console:
    return Console(stderr=stderr, highlight=False, emoji=False)


def _greet(communities: int) -> None:
    output.say(
        (
            f"{communities} made-up communities, each with a node of its own, share a directory and decide"
            " together."
        ),
        "Nothing leaves this machine. Ctrl-C ends it at any time and removes everything.",
        "",
    )


def _stay(valley: Valley, asked: Callable[[], bool]) -> None:
    """Say how to look around, and stay until somebody asks to end."""
    program = _program()
    first, last = valley.nodes[0].folder.path, valley.nodes[-1].folder.path
    paper = shlex.quote(str(first.parent / "council.hedgerow"))
    output.say(
        "",
        f"The nodes keep running. Open the pages of {valley.nodes[0].name} in a browser on this machine:",
        "",
        f"  {valley.nodes[0].pages}",
        "",
        "Look around in another terminal, for example:",
        "",
        f"  {program} --data {shlex.quote(str(last))} search {SEARCH_WORD}",
        f"  {program} --data {shlex.quote(str(first))} peer status",
        f"  {program} --data {shlex.quote(str(first))} log",
        f"  {program} --data {shlex.quote(str(first))} roll show",
        "",
        "Take the council's election home in one file, and recount it without any node:",
        "",
        f"  {program} --data {shlex.quote(str(first))} decision export {shlex.quote(ELECTION_TITLE)}"
        f" --output {paper}",
        f"  {program} verify {paper}",
        "",
        "Ctrl-C ends it.",
    )
    sys.stdout.flush()
    gone: set[str] = set()
    while not asked():
        for node in valley.nodes:
            if not node.running and node.name not in gone:
                gone.add(node.name)
                output.say(f"The node of {node.name} has ended; the others go on.")
        time.sleep(_LOOK_S)


def _program() -> str:
    """Return how the reader starts this very program."""
    started = Path(sys.argv[0])
    if started.name != "hedgerow":
        return f"{shlex.quote(sys.executable)} -m node"
    found = shutil.which("hedgerow")
    return "hedgerow" if found and Path(found).samefile(started) else shlex.quote(str(started))


def _summed_up(told: dict[str, object]) -> str:
    """Return the summary as a sentence."""
    agree = "hold the same and count the same" if told["converged"] else "DO NOT hold the same"
    return (
        f"{told['nodes']} nodes {agree}: {told['entries']} entries, {told['listings']} listings,"
        f" {told['offers']} offers and needs, in {told['seconds']} s."
    )


def _failed(ending: Ending) -> int:
    """Say which step did not work out, with the end of the log concerned."""
    output.complain(ending.failure)
    for line in ending.log:
        output.note(f"  {line}")
    return _EXIT_NODE
