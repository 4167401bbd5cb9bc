"""Condorcet by Schulze's method, for questions with one answer or an order of answers.

Specification: Markus Schulze, "The Schulze Method of Voting" (arXiv 1804.02973), sections 2.2 and 2.3, path
strength by winning votes. A ballot prefers what it ranks to what it does not rank and is silent between the
unranked. Ties go to the lot instead of Schulze's random ballots.

With several seats the method gives the first of one order; it is not proportional.
"""

from typing import Final

from node.governance.counting.contest import Contest, ValidBallots, canonical_order, valid_ballots
from node.governance.counting.result import UNITS_PER_VOTE, Action, Method, Outcome
from node.governance.counting.seat_table import SeatTable, check_size

METHOD: Final = Method("schulze", 1)
# The strongest paths take a step for each three options: 200 take about a second.
OPTIONS_MAX: Final = 200


def count(contest: Contest, lot_seed: bytes) -> Outcome:
    """Count a contest by Schulze's method.

    The stages: for each option that stands, how many prefer it to each other; for each, the strength of its
    strongest path to each other; then for each seat, by how many of those still standing each is beaten. The
    seat goes to one whom nobody beats.

    Raises:
        UserError: there are more than `OPTIONS_MAX` options.
    """
    check_size(contest, options_max=OPTIONS_MAX, method=METHOD)
    ballots = valid_ballots(contest)
    table = SeatTable(contest, ballots, lot_seed)
    # In the order of the ids, so that the table does not depend on how the options were listed.
    standing = [number for number in canonical_order(contest) if number not in contest.withdrawn]
    preferred = pairwise(contest, ballots)
    for number in standing:
        table.close(Action.PAIRWISE, _units(preferred[number]), source=number)
    strength = _strongest_paths(preferred, standing)
    for number in standing:
        table.close(Action.PATHS, _units(strength[number]), source=number)
    while not table.complete:
        continuing = table.continuing()
        beaten = [0] * (len(contest.options) + 1)
        for number in continuing:
            beaten[number] = sum(strength[other][number] > strength[number][other] for other in continuing)
        # Being beaten by one or by many is the same; whom nobody beats comes first.
        table.weigh({number: int(beaten[number] == 0) for number in continuing})
        table.elect()
        table.close(Action.SEAT, _units(beaten))
    return table.outcome(METHOD)


def pairwise(contest: Contest, ballots: ValidBallots) -> list[list[int]]:
    """Return the weight of the ballots that prefer one option (row) to another (column), by number."""
    size = len(contest.options) + 1
    ranked = [0] * size
    # Row: the later, column: the earlier of two ranked options.
    after = [[0] * size for _ in range(size)]
    for ranking, weight in zip(ballots.rankings, ballots.weights, strict=True):
        for place, number in enumerate(ranking):
            ranked[number] += weight
            row = after[number]
            for earlier in ranking[:place]:
                row[earlier] += weight
    preferred = [[0] * size for _ in range(size)]
    standing = [number for number in range(1, size) if number not in contest.withdrawn]
    for one in standing:
        for other in standing:
            if one != other:
                # Whoever ranks the one prefers it, unless the other stands before it.
                preferred[one][other] = ranked[one] - after[one][other]
    return preferred


def _strongest_paths(preferred: list[list[int]], standing: list[int]) -> list[list[int]]:
    """Return the strength of the strongest path between any two (Floyd and Warshall, widest paths)."""
    size = len(preferred)
    strength = [[0] * size for _ in range(size)]
    for one in standing:
        for other in standing:
            if preferred[one][other] > preferred[other][one]:
                strength[one][other] = preferred[one][other]
    for middle in standing:
        onward = strength[middle]
        for one in standing:
            reach = strength[one][middle]
            if reach and one != middle:
                # The call to min() is rare: most paths are no better than what is known.
                strength[one] = [
                    direct if direct >= reach or direct >= through else min(through, reach)
                    for direct, through in zip(strength[one], onward, strict=True)
                ]
                strength[one][one] = 0
    return strength


def _units(votes: list[int]) -> list[int]:
    """Write a row of the table in units of 0.00001, without the unused index 0."""
    return [each * UNITS_PER_VOTE for each in votes[1:]]
