"""Tests of node/governance/effects.py and of the questions that carry an effect."""

import pytest
from pydantic import ValidationError

from node.governance.effects import CONTENT_BYTES_MAX, MEMBERSHIP, effect
from node.governance.proposals import Proposal
from tests.builders import identifier, roll, yes_no

SOMEBODY = identifier("somebody")


@pytest.mark.parametrize("act", sorted(MEMBERSHIP | {"annul"}))
def test_what_is_about_somebody_names_it_and_nothing_else(act: str) -> None:
    """An effect has one spelling: what it does not need is left empty."""
    assert effect(act, target=SOMEBODY).target == SOMEBODY
    with pytest.raises(ValidationError, match="names target, found nothing"):
        effect(act)
    with pytest.raises(ValidationError, match="names target, found name, target"):
        effect(act, target=SOMEBODY, name="Hill")


def test_a_budget_line_has_a_name_an_amount_and_a_unit() -> None:
    """A release without a number, or of nothing in particular, is no release."""
    assert effect("budget", name="Tools", amount=0, unit="hours").amount == 0
    with pytest.raises(ValidationError, match="names amount, name, unit, found amount, name"):
        effect("budget", name="Tools", amount=40)


@pytest.mark.parametrize("content", [b"", bytes(CONTENT_BYTES_MAX + 1)])
def test_bylaws_and_forms_are_carried_whole_and_have_a_size(content: bytes) -> None:
    """Nothing and more than a few pages are refused."""
    with pytest.raises(ValidationError, match="content"):
        effect("bylaws", content=content)


def test_only_what_changes_the_federation_amends() -> None:
    """Bylaws may ask for more where members or bylaws change; forms and budgets pass as usual."""
    assert effect("remove", target=SOMEBODY).amends
    assert effect("bylaws", content=b"x").amends
    assert not effect("form", name="Visit", content=b"{}").amends
    assert not effect("annul", target=SOMEBODY).amends


def test_an_election_has_no_effect_of_this_kind() -> None:
    """Who is elected fills a body; only a yes/no question does one thing or not."""
    asked = yes_no(roll({SOMEBODY: 3}))
    fields = asked.model_copy(update={"effect": effect("annul", target=SOMEBODY)}).model_dump()
    assert Proposal.model_validate(fields).effect == effect("annul", target=SOMEBODY)
    election = {"method": "scottish-stv/1", "options": ("A", "B"), "rule": None}
    with pytest.raises(ValidationError, match="only a yes/no question has an effect"):
        Proposal.model_validate({**fields, **election})
