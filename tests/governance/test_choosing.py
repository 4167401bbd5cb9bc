"""Which ballot counts for a seat: substitutes, recalls and bound delegates, the same on every node."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import UserError
from node.governance import ballots, decisions
from node.governance.ballots import Voice
from node.governance.decisions import Result
from node.governance.mandates import Mandate
from node.keys import KeyPair
from node.records.record import Record
from tests import builders

ASH = builders.community("Ash")
KNOWN = builders.Known(ASH)
ROLL = builders.roll({ASH.id: 2})
QUESTION = builders.yes_no(ROLL)
ANN, BEN, CY = (builders.key(name) for name in ("ann", "ben", "cy"))
YES, NO, BLOCK = 1, 2, 5


def granted(seq: int = 1, **terms: Any) -> Mandate:
    """Return a mandate of Ann's, with Ben as her substitute, for the first seat."""
    return builders.mandate(ASH, ANN, seq=seq).model_copy(update={"substitute": BEN.public, **terms})


def vote(
    mandate: Mandate, holder: KeyPair, choice: int, *, seq: int = 1, prev: bytes | None = None
) -> Record:
    """Return a ballot under a mandate."""
    before = prev if prev is not None or seq == 1 else builders.identifier(f"ballot {seq - 1}")
    paper = builders.paper(QUESTION, mandate, [mandate.sign(ASH.steward)], seq=seq, prev=before)
    return ballots.make(paper, [choice], holder)


def decide(held: list[Record], published: list[Mandate] | None = None) -> Result:
    """Count the question."""
    return decisions.decide(QUESTION, ROLL, held, published or [], KNOWN.approves)


OWN, LATER = vote(granted(), ANN, YES), vote(granted(), ANN, BLOCK, seq=2)
STAND_IN = vote(granted(), BEN, NO, seq=7)
POOL = [
    OWN,
    LATER,
    STAND_IN,
    vote(granted(), BEN, BLOCK, seq=7),
    vote(granted(2), BEN, YES),
    vote(granted(3, revokes_ballots=True), BEN, NO),
]


def test_a_substitute_s_ballot_counts_where_the_delegate_has_none() -> None:
    """Alone it counts, and says whose it is; beside the delegate's own it does not, whatever its number."""
    alone = decide([STAND_IN])
    assert [(one.id, one.voice) for one in alone.counted] == [(STAND_IN.id, Voice.SUBSTITUTE)]
    both = decide([STAND_IN, OWN])
    assert [(one.id, one.voice) for one in both.counted] == [(OWN.id, Voice.DELEGATE)]
    assert both.set_aside == ((STAND_IN.id, "the delegate voted itself"),)


def test_a_substitute_cannot_void_the_delegate_s_ballot() -> None:
    """Two of the substitute's in one place, or one in the delegate's, do not touch the delegate's."""
    twice = [vote(granted(), BEN, choice) for choice in (YES, NO)]
    assert decide(twice).void == ((ASH.id, 1),)
    assert [one.id for one in decide([*twice, OWN]).counted] == [OWN.id]
    assert [one.id for one in decide([vote(granted(), BEN, NO), OWN]).counted] == [OWN.id]


def test_a_delegate_who_contradicts_itself_is_not_healed_by_the_substitute() -> None:
    """Who spoke twice in one place has spoken: the seat is void, and the substitute is not heard."""
    held = [OWN, vote(granted(), ANN, NO), STAND_IN]
    assert decide(held).void == ((ASH.id, 1),)


def test_under_a_newer_mandate_the_substitute_is_heard_before_the_old_delegate() -> None:
    """The highest mandate with a ballot decides first; the delegate of an older one comes after it."""
    new = vote(granted(2), BEN, NO)
    found = decide([OWN, new])
    assert [one.id for one in found.counted] == [new.id]
    assert found.set_aside == ((OWN.id, "the seat voted under a newer mandate"),)


@pytest.mark.parametrize("voids", [True, False])
def test_a_recall_voids_ballots_only_where_it_says_so(voids: bool) -> None:  # noqa: FBT001 - a parameter
    """A recall leaves ballots standing that were cast, or voids them and says why they do not count."""
    recall = granted(2, holder=None, substitute=None, revokes_ballots=voids)
    found = decide([OWN, STAND_IN], [recall])
    if voids:
        assert found.counted == ()
        assert {reason for _, reason in found.set_aside} == {"its mandate was recalled"}
        assert {one for one, _ in found.set_aside} == {OWN.id, STAND_IN.id}
    else:
        assert [one.id for one in found.counted] == [OWN.id]


def test_a_mandate_for_something_else_voids_nothing_here() -> None:
    """A later mandate for elections, another term or another question leaves this question alone."""
    for terms in ({"kinds": ("election",)}, {"since": 5_000}, {"question": bytes(32)}):
        elsewhere = granted(2, revokes_ballots=True, **terms)
        assert [one.id for one in decide([OWN], [elsewhere]).counted] == [OWN.id]


def test_a_ballot_against_its_instruction_counts_and_is_known() -> None:
    """A bound delegate who votes otherwise is counted as it voted, and marked; one who follows is not."""
    bound = granted(question=QUESTION.id, instruction=(YES,))
    for choice, against in ((YES, False), (NO, True)):
        (one,) = decide([vote(bound, ANN, choice)]).counted
        assert (one.ballot.choice, one.against_instruction) == ((choice,), against)
    assert not decide([OWN]).counted[0].against_instruction


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"until": 1_000}, "mandate had expired"),
        ({"since": 1_001}, "mandate began only after"),
        ({"kinds": ("election",)}, "mandate is for another kind of question"),
        ({"question": bytes(32)}, "mandate is for another question"),
    ],
)
def test_a_ballot_under_a_mandate_for_something_else_does_not_hold(terms: dict[str, Any], says: str) -> None:
    """Expired, not begun, another kind, another question: one sentence each, and it is not counted."""
    cast = vote(granted(**terms), ANN, YES)
    with pytest.raises(UserError, match=says):
        ballots.check(cast, QUESTION, ROLL, KNOWN.approves)
    found = decide([cast])
    assert found.counted == ()
    assert [says in reason for _, reason in found.rejected] == [True]


def test_attack_nobody_votes_under_a_recall() -> None:
    """A recall names nobody: not even who signs it for itself votes with it."""
    recall = granted(2, holder=None, substitute=None)
    for thief in (ANN, BEN, CY, ASH.steward):
        with pytest.raises(UserError, match="names nobody"):
            ballots.check(vote(recall, thief, YES), QUESTION, ROLL, KNOWN.approves)


@given(st.lists(st.sampled_from(POOL), max_size=10), st.randoms())
def test_every_ballot_that_holds_is_counted_set_aside_or_void(held: list[Record], random: Any) -> None:
    """In any order the same; no ballot vanishes without a word, and none counts that is set aside."""
    other = held.copy()
    random.shuffle(other)
    first, second = decide(held), decide(other)
    assert (first.result_id, first.set_aside) == (second.result_id, second.set_aside)
    counted, aside = {one.id for one in first.counted}, {one for one, _ in first.set_aside}
    assert not counted & aside
    assert counted | aside == {one.id for one in held}
    assert all(reason for _, reason in first.set_aside)
