"""How far long work is, on stderr: one line that changes while somebody watches, else one now and then."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

from node.cli import output

# Into a file or a log, one line in so many seconds; what takes less says nothing.
_LINE_EVERY_S: Final = 5.0

Tell = Callable[[str], None]


@contextlib.contextmanager
def shown(what: str) -> Iterator[Tell]:
    """Yield what is told how far the work is, in a sentence without its end."""
    if not sys.stderr.isatty():
        yield _now_and_then()
        return
    from rich.console import Console  # noqa: PLC0415 (60 ms that scripts need not pay)

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    with console.status(output.plain(what)) as status:
        yield lambda line: status.update(output.plain(line))


def _now_and_then() -> Tell:
    told_at = time.monotonic()

    def tell(line: str) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _LINE_EVERY_S:
            told_at = time.monotonic()
            output.note(line)

    return tell
