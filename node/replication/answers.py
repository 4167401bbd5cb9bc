"""Answers: what a peer asked for, sent in parts, so that it reads the first while the next is looked up."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from node.feeds import stretch
from node.feeds.entry import Entry, FeedKey, Head
from node.limits import STRETCH_ENTRIES_MAX, WANT_ANSWER_BYTES_MAX
from node.replication.beginning import Beginning
from node.replication.messages import Answered, Entries, Wanted
from node.replication.outcomes import Outcome, Say
from node.replication.shelf import Shelf

# How many entries one answer to a want may hold, whatever their size.
ANSWER_ENTRIES_MAX: Final = 16 * STRETCH_ENTRIES_MAX
# How many are said at once: some 20 ms of work, and at the receiver several times that.
PART_ENTRIES: Final = 4 * STRETCH_ENTRIES_MAX
# How many at first: whoever asked has nothing to do until they come, and then more than we need for the next.
FIRST_ENTRIES: Final = STRETCH_ENTRIES_MAX


@dataclass(slots=True)
class _Answer:
    """An answer under way: the branch, behind which points it goes on, and what it may still hold."""

    scope: str
    branch: Wanted
    known: Sequence[Head]
    bytes_left: int
    entries_left: int = ANSWER_ENTRIES_MAX
    begun: bool = False

    @property
    def feed(self) -> FeedKey:
        return FeedKey(self.branch.device, self.scope)


class Answers:
    """Answer one peer, branch after branch."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._under_way: deque[_Answer] = deque()

    @property
    def under_way(self) -> bool:
        """Tell whether `go_on` has something to say."""
        return bool(self._under_way)

    def begin(self, scope: str, wanted: Sequence[Wanted]) -> list[Outcome]:
        """Answer what a message asks for, as far as one part goes.

        Together its branches stay within the bound of an answer, but each goes on by one signature at least.
        """
        outcomes: list[Outcome] = []
        while self._under_way:  # Who asks for more without waiting is not remembered at length.
            outcomes += self.go_on()
        share = WANT_ANSWER_BYTES_MAX // len(wanted) if wanted else 0
        self._under_way += [_Answer(scope, one, one.known, share) for one in dict.fromkeys(wanted)]
        return outcomes + self.go_on(FIRST_ENTRIES)

    def go_on(self, entries_max: int = PART_ENTRIES) -> list[Outcome]:
        """Say the next part."""
        outcomes: list[Outcome] = []
        said = 0
        while self._under_way and said < entries_max:
            answer = self._under_way[0]
            first = not answer.begun
            entries = self._next(answer, entries_max - said)
            said += len(entries)
            if first and entries:
                outcomes += self._beginning(answer)
            outcomes += [Say(Entries(part)) for part in stretch.split(entries)]
            if not entries or entries[-1].id == answer.branch.head or not answer.entries_left:
                outcomes.append(Say(Answered(answer.scope, answer.branch.device, answer.branch.head)))
                self._under_way.popleft()
        return outcomes

    def _beginning(self, answer: _Answer) -> list[Outcome]:
        """Say from which place an answer goes that leaves out what counts no more."""
        start = self._shelf.beginning(answer.feed, answer.branch.head, answer.branch.known)
        return [Say(Beginning(start))] if start is not None else []

    def _next(self, answer: _Answer, entries_max: int) -> list[Entry]:
        """Return what an answer goes on with; nothing when it is over, or the branch is not shared."""
        # design.md §4: a scope is checked before sending, every time, whatever was said before.
        if answer.scope not in self._shelf.shared_scopes():
            return []
        entries = self._shelf.branch(
            answer.feed,
            answer.branch.head,
            answer.known,
            entries_max=min(entries_max, answer.entries_left),
            bytes_max=answer.bytes_left,
        )
        size = sum(len(one.body) for one in entries if one.body is not None)
        if not entries or (answer.begun and size > answer.bytes_left):
            return []
        answer.begun, answer.known = True, (Head(entries[-1].seq, entries[-1].id),)
        answer.bytes_left -= size
        answer.entries_left = max(0, answer.entries_left - len(entries))
        return entries
