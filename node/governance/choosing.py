"""Which ballot counts for each seat: a function of the set of ballots and mandates that are in (R3, R4).

No order of arrival and no clock comes into it. The second reader (tests/verifier/counting.py) writes it again
from docs/data-model.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from node.governance import lending
from node.governance.ballots import ValidBallot, Voice
from node.governance.lending import Loan
from node.governance.mandates import Mandate, newest, outside
from node.governance.proposals import Proposal, Roll
from node.ids import RecordId

Seat = tuple[bytes, int]

# Why the ballots of a void seat that contradict each other do not count.
IN_ITS_PLACE: Final = "another one stands in its place"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One ballot a seat, and what became of the others.

    Attributes:
        counted: sorted by seat.
        loans: seats whose vote is lent, and whose choice counts for them, sorted by seat.
        void: seats whose voice spoke twice in one place: present, and counted for nothing.
        set_aside: ballots that hold and do not count, each with the reason, sorted by id.
    """

    counted: tuple[ValidBallot, ...]
    loans: tuple[Loan, ...]
    void: tuple[Seat, ...]
    set_aside: tuple[tuple[RecordId, str], ...]


def choose(
    valid: Iterable[ValidBallot], mandates: Iterable[Mandate], proposal: Proposal, roll: Roll
) -> Chosen:
    """Return the one ballot that counts for each seat.

    Of a seat's ballots: those under its highest mandate that has any, unless a newer one that covers the
    question voids them; of these the delegate's own, where there is none those from its paper, and without
    these the substitute's; of these the highest number. Two different ballots in one place void the seat.
    """
    by_seat: dict[Seat, list[ValidBallot]] = {}
    for one in valid:
        by_seat.setdefault(one.seat, []).append(one)
    # Looked up once: a community may have published thousands of mandates.
    seats = {holder.community: holder.seats for holder in roll.holders}
    covering = [
        mandate
        for mandate in mandates
        if mandate.seat <= seats.get(mandate.community, 0) and not outside(mandate, proposal)
    ]
    revoked: dict[Seat, int] = {}
    for mandate in covering:
        if mandate.revokes_ballots:
            seat = (mandate.community, mandate.seat)
            revoked[seat] = max(mandate.seq, revoked.get(seat, 0))
    counted: list[ValidBallot] = []
    void: list[Seat] = []
    aside: dict[RecordId, str] = {}
    for seat in sorted(by_seat):
        heard = _heard(by_seat[seat], revoked.get(seat, 0), aside)
        if not heard:
            continue
        if _equivocates(heard):
            void.append(seat)
            aside.update((one.id, IN_ITS_PLACE) for one in heard)
            continue
        last = min(heard, key=lambda one: (-one.ballot.seq, one.id))
        counted.append(last)
        aside.update(
            (one.id, _SAME if one.ballot.seq == last.ballot.seq else "a later ballot replaced it")
            for one in heard
            if one is not last
        )
    loans = _loans(counted, void, covering) if proposal.casting.lending else []
    return Chosen(tuple(counted), tuple(loans), tuple(void), tuple(sorted(aside.items())))


def _loans(counted: Sequence[ValidBallot], void: Sequence[Seat], covering: Sequence[Mandate]) -> list[Loan]:
    """Return what the votes that are lent come to: by ballots, and by the mandates of seats without one."""
    spoken = {one.seat for one in counted} | set(void)
    standing = {
        seat: mandate.lends.place
        for seat, mandate in newest(covering).items()
        if mandate.lends is not None and seat not in spoken
    }
    followed = {one.seat: one.ballot.follows.place for one in counted if one.ballot.follows is not None}
    chosen = {one.seat: one.id for one in counted if one.ballot.follows is None}
    return lending.resolve(chosen, followed, standing)


def _heard(cast: Sequence[ValidBallot], revoked: int, aside: dict[RecordId, str]) -> list[ValidBallot]:
    """Return a seat's ballots of the one voice that is heard; note of the others why they are not."""
    barrier = max([revoked, *(one.mandate.seq for one in cast if one.mandate.revokes_ballots)])
    entitled = [one for one in cast if one.mandate.seq >= barrier]
    aside.update((one.id, "its mandate was recalled") for one in cast if one.mandate.seq < barrier)
    highest = max((one.mandate.seq for one in entitled), default=0)
    under = [one for one in entitled if one.mandate.seq == highest]
    aside.update(
        (one.id, "the seat voted under a newer mandate") for one in entitled if one.mandate.seq < highest
    )
    # Two mandates of one number contradict each other whoever speaks under them.
    if len({one.mandate_id for one in under}) > 1:
        return under
    voice = min((one.voice for one in under), default=Voice.DELEGATE)
    aside.update((one.id, _OVERRULED[voice]) for one in under if one.voice != voice)
    return [one for one in under if one.voice == voice]


_SAME: Final = "another one says the same"
# Why the other voices under a mandate are not heard, by the one that is.
_OVERRULED = {
    Voice.DELEGATE: "the delegate voted itself",
    Voice.PAPER: "the delegate voted on paper",
    Voice.SUBSTITUTE: "",
}


def _equivocates(cast: Sequence[ValidBallot]) -> bool:
    """Tell whether two different ballots stand at one place: not the first wins, nobody can know the first.

    The same place is one seq, or one predecessor, or two mandates with one number.
    """
    if len({one.mandate_id for one in cast}) > 1:
        return True
    said = {words(one) for one in cast}
    sequences = [seq for seq, *_ in said]
    predecessors = [prev for _, prev, *_ in said if prev is not None]
    return len(set(sequences)) < len(sequences) or len(set(predecessors)) < len(predecessors)


def words(cast: ValidBallot) -> tuple[object, ...]:
    """Return what a ballot says, its place first; not who signed it, and who read it from paper.

    One steward could else void a delegate's paper by signing twice what it says, and so could two who each
    read it first and then signed what the other had read.
    """
    one = cast.ballot
    return (one.seq, one.prev, one.choice, one.split, one.follows, one.reason)
