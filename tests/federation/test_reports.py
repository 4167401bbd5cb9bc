"""Tests of reports: what counts as one, and that taking one back needs its own community."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from node.federation import reports
from node.federation.reports import REPORT_TEXT_CHARS_MAX, Report, Told, Withdrawal
from node.ids import CommunityId
from node.keys import KeyPair, PublicKey
from node.records.record import Record
from tests import builders

FEDERATION = builders.identifier("valley")
MILL, FARM = (builders.community(name, stewards=2, threshold=2) for name in ("Mill", "Farm"))
STRANGER = builders.community("Stranger")
MEMBERS = frozenset({MILL.id, FARM.id})


def is_steward(community: CommunityId, key: PublicKey) -> bool:
    """Tell whether a key is a steward's of one of the three."""
    founded = {one.id: one for one in (MILL, FARM, STRANGER)}.get(community)
    return founded is not None and key in {steward.public for steward in founded.stewards}


def report(community: bytes = MILL.id, *, hours: int = 500_000, federation: bytes = FEDERATION) -> Report:
    """Return a report about something."""
    return Report(
        federation=federation,
        community=community,
        about=builders.identifier("a listing"),
        reason="wrong",
        text="They moved away.",
        hours=hours,
        nonce=builders.nonce("report"),
    )


def withdrawal(of: Report, community: bytes = MILL.id) -> Withdrawal:
    """Return a withdrawal."""
    return Withdrawal(federation=FEDERATION, community=community, report=of.payload_id)


def evaluated(*records: Record) -> list[Told]:
    """Return what holds among records."""
    return reports.evaluate(FEDERATION, records, MEMBERS, is_steward)


def test_one_stewards_word_is_a_report() -> None:
    """A report holds with one steward's signature, even where a community's acts need two."""
    told = evaluated(report().sign(MILL.steward))
    assert [(one.report, one.signers, one.withdrawn) for one in told] == [
        (report(), (MILL.steward.public,), False)
    ]


def test_a_report_signed_by_two_stewards_is_one_report() -> None:
    """The same statement by a second steward is no second report, and both names stand under it."""
    signers = tuple(sorted(steward.public for steward in MILL.stewards))
    told = evaluated(*(report().sign(steward) for steward in MILL.stewards))
    assert [one.signers for one in told] == [signers]


@pytest.mark.parametrize(
    ("made", "signer"),
    [
        (report(FARM.id), MILL.steward),
        (report(STRANGER.id), STRANGER.steward),
        (report(federation=builders.identifier("hills")), MILL.steward),
        (report(), MILL.device),
        (report(), MILL.recovery),
    ],
    ids=["another's name", "no member", "another federation", "a device", "a recovery key"],
)
def test_what_no_members_steward_said_is_no_report(made: Report, signer: KeyPair) -> None:
    """Nobody reports in another's name, from outside, or with a key that is no steward's."""
    assert evaluated(made.sign(signer)) == []


def test_a_report_is_taken_back_by_its_own_community_alone() -> None:
    """A withdrawal by any steward of the same community counts, and nobody else's does."""
    told = report().sign(MILL.stewards[0])
    by_other_steward = withdrawal(report()).sign(MILL.stewards[1])
    by_reported = withdrawal(report(), FARM.id).sign(FARM.steward)
    forged = withdrawal(report()).sign(FARM.steward)
    assert [one.withdrawn for one in evaluated(told, by_other_steward)] == [True]
    assert [one.withdrawn for one in evaluated(told, by_reported, forged)] == [False]


@given(st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(chance: random.Random) -> None:
    """Reports and withdrawals give the same list in any order and however often they come."""
    made = [report(hours=hours) for hours in (1, 3, 2)]
    records = [
        *(one.sign(MILL.steward) for one in made),
        withdrawal(made[1]).sign(MILL.stewards[1]),
        report(FARM.id).sign(FARM.steward),
    ]
    expected = evaluated(*records)
    shuffled = [*records, chance.choice(records)]
    chance.shuffle(shuffled)
    assert evaluated(*shuffled) == expected
    assert [one.report.hours for one in expected] == [500_000, 3, 2, 1]


def test_a_report_has_bounds() -> None:
    """A longer text and a reason that is none of the list are refused."""
    fields = report().model_dump()
    Report.model_validate(fields | {"text": "x" * REPORT_TEXT_CHARS_MAX})
    for broken in (
        {"text": "x" * (REPORT_TEXT_CHARS_MAX + 1)},
        {"reason": "ugly"},
        {"hours": -1},
        {"more": 1},
    ):
        with pytest.raises(ValidationError):
            Report.model_validate(fields | broken)
