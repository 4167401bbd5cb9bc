"""What each method is chosen for, proved on small contests by trying every group of voters."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from node.governance.counting import approvals, schulze
from node.governance.counting.contest import Contest, Option, valid_ballots
from node.governance.counting.methods import count_contest
from tests.governance.counting.strategies import contests

SEED = b"hedge"


def elected(contest: Contest, method: str) -> list[int]:
    """Return who is elected, in order."""
    return [placed.option for placed in count_contest(contest, method, SEED).elected]


def groups_of(contest: Contest) -> list[tuple[frozenset[int], int]]:
    """Return what each group of voters approves, and its weight."""
    voters = approvals.read(contest)
    return [(frozenset(approved), w) for approved, w in zip(voters.groups, voters.weights, strict=True)]


def subsets(items: frozenset[int], most: int) -> list[frozenset[int]]:
    """Return all subsets up to a size."""
    ordered = sorted(items)
    return [frozenset(each) for size in range(most + 1) for each in combinations(ordered, size)]


@given(contests(withdrawals=False))
def test_whoever_beats_all_others_wins_by_schulze(contest: Contest) -> None:
    """If an option is preferred to each other by more than the other way round, it is elected first."""
    preferred = schulze.pairwise(contest, valid_ballots(contest))
    numbers = range(1, len(contest.options) + 1)
    first = elected(contest, "schulze")[:1]
    for one in numbers:
        if all(preferred[one][other] > preferred[other][one] for other in numbers if other != one):
            assert first in ([one], [])
            assert first or contest.ballots == () or valid_ballots(contest).valid == 0


@given(contests(withdrawals=False), st.data())
def test_support_never_costs_a_seat_by_schulze(contest: Contest, data: st.DataObject) -> None:
    """Another ballot for the winner alone leaves it the winner."""
    first = elected(contest, "schulze")[:1]
    if first:
        more = (data.draw(st.integers(1, 5)), (first[0],))
        again = Contest(contest.title, contest.options, contest.seats, (*contest.ballots, more))
        assert elected(again, "schulze")[0] == first[0]


@settings(max_examples=100)
@given(contests(withdrawals=False))
def test_equal_shares_leave_no_united_group_without_its_due(contest: Contest) -> None:
    """EJR: where voters worth l seats approve l options in common, one of them has l that she approves.

    Peters and Skowron (2020) prove it for Rule X; completing the committee can only add.
    """
    groups, chosen = groups_of(contest), frozenset(elected(contest, "equal-shares"))
    valid = sum(weight for _, weight in groups)
    for common in subsets(frozenset(range(1, len(contest.options) + 1)), contest.seats):
        due = len(common)
        if due:
            short = sum(w for approved, w in groups if common <= approved and len(approved & chosen) < due)
            assert short * contest.seats < due * valid or valid == 0


@settings(max_examples=100)
@given(contests(withdrawals=False))
def test_phragmen_leaves_no_united_group_without_its_due(contest: Contest) -> None:
    """PJR: voters worth l seats who approve l options in common have l seats among all that they approve."""
    groups, chosen = groups_of(contest), frozenset(elected(contest, "phragmen"))
    valid = sum(weight for _, weight in groups)
    if len(contest.options) < contest.seats or valid == 0:
        return
    for common in subsets(frozenset(range(1, len(contest.options) + 1)), contest.seats):
        due = len(common)
        for held in subsets(chosen, due - 1) if due else []:
            united = sum(w for approved, w in groups if common <= approved and approved & chosen <= held)
            assert united * contest.seats < due * valid


@given(contests(weight_max=20))
def test_phragmen_shares_like_dhondt_among_parties(contest: Contest) -> None:
    """If every voter approves the candidates of one party only, the parties get the seats of D'Hondt."""
    votes = [weight for weight, _ in contest.ballots][:3]
    seats = contest.seats
    if not votes:
        return
    parties = [tuple(range(1 + party * seats, 1 + (party + 1) * seats)) for party in range(len(votes))]
    names = [f"{party}-{place}" for party in range(len(votes)) for place in range(seats)]
    candidates = Contest(
        "Council", tuple(Option(name, name) for name in names), seats, tuple(zip(votes, parties, strict=True))
    )
    lists = Contest(
        "Council",
        tuple(Option(str(party), str(party)) for party in range(len(votes))),
        seats,
        tuple((weight, (party,)) for party, weight in enumerate(votes, start=1)),
    )
    outcome = count_contest(lists, "party-list-dhondt", SEED)
    if outcome.lots:
        return
    by_person = [(number - 1) // seats + 1 for number in elected(candidates, "phragmen")]
    assert sorted(by_person) == sorted(placed.option for placed in outcome.elected)


@given(contests())
def test_committees_do_not_read_the_order_of_a_ballot(contest: Contest) -> None:
    """For approvals a ballot read backwards is the same ballot."""
    turned = Contest(
        contest.title,
        contest.options,
        contest.seats,
        tuple((weight, ranking[::-1]) for weight, ranking in contest.ballots),
        contest.withdrawn,
    )
    for method in ("phragmen", "equal-shares"):
        one, other = (count_contest(each, method, SEED) for each in (contest, turned))
        assert (one.elected, one.stages, one.lots) == (other.elected, other.stages, other.lots)
