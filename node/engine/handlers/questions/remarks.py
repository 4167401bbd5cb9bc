"""What is to be known about some of the ballots that count, beside the numbers."""

from collections.abc import Sequence
from typing import Any

from node import ids, keys
from node.engine.deciding.outcomes import Reading
from node.engine.desk import Desk
from node.governance import rule_words
from node.governance import turnout as turnouts
from node.governance.ballots import ValidBallot, Voice
from node.governance.counting.contest import Option
from node.governance.decisions import Result
from node.governance.papers import Cast
from node.governance.proposals import Proposal, Roll
from node.ids import CommunityId, RecordId
from node.keys import PublicKey

_BY = {Voice.DELEGATE: "delegate", Voice.PAPER: "paper", Voice.SUBSTITUTE: "substitute"}


def of(counted: Sequence[ValidBallot], options: Sequence[Option], desk: Desk) -> list[dict[str, Any]]:
    """Return a row for each counted ballot that not just the delegate cast freely, sorted by seat."""
    return [
        {
            "community": ids.show(one.ballot.community),
            "name": desk.name_of(CommunityId(one.ballot.community)),
            "seat": one.ballot.seat,
            "ballot": ids.show(one.id),
            "chosen": [options[number - 1].name for number in one.ballot.choice],
            "split": _split(one, options),
            "reason": one.ballot.reason,
            "by": _BY[one.voice],
            "entered_by": [keys.show(PublicKey(key)) for key in one.entered_by],
            "instruction": [options[number - 1].name for number in _known(one, options)],
            "against_instruction": one.against_instruction,
        }
        for one in counted
        if one.voice is not Voice.DELEGATE or one.mandate.instruction or one.ballot.reason or one.ballot.split
    ]


def loans(result: Result, options: Sequence[Option], desk: Desk) -> list[dict[str, Any]]:
    """Return a row for each seat whose vote is lent, with what it came to, sorted by seat."""
    counted = {one.id: one for one in result.counted}
    own = {one.seat: one for one in result.counted}
    rows = []
    for loan in result.loans:
        takes = counted[loan.takes] if loan.takes is not None else None
        choice = takes.ballot.choice if takes is not None else ()
        instruction = own[loan.seat].mandate.instruction if loan.seat in own else ()
        rows.append(
            {
                **_seat(loan.seat, desk),
                "to": _seat(loan.to, desk),
                "until_recalled": loan.by_mandate,
                "takes": ids.show(takes.id) if takes is not None else None,
                "chosen": [options[number - 1].name for number in choice],
                "split": _split(takes, options) if takes is not None else [],
                "against_instruction": bool(instruction) and instruction != choice,
            }
        )
    return rows


def _split(one: ValidBallot, options: Sequence[Option]) -> list[dict[str, Any]]:
    """Return the parts of a vote that is split, each with what it says; none of a whole vote."""
    return [
        {"parts": portion.parts, "chosen": [options[number - 1].name for number in portion.choice]}
        for portion in one.ballot.split
    ]


def turnout(proposal: Proposal, roll: Roll, result: Result) -> dict[str, Any] | None:
    """Return how many took part in an election and how many must; None where no number is asked for."""
    wanted = proposal.turnout
    if wanted is None:
        return None
    found = turnouts.participation(wanted, roll, turnouts.present(result.counted, result.void, result.loans))
    return {
        "of": wanted.of,
        "present": found.present,
        "needed": found.needed,
        "total": found.total,
        "reached": found.suffices,
    }


def _seat(seat: tuple[bytes, int], desk: Desk) -> dict[str, Any]:
    community, number = seat
    return {
        "community": ids.show(community),
        "name": desk.name_of(CommunityId(community)),
        "seat": number,
    }


def late(reading: Reading, cast: Cast) -> list[tuple[RecordId, str]]:
    """Return the ballots that hold and are not in what was certified, sorted by id, each with the reason."""
    if reading.state in ("provisional", "diverged", "failed", "withdrawn"):
        return []
    known = {one.id for one in reading.result.counted}
    known |= {one for one, _ in reading.result.set_aside}
    known |= {RecordId(one) for one in reading.contested}
    return [
        (one, "it came too late: too few witnesses had it in time") for one in sorted(set(cast.valid) - known)
    ]


def _known(one: ValidBallot, options: Sequence[Option]) -> list[int]:
    """Return an instruction as far as the paper has what it names: nobody checked it when it was signed."""
    return [number for number in one.mandate.instruction if number <= len(options)]


def passing(proposal: Proposal, roll: Roll) -> str | None:
    """Return in words when a yes/no question passes, None for an election."""
    return None if proposal.rule is None else rule_words.in_words(proposal.rule, seats=roll.seats)
