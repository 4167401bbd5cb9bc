"""A contest: the options, the number of seats and the ballots, with nothing left to interpret.

Owns what makes two contests the same contest (`input_id`): the order of the options, the order of the ballots
and whether equal ballots are written once with a weight or many times change nothing. Does not own how a
contest is counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from node.canonical import digest
from node.errors import UserError
from node.limits import OPTIONS_PER_PROPOSAL_MAX

# A weight (a whole number of votes, at least 1) and the options in order of preference, by 1-based number.
# An empty ranking is a blank ballot.
Ranking: TypeAlias = tuple[int, ...]
Ballot: TypeAlias = tuple[int, Ranking]

# All weights together. In units of 0.00001 vote it must stay well inside the 64 bits of canonical integers.
WEIGHT_TOTAL_MAX: Final = 10**12
# More seats than options is allowed; this only keeps nonsense out of the arithmetic.
SEATS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can be voted for. The id decides lots and result ids, the name is for people."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Contest:
    """A question with its ballots, checked when it is made.

    Attributes:
        title: what is decided, for people.
        options: in the order in which ballots number them, from 1.
        seats: how many options are to be elected.
        ballots: weight and ranking; equal rankings may appear more than once.
        withdrawn: numbers of options that left before the count; ballots pass over them.

    Raises:
        UserError: an id is used twice, or a ballot or a number is not possible in this contest.
    """

    title: str
    options: tuple[Option, ...]
    seats: int
    ballots: tuple[Ballot, ...]
    withdrawn: frozenset[int] = frozenset()
    # The weight behind each ranking, ascending, and the input id: found while reading, for all counts.
    grouped: Mapping[Ranking, int] = field(init=False, repr=False, compare=False)
    id: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_question(self)
        weights = _checked(self)
        object.__setattr__(self, "grouped", {ranking: weights[ranking] for ranking in sorted(weights)})
        object.__setattr__(self, "id", _named(self))


@dataclass(frozen=True, slots=True)
class ValidBallots:
    """What is left to count: equal rankings merged, withdrawn options passed over.

    Attributes:
        rankings: distinct, ascending and never empty.
        weights: of the rankings, in the same order.
        valid: the sum of the weights.
        blank: weight of the ballots that rank no option that stands; they enter no quota.
    """

    rankings: tuple[Ranking, ...]
    weights: tuple[int, ...]
    valid: int
    blank: int


def valid_ballots(contest: Contest) -> ValidBallots:
    """Merge equal ballots and set aside those that rank nobody who stands."""
    grouped = dict(contest.grouped)
    if contest.withdrawn:
        stripped: dict[Ranking, int] = {}
        for ranking, weight in contest.grouped.items():
            left = tuple(number for number in ranking if number not in contest.withdrawn)
            stripped[left] = stripped.get(left, 0) + weight
        grouped = {ranking: stripped[ranking] for ranking in sorted(stripped)}
    blank = grouped.pop((), 0)
    return ValidBallots(tuple(grouped), tuple(grouped.values()), sum(grouped.values()), blank)


def canonical_order(contest: Contest) -> tuple[int, ...]:
    """Return the option numbers in bytewise order of the options' ids."""
    numbers = range(1, len(contest.options) + 1)
    return tuple(sorted(numbers, key=lambda number: contest.options[number - 1].id.encode()))


def input_id(contest: Contest) -> bytes:
    """Return the hash that names this contest, however its options and ballots are ordered or grouped.

    Options are renumbered by the order of their ids. Ballots are one string of ASCII bytes: for each distinct
    ranking a line ``2 1 3:15`` (numbers, colon, total weight, newline), the lines sorted bytewise.
    """
    return contest.id


def question_id(contest: Contest) -> bytes:
    """Return the hash of the contest without its ballots: a lot seed that no voter can steer."""
    return digest("hedgerow/question/1", contest.title, contest.seats, _described(contest))


def _named(contest: Contest) -> bytes:
    spelled = {number: str(place) for place, number in enumerate(canonical_order(contest), start=1)}
    spell = spelled.__getitem__
    lines = [f"{' '.join(map(spell, ranking))}:{weight}\n" for ranking, weight in contest.grouped.items()]
    lines.sort()
    ballots = "".join(lines).encode("ascii")
    return digest("hedgerow/contest/1", contest.title, contest.seats, _described(contest), ballots)


def _described(contest: Contest) -> list[list[str | bool]]:
    """List id, name and withdrawal of each option in canonical order."""
    options = contest.options
    return [
        [options[number - 1].id, options[number - 1].name, number in contest.withdrawn]
        for number in canonical_order(contest)
    ]


def _check_question(contest: Contest) -> None:
    """Refuse options, seats or withdrawals that make no contest."""
    count = len(contest.options)
    if not 1 <= count <= OPTIONS_PER_PROPOSAL_MAX:
        raise UserError(f"expected 1 to {OPTIONS_PER_PROPOSAL_MAX} options, found {count}")
    if not 1 <= contest.seats <= SEATS_MAX:
        raise UserError(f"expected 1 to {SEATS_MAX} seats, found {contest.seats}")
    if len({option.id for option in contest.options}) != count:
        raise UserError("expected a different id for each option, found one used twice")
    for number in sorted(contest.withdrawn):
        if not 1 <= number <= count:
            raise UserError(f"expected withdrawn options between 1 and {count}, found {number}")
    try:
        "\n".join(
            [contest.title, *(text for option in contest.options for text in (option.id, option.name))]
        ).encode()
    except UnicodeEncodeError as error:
        raise UserError("expected title, ids and names to be valid Unicode text") from error


def _checked(contest: Contest) -> dict[Ranking, int]:
    """Add up the weights of equal rankings, refusing one that no ballot can hold, and weights below one."""
    count = len(contest.options)
    total = 0
    grouped: dict[Ranking, int] = {}
    for weight, ranking in contest.ballots:
        total += weight
        if weight < 1:
            raise UserError(f"expected a ballot's weight to be at least 1, found {weight}")
        before = grouped.get(ranking, 0)
        grouped[ranking] = before + weight
        if before or not ranking:
            continue  # The same ranking was looked at already.
        if min(ranking) < 1 or max(ranking) > count:
            raise UserError(f"expected preferences between 1 and {count}, found {ranking}")
        if len(set(ranking)) != len(ranking):
            raise UserError(f"expected each option at most once on a ballot, found {ranking}")
    if total > WEIGHT_TOTAL_MAX:
        raise UserError(f"expected at most {WEIGHT_TOTAL_MAX} votes in all, found {total}")
    return grouped
