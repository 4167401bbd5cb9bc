"""Counts by published packages, in the Python that has them (`make oracles`); test_oracles.py asks.

One line of JSON in, `{"oracle": name, "cases": [...]}`, one line out: what each case gives, as a list of the
results that the package allows, each ascending; an empty one where it finds a tie that it does not settle.
Nothing of the node is imported.
"""

import json
import sys
from collections.abc import Callable
from fractions import Fraction
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any, TypeAlias

# Weight and ranking of each ballot, the seats and how many options there are; or sizes, floors and a house.
Case: TypeAlias = dict[str, Any]
Results: TypeAlias = list[list[int]]
# The packages' modules, which `_load` brings: mypy and ruff run where none of them is.
there: Any = SimpleNamespace()


def ranked(case: Case) -> dict[tuple[int, ...], int]:
    """Add up the weights of equal rankings."""
    votes: dict[tuple[int, ...], int] = {}
    for weight, ranking in case["ballots"]:
        votes[tuple(ranking)] = votes.get(tuple(ranking), 0) + weight
    return votes


def settled(chosen: list[Any]) -> Results:
    """Return one result, or none where the package says that it is a tie."""
    return [sorted(chosen)] if all(isinstance(one, int) for one in chosen) else []


def plurality(case: Case) -> Results:
    """Elect by first choices."""
    votes = there.convert.RankedToFirstPreference().convert(ranked(case))
    return settled(there.core.Plurality().evaluate(votes, case["seats"]))


def schulze(case: Case) -> Results:
    """Elect the first of Schulze's order."""
    votes = there.convert.RankedToCondorcetVotes().convert(ranked(case))
    return settled(there.condorcet.Schulze().evaluate(votes, case["seats"]))


def transferable(case: Case) -> Results:
    """Elect by a single transferable vote in fractions that are never cut, with the inclusive Gregory method.

    The selector of those that stay is named, for the package's own counts the exhausted votes among them.
    """
    count = there.sequential.TransferableVoteSelector(transferer="Gregory", retainer=there.core.Plurality())
    return settled(count.evaluate(ranked(case), case["seats"]))


def highest_averages(divisor: str) -> Callable[[Case], Results]:
    """Share seats out among lists, each ballot speaking for the first on it."""

    def count(case: Case) -> Results:
        votes = there.convert.RankedToFirstPreference().convert(ranked(case))
        return _lists(there.proportional.HighestAverages(divisor).evaluate(votes, case["seats"]))

    return count


def remainders(case: Case) -> Results:
    """Share seats out among lists by largest remainders of Hare's quota."""
    votes = there.convert.RankedToFirstPreference().convert(ranked(case))
    return _lists(there.proportional.LargestRemainder("hare").evaluate(votes, case["seats"]))


def _lists(seats: dict[Any, int]) -> Results:
    return settled([one for one, number in seats.items() for _ in range(number)])


def bounded(divisor: str) -> Callable[[Case], Results]:
    """Share a house out among communities with a floor and a cap for each."""

    def count(case: Case) -> Results:
        places = range(len(case["sizes"]))
        more = there.proportional.HighestAverages(divisor).evaluate(
            dict(enumerate(case["sizes"])),
            case["house"],
            prev_gains=dict.fromkeys(places, case["floor"]) if case["floor"] else {},
            max_seats=dict.fromkeys(places, case["cap"]),
        )
        if not all(isinstance(one, int) for one in more):
            return []
        return [[case["floor"] + more.get(place, 0) for place in places]]

    return count


def shared(rule: str) -> Callable[[Case], Results]:
    """Share a house out among communities by a rule of the package `apportionment`."""
    return lambda case: [there.methods.compute(rule, case["sizes"], case["house"], fractions=True)]


def committee(rule: str) -> Callable[[Case], Results]:
    """Elect a committee by a rule of abcvoting, in fractions, whichever way ties are broken."""

    def count(case: Case) -> Results:
        profile = there.preferences.Profile(num_cand=case["options"])
        for weight, approved in case["ballots"]:
            profile.add_voter(there.preferences.Voter([one - 1 for one in approved], weight=weight))
        found = there.abcrules.compute(
            rule, profile, committeesize=case["seats"], algorithm="standard-fractions", resolute=False
        )
        return [sorted(one + 1 for one in each) for each in found]

    return count


def _load() -> None:
    """Import the packages, which only this Python has."""
    # abcvoting imports its solvers with itself. The two rules that are asked for use none of them.
    for solver in ("gurobipy", "pulp"):
        sys.modules[solver] = ModuleType(solver)
    names = {
        "abcrules": "abcvoting.abcrules",
        "condorcet": "votelib.evaluate.condorcet",
        "convert": "votelib.convert",
        "core": "votelib.evaluate.core",
        "methods": "apportionment.methods",
        "preferences": "abcvoting.preferences",
        "proportional": "votelib.evaluate.proportional",
        "sequential": "votelib.evaluate.sequential",
    }
    for name, module in names.items():
        setattr(there, name, import_module(module))


ORACLES: dict[str, Callable[[Case], Results]] = {
    "votelib transferable": transferable,
    "votelib plurality": plurality,
    "votelib schulze": schulze,
    "abcvoting seqphragmen": committee("seqphragmen"),
    "abcvoting equal-shares": committee("equal-shares"),
    "votelib lists d_hondt": highest_averages("d_hondt"),
    "votelib lists sainte_lague": highest_averages("sainte_lague"),
    "votelib lists hare": remainders,
    "votelib bounded d_hondt": bounded("d_hondt"),
    "votelib bounded sainte_lague": bounded("sainte_lague"),
    "apportionment largest_remainder": shared("largest_remainder"),
    "apportionment dhondt": shared("dhondt"),
    "apportionment saintelague": shared("saintelague"),
    "apportionment huntington": shared("huntington"),
    "apportionment adams": shared("adams"),
    "apportionment dean": shared("dean"),
}


def _plain(value: object) -> int:
    """Write numpy's numbers and whole fractions as what they are."""
    if isinstance(value, Fraction) and value.denominator != 1:
        raise TypeError(f"expected a whole number, found {value}")
    return int(value)  # type: ignore[call-overload, no-any-return]  # numpy is not there to be checked


def main() -> None:
    """Answer line by line until there is none."""
    _load()
    for line in sys.stdin:
        asked = json.loads(line)
        count = ORACLES[asked["oracle"]]
        print(json.dumps([count(case) for case in asked["cases"]], default=_plain), flush=True)


if __name__ == "__main__":
    main()
