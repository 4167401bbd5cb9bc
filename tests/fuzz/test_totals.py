"""What was tried adds up over runs, of one state of the code."""

import subprocess
import sys
from pathlib import Path

from tests.fuzz.totals import CHECKOUT, Totals, code_version


def test_inputs_add_up_over_runs(tmp_path: Path) -> None:
    """A second run goes on where the first ended, each target and each version of its code by itself."""
    path = tmp_path / "build" / "totals.json"
    assert Totals(path).add("changes", "a", 5) == 5
    totals = Totals(path)
    assert totals.add("changes", "a", 7) == 12
    assert totals.add("records", "a", 1) == 1
    assert totals.add("changes", "b", 2) == 2
    assert totals.add("changes", "a", 0) == 12


def test_other_code_begins_anew(tmp_path: Path) -> None:
    """A byte more in a file of the target's, or a file more, is another version."""
    one, other = tmp_path / "ids.py", tmp_path / "keys.py"
    one.write_text("one", encoding="utf-8")
    other.write_text("other", encoding="utf-8")
    first = code_version([one], tmp_path)
    assert code_version([one], tmp_path) == first != code_version([one, other], tmp_path)
    other.write_text("other ", encoding="utf-8")
    assert code_version([one], tmp_path) == first
    one.write_text("one ", encoding="utf-8")
    assert code_version([one], tmp_path) != first


def test_a_targets_code_is_what_its_process_has_loaded() -> None:
    """An edit of the engine leaves the sum of the frames as it is; one of the channel begins it anew."""
    told = (
        "from tests.fuzz import everything, totals\n"
        "everything.PLACES['frames'].targets()\n"
        "print(*(one.relative_to(totals.CHECKOUT).as_posix() for one in totals.loaded()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    files = done.stdout.split()
    assert {
        "node/replication/channel.py",
        "node/canonical.py",
        "tests/fuzz/wire.py",
        "tests/builders.py",
    } <= {*files}
    assert not [file for file in files if file.startswith(("node/engine/", "node/storage/", "node/web/"))]
    assert "tests/fuzz/statements.py" not in files
