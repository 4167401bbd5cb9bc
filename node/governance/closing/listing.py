"""What a witness puts on its list where there is not room for everything, so that nobody crowds others out.

A list is one record and so has an end. Whoever may sign without end (a delegate ballots, a community
mandates, a witness receipts) could fill it for everybody else: each seat and each witness has its share.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TypeVar

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

# Of a witness whose feed has branches: whoever goes by its receipts carries them on.
FORKED_RECEIPTS_MAX = 64

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
    others: Mapping[RecordId, ReceiptHeld],
    listed: Collection[bytes],
    held: Collection[bytes],
    *,
    enough: int,
    forked: Collection[bytes] = (),
) -> list[bytes]:
    """Return which of others' receipts a seal names, sorted.

    Those first that name what is held here and was too late for this witness's own list: receipts alone can
    bring that in. Among equals the witnesses take turns. Of each id no more are named than it takes, and none
    of one that is not held here and that one liar may have made up: who reads the seal must hold them all.

    Args:
        others: the receipts of others that are held.
        listed: what this witness lists itself.
        held: the ids of which the ballot or the mandate is held.
        enough: how many witnesses' receipts bring something in.
        forked: witnesses that may have shown everybody something else: of theirs only what may be needed.
    """
    own, here = set(listed), set(held)
    by: dict[bytes, set[bytes]] = {}
    for each in others.values():
        for one in each.receipt.listed:
            by.setdefault(one, set()).add(each.receipt.witness)
    known = {one for one, witnesses in by.items() if one in here or len(witnesses) >= enough}
    ranks: tuple[dict[bytes, list[tuple[int, RecordId]]], ...] = ({}, {}, {})
    for name in sorted(others):
        receipt = others[name].receipt
        useful = known.intersection(receipt.listed)
        late = useful - own
        if late if receipt.witness in forked else useful:
            rank = 0 if late & here else 1 if useful & here else 2
            # Of one witness those first that say most: so few are named, however often it signed.
            ranks[rank].setdefault(receipt.witness, []).append((-len(useful), name))
    in_order = chain.from_iterable(
        _in_turn(
            [sorted(each[key])[: FORKED_RECEIPTS_MAX if key in forked else None] for key in sorted(each)]
        )
        for each in ranks
    )
    return _as_needed((name for _, name in in_order), others, known, enough)


def _as_needed(
    named: Iterable[RecordId], others: Mapping[RecordId, ReceiptHeld], known: Collection[bytes], enough: int
) -> list[bytes]:
    """Return the receipts, in this order, that say something which is not said by enough witnesses before."""
    said: dict[bytes, set[bytes]] = {one: set() for one in known}
    chosen: list[bytes] = []
    for name in named:
        receipt = others[name].receipt
        new = [
            said[one]
            for one in receipt.listed
            if one in said and len(said[one]) < enough and receipt.witness not in said[one]
        ]
        if new and len(chosen) < RECEIPTS_MAX:
            chosen.append(name)
            for witnesses in new:
                witnesses.add(receipt.witness)
    return sorted(chosen)


_One = TypeVar("_One")


def _in_turn(lists: Sequence[Sequence[_One]]) -> Iterator[_One]:
    return (one for turn in zip_longest(*lists) for one in turn if one is not None)
