"""Run one `hedgerow` command: the one place where an error becomes a line on stderr and an exit code.

0: done. 1: the answer is "no". 2: the caller's mistake. 3: the node's own failure.
"""

import errno
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Final

import typer
from typer.exceptions import TyperException
from typer.main import get_group

from node.cli import invocation, output
from node.cli.invocation import data_option, json_option
from node.cli.lazy import LazyGroup
from node.errors import NodeError, StorageError

EXIT_DONE: Final = 0
EXIT_NO: Final = 1
EXIT_CALLER: Final = 2
EXIT_NODE: Final = 3
# What a shell expects after Ctrl-C (128 + SIGINT).
EXIT_INTERRUPTED: Final = 130
# Shows where a mistake of ours happened instead of one line.
DEBUG_VARIABLE: Final = "HEDGEROW_DEBUG"
# What the parser of command lines says, in the words of everybody.
_PLAIN_WORDS: Final = {
    "Input should be a valid integer, unable to parse string as an integer": "expected a whole number",
    "Input should be a valid number, unable to parse string as a number": "expected a number",
    "Input should be greater than or equal to": "expected at least",
    "Input should be less than or equal to": "expected at most",
}

app = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    # Plain help: it starts twice as fast, and a screen reader need not read out frames.
    rich_markup_mode=None,
    epilog="Begin with `hedgerow init`, or watch `hedgerow demo`. Each command's --help has an example.",
)


def _print_version(ctx: typer.Context, value: bool) -> None:  # noqa: FBT001 (Typer passes it by place)
    if value:
        output.answer(ctx, {"version": _version()}, lambda found: output.say(found["version"]))
        raise typer.Exit


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 (20 ms few commands need)

    try:
        return version("hedgerow")
    except PackageNotFoundError:
        return "a checkout that is not installed"


@app.callback()
def hedgerow(
    ctx: typer.Context,
    *,
    data: Annotated[str | None, data_option()] = None,
    as_json: Annotated[bool, json_option()] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, expose_value=False, help="Print the version."),
    ] = False,
) -> None:
    """Run a community's node: share a directory with your neighbours and decide together."""


def main() -> None:
    """Run the command that the process was started with."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; whatever goes wrong ends as one line on stderr."""
    try:
        result = get_group(app).main(
            list(arguments), prog_name="hedgerow", standalone_mode=False, obj=invocation.begin()
        )
        sys.stdout.flush()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; the interpreter must not complain at its own flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except Exception as error:  # noqa: BLE001 (this is the place that turns errors into output)
        return _report(error)
    return result if isinstance(result, int) else EXIT_DONE


def _report(error: Exception) -> int:
    """Say in one line what went wrong, and return whose fault it is as an exit code."""
    match error:
        case TyperException():
            message, code = _usage(error), EXIT_CALLER
        case typer.Abort():
            message, code = "nothing was entered, so nothing was done", EXIT_CALLER
        case StorageError():
            message, code = str(error), EXIT_NODE
        case NodeError():
            message, code = str(error), EXIT_CALLER
        case OSError(errno=errno.ENOSPC):
            message, code = "the disk is full: free some space and do it again", EXIT_NODE
        case _:
            message, code = _own_mistake(error), EXIT_NODE
    output.complain(message)
    return code


def _usage(error: TyperException) -> str:
    """Say what is wrong with a command line."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        output.note(error.format_message())
        return "expected a command"
    hint = f" (see `{context.command_path} --help`)" if context is not None else ""
    message = error.format_message().rstrip(".")
    for said, meant in _PLAIN_WORDS.items():
        message = message.replace(said, meant)
    return f"{message}{hint}"


def _own_mistake(error: Exception) -> str:
    """Say that it is ours: nothing the caller could mend."""
    if os.environ.get(DEBUG_VARIABLE):
        raise error
    found = f"{type(error).__name__}: {error}"
    return f"a mistake in Hedgerow, please report it: {found} ({DEBUG_VARIABLE}=1 shows more)"
