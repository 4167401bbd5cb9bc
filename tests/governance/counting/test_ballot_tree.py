"""Papers that begin alike are one stretch: tests of ballot_tree.py."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from node.governance.counting.ballot_tree import BallotTree, Branch
from node.governance.counting.contest import Contest, Option, ValidBallots, valid_ballots

RANKINGS = st.lists(
    st.tuples(st.integers(1, 9), st.lists(st.integers(1, 6), min_size=1, unique=True).map(tuple)), max_size=60
)


def tree_of(cast: list[tuple[int, tuple[int, ...]]]) -> tuple[BallotTree, ValidBallots]:
    """Return the tree of some ballots over six options."""
    contest = Contest("?", tuple(Option(str(n), str(n)) for n in range(6)), 1, tuple(cast))
    ballots = valid_ballots(contest)
    return BallotTree(ballots), ballots


@given(RANKINGS)
def test_the_parts_of_a_branch_are_its_ballots_by_their_next_preference(
    cast: list[tuple[int, tuple[int, ...]]],
) -> None:
    """However deep, each part weighs what the ballots that begin so weigh, and nothing is lost."""
    tree, _ = tree_of(cast)
    expected: dict[tuple[int, ...], int] = defaultdict(int)
    for weight, ranking in cast:
        for heard in range(1, len(ranking) + 1):
            expected[ranking[:heard]] += weight
    found: dict[tuple[int, ...], int] = {}
    waiting: list[tuple[tuple[int, ...], Branch]] = [((), tree.root)]
    while waiting:
        so_far, branch = waiting.pop()
        parts = tree.onward(branch)
        assert sum(tree.votes(part) for _, part in parts) == tree.votes(branch)
        for number, part in parts:
            if number:
                found[*so_far, number] = tree.votes(part)
                waiting.append(((*so_far, number), part))
    assert found == expected


def test_a_contest_without_ballots_has_an_empty_tree() -> None:
    """Its root has no parts and no votes."""
    tree, _ = tree_of([])
    assert (tree.onward(tree.root), tree.votes(tree.root)) == ([], 0)
