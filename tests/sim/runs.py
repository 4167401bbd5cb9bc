"""Many seeds: shared out over processes, added up in order."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha256
from typing import Any

from tests.sim.founding import SEEDS_PER_FOUNDING
from tests.sim.world import Report, simulate


def run(first: int, count: int, *, nodes: int, jobs: int, traced: bool) -> Iterator[Report]:
    """Yield the reports of consecutive seeds; those of one founding come from one process."""
    seeds = range(first, first + count)
    parts = [
        [seed for seed in seeds if seed // SEEDS_PER_FOUNDING == number]
        for number in range(seeds[0] // SEEDS_PER_FOUNDING, seeds[-1] // SEEDS_PER_FOUNDING + 1)
    ]
    work = partial(_part, nodes=nodes, traced=traced)
    if jobs == 1 or len(parts) == 1:
        for seed in seeds:
            yield simulate(seed, nodes, traced=traced)
        return
    with multiprocessing.get_context("spawn").Pool(min(jobs, len(parts))) as pool:
        for reports in pool.imap(work, parts):
            yield from reports


def summarise(reports: Sequence[Report], *, nodes: int) -> dict[str, Any]:
    """Add up reports, in order of their seeds, into the shape that others script against."""
    faults: Counter[str] = Counter()
    deeds: Counter[str] = Counter()
    trace = sha256()
    for report in reports:
        faults.update(report.faults)
        deeds.update(report.deeds)
        trace.update(report.trace)
    return {
        "seeds": len(reports),
        "steps": sum(report.steps for report in reports),
        "virtual_seconds": sum(report.virtual_ms for report in reports) // 1_000,
        "commands": sum(report.commands for report in reports),
        "faults": dict(sorted(faults.items())),
        "deeds": dict(sorted(deeds.items())),
        "checks": sum(report.checks for report in reports),
        "failures": [
            {
                "seed": report.seed,
                "check": report.check,
                "found": report.found,
                "replay": f"python -m tests.sim --nodes {nodes} --seed {report.seed} --json",
            }
            for report in reports
            if report.check
        ],
        "trace": trace.hexdigest(),
    }


def _part(seeds: Sequence[int], *, nodes: int, traced: bool) -> list[Report]:
    return [simulate(seed, nodes, traced=traced) for seed in seeds]
