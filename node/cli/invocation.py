"""What every command shares: the data folder meant, and whether a program or a person reads the answer."""

import os
import shlex
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import typer

DATA_VARIABLE: Final = "HEDGEROW_DATA"
PASSPHRASE_VARIABLE: Final = "HEDGEROW_PASSPHRASE"  # noqa: S105 (the name of a variable)
_DATA_DEFAULT: Final = "~/.local/share/hedgerow"


@dataclass(slots=True)
class Invocation:
    """The options of every command, as given before or after its name."""

    data: Path
    as_json: bool = False
    # Whether --data was given, and did not come from the environment or by default.
    names_data: bool = False


# The command that runs in this process, for words that are said far from its context.
_PRESENT: ContextVar[Invocation | None] = ContextVar("invocation", default=None)


def begin() -> Invocation:
    """Return what holds when no option is given."""
    folder = os.environ.get(DATA_VARIABLE) or _DATA_DEFAULT
    begun = Invocation(data=Path(folder).expanduser())
    _PRESENT.set(begun)
    return begun


def current(ctx: typer.Context) -> Invocation:
    """Return what was given to the command that runs."""
    found = ctx.find_root().obj
    assert isinstance(found, Invocation)
    return found


def program() -> str:
    """Return how a line to copy begins: `hedgerow`, with --data where this command was given it."""
    given = _PRESENT.get()
    if given is None or not given.names_data:
        return "hedgerow"
    return f"hedgerow --data {shlex.quote(str(given.data))}"


def data_option() -> Any:
    """Return the option --data; it acts by its callback."""
    return typer.Option(
        "--data",
        metavar="FOLDER",
        callback=_set_data,
        expose_value=False,
        show_default=False,
        help=f"The node's data folder. [env var: {DATA_VARIABLE}; default: {_DATA_DEFAULT}]",
    )


def json_option() -> Any:
    """Return the option --json; it acts by its callback."""
    return typer.Option(
        "--json",
        callback=_set_json,
        expose_value=False,
        show_default=False,
        help="Print the answer as one JSON object, for programs.",
    )


def _set_data(ctx: typer.Context, value: str | None) -> None:
    if value is not None:
        current(ctx).data = Path(value).expanduser()
        current(ctx).names_data = True


def _set_json(ctx: typer.Context, value: bool) -> None:  # noqa: FBT001 (Typer passes it by place)
    if value:
        current(ctx).as_json = True
