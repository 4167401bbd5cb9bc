"""One count by a published Python package, in the Python that has it; `bench.rivals` runs this.

    PYTHON rival_counts.py pyrankvote FILE.blt
    PYTHON rival_counts.py pabutools FILE.pb

Prints one JSON object: seconds of the processor for the count alone, after reading, and what came out.
Nothing of the node is imported, so that the packages need not be among its dependencies.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any


def pyrankvote(path: Path) -> dict[str, Any]:
    """Elect by pyrankvote's single transferable vote, the fastest published one that we know of."""
    import pyrankvote as package  # type: ignore[import-not-found]  # noqa: PLC0415 (only one is installed for sure)

    lines = path.read_text(encoding="utf-8").splitlines()
    options, seats = map(int, lines[0].split())
    candidates = [package.Candidate(str(number)) for number in range(1, options + 1)]
    ballots = []
    for line in lines[1 : lines.index("0")]:
        weight, *ranking, _ = map(int, line.split())
        ranked = [candidates[number - 1] for number in ranking]
        ballots += [package.Ballot(ranked_candidates=ranked) for _ in range(weight)]
    began = time.process_time()
    found = package.single_transferable_vote(candidates, ballots, seats)
    took = time.process_time() - began
    return {"s": took, "elected": sorted(int(one.name) for one in found.get_winners())}


def pabutools(path: Path) -> dict[str, Any]:
    """Choose projects by pabutools' equal shares with cost utilities, completed by Add1."""
    from pabutools import election, rules  # type: ignore[import-not-found]  # noqa: PLC0415 (as above)

    instance, profile = election.parse_pabulib(str(path))
    began = time.process_time()
    chosen = rules.exhaustion_by_budget_increase(
        instance,
        profile,
        rules.method_of_equal_shares,
        {"sat_class": election.Cost_Sat},
        budget_step=profile.num_ballots(),
        exhaustive_stop=True,
    )
    took = time.process_time() - began
    return {"s": took, "elected": sorted(one.name for one in chosen)}


COUNTERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "pyrankvote": pyrankvote,
    "pabutools": pabutools,
}

if __name__ == "__main__":
    name = sys.argv[1]
    print(json.dumps({"package": f"{name} {version(name)}", **COUNTERS[name](Path(sys.argv[2]))}))
