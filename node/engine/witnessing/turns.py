"""One question as this node attends to it as a witness, and one look at it after its voting ended."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from node.clock import MS_PER_SECOND, Timestamp
from node.engine.deciding.judging import Kept
from node.engine.deciding.questions import Question
from node.engine.witnessing.rounds import round_milliseconds
from node.engine.witnessing.spreading import Spread
from node.governance.closing import cut as cuts
from node.governance.closing import lottery
from node.governance.closing.listing import FORKED_RECEIPTS_MAX
from node.governance.closing.statements import CutValue, Seal
from node.governance.papers import Cast, Counted, Papers
from node.ids import RecordId


@dataclass(slots=True)
class Open:
    """A proposal that this node witnesses.

    Attributes:
        due: when to look at it again.
        seen_late: it came so long after voting began that this node gives no receipts (sightings.py).
        round_began: when time began to pass in the round this node is in (`witness.lasts`).
        lot_in_time: the lot that orders ties was drawn before voting ended.
        kept: what was read of its papers.
        counts: what sets of seals gave, by the lot that ordered ties.
        spread: what was looked at when others' papers were last carried on.
    """

    question: Question
    due: Timestamp
    seen_late: bool
    round_number: int = 0
    round_began: Timestamp | None = None
    lot_in_time: bool = False
    kept: Kept = field(default_factory=Kept)
    counts: dict[tuple[bytes | None, ...], Counted] = field(default_factory=dict)
    spread: Spread = field(default_factory=Spread)
    ended: bool = False

    def may_seal(self, held: Papers, me: bytes) -> bool:
        """Tell whether the lot was drawn before voting ended; without that there are no receipts and no seal.

        Else whoever keeps a secret back could wait for the ballots. Receipts given say that it was.
        """
        return (
            self.lot_in_time
            or not lottery.is_needed(held.proposal.method, len(held.roll.witnesses))
            or any(one.receipt.witness == me for one in held.receipts.values())
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """One look at a proposal after its voting ended.

    Attributes:
        forked: the witnesses whose feed has branches, so that others may not hold what is held here.
    """

    each: Open
    held: Papers
    cast: Cast
    me: bytes
    clock: int
    taken_back: bool
    forked: tuple[bytes, ...]

    def proposed(self) -> CutValue | None:
        """Return what this node would ask for, None while it still waits for seals."""
        windows = self.held.proposal.windows
        if self.taken_back and not self.held.is_sealed(self.me):
            return cuts.withdrawn(self.held.proposal.id)  # Only before the first seal.
        if self.clock >= windows.given_up_from:
            return cuts.failure(self.held.proposal.id)
        usable = [one for one in self.held.usable_seals() if not self._names_too_much(one.seal)]
        quorum = self.held.quorum
        waiting = self.clock < windows.seals_from + windows.patience
        if len(usable) < (quorum.witnesses if waiting else quorum.needed):
            return None
        found = self._counted(tuple(one.id for one in usable))
        return found.value if found is not None else None

    def confirms(self, value: CutValue) -> bool:
        """Tell whether this node computes the same value from what it holds (R9)."""
        if value == cuts.withdrawn(self.held.proposal.id):
            # Whether it came before the first seal was asked of those who proposed it: a quorum of them did.
            return self.taken_back
        if value.failed:
            given_up = self.clock >= self.held.proposal.windows.given_up_from
            return given_up and value == cuts.failure(self.held.proposal.id)
        found = self._counted(value.seals)
        return found is not None and found.value == value

    def next_times(self) -> list[Timestamp]:
        """Return when something changes by time alone."""
        windows = self.held.proposal.windows
        ends = [windows.seals_from, windows.seals_from + windows.patience, windows.given_up_from]
        times = [Timestamp(one * MS_PER_SECOND) for one in ends if one > self.clock]
        return times if self.each.round_began is None else [*times, round_ends(self.each)]

    def _names_too_much(self, seal: Seal) -> bool:
        """Tell whether too much would have to be carried for a seal that may not reach all itself."""
        receipts = [self.held.receipts[RecordId(one)].receipt for one in seal.receipts]
        apart = sum(one.witness in self.forked for one in receipts)
        return seal.witness in self.forked and apart > FORKED_RECEIPTS_MAX

    def _counted(self, seals: tuple[bytes, ...]) -> Counted | None:
        """Return what a set of seals gives; counted once, and None while something of it is not held."""
        named = (self.held.lot_seed, *seals)
        found = self.each.counts.get(named) or self.held.count(seals, self.cast)
        if found is not None:
            self.each.counts[named] = found
        return found


def round_ends(each: Open) -> Timestamp:
    """Return when a round that has begun has lasted long enough."""
    assert each.round_began is not None
    return Timestamp(each.round_began + round_milliseconds(each.round_number))


def voted_by(held: Papers, me: bytes) -> Iterator[bytes]:
    """Yield the ids of what others need to judge the words of a witness: votes, seals, and receipts last."""
    for vote in held.agreement.of_witness(me):
        yield from vote.lock.votes if vote.lock is not None else ()
    seals = _gone_by(held, me)
    yield from seals
    for seal in seals.values():
        yield from seal.receipts


def listed_by(held: Papers, me: bytes) -> Iterator[bytes]:
    """Yield what the seals list that a witness goes by: those that it voted for, and its own."""
    for seal in _gone_by(held, me).values():
        yield from seal.listed


def _gone_by(held: Papers, me: bytes) -> dict[bytes, Seal]:
    """Return the seals that a witness goes by, its own first, as far as they are held."""
    seals = {bytes(one.id): one.seal for one in held.seals}
    named = [one for one, seal in seals.items() if seal.witness == me]
    for vote in held.agreement.of_witness(me):
        named += vote.value.seals if vote.value is not None else ()
    return {one: seals[one] for one in named if one in seals}
