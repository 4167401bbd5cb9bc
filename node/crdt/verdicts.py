"""Verdicts: what the gate says about one change, as a closed union."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from node.crdt.changes import ChangeHash
from node.crdt.operations import Actor


class Admitted(NamedTuple):
    """The change of this actor counts, with so many operations. A tuple: nearly all changes get it."""

    hash: ChangeHash
    actor: Actor
    operations: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """The change may come to count once these dependencies are judged."""

    hash: ChangeHash
    missing: frozenset[ChangeHash]


@dataclass(frozen=True, slots=True)
class Rejected:
    """The change counts for nothing, for good.

    Attributes:
        reason: what was expected and what was found.
        hash: the change that is refused whoever carries it, and with it all that builds on it. None when only
            these bytes or this carrier are at fault: another entry may still bring the same change rightly.
            Were it not so, anybody could spoil a neighbour's change by carrying a copy of it first.
        rival: the admitted change of the same actor and sequence number, when that is the reason. Which of
            them counts depends on entry ids, and those are known one layer up: see `gate.replay`.
    """

    reason: str
    hash: ChangeHash | None = None
    rival: ChangeHash | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The change was admitted before."""

    hash: ChangeHash


Verdict: TypeAlias = Admitted | Waiting | Rejected | Duplicate
