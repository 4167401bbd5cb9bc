"""docs/promises.md: every promise names a command that there is and a test or measurement that there is."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tests.docs import coverage

ROOT = Path(__file__).parents[2]


def rows() -> Iterator[tuple[str, str, str]]:
    """Yield each row of the tables: the promise, what it is used by, and what shows it."""
    page = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
    for cells in re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE):
        if cells[0] != "promise":
            yield cells


@lru_cache(maxsize=1)
def written() -> str:
    """Return the text of all tests."""
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


def test_every_promise_names_what_shows_it() -> None:
    """Who renames or deletes a test or a measurement finds the promise that rests on it."""
    missing = []
    for promise, _, shown in rows():
        tests, measured = re.findall(r"`(test_\w+)`", shown), re.findall(r"`python -m bench\.(\w+)`", shown)
        assert tests or measured, promise
        missing += [one for one in tests if f"def {one}(" not in written()]
        missing += [one for one in measured if not (ROOT / "bench" / f"{one}.py").exists()]
    assert missing == []


def test_every_promise_names_commands_that_there_are() -> None:
    """Each is used by a command of `hedgerow`, or by a call that the page of the HTTP API tells of."""
    program = coverage.program()
    assert program is not None
    known = {name for name, _ in coverage.commands(program, "hedgerow")}
    named = {one for _, used, _ in rows() for one in re.findall(r"`(hedgerow [a-z -]+)`", used)}
    assert len(named) > 20
    assert named <= known, named - known
