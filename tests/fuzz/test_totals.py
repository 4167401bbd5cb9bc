"""What was tried adds up over runs, of one state of the code."""

from pathlib import Path

from tests.fuzz.totals import Totals, code_version


def test_inputs_add_up_over_runs(tmp_path: Path) -> None:
    """A second run goes on where the first ended, each target by itself."""
    path = tmp_path / "build" / "totals.json"
    assert Totals(path).add("changes", 5) == 5
    totals = Totals(path)
    assert totals.add("changes", 7) == 12
    assert totals.add("records", 1) == 1


def test_other_code_begins_anew(tmp_path: Path) -> None:
    """A byte more in node/ is another version."""
    for folder in ("node", "tests/fuzz"):
        (tmp_path / folder).mkdir(parents=True)
    source = tmp_path / "node" / "ids.py"
    source.write_text("one", encoding="utf-8")
    first = code_version(tmp_path)
    assert code_version(tmp_path) == first
    source.write_text("one ", encoding="utf-8")
    assert code_version(tmp_path) != first
