"""What nodes acknowledged while the weather was bad, and so may never lose."""

from dataclasses import dataclass, field

from node.feeds.entry import FeedKey, Head


@dataclass(slots=True)
class Promises:
    """What nodes acknowledged, and so may never lose.

    Attributes:
        notes: acknowledged notes by their key.
        removed: keys of notes that somebody asked to take off, acknowledged or not.
        offers: acknowledged offers by id, with their community's index.
        withdrawn: ids of offers that somebody asked to withdraw.
        proposals: acknowledged proposals with how many options their paper has.
        agreeable: those of them to which nearly everybody says yes.
        votes: by proposal, community and seat the highest acknowledged (mandate seq, ballot seq).
        ballots: acknowledged ballots by id, with their place in `votes`.
        revoked: communities that asked to void the ballots of a former holder, acknowledged or not.
        approvals: how many times a community approved the newcomer, acknowledged or not.
        admitting: whether somebody asked to admit the newcomer by a decision, acknowledged or not.
        later: where what a later version said ends, acknowledged.
    """

    notes: dict[str, str] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    offers: dict[str, int] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    proposals: dict[str, int] = field(default_factory=dict)
    agreeable: set[str] = field(default_factory=set)
    votes: dict[tuple[str, bytes, int], tuple[int, int]] = field(default_factory=dict)
    ballots: dict[str, tuple[tuple[str, bytes, int], tuple[int, int]]] = field(default_factory=dict)
    revoked: set[bytes] = field(default_factory=set)
    approvals: int = 0
    admitting: bool = False
    later: list[tuple[FeedKey, Head]] = field(default_factory=list)
