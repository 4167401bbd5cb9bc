"""Tests of node/governance/closing/quorum.py."""

import pytest

from node.errors import UserError
from node.governance.closing.quorum import Footnotes, Quorum
from node.limits import WITNESSES_MAX


@pytest.mark.parametrize(("witnesses", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (7, 5), (10, 7)])
def test_numbers_are_those_of_the_closing_protocol(witnesses: int, needed: int) -> None:
    """The quorums written in the protocol come out."""
    assert Quorum.of(witnesses).needed == needed


@pytest.mark.parametrize("witnesses", range(1, WITNESSES_MAX + 1))
def test_two_quorums_share_an_honest_witness(witnesses: int) -> None:
    """Any two sets of Q overlap in more than f, and Q can be reached while f keep silent."""
    found = Quorum.of(witnesses)
    assert 2 * found.needed - witnesses > found.liars
    assert found.needed <= witnesses - found.liars


def test_no_smaller_quorum_is_safe() -> None:
    """One less than Q would let two sets share only liars."""
    for witnesses in range(1, WITNESSES_MAX + 1):
        found = Quorum.of(witnesses)
        assert 2 * (found.needed - 1) - witnesses <= found.liars


def test_a_raised_quorum_stays_reachable() -> None:
    """Bylaws may ask for more, but not for so many that liars stop everything by keeping silent."""
    assert Quorum.of(7, raised=5).needed == 5
    with pytest.raises(UserError, match="from 5 to 5 of 7"):
        Quorum.of(7, raised=6)
    with pytest.raises(UserError, match="from 3 to 3 of 4"):
        Quorum.of(4, raised=2)


@pytest.mark.parametrize("witnesses", [0, WITNESSES_MAX + 1])
def test_a_number_of_witnesses_that_cannot_be_is_refused(witnesses: int) -> None:
    """Nobody, and more than the protocol allows, is an error in words."""
    with pytest.raises(UserError, match="expected from 1 to 31"):
        Quorum.of(witnesses)


def test_pages_say_what_a_small_closing_does_not_withstand() -> None:
    """With fewer than four witnesses no liar is tolerated, and of two both must answer: it is said."""
    assert (
        Quorum.of(2).in_words() == "2 of 2 witnesses must agree. No witness may lie; every one must answer."
    )
    assert Quorum.of(3).in_words() == "2 of 3 witnesses must agree. No witness may lie; one may be silent."
    assert Quorum.of(31).in_words() == (
        "21 of 31 witnesses must agree. Up to 10 witnesses may lie; up to 10 may be silent."
    )


def test_below_a_list_each_sentence_stands_once_and_its_lines_bear_its_mark() -> None:
    """Of closings that tolerate no liar; one that does has no mark, nor has a line without a closing."""
    three, two, four = (Quorum.of(number).told() for number in (3, 2, 4))
    notes = Footnotes([three, four, None, two, three])
    assert [notes.mark("passed", one) for one in (three, two, four, None)] == [
        "passed *",
        "passed **",
        "passed",
        "passed",
    ]
    assert notes.lines() == [f"* {three['in_words']}", f"** {two['in_words']}"]
    assert Footnotes([four, None]).lines() == []
