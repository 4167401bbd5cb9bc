"""Ballots from paper: two people of the charter enter the same, or nothing counts."""

from collections.abc import Sequence
from typing import Any

import pytest

from node.errors import PeerError, UserError
from node.governance import ballots
from node.governance.ballots import Paper, ValidBallot, Voice
from node.governance.choosing import choose
from node.governance.entries import BallotEntry
from node.governance.mandates import Mandate
from node.ids import CommunityId
from node.keys import KeyPair
from node.records import record
from node.records.record import Record
from tests import builders
from tests.verifier import counting
from tests.verifier.shapes import Fields

ASH, BIRCH = builders.community("Ash", stewards=3), builders.community("Birch", stewards=2)
KNOWN = builders.Known(ASH, BIRCH)
ROLL = builders.roll({ASH.id: 2})
QUESTION = builders.yes_no(ROLL)
EVA, DAN, IDA = ASH.stewards
ANN, BEN = builders.key("ann"), builders.key("ben")
ON_PAPER = builders.mandate(ASH, ANN).model_copy(update={"paper": True, "substitute": BEN.public})
YES, NO = 1, 2
SEAT = {"community": ASH.id, "seat": 1}


def stewards(community: CommunityId) -> Sequence[bytes]:
    """Return whose keys a charter names."""
    return [pair.public for one in (ASH, BIRCH) if one.id == community for pair in one.stewards]


def paper(mandate: Mandate = ON_PAPER, **place: Any) -> Paper:
    """Return what the two people need."""
    return builders.paper(QUESTION, mandate, [mandate.sign(ASH.steward)], **place)


def entered(choice: int, *, by: KeyPair = EVA, form: Paper | None = None) -> Record:
    """Return what a first person entered."""
    return ballots.make_entry(form or paper(), [choice], by)


def cast(choice: int, first: Record | bytes, *, by: KeyPair = DAN, form: Paper | None = None) -> Record:
    """Return the ballot that a second person made of it."""
    raw = first if isinstance(first, bytes) else first.raw
    return ballots.make(form or paper(), [choice], by, entered=raw)


def check(signed: Record) -> ValidBallot:
    """Check a ballot with the charters held."""
    return ballots.check(signed, QUESTION, ROLL, KNOWN.approves, stewards)


def test_two_people_who_enter_the_same_make_a_ballot() -> None:
    """It speaks for the seat as the delegate's paper, and names who entered it."""
    valid = check(cast(YES, entered(YES)))
    assert (valid.seat, valid.voice, valid.ballot.choice) == ((ASH.id, 1), Voice.PAPER, (YES,))
    assert valid.entered_by == (EVA.public, DAN.public)


def test_two_people_who_differ_make_none() -> None:
    """What each alone read counts for nothing, and the reason says what is the matter."""
    with pytest.raises(UserError, match="say different things: it is not counted"):
        check(cast(NO, entered(YES)))


BAD = {
    "one person twice": (cast(YES, entered(YES, by=DAN)), "by one person twice"),
    "a first whom the charter does not name": (cast(YES, entered(YES, by=ANN)), "charter does not name"),
    "a second whom the charter does not name": (cast(YES, entered(YES), by=ANN), "charter does not name"),
    "another community's stewards": (
        cast(YES, entered(YES, by=BIRCH.stewards[0]), by=BIRCH.stewards[1]),
        "charter does not name",
    ),
    "an entry for another seat": (
        cast(YES, entered(YES, form=paper(builders.mandate(ASH, ANN, seat=2)))),
        "for another ballot",
    ),
    "an entry used again for the next ballot": (
        cast(YES, entered(YES), form=paper(seq=2, prev=bytes(32))),
        "for another ballot",
    ),
    "a mandate that knows no paper": (
        cast(
            YES,
            entered(YES, form=paper(builders.mandate(ASH, ANN))),
            form=paper(builders.mandate(ASH, ANN)),
        ),
        "does not let that be",
    ),
    "a delegate who enters its own alone": (cast(YES, entered(YES, by=ANN), by=ANN), "by one person twice"),
}


@pytest.mark.parametrize("name", BAD)
def test_attack_a_ballot_from_paper_that_not_two_people_entered(name: str) -> None:
    """One person, strangers, an entry of another ballot, or a mandate without paper: a sentence each."""
    signed, says = BAD[name]
    with pytest.raises(UserError, match=says):
        check(signed)
    valid, rejected = ballots.sort_out([signed], QUESTION, ROLL, KNOWN.approves, stewards)
    assert valid == []
    assert says in rejected[0][1]


@pytest.mark.parametrize("raw", [b"", b"\x00", ON_PAPER.sign(EVA).raw])
def test_an_entry_that_is_none_makes_no_ballot(raw: bytes) -> None:
    """Other bytes, or another kind of record, inside a ballot."""
    with pytest.raises(PeerError):
        check(cast(YES, raw))


def test_attack_an_entry_whose_signature_was_broken() -> None:
    """An entry that nobody signed does not pass inside a ballot."""
    raw = entered(YES).raw
    with pytest.raises(PeerError):
        check(cast(YES, raw[:-1] + bytes([raw[-1] ^ 1])))


def test_the_delegate_s_own_ballot_goes_before_its_paper_and_paper_before_the_substitute() -> None:
    """Of the three voices under a mandate the one nearest to the delegate is heard, whatever the numbers."""
    own, stand_in = (check(ballots.make(paper(), [NO], one)) for one in (ANN, BEN))
    from_paper = check(cast(YES, entered(YES)))
    for held, heard in (
        ([own, from_paper, stand_in], own),
        ([stand_in, from_paper], from_paper),
        ([stand_in], stand_in),
    ):
        assert choose(held, [], QUESTION, ROLL).counted == (heard,)
        assert choose(held[::-1], [], QUESTION, ROLL).counted == (heard,)


def again(held: Sequence[ValidBallot]) -> tuple[list[bytes], int]:
    """Return which ballots count for the second reader, and how many seats are void."""
    said = [
        Fields(
            {
                **{name: getattr(one.ballot, name) for name in ("community", "seat", *counting.WORDS)},
                "id": one.id,
                "voice": one.voice,
                "by": Fields(id=one.mandate_id, seq=one.mandate.seq, revokes_ballots=False, **SEAT),
            }
        )
        for one in held
    ]
    counted, void = counting.choose(said, [])
    return [one.id for one in counted], len(void)


@pytest.mark.parametrize("different", [False, True])
def test_attack_one_of_three_who_read_a_paper_voids_it_by_signing_it_once_more(different: bool) -> None:  # noqa: FBT001
    """However many pairs sign the same words for a seat, they count once; others in its place void it."""
    held = [check(cast(YES, entered(YES))), check(cast(YES, entered(YES, by=DAN), by=EVA))]
    held.append(check(cast(NO if different else YES, entered(NO if different else YES, by=DAN), by=IDA)))
    lowest = min(held, key=lambda one: one.id)
    for order in (held, held[::-1]):
        found = choose(order, [], QUESTION, ROLL)
        assert found.void == (((ASH.id, 1),) if different else ())
        assert found.counted == (() if different else (lowest,))
        assert again(order) == ([one.id for one in found.counted], len(found.void))


def test_a_delegate_without_a_key_votes_on_paper_only() -> None:
    """A mandate that names no key and lets paper be is no recall."""
    form = paper(ON_PAPER.model_copy(update={"holder": None, "substitute": None}))
    assert check(cast(NO, entered(NO, form=form), form=form)).voice is Voice.PAPER
    with pytest.raises(UserError, match="not signed by the holder"):
        check(ballots.make(form, [NO], ANN))


def test_an_entry_alone_is_no_ballot() -> None:
    """What one person entered is a record of its own kind, and never read as a ballot."""
    with pytest.raises(PeerError):
        check(entered(YES))
    assert BallotEntry.read(record.read(entered(YES).raw)).choice == (YES,)
