"""How a petition stands: tests of node/governance/petitions.py."""

import random
from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.governance import effects, petitions
from node.governance.petitions import Petition, PetitionSupport, Standing, State, Threshold
from node.ids import CommunityId
from tests import builders

MILL, FARM, INN, STRANGER = (
    CommunityId(builders.identifier(name)) for name in ("mill", "farm", "inn", "stranger")
)
ASKED = Petition(
    federation=bytes(32), community=MILL, title="Mend it?", text="", nonce=builders.nonce("petition")
)


def standing(approvers: Sequence[CommunityId], *, put: Sequence[bytes | None] = ()) -> Standing | None:
    """Return how the petition stands in a federation of three, of which two must stand behind it."""
    plain = builders.yes_no(builders.roll({MILL: 3}))
    words = {"title": ASKED.title, "text": ASKED.text}
    questions = [plain.model_copy(update={"petition": named, **words}) for named in put]
    return petitions.evaluate(
        ASKED,
        approvers=approvers,
        stated=(),
        members={MILL, FARM, INN},
        sizes={},
        needed=Threshold(2),
        proposals=questions,
    )


@pytest.mark.parametrize(
    ("approvers", "state"),
    [
        ([MILL], State.GATHERING),
        ([MILL, STRANGER], State.GATHERING),
        ([MILL, FARM], State.DUE),
        ([INN, FARM, MILL], State.DUE),
    ],
)
def test_a_petition_is_due_when_enough_members_stand_behind_it(
    approvers: list[CommunityId], state: State
) -> None:
    """Only members count, each once, whatever the order in which they came."""
    found = standing(approvers)
    assert found is not None
    assert found.state is state
    assert STRANGER not in found.supporters
    assert found == standing(approvers[::-1])


def test_a_petition_that_its_own_community_did_not_sign_is_none() -> None:
    """Nobody hands a petition in for another community, however many stand behind it."""
    assert standing([FARM, INN]) is None


@pytest.mark.parametrize("changed", ["title", "text", "method", "effect"])
def test_attack_a_question_of_other_words_that_names_it_answers_nothing(changed: str) -> None:
    """Only what the petition asks for is its question: no other text, no election, none with an effect."""
    plain = builders.yes_no(builders.roll({MILL: 3}))
    asked = plain.model_copy(
        update={"petition": ASKED.payload_id, "title": ASKED.title, "text": ASKED.text, "effect": None}
    )
    assert petitions.answers(asked, ASKED)
    other = effects.effect("annul", target=bytes(32)) if changed == "effect" else "schulze/1"
    assert not petitions.answers(asked.model_copy(update={changed: other}), ASKED)


def test_a_question_that_names_it_answers_it() -> None:
    """Once put it is due no more; a question that names another petition, or none, answers nothing."""
    answered = standing([MILL, FARM], put=[None, ASKED.payload_id])
    assert answered is not None
    assert answered.state is State.PUT
    other = standing([MILL, FARM], put=[None, builders.identifier("another petition")])
    assert other is not None
    assert other.state is State.DUE


SIZES = {MILL: 40, FARM: 20}


def stated(community: CommunityId, people: int, serial: int = 1) -> PetitionSupport:
    """Return what a community states about how many of its people support the petition."""
    return PetitionSupport(
        federation=bytes(32), community=community, petition=ASKED.payload_id, people=people, serial=serial
    )


def supported(*said: PetitionSupport, needed: Threshold) -> Standing:
    """Return how the petition stands when the mill hands it in and these statements hold."""
    found = petitions.evaluate(
        ASKED,
        approvers=[MILL],
        stated=said,
        members={MILL, FARM, INN},
        sizes=SIZES,
        needed=needed,
        proposals=(),
    )
    assert found is not None
    return found


def test_people_are_added_up_over_communities_against_a_share_of_all() -> None:
    """A tenth of 60 is 6: four of one and two of another are enough, with one community behind it."""
    needed = Threshold.of(1, Fraction(1, 10), population=60, either=False)
    assert needed.people == 6
    assert supported(stated(MILL, 4), needed=needed).state is State.GATHERING
    found = supported(stated(MILL, 4), stated(FARM, 2), needed=needed)
    assert (found.people_in_all, found.state) == (6, State.DUE)


def test_both_numbers_or_either() -> None:
    """Two communities and six people: with both asked for people alone are too little, with either enough."""
    said = [stated(MILL, 6)]
    assert supported(*said, needed=Threshold(2, 6)).state is State.GATHERING
    assert supported(*said, needed=Threshold(2, 6, either=True)).state is State.DUE
    assert supported(needed=Threshold(2, 0, either=True)).state is State.GATHERING
    assert Threshold.of(1, Fraction(1, 2), population=0, either=False).people == 1


def test_attack_more_people_than_a_community_has() -> None:
    """A number above the size, of a community without a size, or of a stranger, counts for nothing."""
    found = supported(
        stated(MILL, 41), stated(INN, 1), stated(STRANGER, 1), stated(FARM, 20), needed=Threshold(1, 21)
    )
    assert found.people == ((FARM, 20),)
    assert set(found.doubtful) == {(MILL, 41), (INN, 1)}
    assert found.state is State.GATHERING


@given(st.lists(st.tuples(st.integers(0, 45), st.integers(1, 3)), max_size=6), st.randoms())
def test_the_last_number_counts_whatever_the_order(
    said: list[tuple[int, int]], chance: random.Random
) -> None:
    """The highest serial counts, each community once; a later nothing takes a number back."""
    records = [stated(MILL, people, serial) for people, serial in said]
    found = supported(*records, needed=Threshold(1, 1))
    chance.shuffle(records)
    assert supported(*records, needed=Threshold(1, 1)) == found
    assert len(found.people) + len(found.doubtful) <= 1
    if said:
        last = [people for people, serial in said if serial == max(number for _, number in said)]
        assert found.people_in_all in {people if people <= 40 else 0 for people in last}
