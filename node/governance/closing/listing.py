"""What a witness puts on its list where there is not room for everything, so that nobody crowds others out.

A list is one record and so has an end. Whoever may sign without end (a delegate ballots, a community
mandates, a witness receipts) could fill it for everybody else: each seat and each witness has its share.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from node.governance.ballots import ValidBallot
from node.governance.closing.cut import ReceiptHeld
from node.governance.closing.statements import LISTED_MAX, RECEIPTS_MAX
from node.governance.mandates import Mandate
from node.governance.proposals import Roll
from node.ids import RecordId

# How often each mandate's holder may vote, however many seats there are; with fewer seats it is more often.
_BALLOTS_PER_MANDATE_MIN = 4
# A seat whose key was stolen is given a new mandate, and a newer one: each has room of its own.
_MANDATES_PER_SEAT = 4

_Seat = tuple[bytes, int]


@dataclass(frozen=True, slots=True)
class _Arrived:
    """Something that may be listed.

    Attributes:
        under: whose it is within its seat: the mandate and the voice of a ballot, or nothing for mandates.
        order: what comes first where there is not room for all.
    """

    id: bytes
    seat: _Seat
    under: bytes
    order: tuple[int, int, bytes]


def fresh(
    roll: Roll, valid: Iterable[ValidBallot], mandates: Collection[Mandate], given: Collection[bytes]
) -> list[bytes]:
    """Return what to give a receipt for now, sorted: ballots, mandates that void them, and those about loans.

    A seat's first ballot always has a place, as long as there are no more seats than places. Each mandate and
    each seat has a limit, so that nobody takes the room in which others change their vote or are recalled.

    Args:
        roll: seats that are not on it have no place.
        valid: the ballots held that hold by themselves.
        mandates: those held.
        given: what this witness gave receipts for before.
    """
    seats = {holder.community: holder.seats for holder in roll.holders}
    # From which mandate on those of a seat say whose vote it lends, and that it does no more.
    lends: dict[_Seat, int] = {}
    for m in mandates:
        if m.lends is not None:
            lends[m.community, m.seat] = min(m.seq, lends.get((m.community, m.seat), m.seq))
    arrived = [
        *(
            _Arrived(b.id, b.seat, b.mandate_id + bytes([b.voice]), (b.mandate.seq, b.ballot.seq, b.id))
            for b in valid
        ),
        *(
            _Arrived(m.payload_id, (m.community, m.seat), b"", (m.seq, 0, m.payload_id))
            for m in mandates
            if m.seat <= seats.get(m.community, 0)
            and (m.revokes_ballots or m.seq >= lends.get((m.community, m.seat), m.seq + 1))
        ),
    ]
    per_mandate = max(_BALLOTS_PER_MANDATE_MIN, LISTED_MAX // (_MANDATES_PER_SEAT * roll.seats))
    taken = Counter(one.seat for one in arrived if one.id in given)
    taken_under = Counter((one.seat, one.under) for one in arrived if one.id in given)
    listed = len(given)
    found = []
    for one in sorted(arrived, key=lambda one: one.order):
        if one.id in given:
            continue
        reserved = max(0, roll.seats - len(taken)) if one.seat in taken else 0
        if (
            listed + reserved < LISTED_MAX
            and taken[one.seat] < per_mandate * _MANDATES_PER_SEAT
            and taken_under[one.seat, one.under] < per_mandate
        ):
            taken[one.seat] += 1
            taken_under[one.seat, one.under] += 1
            listed += 1
            found.append(one.id)
    return sorted(found)


def receipts(
    others: Mapping[RecordId, ReceiptHeld], listed: Collection[bytes], held: Collection[bytes]
) -> list[bytes]:
    """Return which of others' receipts a seal names, sorted.

    Those first that name what is held here and was too late for this witness's own list: receipts alone can
    bring that in. Among equals the witnesses take turns.
    """
    ranks: tuple[dict[bytes, list[bytes]], ...] = ({}, {}, {})
    own, here = set(listed), set(held)
    for one in sorted(others):
        named = set(others[one].receipt.listed)
        rank = 0 if named & here - own else 1 if named & here else 2
        ranks[rank].setdefault(others[one].receipt.witness, []).append(one)
    chosen = chain.from_iterable(_in_turn([each[witness] for witness in sorted(each)]) for each in ranks)
    return sorted(one for one, _ in zip(chosen, range(RECEIPTS_MAX), strict=False))


def _in_turn(lists: Sequence[Sequence[bytes]]) -> Iterator[bytes]:
    return (one for turn in zip_longest(*lists) for one in turn if one is not None)
