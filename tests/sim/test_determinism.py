"""The same seed is the same run: that is what makes a failure something to look into."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.sim.planting import CHECKOUT
from tests.sim.runs import summarise
from tests.sim.world import simulate

NODES = 4


def trace_of(hash_seed: str, *arguments: str) -> dict[str, Any]:
    """Return what the simulator prints in a process of its own."""
    command = [sys.executable, "-m", "tests.sim", "--nodes", str(NODES), "--json", *arguments]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr  # Whether the seeds hold is another test's affair.
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_same_seed_gives_the_same_trace() -> None:
    """One seed, twice in one process, takes the same steps; its neighbour does not."""
    first, second = simulate(2, NODES), simulate(2, NODES)
    assert first == second
    assert simulate(3, NODES).trace != first.trace


@pytest.mark.long
def test_hash_seeds_and_jobs_make_no_difference() -> None:
    """PYTHONHASHSEED orders sets anew and --jobs shares out the seeds; the result stays the same."""
    arguments = ("--seed", "24", "--seeds", "2")
    one = trace_of("1", *arguments, "--jobs", "1")
    assert one == trace_of("2", *arguments, "--jobs", "2")


def test_the_result_has_the_shape_that_others_script_against() -> None:
    """The keys of the result are those that were promised, and a failure names its replay."""
    report = simulate(2, NODES)
    report.check, report.found = "lie", "lie: something"
    result = summarise([report], nodes=NODES)
    assert set(result) == {
        "seeds", "steps", "virtual_seconds", "commands", "faults", "deeds", "checks", "failures",
        "trace",
    }  # fmt: skip
    assert {"cut", "crash", "lost_write", "duplicate"} <= set(result["faults"])
    (failure,) = result["failures"]
    assert failure["seed"] == 2
    assert failure["check"] == "lie"
    assert failure["replay"] == f"python -m tests.sim --nodes {NODES} --seed 2 --json"
