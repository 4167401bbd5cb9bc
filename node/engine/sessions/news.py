"""What a node will tell one peer of others' entries: gathered while a batch is handled, told at its end.

During a close each witness hears of hundreds of entries from ten neighbours at once. Told one by one, nine
messages of ten were claims, and reading them was more than half of all work. Gathering until the batch ends
costs no time: what is said leaves with the batch's commit anyway.
"""

from collections.abc import Callable, Sequence

from node.feeds.entry import Entry, FeedKey
from node.ids import EntryId
from node.limits import HEADS_PER_MESSAGE_MAX
from node.replication.messages import ClaimedHead, Heads, Summary
from node.replication.outcomes import Outcome, Say
from node.replication.ranges.parts import Fingerprints, Ranges

# Messages that say what is held here as a whole: before them goes what is new.
COMPARING = (Fingerprints, Ranges, Summary)


class News:
    """The claims gathered for one peer, the oldest first."""

    def __init__(self) -> None:
        self._claims: dict[FeedKey, dict[EntryId, ClaimedHead]] = {}

    def gather(self, entries: Sequence[Entry], said: Sequence[Outcome]) -> list[Outcome]:
        """Gather the claims of what shall be said about consecutive entries, and return the rest of it.

        The end that these go on from need not be said any more.
        """
        rest: list[Outcome] = []
        for one in said:
            if isinstance(one, Say) and isinstance(one.message, Heads):
                claims = self._claims.setdefault(entries[-1].feed, {})
                if entries[0].prev is not None:
                    claims.pop(entries[0].prev, None)
                claims.update((claim.head.id, claim) for claim in one.message.heads)
            else:
                rest.append(one)
        return rest

    def take(self, admits: Callable[[FeedKey], bool]) -> list[Heads]:
        """Return the messages that say all of feeds that may still be shown, and begin anew."""
        if not self._claims:
            return []
        by_scope: dict[str, list[ClaimedHead]] = {}
        for feed, claims in self._claims.items():
            if admits(feed):
                by_scope.setdefault(feed.scope, []).extend(claims.values())
        self._claims = {}
        step = HEADS_PER_MESSAGE_MAX
        return [
            Heads(scope, tuple(claims[first : first + step]), ())
            for scope, claims in by_scope.items()
            for first in range(0, len(claims), step)
        ]
