"""The simulator's command: `python -m tests.sim --nodes 10 --seeds 200 --json`.

Prints one JSON object and exits 0 if nothing failed, 1 if something did. The same seeds give the same trace,
under any PYTHONHASHSEED and any number of jobs.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.sim.founding import NODES_MIN
from tests.sim.runs import run, summarise
from tests.sim.world import Report


def main(arguments: Sequence[str]) -> int:
    """Run the seeds asked for and print what came of them."""
    asked = _parser().parse_args(arguments)
    first = asked.seed if asked.seed is not None else 0
    count = asked.seeds if asked.seeds is not None else (1 if asked.seed is not None else 20)
    if asked.nodes < NODES_MIN:
        sys.stderr.write(f"expected at least {NODES_MIN} nodes, found {asked.nodes}\n")
        return 2
    began = time.monotonic()
    reports = []
    for report in run(first, count, nodes=asked.nodes, jobs=asked.jobs, traced=asked.trace is not None):
        reports.append(report)
        if report.check in asked.until:
            break
    if asked.trace is not None:
        asked.trace.write_text("".join(map(_readable, reports)), encoding="utf-8")
    result = summarise(reports, nodes=asked.nodes)
    seconds = round(time.monotonic() - began, 1)
    sys.stdout.write(json.dumps(result) + "\n" if asked.json else _words(result, seconds))
    return 1 if result["failures"] else 0


def _readable(report: Report) -> str:
    head = f"seed {report.seed}: {report.check or 'all holds'} {report.found}\n"
    return head + "".join(f"{line}\n" for line in report.lines or ())


def _words(result: dict[str, Any], seconds: float) -> str:
    lines = [
        f"{result['seeds']} seeds, {result['steps']} steps, {result['commands']} commands",
        f"{result['checks']} checks, {result['virtual_seconds']} virtual seconds in {seconds} s",
        "faults: " + ", ".join(f"{name} {count}" for name, count in result["faults"].items()),
        "deeds: " + ", ".join(f"{name} {count}" for name, count in result["deeds"].items()),
        f"trace: {result['trace']}",
    ]
    lines += [
        f"FAILED seed={failure['seed']} {failure['found']}\n  replay: {failure['replay']}"
        for failure in result["failures"]
    ]
    return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--nodes", type=int, default=10, help="members, newcomer and outsider together")
    parser.add_argument("--seeds", type=int, help="how many seeds (default 20, or 1 with --seed)")
    parser.add_argument("--seed", type=int, help="the first seed (default 0)")
    parser.add_argument(
        "--until", action="append", default=[], metavar="CHECK", help="stop at the first seed that fails so"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="write what happened, readable, to a file")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
