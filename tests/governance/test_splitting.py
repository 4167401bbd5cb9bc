"""Votes whose parts say different things: exact, in proportion, and only where a count can take them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.canonical import encode
from node.errors import PeerError, UserError
from node.governance import answers, ballots, decisions
from node.governance.answers import Portion
from node.governance.ballots import Ballot, Voice
from node.governance.counting.contest import Contest, Option
from node.governance.counting.methods import ELECTION_METHODS, count_contest
from node.governance.counting.result import Verdict, result_bytes
from node.governance.decisions import Result
from node.governance.lending import Borrower
from node.governance.proposals import WHOLE_BALLOTS, Casting, Proposal
from node.governance.spending import Budget, is_budget
from node.records.record import Record
from tests import builders
from tests.verifier import counting
from tests.verifier.proving import decode

ASH = builders.community("Ash", stewards=3, threshold=1)
KNOWN = builders.Known(ASH)
ROLL = builders.roll({ASH.id: 5})
FIFTHS = Casting(lending=True, parts=5)
QUESTION = builders.yes_no(ROLL).model_copy(update={"casting": FIFTHS})
NAMES = ("Ada", "Bo", "Cy")
ELECTION = builders.election(ROLL, NAMES, seats=2).model_copy(
    update={"casting": FIFTHS, "method": "plurality/1"}
)
ANN = builders.key("ann")
YES, NO, ABSTAIN, BLOCK = 1, 2, 3, 5
SPLITTING = sorted(set(ELECTION_METHODS) - {one.removesuffix("/1") for one in WHOLE_BALLOTS})

Said = dict[tuple[int, ...], int]


def parts(said: Said) -> tuple[Portion, ...]:
    """Return the parts of a vote, by what they say."""
    return tuple(Portion(parts=number, choice=choice) for choice, number in sorted(said.items()))


def cast(seat: int, said: Said, *, proposal: Proposal = QUESTION, **more: Any) -> Record:
    """Return a ballot of a seat: a choice where all of the vote says the same, else one that is split."""
    mandate = builders.mandate(ASH, ANN, seat=seat)
    paper = builders.paper(proposal, mandate, [mandate.sign(ASH.steward)])
    if len(said) == 1:
        return ballots.make(paper, next(iter(said)), ANN, **more)
    return ballots.make(paper, (), ANN, split=parts(said), **more)


def lend(seat: int, to: int, *, proposal: Proposal = QUESTION) -> Record:
    """Return a ballot that lends a seat's vote."""
    mandate = builders.mandate(ASH, ANN, seat=seat)
    paper = builders.paper(proposal, mandate, [mandate.sign(ASH.steward)])
    return ballots.make(paper, (), ANN, follows=Borrower(community=ASH.id, seat=to))


def decide(held: list[Record], proposal: Proposal = QUESTION) -> Result:
    """Count a question."""
    return decisions.decide(proposal, ROLL, held, [], KNOWN.approves)


def totals(result: Result) -> list[int]:
    """Return what each option has, in parts of a vote."""
    return [total // 100_000 for total in result.outcome.stages[-1].totals_1e5]


def test_three_fifths_yes_and_two_fifths_no_count_as_exactly_that() -> None:
    """A split vote is three parts yes and two no; a whole one beside it five parts."""
    assert totals(decide([cast(1, {(YES,): 3, (NO,): 2})])) == [3, 2, 0, 0, 0]
    assert totals(decide([cast(1, {(YES,): 3, (NO,): 2}), cast(2, {(NO,): 5})])) == [3, 7, 0, 0, 0]


def test_a_split_vote_tips_a_threshold_by_its_parts() -> None:
    """Four seats and a split one: 13 of 25 parts are more than half of them, 12 are not."""
    others = [cast(seat, {(choice,): 5}) for seat, choice in ((1, YES), (2, YES), (3, NO), (4, NO))]
    passed = decide([*others, cast(5, {(YES,): 3, (NO,): 2})]).outcome
    rejected = decide([*others, cast(5, {(YES,): 2, (NO,): 3})]).outcome
    assert (passed.verdict, rejected.verdict) == (Verdict.PASSED, Verdict.REJECTED)
    assert passed.stages[-1].quota_1e5 == 13 * 100_000


def test_a_vote_that_is_lent_is_split_as_the_seat_is_that_it_follows() -> None:
    """Who holds five votes and says three fifths yes has fifteen parts of twenty-five, three whole votes."""
    held = [cast(1, {(YES,): 3, (NO,): 2}), *(lend(seat, 1) for seat in (2, 3, 4, 5))]
    whole = [cast(seat, {(YES if seat < 4 else NO,): 5}) for seat in range(1, 6)]
    assert totals(decide(held)) == totals(decide(whole)) == [15, 10, 0, 0, 0]
    assert decide(held).outcome.verdict is decide(whole).outcome.verdict


def test_a_void_seat_and_one_that_follows_nobody_abstain_with_all_parts() -> None:
    """Who spoke twice in one place, split or not, and who follows a silent seat, are present whole."""
    twice = [cast(1, {(YES,): 3, (NO,): 2}), cast(1, {(YES,): 4, (NO,): 1})]
    assert totals(decide([*twice, lend(2, 5), cast(3, {(YES,): 5})])) == [5, 0, 10, 0, 0]
    assert decide([cast(1, {(YES,): 4, (ABSTAIN,): 1})]).outcome.verdict is Verdict.NO_QUORUM


def test_in_an_election_a_part_is_a_ranking_with_its_weight() -> None:
    """Two fifths for one ranking, three for another; the rest of the count is that of weighted ballots."""
    held = [cast(1, {(1, 2): 2, (3,): 3}, proposal=ELECTION), lend(2, 1, proposal=ELECTION)]
    result = decide(held, ELECTION)
    assert (result.outcome.valid, totals(result)) == (10, [4, 0, 6])
    assert result.contest.grouped == {(1, 2): 4, (3,): 6}


def elected(method: str, rankings: list[tuple[int, ...]], seats: int, weight: int) -> list[int]:
    """Return whom ballots of a weight elect."""
    options = tuple(Option(name, name) for name in "ABCD")
    question = Contest("?", options, seats, tuple((weight, each) for each in rankings))
    return [placed.option for placed in count_contest(question, method, b"x" * 32).elected]


@pytest.mark.parametrize("method", SPLITTING)
@settings(max_examples=25, deadline=None)
@given(
    rankings=st.lists(st.permutations([1, 2, 3, 4]).map(lambda each: tuple(each[:3])), max_size=9),
    seats=st.integers(1, 3),
    fine=st.integers(2, 100),
)
def test_a_whole_vote_counts_the_same_in_parts(
    method: str, rankings: list[tuple[int, ...]], seats: int, fine: int
) -> None:
    """By every method that may count in parts, the same are elected whatever the number of parts."""
    assert elected(method, rankings, seats, 1) == elected(method, rankings, seats, fine)


def test_the_scottish_quota_is_a_number_of_whole_ballots() -> None:
    """Why it refuses: these seven ballots elect others when each is counted as two halves."""
    rankings = [(4,), (1, 4, 3), (3, 2, 1, 4), (2, 3, 4, 1), (3, 4), (4,), (1, 2, 3)]
    assert set(elected("scottish-stv", rankings, 2, 1)) == {3, 1}
    assert set(elected("scottish-stv", rankings, 2, 2)) == {3, 4}


@pytest.mark.parametrize("method", sorted(WHOLE_BALLOTS))
def test_a_method_of_whole_ballots_takes_no_split_vote(method: str) -> None:
    """No question by it can say that votes are split, and a ballot that does is refused in words."""
    budget = Budget(money=9, unit="euro", costs=(1,) * len(NAMES)) if is_budget(method) else None
    said = {"method": method, "budget": budget, "seats": 2 if budget is None else 1}
    with pytest.raises(PeerError, match="counts whole ballots"):
        Proposal.decode(ELECTION.model_copy(update=said).encode())
    whole = ELECTION.model_copy(update={**said, "casting": Casting()})
    with pytest.raises(UserError, match=f"{method.removesuffix('/1')} counts whole ballots only"):
        ballots.check(cast(1, {(1,): 3, (2,): 2}, proposal=whole), whole, ROLL, KNOWN.approves)


@pytest.mark.parametrize(
    ("said", "casting", "says"),
    [
        ({(YES,): 3, (NO,): 2}, Casting(), "rules do not allow"),
        ({(YES,): 3, (NO,): 1}, FIFTHS, "add up to 5, found 4"),
        ({(YES,): 3, (NO,): 3}, FIFTHS, "add up to 5, found 6"),
        ({(YES,): 3, (6,): 2}, FIFTHS, "options from 1 to 5, found 6"),
        ({(YES,): 3, (NO, ABSTAIN): 2}, FIFTHS, "exactly one answer"),
    ],
)
def test_a_split_that_cannot_be_is_refused_with_the_reason(said: Said, casting: Casting, says: str) -> None:
    """Not allowed, too few or many parts, no such answer: a sentence each, and nothing is counted."""
    question = QUESTION.model_copy(update={"casting": casting})
    signed = cast(1, said, proposal=question)
    with pytest.raises(UserError, match=says):
        ballots.check(signed, question, ROLL, KNOWN.approves)
    assert decide([signed], question).counted == ()


def test_a_part_that_blocks_needs_a_reason_as_a_whole_vote_does() -> None:
    """Where the rule asks for one; and where blocks stop, a single part of a vote does."""
    rule = builders.MAJORITY.model_copy(update={"block_reasons": True, "blocks_stop": True})
    question = builders.yes_no(ROLL, rule=rule).model_copy(update={"casting": FIFTHS})
    said: Said = {(YES,): 4, (BLOCK,): 1}
    with pytest.raises(UserError, match="a block needs a reason"):
        ballots.check(cast(1, said, proposal=question), question, ROLL, KNOWN.approves)
    held = [cast(seat, said, proposal=question, reason="The river.") for seat in (1, 2, 3)]
    assert decide(held, question).outcome.verdict is Verdict.BLOCKED


@pytest.mark.parametrize(
    "fields",
    [
        {"choice": (YES,)},
        {"follows": Borrower(community=ASH.id, seat=2)},
        {"split": ()},
        {"split": parts({(YES,): 5})},
        {"split": parts({(YES,): 3, (NO,): 2})[::-1]},
        {"split": (Portion(parts=3, choice=(YES,)), Portion(parts=2, choice=(YES,)))},
    ],
)
def test_a_split_vote_has_one_spelling(fields: dict[str, Any]) -> None:
    """Beside a choice or a loan, of one part, in another order or twice the same it is no ballot."""
    wrong = Ballot.read(cast(1, {(YES,): 3, (NO,): 2})).model_copy(update=fields)
    with pytest.raises(PeerError):
        Ballot.decode(wrong.encode())


def test_a_split_vote_from_paper_counts_when_two_people_read_the_same_parts() -> None:
    """Both enter three fifths and two fifths; who reads other parts off the sheet makes no ballot."""
    mandate = builders.mandate(ASH, ANN).model_copy(update={"paper": True})
    paper = builders.paper(QUESTION, mandate, [mandate.sign(ASH.steward)])
    first, second, _ = ASH.stewards
    cases: list[tuple[Said, str]] = [
        ({(YES,): 3, (NO,): 2}, ""),
        ({(YES,): 2, (NO,): 3}, "say different things"),
    ]
    for read, says in cases:
        entry = ballots.make_entry(paper, (), first, split=parts(read))
        signed = ballots.make(paper, (), second, split=parts({(YES,): 3, (NO,): 2}), entered=entry.raw)
        stewards = lambda _: {one.public for one in ASH.stewards}  # noqa: E731 - one line
        if not says:
            judged = ballots.check(signed, QUESTION, ROLL, KNOWN.approves, stewards)
            assert judged.voice is Voice.PAPER
            continue
        with pytest.raises(UserError, match=says):
            ballots.check(signed, QUESTION, ROLL, KNOWN.approves, stewards)


RANKINGS = st.sampled_from([(1,), (2,), (3,), (1, 2), (3, 1)])


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.integers(1, 5), st.lists(RANKINGS, min_size=1, max_size=5)),
    st.sampled_from(["yes-no/1", "plurality/1", "phragmen/1", "schulze/1"]),
)
def test_both_readers_count_split_votes_to_the_same_bytes(
    drawn: dict[int, list[tuple[int, ...]]], method: str
) -> None:
    """Whatever parts say, a second program written from the documents finds the same outcome."""
    election = ELECTION.model_copy(update={"method": method})
    proposal = QUESTION if method == "yes-no/1" else election
    held = []
    for seat, wanted in drawn.items():
        said: Said = {}
        for each in (wanted * 5)[:5]:
            key = each[:1] if proposal is QUESTION else each
            said[key] = said.get(key, 0) + 1
        held.append(cast(seat, said, proposal=proposal))
    result = decide(held, proposal)
    read = [decode(one.ballot.encode()) for one in result.counted]
    told = counting.count(decode(proposal.encode()), read, 0, ROLL.seats)
    assert encode(told) == result_bytes(result.outcome)


def test_an_answer_of_the_program_names_why_a_vote_stays_whole() -> None:
    """The two reasons read differently: the rules, or the method."""
    assert answers.why_whole("yes-no/1") != answers.why_whole("meek/1")
