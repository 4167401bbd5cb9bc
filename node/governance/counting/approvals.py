"""Approvals out of ballots: for committees, every option that a ballot names counts as approved.

The order in which a ballot names them says nothing here; equal sets are merged.
"""

from dataclasses import dataclass
from typing import TypeAlias

from node.governance.counting.contest import Contest, valid_ballots

# Approved options by number, ascending.
Approved: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Approvals:
    """Groups of voters who approve the same options.

    Attributes:
        groups: what each group approves; never empty, no two alike.
        weights: of the groups, in the same order.
        supporters: for each option by number (index 0 unused) the indexes of the groups that approve it.
        weighing: the weights of those groups, in the same order.
        votes: for each option by number all of them together.
    """

    groups: tuple[Approved, ...]
    weights: tuple[int, ...]
    supporters: tuple[tuple[int, ...], ...]
    weighing: tuple[tuple[int, ...], ...]
    votes: tuple[int, ...]


def read(contest: Contest) -> Approvals:
    """Read each valid ballot as the set of the options that it ranks and that stand."""
    ballots = valid_ballots(contest)
    merged: dict[Approved, int] = {}
    for ranking, weight in zip(ballots.rankings, ballots.weights, strict=True):
        approved = tuple(sorted(ranking))
        merged[approved] = merged.get(approved, 0) + weight
    return grouped(merged, options=len(contest.options))


def grouped(merged: dict[Approved, int], *, options: int) -> Approvals:
    """List groups and supporters from the weight behind each set of options."""
    groups = tuple(merged)
    weights = tuple(merged.values())
    supporters: list[list[int]] = [[] for _ in range(options + 1)]
    for index, approved in enumerate(groups):
        for number in approved:
            supporters[number].append(index)
    weighing = tuple(tuple(weights[index] for index in indexes) for indexes in supporters)
    return Approvals(groups, weights, tuple(map(tuple, supporters)), weighing, tuple(map(sum, weighing)))
