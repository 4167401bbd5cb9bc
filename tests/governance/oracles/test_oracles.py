"""Elections and houses against packages of others (MIT), where the definitions agree: docs/testing.md.

The packages live in an environment of their own, `.venv-oracles`, which `make oracles` makes; one process of
it answers all that a worker asks. What is drawn anew until it can be compared says `_comparable`.
"""

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from node.governance.apportionment import ApportionmentMethod, Claim, apportion
from node.governance.counting.contest import Contest, Option
from node.governance.counting.methods import count_contest
from node.governance.counting.result import UNITS_PER_VOTE, Action, Outcome
from tests.conftest import BATCHES, CHECKOUT, IN_CI

Ask: TypeAlias = Callable[[str, list[dict[str, Any]]], list[list[list[int]]]]
SEED = b"a seed that was published before voting opened"
ENVIRONMENT = CHECKOUT / ".venv-oracles"
PROGRAM = Path(__file__).with_name("counters.py")
# Questions that travel in one line.
_AT_ONCE = 500

ELECTIONS = [
    ("scottish-stv", "votelib transferable"),
    ("plurality", "votelib plurality"),
    ("schulze", "votelib schulze"),
    ("phragmen", "abcvoting seqphragmen"),
    ("equal-shares", "abcvoting equal-shares"),
    ("party-list-dhondt", "votelib lists d_hondt"),
    ("party-list-sainte-lague", "votelib lists sainte_lague"),
    ("party-list-hamilton", "votelib lists hare"),
]
# Two of them through a rule that gives the same: see `_house`.
HOUSES = [
    ("hamilton", "apportionment largest_remainder"),
    ("dhondt", "apportionment dhondt"),
    ("dhondt", "votelib bounded d_hondt"),
    ("sainte-lague", "apportionment saintelague"),
    ("sainte-lague", "votelib bounded sainte_lague"),
    ("huntington-hill", "apportionment huntington"),
    ("adams", "apportionment adams"),
    ("dean", "apportionment dean"),
    ("penrose", "apportionment saintelague"),
    ("cambridge", "apportionment adams"),
]


@pytest.fixture(scope="session")
def ask() -> Iterator[Ask]:
    """Start the process that has the packages, and return what asks it."""
    if not (ENVIRONMENT / "ready").exists():
        reason = "the packages of others are not here: `make oracles` brings them"
        assert not IN_CI, reason
        pytest.skip(reason)
    command = [str(ENVIRONMENT / "bin" / "python"), str(PROGRAM)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        asking, answering = process.stdin, process.stdout
        assert asking is not None
        assert answering is not None

        def answer(oracle: str, cases: list[dict[str, Any]]) -> list[list[list[int]]]:
            asking.write(json.dumps({"oracle": oracle, "cases": cases}) + "\n")
            asking.flush()
            return [list(each) for each in json.loads(answering.readline())]

        yield answer


def _contest(chance: random.Random, *, weight_max: int, ballots_max: int) -> Contest:
    """Draw a contest with fewer seats than options, each of which somebody names: packages see no others."""
    while True:
        count = chance.randint(2, 7)
        ballots = tuple(
            (
                chance.randint(1, weight_max),
                tuple(chance.sample(range(1, count + 1), chance.randint(1, count))),
            )
            for _ in range(chance.randint(2, ballots_max))
        )
        if len({option for _, ranking in ballots for option in ranking}) == count:
            options = tuple(Option(letter, letter) for letter in "ABCDEFG"[:count])
            return Contest("Council", options, chance.randint(1, count - 1), ballots)


def _comparable(method: str, outcome: Outcome) -> bool:
    """Say whether a package must elect the same.

    abcvoting names every committee that some way to break ties gives, and so ours among them. Elsewhere no
    lot may decide. votelib gives plurality's seats to nobody without votes, and its transferable vote cuts no
    vote short and moves all surpluses at once: `_clear`.
    """
    if method in ("phragmen", "equal-shares"):
        return True
    if outcome.lots:
        return False
    if method == "plurality":
        return all(outcome.stages[0].totals_1e5[placed.option - 1] for placed in outcome.elected)
    return method != "scottish-stv" or _clear(outcome)


def _clear(outcome: Outcome) -> bool:
    """Say whether one surplus at most ever waited, and more than a vote lay between all that was compared.

    What the Scottish rules cut off in so small a contest is less than a vote.
    """
    gone: set[int] = set()
    waiting: set[int] = set()
    for stage in outcome.stages:
        if stage.action is Action.SURPLUS and stage.source is not None:
            waiting.remove(stage.source)
        totals = {
            number: total for number, total in enumerate(stage.totals_1e5, start=1) if number not in gone
        }
        compared = sorted([*totals.values(), *([stage.quota_1e5] if stage.number > 1 else [])])
        if any(higher - lower <= UNITS_PER_VOTE for lower, higher in pairwise(compared)):
            return False
        gone |= {*stage.elected, *stage.excluded}
        waiting |= {number for number in stage.elected if totals[number] > stage.quota_1e5}
        if len(waiting) > 1:
            return False
    return True


def _election(method: str, chance: random.Random) -> tuple[dict[str, Any], list[int]]:
    """Draw an election that can be compared, and count it here."""
    # Few votes for many ties; where ties cannot be compared, enough that most have none.
    weight_max, ballots_max = (200, 16) if method == "scottish-stv" else (9, 9)
    while True:
        contest = _contest(chance, weight_max=weight_max, ballots_max=ballots_max)
        outcome = count_contest(contest, method, SEED)
        if _comparable(method, outcome):
            case = {"options": len(contest.options), "seats": contest.seats, "ballots": contest.ballots}
            return case, sorted(placed.option for placed in outcome.elected)


def _house(method: str, oracle: str, chance: random.Random) -> tuple[dict[str, Any], list[int]]:
    """Draw a house that needs no lot, and share it out here.

    Penrose's rule is Sainte-Laguë's by square roots, so the package is given the roots of squares; that of
    Cambridge is Adams's for what is left when each has its base. Only votelib knows floors and caps. Of the
    roots of Huntington and Hill `apportionment` keeps floats: up to 10,000 these tell any two apart.
    """
    bounded = "bounded" in oracle
    while True:
        count = chance.randint(2, 12)
        sizes = [chance.randint(1, chance.choice([20, 1_000, 10_000])) for _ in range(count)]
        floor = chance.randint(0, 3) if bounded or method == "cambridge" else 0
        more = chance.randint(count, 5 * count)
        house = more + floor * count
        cap = chance.choice([house, floor + 6]) if bounded else house
        given = [size * size for size in sizes] if method == "penrose" else sizes
        claims = [Claim(f"{place:02}", size, floor, cap) for place, size in enumerate(given)]
        found = apportion(claims, method=ApportionmentMethod(method), house=house, lot_seed=SEED)
        if not found.ties:
            base = floor if method == "cambridge" else 0
            case = {"sizes": sizes, "house": house - base * count, "floor": floor, "cap": cap}
            return case, [seats - base for _, seats in sorted(found.seats)]


def _agree(ask: Ask, oracle: str, number: int, draw: Callable[[], tuple[dict[str, Any], list[int]]]) -> None:
    """Compare so many: what is found here must be among what the package allows."""
    for begun in range(0, number, _AT_ONCE):
        drawn = [draw() for _ in range(min(_AT_ONCE, number - begun))]
        answers = ask(oracle, [case for case, _ in drawn])
        for (case, found), allowed in zip(drawn, answers, strict=True):
            assert found in allowed, (oracle, case, found, allowed)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize(("method", "oracle"), ELECTIONS)
@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_elections_are_counted_alike_by_packages_of_others(
    method: str, oracle: str, batch: int, elections_per_batch: int, ask: Ask
) -> None:
    """A hundred thousand random elections a method (`make elections`): no difference."""
    chance = random.Random(f"{method}/{oracle}/{batch}")
    _agree(ask, oracle, elections_per_batch, lambda: _election(method, chance))


@pytest.mark.long
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize(("method", "oracle"), HOUSES)
@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_elections_of_houses_are_shared_out_alike_by_packages_of_others(
    method: str, oracle: str, batch: int, elections_per_batch: int, ask: Ask
) -> None:
    """A hundred thousand random houses a method (`make elections`): no difference."""
    chance = random.Random(f"{method}/{oracle}/{batch}")
    _agree(ask, oracle, elections_per_batch, lambda: _house(method, oracle, chance))
