"""How long counting takes: elections with many ballots, seats for many communities, a city's budget.

    python -m bench.counting
    python -m bench.counting --ballots 120000 --budget our-city.pb --json

The election is made up from a seed: each ballot ranks options by their nearness to the voter on a map of two
axes, cut off at a random length. Times are of the count alone, after reading, in seconds of the processor, so
that what else a machine does counts little; the best of so many runs.
"""

import argparse
import json
import platform
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from node.governance import apportionment
from node.governance.budgets import methods as budgets
from node.governance.budgets import pb
from node.governance.budgets.question import question_id
from node.governance.counting.contest import Ballot, Contest, Option
from node.governance.counting.methods import ELECTION_METHODS, count_contest


def election(draw: random.Random, *, ballots: int, options: int, seats: int) -> Contest:
    """Make up an election; only the weights of equal ballots are added up."""
    places = [(draw.gauss(0, 1), draw.gauss(0, 1)) for _ in range(options)]
    merged: dict[tuple[int, ...], int] = {}
    for _ in range(ballots):
        east, north = draw.gauss(0, 1), draw.gauss(0, 1)
        near = sorted(range(options), key=lambda o: (places[o][0] - east) ** 2 + (places[o][1] - north) ** 2)
        ranking = tuple(option + 1 for option in near[: draw.randint(1, options)])
        merged[ranking] = merged.get(ranking, 0) + 1
    cast: tuple[Ballot, ...] = tuple((weight, ranking) for ranking, weight in merged.items())
    return Contest("Made up", tuple(Option(str(o), str(o)) for o in range(options)), seats, cast)


def best_of(runs: int, count: Callable[[], object]) -> float:
    """Return the shortest of several times, in seconds of the processor."""
    found = []
    for _ in range(runs):
        begun = time.process_time()
        count()
        found.append(time.process_time() - begun)
    return round(min(found), 4)


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Run every count."""
    draw = random.Random(arguments.seed)
    contest = election(draw, ballots=arguments.ballots, options=arguments.options, seats=arguments.seats)
    rows: list[dict[str, Any]] = []
    for method in ELECTION_METHODS:
        taken = best_of(
            arguments.runs,
            lambda method=method: count_contest(contest, method, b""),  # type: ignore[misc] # bound now
        )
        rows.append({"what": f"election, {method}", "size": arguments.ballots, "s": taken})
    claims = [
        apportionment.Claim(f"community {number}", draw.randint(20, 5_000), 1)
        for number in range(arguments.communities)
    ]
    for by in apportionment.ApportionmentMethod:
        taken = best_of(
            arguments.runs,
            lambda by=by: apportionment.apportion(  # type: ignore[misc] # bound now
                claims, method=by, house=3 * len(claims), lot_seed=b""
            ),
        )
        rows.append({"what": f"seats, {by.value}", "size": len(claims), "s": taken})
    for path in arguments.budget:
        question = pb.read(path.read_bytes(), file=path.name)
        taken = best_of(
            arguments.runs,
            lambda question=question: budgets.count_budget(  # type: ignore[misc] # bound now
                question, "equal-shares", question_id(question)
            ),
        )
        rows.append({"what": f"equal shares, {path.stem}", "size": len(question.ballots), "s": taken})
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--ballots", type=int, default=120_000)
    parser.add_argument("--options", type=int, default=24)
    parser.add_argument("--seats", type=int, default=9)
    parser.add_argument("--communities", type=int, default=1_000)
    parser.add_argument("--budget", type=Path, action="append", default=[], help="a .pb file; repeat it")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = measure(arguments)
    if arguments.json:
        facts = {"python": platform.python_version(), "machine": platform.machine(), "seed": arguments.seed}
        print(json.dumps({"facts": facts, "counts": rows}))
        return
    print("| what | size | seconds |\n|---|---|---|")
    for row in rows:
        print(f"| {row['what']} | {row['size']:,} | {row['s']} |")


if __name__ == "__main__":
    main()
