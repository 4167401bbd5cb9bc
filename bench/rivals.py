"""How much longer published Python packages take for the same counts, in the same run.

    python -m venv build/rivals && build/rivals/bin/pip install pyrankvote pabutools
    python -m bench.rivals --python build/rivals/bin/python --budget our-city.pb --json

Each count is of the same file and times the count alone, after reading, by the processor's clock: ours here,
theirs in the Python that has the packages (`rival_counts.py`). pyrankvote has rules of its own, so it may
elect others; pabutools counts by the same rule and must choose the same. Ours is the best of `--runs`, theirs
one run. Whether others count alike is asked by tests/governance/oracles.
"""

import argparse
import json
import random
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench.counting import best_of, election
from node.governance.budgets import methods as budgets
from node.governance.budgets import pb
from node.governance.budgets.question import question_id
from node.governance.counting import blt
from node.governance.counting.methods import count_contest

_THERE = Path(__file__).with_name("rival_counts.py")


def theirs(python: Path, package: str, file: Path) -> dict[str, Any]:
    """Let a package count a file in its own Python."""
    ran = subprocess.run(
        [str(python), str(_THERE), package, str(file)], capture_output=True, text=True, check=True
    )
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def measure(given: argparse.Namespace) -> list[dict[str, Any]]:
    """Count everything here and there."""
    rows = []
    contest = election(
        random.Random(given.seed), ballots=given.ballots, options=given.options, seats=given.seats
    )
    with tempfile.TemporaryDirectory(prefix="rivals-") as scratch:
        file = Path(scratch) / "election.blt"
        file.write_text(blt.write(contest), encoding="utf-8")
        other = theirs(given.python, "pyrankvote", file)
    for method in ("scottish-stv", "meek"):
        taken = best_of(given.runs, lambda method=method: count_contest(contest, method, b""))  # type: ignore[misc] # bound now
        rows.append(_row(f"{method}, {given.ballots:,} ballots", taken, other))
    for path in given.budget:
        question = pb.read(path.read_bytes(), file=path.name)
        seed = question_id(question)
        taken = best_of(given.runs, lambda: budgets.count_budget(question, "equal-shares", seed))  # noqa: B023 (called at once)
        other = theirs(given.python, "pabutools", path)
        chosen = budgets.selected(question, budgets.count_budget(question, "equal-shares", seed))
        rows.append({**_row(f"equal shares, {path.stem}", taken, other), "same": chosen == other["elected"]})
    return rows


def _row(what: str, ours: float, other: dict[str, Any]) -> dict[str, Any]:
    return {
        "what": what,
        "ours_s": ours,
        "theirs_s": round(other["s"], 3),
        "package": other["package"],
        "times": round(other["s"] / ours, 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--python", type=Path, required=True, help="one that has pyrankvote and pabutools")
    parser.add_argument("--ballots", type=int, default=120_000)
    parser.add_argument("--options", type=int, default=24)
    parser.add_argument("--seats", type=int, default=9)
    parser.add_argument("--budget", type=Path, action="append", default=[], help="a .pb file; repeat it")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = measure(given)
    if given.json:
        print(json.dumps({"counts": rows}))
        return
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
