"""How answers look: one JSON object for programs, plain words and tables for people.

Names and texts come from neighbours; whatever could steer a terminal is taken out before it is shown.
"""

import contextlib
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import typer

from node.cli.invocation import current, program

# How much of an id is shown in tables: enough to tell apart, and what commands take is the whole.
_ID_CHARS_SHOWN: Final = 10
# Of a key, to tell the keys of one election apart; in base 58, 46 bits.
_KEY_CHARS_SHOWN: Final = 8
# A command on a line of its own, in quotation marks, or behind what it does.
_TO_COPY: Final = re.compile(r"(^ +|[`']|: )hedgerow (?=[a-z])")
# Control characters, line separators, surrogates, and marks that turn the reading direction around.
_STEERING: Final = frozenset({"Cc", "Zl", "Zp", "Cs"})
_TURNING: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")


def answer(ctx: typer.Context, result: dict[str, Any], human: Callable[[dict[str, Any]], None]) -> None:
    """Print a command's answer the way it was asked for.

    Where further stewards have to sign first, people read that in place of what `human` says once it is done.
    """
    waiting = result.get("to_approve", ())
    if current(ctx).as_json:
        as_json(result)
    elif waiting:
        for one in waiting:
            _show_to_approve(one)
    else:
        human(result)


def is_json(ctx: typer.Context) -> bool:
    """Tell whether answers are printed for programs."""
    return current(ctx).as_json


def _show_to_approve(one: dict[str, Any]) -> None:
    """Say what a command signed, and that it holds only once further stewards signed it too."""
    say(*(" ".join(line.split()) for line in one["in_words"]))
    missing = one["needed"] - one["signed"]
    more = counted(missing, "more steward has", "more stewards have")
    say(f"Signed. {more} to sign before it holds:", f"  hedgerow approve {one['id'][:_ID_CHARS_SHOWN]}")


def as_json(result: dict[str, Any]) -> None:
    """Print one JSON object on one line."""
    typer.echo(json.dumps(result, ensure_ascii=False))


def say(*lines: str) -> None:
    """Print lines for people on stdout; a command to copy begins as the one did that prints it."""
    for line in lines:
        typer.echo(plain(_copied(line)))


def say_for_others(*lines: str) -> None:
    """Print lines for people elsewhere: a command among them is about no folder of this machine."""
    for line in lines:
        typer.echo(plain(line))


def raw(text: str) -> None:
    """Write a file's text on stdout as it is: a program may read it, and its bytes are exact."""
    typer.echo(text.encode(), nl=False)


def note(line: str) -> None:
    """Print a remark for people on stderr, where it is in no program's way."""
    typer.echo(plain(_copied(line)), err=True)


def _copied(line: str) -> str:
    """Return a line whose commands to copy are about the data folder that was named, not the usual one."""
    begins = program()
    return _TO_COPY.sub(lambda found: f"{found[1]}{begins} ", line)


def complain(message: str) -> None:
    """Print an error as one line on stderr."""
    note(f"hedgerow: {' '.join(message.split())}")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people; a column's name with a `#` before it is aligned as a number."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 (60 ms that --json need not pay)
    from rich.console import Console  # noqa: PLC0415 (as above)
    from rich.table import Table  # noqa: PLC0415 (as above)
    from rich.text import Text  # noqa: PLC0415 (as above)

    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        numeric = column.startswith("#")
        drawn.add_column(
            column.removeprefix("#"), justify="right" if numeric else "left", overflow="fold", no_wrap=numeric
        )
    for row in rows:
        drawn.add_row(*(Text(plain(str(cell))) for cell in row))
    Console(highlight=False, markup=False, emoji=False).print(drawn)


def plain(text: str) -> str:
    """Return a text without characters that could steer a terminal, tabs and ends of lines apart."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if char not in "\n\t" and (unicodedata.category(char) in _STEERING or char in _TURNING)
        else char
        for char in text
    )


def short(identifier: str) -> str:
    """Return the beginning of an id, for tables."""
    return identifier if len(identifier) <= _ID_CHARS_SHOWN else identifier[:_ID_CHARS_SHOWN] + "…"


def short_key(key: str) -> str:
    """Return the end of a key as it is written: all keys begin alike."""
    return f"…{key[-_KEY_CHARS_SHOWN:]}"


def named(name: str | None, identifier: str) -> str:
    """Return how a community is called: by its name, or by the beginning of its id while it has none."""
    return name or f"community {short(identifier)}"


# The end of the year 9999, beyond which there are no dates.
_HOURS_MAX = 70_389_528


def day(hours: int) -> str:
    """Return the day and hour of a coarse time, whole hours since 1970, in UTC.

    A peer's clock may say anything; what is no date is shown as the number it is.
    """
    if hours >= _HOURS_MAX:
        return f"hour {hours}"
    return f"{datetime.fromtimestamp(hours * 3_600, UTC):%Y-%m-%d %H:00}"


def moment(seconds: int) -> str:
    """Return a time in seconds since 1970 as a day and a time, in UTC."""
    if seconds >= _HOURS_MAX * 3_600:
        return f"second {seconds}"
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun: `1 ballot`, `2 ballots`."""
    return f"{number:,} {one if number == 1 else many}"


@contextlib.contextmanager
def busy(what: str) -> Iterator[None]:
    """Show on stderr that something is under way, while somebody watches."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415 (60 ms that scripts need not pay)

    with Console(stderr=True, highlight=False, markup=False, emoji=False).status(plain(what)):
        yield
