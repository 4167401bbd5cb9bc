"""What a session knows of one scope while it lasts."""

from dataclasses import dataclass, field

from node.clock import Timestamp
from node.feeds.checkpoints import Checkpoint
from node.feeds.entry import Head
from node.ids import EntryId
from node.keys import PublicKey
from node.replication.messages import ClaimedHead
from node.replication.ranges.answering import Budget


@dataclass(slots=True)
class Exchange:
    """What this session knows of one scope.

    Attributes:
        ours: the fingerprint we last named; it may be out of date by now.
        begun: theirs and ours when we last began to speak of ranges: once for each pair is enough.
        theirs: the fingerprint the peer last named; None while it shares nothing of this scope.
        equal_at: when both last named equal ones.
        differs_since: when they first differed after that, None while they are equal.
        owing: a comparison brought up something that is not here yet; say so when it is.
        owed: it was said already since the last regular comparison.
        paused: devices of which the peer was told that nothing more is taken here.
        left_out: devices of which the peer said so.
        missing: branch ends the peer claims and we lack.
        asked: those of them asked for, with the ends of our branches at that time.
        stalled: those of `missing` that an answer brought no nearer; tried once more with dense points, then
            left until they are claimed again.
        begins: by device, the checkpoint from whose place the peer answers.
    """

    ours: bytes | None = None
    theirs: bytes | None = None
    begun: tuple[bytes, bytes] | None = None
    opened: bool = False
    equal_at: Timestamp | None = None
    differs_since: Timestamp | None = None
    owing: bool = False
    owed: bool = False
    paused: tuple[PublicKey, ...] = ()
    left_out: frozenset[PublicKey] = frozenset()
    missing: dict[EntryId, ClaimedHead] = field(default_factory=dict)
    asked: dict[EntryId, tuple[Head, ...]] = field(default_factory=dict)
    stalled: set[EntryId] = field(default_factory=set)
    begins: dict[PublicKey, Checkpoint] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)

    def give_up(self, head: EntryId) -> None:
        """Note that a branch end is held by now, or cannot be had here for the time being."""
        del self.missing[head]
        self.stalled.discard(head)

    def awaits(self, device: PublicKey) -> bool:
        """Tell whether branches of a device have been asked for and not yet been answered."""
        return any(self.missing[head].device == device for head in self.asked if head in self.missing)
