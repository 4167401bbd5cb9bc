"""Proposals and rolls: everything a count depends on is named, in one spelling."""

from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from node.governance.proposals import Proposal, Roll
from tests import builders, strategies

ROLL = builders.roll({builders.identifier("Ash"): 2, builders.identifier("Birch"): 3})


@given(strategies.rolls())
def test_a_roll_adds_up_its_seats(roll: Roll) -> None:
    """The seats of all holders are the roll's; who is not on it has none."""
    assert roll.seats == sum(roll.seats_of(holder.community) for holder in roll.holders)
    assert roll.seats_of(bytes(31)) == 0


@pytest.mark.parametrize("order", [(1, 0), (0, 0), ()])
def test_holders_have_one_spelling(order: tuple[int, ...]) -> None:
    """Holders out of order, named twice, or none at all make no roll."""
    with pytest.raises(ValidationError):
        Roll.model_validate(ROLL.model_dump() | {"holders": tuple(ROLL.holders[n] for n in order)})


@pytest.mark.parametrize(
    ("proposal", "changes"),
    [
        (builders.yes_no(ROLL), {"rule": None}),
        (builders.yes_no(ROLL), {"options": ("yes",)}),
        (builders.yes_no(ROLL), {"seats": 2}),
        (builders.yes_no(ROLL), {"title": ""}),
        (builders.yes_no(ROLL), {"method": "yes-no/2"}),
        (builders.election(ROLL, ["Ash"]), {"options": ()}),
        (builders.election(ROLL, ["Ash"]), {"options": ("Ash", "Ash")}),
        (builders.election(ROLL, ["Ash"]), {"options": ("",)}),
        (builders.election(ROLL, ["Ash"]), {"rule": builders.MAJORITY}),
        (builders.election(ROLL, ["Ash"]), {"seats": 0}),
        (builders.election(ROLL, ["Ash"]), {"options": tuple(str(n) for n in range(1_001))}),
    ],
)
def test_a_question_that_makes_no_sense_is_none(proposal: Proposal, changes: dict[str, Any]) -> None:
    """Yes or no with options or without a rule, an election without options or with a rule, and the like."""
    with pytest.raises(ValidationError):
        Proposal.model_validate({**dict(proposal), **changes})


@given(strategies.proposals(), strategies.proposals())
def test_attack_nothing_of_a_question_changes_under_its_id(one: Proposal, other: Proposal) -> None:
    """Text, options, roll, rule and lot seed are in the id: a changed question is another question."""
    assert (one.id == other.id) == (one == other)
    for change in ({"text": one.text + "."}, {"lot_seed": bytes(32)}, {"roll": bytes(32)}, {"seats": 6}):
        changed = one.model_copy(update=change)
        assert (changed.id == one.id) == (changed == one)
