"""Single choice: each ballot speaks for the first option on it that stands; the most votes win.

Specification: relative majority, one vote a ballot. With several seats it is the single non-transferable
vote: the seats go to those with the most votes, and nothing is transferred.
"""

from typing import Final

from node.governance.counting.contest import Contest, ValidBallots, valid_ballots
from node.governance.counting.result import UNITS_PER_VOTE, Action, Method, Outcome
from node.governance.counting.seat_table import SeatTable

METHOD: Final = Method("plurality", 1)


def count(contest: Contest, lot_seed: bytes) -> Outcome:
    """Count first choices; everything is decided at stage 1, equal votes by lot."""
    ballots = valid_ballots(contest)
    table = SeatTable(contest, ballots, lot_seed)
    votes = first_choices(contest, ballots)
    table.weigh({number: votes[number] for number in table.continuing()})
    while not table.complete:
        table.elect()
    table.close(Action.FIRST_PREFERENCES, [each * UNITS_PER_VOTE for each in votes[1:]])
    return table.outcome(METHOD)


def first_choices(contest: Contest, ballots: ValidBallots) -> list[int]:
    """Return the votes of each option by number, index 0 unused, one vote for the first on each ballot."""
    votes = [0] * (len(contest.options) + 1)
    for ranking, weight in zip(ballots.rankings, ballots.weights, strict=True):
        votes[ranking[0]] += weight
    return votes
