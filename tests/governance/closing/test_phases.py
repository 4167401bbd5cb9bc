"""Tests of node/governance/closing/phases.py."""

from dataclasses import replace
from itertools import product

import pytest

from node.governance.closing.phases import TABLE, Facts, Phase, Windows, acts, phase

WINDOWS = Windows(opens=100, closes=200, grace=10, patience=20, review=50, stall=1_000, early=False)
FACTS = Facts(windows=WINDOWS, now=150)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (99, Phase.DRAFT),
        (100, Phase.OPEN),
        (209, Phase.OPEN),
        (210, Phase.SEALING),
        (1_209, Phase.SEALING),
        (1_210, Phase.STALLED),
    ],
)
def test_time_leads_from_draft_to_stalled(now: int, expected: Phase) -> None:
    """Without a certificate the clock alone says where a proposal stands; ballots are taken through grace."""
    assert phase(replace(FACTS, now=now)) is expected


def test_certified_waits_for_review_before_it_is_in_force() -> None:
    """A decision is in force when enough witnesses said that nobody asked: no reader's clock says so."""
    certified = replace(FACTS, certified=True)
    assert phase(replace(certified, now=10**9)) is Phase.CERTIFIED
    assert phase(replace(certified, review_over=True)) is Phase.IN_FORCE
    assert phase(replace(certified, review_over=True, review_asked=True)) is Phase.IN_FORCE, "too late"
    asked = replace(certified, review_asked=True)
    assert phase(asked) is Phase.UNDER_REVIEW
    assert phase(replace(asked, upheld=True)) is Phase.UPHELD
    assert phase(replace(asked, upheld=True, annulled=True)) is Phase.ANNULLED
    assert phase(replace(certified, review_over=True, annulled=True)) is Phase.ANNULLED


def test_nothing_acts_before_it_is_certified_or_against_a_review_that_stays_it() -> None:
    """Of all facts only certified, undisputed, unannulled decisions act, and stayed ones wait."""
    names = ("withdrawn", "certified", "failed", "rivals", "review_asked", "review_over", "stays")
    for values in product((False, True), repeat=len(names) + 2):
        said = dict(zip((*names, "annulled", "upheld"), values, strict=True))
        facts = Facts(FACTS.windows, FACTS.now, **said)
        if acts(facts):
            assert facts.certified
            assert not facts.rivals
            assert not facts.annulled
            assert facts.review_over or (facts.upheld and facts.review_asked) or not facts.stays
        upheld = facts.upheld and facts.review_asked
        if facts.certified and not facts.rivals and not facts.annulled and (upheld or not facts.stays):
            assert acts(facts)


def test_an_annulment_without_a_certificate_says_nothing() -> None:
    """Review comes after certification: nothing can be annulled that never held."""
    assert phase(replace(FACTS, annulled=True)) is Phase.OPEN


def test_rivals_stop_everything() -> None:
    """Two certified values, or one cut counted in two ways, leave nothing final (R9)."""
    assert phase(replace(FACTS, certified=True, rivals=True, now=5_000)) is Phase.DIVERGED


def test_withdrawn_and_failed_end_it() -> None:
    """A withdrawal holds only while nothing is certified; a certified failure is the end."""
    assert phase(replace(FACTS, withdrawn=True)) is Phase.WITHDRAWN
    assert phase(replace(FACTS, failed=True, now=5_000)) is Phase.FAILED
    assert phase(replace(FACTS, certified=True, withdrawn=True)) is Phase.CERTIFIED


def test_every_phase_has_one_row() -> None:
    """The table names each phase exactly once, so none is unreachable by oversight."""
    assert sorted(each for each, _ in TABLE) == sorted(Phase)
