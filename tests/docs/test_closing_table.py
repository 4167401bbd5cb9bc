"""The table in docs/closing.md of which test shows what: every row names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def rows() -> dict[str, list[str]]:
    """Return the tests that each row of the table names."""
    table = (ROOT / "docs" / "closing.md").read_text(encoding="utf-8").split("## Which test shows what")[1]
    cells = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)
    return {what: re.findall(r"`(test_\w+)`", shown) for what, shown in cells if what != "what"}


def test_every_rule_and_invariant_has_a_row() -> None:
    """R1 to R11 and I1 to I10 each have one, with a test at least."""
    found = {what.split()[0]: named for what, named in rows().items()}
    wanted = [f"R{number}" for number in range(1, 12)] + [f"I{number}" for number in range(1, 11)]
    assert [one for one in wanted if not found.get(one)] == []


def test_every_test_that_the_table_names_exists() -> None:
    """Who renames a test finds the row that speaks of it."""
    written = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = {test for tests in rows().values() for test in tests}
    assert sorted(test for test in named if f"def {test}(" not in written) == []
