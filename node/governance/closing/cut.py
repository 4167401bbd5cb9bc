"""The cut: from a set of seals to the ballots that count (closing protocol, R2).

A pure function of the seals it names and the receipts those name: whoever holds them computes the same cut,
in any order, whatever else they hold.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from node import canonical
from node.governance.closing import merkle
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutValue, Receipt, Seal
from node.ids import RecordId


@dataclass(frozen=True, slots=True)
class Cut:
    """What a set of seals says about the ballots and mandates of one proposal.

    Attributes:
        seals: record ids of the seals, sorted.
        counted: ids that at least one honest witness had in time, sorted.
        contested: listed, but by too few to be sure; never counted, always reported. Sorted.
    """

    proposal: bytes
    seals: tuple[bytes, ...]
    counted: tuple[bytes, ...]
    contested: tuple[bytes, ...]

    @property
    def id(self) -> bytes:
        """Return the name of this cut, which covers all of it."""
        return canonical.digest(
            "hedgerow/cut/1", self.proposal, list(self.seals), list(self.counted), list(self.contested)
        )


@dataclass(frozen=True, slots=True)
class SealHeld:
    """A seal by a witness of the roll, with the id of its record."""

    id: RecordId
    seal: Seal


@dataclass(frozen=True, slots=True)
class ReceiptHeld:
    """A receipt by a witness of the roll, with the id of its record."""

    id: RecordId
    receipt: Receipt


# Each look of a witness asks it of every seal that it holds, of at most 31 witnesses a question.
@lru_cache(maxsize=64)
def well_formed(seal: Seal) -> bool:
    """Tell whether a seal's root is that of its list: a voter's short proof must lead somewhere."""
    return _root(seal.listed) == seal.root


# Witnesses mostly list the same: of their seals the tree is made once.
@lru_cache(maxsize=8)
def _root(listed: tuple[bytes, ...]) -> bytes:
    return merkle.root(listed)


def complete(held: SealHeld, receipts: Mapping[RecordId, ReceiptHeld]) -> bool:
    """Tell whether a seal can be judged: all receipts it names are held and are of its proposal."""
    return all(
        RecordId(one) in receipts and receipts[RecordId(one)].receipt.proposal == held.seal.proposal
        for one in held.seal.receipts
    )


def usable(
    seals: Iterable[SealHeld], receipts: Mapping[RecordId, ReceiptHeld], proposal: bytes
) -> list[SealHeld]:
    """Return the seals a witness puts into its own proposal for a cut, sorted by id.

    Two different seals of one witness make it as good as silent: nobody can know which it told to whom.
    """
    by_witness: dict[bytes, list[SealHeld]] = {}
    for held in seals:
        if held.seal.proposal == proposal:
            by_witness.setdefault(held.seal.witness, []).append(held)
    single = [each[0] for each in by_witness.values() if len({one.id for one in each}) == 1]
    return sorted(
        (one for one in single if well_formed(one.seal) and complete(one, receipts)), key=lambda one: one.id
    )


def equivocating(seals: Iterable[SealHeld]) -> list[tuple[SealHeld, SealHeld]]:
    """Return two different seals of each witness that signed more than one for a proposal: the proof."""
    first: dict[tuple[bytes, bytes], SealHeld] = {}
    proofs: dict[tuple[bytes, bytes], tuple[SealHeld, SealHeld]] = {}
    for held in sorted(seals, key=lambda one: one.id):
        key = (held.seal.proposal, held.seal.witness)
        if key in first and first[key].id != held.id:
            proofs.setdefault(key, (first[key], held))
        first.setdefault(key, held)
    return [proofs[key] for key in sorted(proofs)]


def cut(
    proposal: bytes, seals: Iterable[SealHeld], receipts: Mapping[RecordId, ReceiptHeld], quorum: Quorum
) -> Cut | None:
    """Return the cut that exactly these seals give; None where they cannot give one.

    They cannot when they are fewer than the quorum, when two are of one witness, when one is of another
    proposal or not well formed, or when a receipt they name is not held here (yet).
    """
    chosen = sorted({held.id: held for held in seals}.values(), key=lambda one: one.id)
    witnesses = {held.seal.witness for held in chosen}
    if len(chosen) < quorum.needed or len(witnesses) != len(chosen):
        return None
    if not all(
        held.seal.proposal == proposal and well_formed(held.seal) and complete(held, receipts)
        for held in chosen
    ):
        return None
    listing: dict[bytes, set[bytes]] = {}
    for held in chosen:
        for one in held.seal.listed:
            listing.setdefault(one, set()).add(held.seal.witness)
    named = {RecordId(one) for held in chosen for one in held.seal.receipts}
    receipted: dict[bytes, set[bytes]] = {}
    for receipt in (receipts[one].receipt for one in named):
        for one in receipt.listed:
            receipted.setdefault(one, set()).add(receipt.witness)
    enough = quorum.honest_among
    mentioned = sorted(listing.keys() | receipted.keys())
    counted = [
        one
        for one in mentioned
        if len(listing.get(one, ())) >= enough or len(receipted.get(one, ())) >= enough
    ]
    standing = set(counted)
    return Cut(
        proposal=proposal,
        seals=tuple(held.id for held in chosen),
        counted=tuple(counted),
        contested=tuple(one for one in mentioned if one not in standing),
    )


def value(found: Cut, result_id: bytes) -> CutValue:
    """Return what a witness votes for that found this cut and counted this result over it."""
    return CutValue(proposal=found.proposal, seals=found.seals, cut=found.id, result=result_id)


def failure(proposal: bytes) -> CutValue:
    """Return the value by which witnesses give a proposal up (R10)."""
    name = canonical.digest("hedgerow/failed/1", proposal)
    return CutValue(proposal=proposal, seals=(), cut=name, result=name)


def withdrawn(proposal: bytes) -> CutValue:
    """Return the value by which witnesses let a proposal be taken back: no seals, as nothing was counted."""
    name = canonical.digest("hedgerow/withdrawn/1", proposal)
    return CutValue(proposal=proposal, seals=(), cut=name, result=name)
