"""Planted bugs: patches to a copy of node/ that the unchanged checkers must catch."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
PLANTED = Path(__file__).resolve().parent / "planted"


@dataclass(frozen=True, slots=True)
class _Change:
    """One hunk: lines as they are, and as they shall be."""

    path: str
    before: str
    after: str


def run_planted(name: str, folder: Path, *arguments: str) -> dict[str, Any]:
    """Run the simulator, as it is, over a copy of node/ with one bug planted, and return what it prints."""
    shutil.copytree(CHECKOUT / "node", folder / "node", ignore=shutil.ignore_patterns("__pycache__"))
    sources = shutil.ignore_patterns("__pycache__", "planted")
    shutil.copytree(CHECKOUT / "tests" / "sim", folder / "tests" / "sim", ignore=sources)
    plant((PLANTED / f"{name}.patch").read_text(encoding="utf-8"), folder)
    command = [sys.executable, "-m", "tests.sim", "--json", "--jobs", "1", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def explore_planted(name: str, folder: Path, explorer: str) -> str:
    """Run an explorer of agreements, as it is, over a copy of node/ with one bug planted.

    `explorer` is the expression that makes it.

    Returns:
        "split" where two values were certified, "none" where every state was visited and none has two.
    """
    closing = Path("tests") / "governance" / "closing"
    shutil.copytree(CHECKOUT / "node", folder / "node", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / closing).mkdir(parents=True)
    for path in (CHECKOUT / closing).glob("explorer*.py"):
        shutil.copy(path, folder / closing)
    plant((PLANTED / f"{name}.patch").read_text(encoding="utf-8"), folder)
    program = (
        "from tests.governance.closing.explorer import LIAR, Explorer\n"
        "from tests.governance.closing.explorer_in_turns import InTurns, ended, turns_with\n"
        f"print('split' if {explorer}.run(states_max=100_000) else 'none')"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def plant(patch: str, folder: Path) -> None:
    """Apply a unified diff by its text alone: line numbers may have moved, the lines themselves not."""
    changes = _read(patch)
    assert changes, "a patch without hunks plants nothing"
    for change in changes:
        path = folder / change.path
        text = path.read_text(encoding="utf-8")
        assert text.count(change.before) == 1, f"{change.path} no longer holds:\n{change.before}"
        path.write_text(text.replace(change.before, change.after), encoding="utf-8")


def _read(patch: str) -> list[_Change]:
    path = ""
    changes: list[_Change] = []
    before: list[str] = []
    after: list[str] = []
    for line in [*patch.splitlines(keepends=True), "@@"]:
        if line.startswith(("@@", "--- ")):
            if before or after:
                changes.append(_Change(path, "".join(before), "".join(after)))
            before, after = [], []
        elif line.startswith("+++ b/"):
            path = line.removeprefix("+++ b/").strip()
        elif path and line[0] in " -+":
            if line[0] != "+":
                before.append(line[1:])
            if line[0] != "-":
                after.append(line[1:])
    return changes
