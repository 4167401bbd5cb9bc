"""The longest statements that are taken, to begin with where inputs are long (statements.py)."""

from collections.abc import Iterator
from functools import cache

from node.governance.answers import Portion
from node.governance.ballots import MANDATE_RECORDS_MAX, Ballot
from node.governance.proposals import Proposal, Roll, SeatHolder
from node.identity import charter
from node.identity.charter import Charter, Cut, Device, DeviceAdded, KeySet, Retired
from node.ids import CommunityId
from node.limits import (
    CHARTER_RECORDS_PER_COMMUNITY_MAX,
    FEEDS_PER_COMMUNITY_MAX,
    MEMBERS_PER_FEDERATION_MAX,
    NAME_CHARS_MAX,
    OPTIONS_PER_PROPOSAL_MAX,
    TEXT_CHARS_MAX,
    WITNESSES_MAX,
)
from node.records.approvals import Approval
from node.records.statement import Statement
from tests import builders

_KEYS_MAX = 32
_CUTS_MAX = 1_024
_APPENDED_MAX = CHARTER_RECORDS_PER_COMMUNITY_MAX // 2


@cache
def question() -> tuple[Proposal, Roll]:
    """Return an election of all the options there may be on a roll of all the members."""
    seats = {builders.identifier(f"community {number}"): 3 for number in range(MEMBERS_PER_FEDERATION_MAX)}
    holders = tuple(
        SeatHolder(community=one, size=3, attestations=(one, bytes(32)), seats=seats[one])
        for one in sorted(seats)
    )
    small = builders.roll({one: seats[one] for one in sorted(seats)[:WITNESSES_MAX]})
    roll = small.model_copy(update={"holders": holders, "house": sum(seats.values())})
    options = [f"{number:04} ".ljust(NAME_CHARS_MAX, "x") for number in range(OPTIONS_PER_PROPOSAL_MAX)]
    asked = builders.election(roll, options, seats=5)
    return asked.model_copy(update={"text": "é" * TEXT_CHARS_MAX}), roll


def ballots() -> Iterator[bytes]:
    """Yield payloads of ballots on that question that name all options, or split into many parts."""
    proposal, roll = question()
    ash = builders.community("Ash")
    granted = builders.mandate(ash, builders.key("a delegate")).sign(ash.steward)
    choice = tuple(range(1, OPTIONS_PER_PROPOSAL_MAX + 1))
    whole = Ballot(
        proposal=proposal.id,
        roll=roll.payload_id,
        community=roll.holders[500].community,
        seat=1,
        mandate=(granted.raw,) * MANDATE_RECORDS_MAX,
        seq=1,
        prev=None,
        choice=choice,
    )
    yield whole.encode()
    yield whole.model_copy(update={"mandate": (b"x" * 5_000,) * MANDATE_RECORDS_MAX}).encode()
    portions = tuple(Portion(parts=1, choice=(first, *choice[:900])) for first in (950, 960, 970))
    yield whole.model_copy(update={"choice": (), "split": portions}).encode()


@cache
def founding() -> Charter:
    """Return a charter of as many keys and devices as it may name."""
    stewards, recovery = _keys("steward"), _keys("recovery")
    nonce, following = builders.nonce("a charter"), bytes(32)
    anchor = charter.founding_anchor(stewards, recovery, following, nonce)
    return Charter(
        stewards=stewards,
        recovery=recovery,
        next=following,
        devices=tuple(_device(anchor, number) for number in range(FEEDS_PER_COMMUNITY_MAX)),
        nonce=nonce,
    )


def devices(community: CommunityId) -> list[DeviceAdded]:
    """Return many devices of a community."""
    return [
        DeviceAdded(community=community, device=_device(community, number)) for number in range(_APPENDED_MAX)
    ]


def links(community: CommunityId) -> list[Retired]:
    """Return a long chain of a community's links."""
    made: list[Retired] = []
    after = bytes(community)
    for position in range(1, _APPENDED_MAX + 1):
        made.append(
            Retired(
                community=community,
                position=position,
                after=after,
                device=builders.key(f"device {position}").public,
                reason="stolen",
                cuts=(),
            )
        )
        after = made[-1].payload_id
    return made


def approvals(community: CommunityId) -> list[Approval]:
    """Return approvals of many things by whoever signs them."""
    named = [one.payload_id for one in links(community)]
    return [Approval(of=one, community=community) for one in (bytes(community), *named)]


def large_others() -> Iterator[Statement]:
    """Yield the largest statements beside questions, rolls and charters."""
    cuts = tuple(Cut(scope=f"circle/{number:06}", seq=1, entry=bytes(32)) for number in range(_CUTS_MAX))
    yield links(CommunityId(bytes(32)))[0].model_copy(update={"cuts": cuts})
    yield from (Ballot.decode(payload) for payload in ballots())


def _keys(name: str) -> KeySet:
    drawn = sorted(builders.key(f"{name} {number}").public for number in range(_KEYS_MAX))
    return KeySet(keys=tuple(drawn), threshold=1)


def _device(anchor: bytes, number: int) -> Device:
    return charter.enrol(anchor, builders.key(f"device {number}"), bytes(32))
