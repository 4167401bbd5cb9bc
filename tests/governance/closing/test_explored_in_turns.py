"""Safety where witnesses join each other, as about rolls: tests of witness.py over explorer_in_turns.py."""

import pytest

from node.governance.closing import witness
from node.governance.closing.statements import CutVote
from node.governance.closing.witness import View
from tests.governance.closing.explorer import LIAR
from tests.governance.closing.explorer_in_turns import InTurns, ended, turns_with


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("turn", ["one", "three", LIAR])
def test_i3_who_asks_for_what_the_one_whose_turn_it_is_asked_for_splits_nothing(turn: str) -> None:
    """I3 in round 2, the first with turns, from every end of round 1: whoever's turn it is, a liar's too."""
    explorer = InTurns(rounds_last=2, turns=turns_with(turn), starts=ended())
    assert explorer.run(states_max=100_000) is None
    assert explorer.states > 5_000


def _joining_though_locked(view: View) -> CutVote | None:
    """Sign what a witness would that joins whose turn it is before it asks who is locked on what."""
    vote = witness.next_vote(view)
    if vote is not None and vote.step == "pre" and vote.round > 1:
        turn = view.joining[vote.round % len(view.joining)]
        asked = view.agreement.asked_by(turn, vote.round - 1)
        return vote.model_copy(update={"value": asked or vote.value})
    return vote


def test_the_explorer_finds_a_planted_mistake_about_turns() -> None:
    """A witness that joins a liar in its turn, though others are locked, lets two values be certified."""
    explorer = InTurns(rounds_last=2, turns=turns_with(LIAR), starts=ended(), step=_joining_though_locked)
    assert explorer.run(states_max=100_000) is not None
