"""A question in place of another, and what it changes: tests of node/governance/revisions.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.governance import revisions
from node.governance.proposals import Proposal
from node.governance.revisions import Change
from tests import builders

ROLL = builders.roll({builders.identifier("mill"): 3})
OLD = builders.yes_no(ROLL, title="A bike?").model_copy(
    update={"text": "We buy a bike.\nIt costs 900.\nIt stands at the mill."}
)


def revised(**changed: object) -> Proposal:
    """Return a question in place of the old one."""
    windows = OLD.windows.model_copy(update={"opens": 1_500, "closes": 2_500})
    fields = {"supersedes": OLD.id, "windows": windows, "nonce": builders.nonce("new"), **changed}
    return OLD.model_copy(update=fields)


def test_the_same_community_revises_in_time() -> None:
    """The new question names the old one, comes from the same community, and opens before it is sealed."""
    assert revisions.revises(revised(), OLD)


@pytest.mark.parametrize(
    "changed",
    [
        {"supersedes": None},
        {"supersedes": builders.identifier("another question")},
        {"proposer": builders.identifier("another community")},
        {"federation": builders.identifier("another federation")},
        {"windows": OLD.windows.model_copy(update={"opens": OLD.windows.seals_from, "closes": 9_000})},
    ],
)
def test_nothing_else_stands_in_its_place(changed: dict[str, object]) -> None:
    """Another question, community or federation, or one that came too late: no revision."""
    assert not revisions.revises(revised(**changed), OLD)
    assert revisions.in_place_of(OLD, [revised(**changed), OLD]) == []


def test_the_latest_revision_comes_first() -> None:
    """Where a question was revised twice, the later one is named first, whatever the order of arrival."""
    first = revised(title="A used bike?")
    later = revised(
        title="Two bikes?", windows=OLD.windows.model_copy(update={"opens": 1_600, "closes": 2_600})
    )
    assert revisions.in_place_of(OLD, [first, later]) == [later, first]
    assert revisions.in_place_of(OLD, [later, first]) == [later, first]


def test_changes_are_told_line_by_line() -> None:
    """What stays is not told again; what is taken out and put in stands with the number of its line."""
    new = revised(
        title="A used bike?", text="We buy a bike.\nIt costs 400.\nIt stands at the mill.\nWe lend it."
    )
    assert revisions.changes(OLD, new) == [
        Change("title", 0, ("A bike?",), ("A used bike?",)),
        Change("text", 2, ("It costs 900.",), ("It costs 400.",)),
        Change("text", 4, (), ("We lend it.",)),
    ]
    assert revisions.changes(OLD, revised()) == []


def test_options_and_seats_are_changes_too() -> None:
    """Of an election it says who stands no more, who stands now, and how many are elected."""
    old = builders.election(ROLL, ["Ana", "Ben", "Cem"], seats=2)
    new = builders.election(ROLL, ["Ana", "Cem", "Dora"], seats=1)
    assert revisions.changes(old, new) == [
        Change("options", 0, ("Ben",), ()),
        Change("options", 0, (), ("Dora",)),
        Change("seats", 0, ("2",), ("1",)),
    ]


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_the_changes_lead_from_the_old_text_to_the_new(old: list[str], new: list[str]) -> None:
    """Taking out and putting in what is told, from the end on, makes the new text of the old one."""
    lines = list(old)
    told = revisions.changes(revised(text="\n".join(old)), revised(text="\n".join(new)))
    for change in reversed(told):
        assert lines[change.line - 1 : change.line - 1 + len(change.taken_out)] == list(change.taken_out)
        lines[change.line - 1 : change.line - 1 + len(change.taken_out)] = change.put_in
    assert lines == new


def test_a_text_of_very_many_lines_is_replaced_as_a_whole() -> None:
    """No text that a peer can send makes the comparison long."""
    old, new = revised(text="a\nb\n" * 5_000), revised(text="b\na\n" * 5_000)
    (change,) = revisions.changes(old, new)
    assert len(change.taken_out) == len(change.put_in) > 9_000
    assert revisions.changes(old, old) == []
