"""How a petition stands: tests of node/governance/petitions.py."""

from collections.abc import Sequence

import pytest

from node.governance import effects, petitions
from node.governance.petitions import Petition, Standing, State
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
        ASKED, approvers=approvers, members={MILL, FARM, INN}, needed=2, proposals=questions
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
