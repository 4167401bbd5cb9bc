"""The branches of all feeds, kept in memory beside their table: where each begins, where it ends.

There are few of them (one a feed, unless a device was cloned), they are asked for at every comparison with a
neighbour, and one writer owns the file; so they are read once and then follow every write. After a rollback
they are read again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, insert, select, update

from node.feeds.entry import FeedKey, Head
from node.ids import EntryId
from node.keys import PublicKey
from node.storage import tables
from node.storage.database import Database

_columns = tables.branches.c
_ALL = select(
    _columns.branch,
    _columns.device,
    _columns.scope,
    _columns.parent,
    _columns.after_seq,
    _columns.end_seq,
    _columns.end_id,
)
_BEGIN = insert(tables.branches)
_JOIN = update(tables.branches).where(_columns.branch == bindparam("number")).values(parent=bindparam("to"))
_MOVE = (
    update(tables.branches)
    .where(_columns.branch == bindparam("number"))
    .values(end_seq=bindparam("seq"), end_id=bindparam("id"))
)


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of a feed.

    Attributes:
        parent: the branch it leaves, None where it begins at seq 1 or what lies before it is not held.
        after_seq: the seq of the last entry it shares with its parent; its own entries come after.
    """

    number: int
    feed: FeedKey
    parent: int | None
    after_seq: int
    end: Head


@dataclass(frozen=True, slots=True)
class Segment:
    """The part of one branch that lies on a path, first and last seq included."""

    branch: int
    first: int
    last: int


class Branches:
    """Answer from memory which branches there are; the database has where they end after `flush`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_number: dict[int, Branch] = {}
        self._by_scope: dict[str, dict[PublicKey, list[int]]] = {}
        self._loaded = False
        # Branches that have grown since the last flush: one statement a commit, however much came.
        self._grown: set[int] = set()

    def forget(self) -> None:
        """Drop what is in memory, because a rollback may have changed the table."""
        self._loaded = False
        self._grown.clear()

    def flush(self) -> None:
        """Write where the branches end that have grown."""
        if self._grown:
            ends = [(number, self._by_number[number].end) for number in sorted(self._grown)]
            rows = [{"number": number, "seq": end.seq, "id": end.id} for number, end in ends]
            self._database.change_all(_MOVE, rows)
            self._grown.clear()

    def scopes(self) -> list[str]:
        """Return the scopes that have a branch, sorted."""
        self._load()
        return sorted(self._by_scope)

    def in_scope(self, scope: str) -> Iterator[tuple[FeedKey, list[Head]]]:
        """Yield the feeds of a scope, sorted by device, each with its ends sorted by seq and id."""
        self._load()
        devices = self._by_scope.get(scope, {})
        for device in sorted(devices):
            branches = [self._by_number[number] for number in devices[device]]
            yield branches[0].feed, _ends(branches)

    def of(self, feed: FeedKey) -> list[Branch]:
        """Return the branches of a feed in the order in which they began."""
        self._load()
        numbers = self._by_scope.get(feed.scope, {}).get(feed.device, [])
        return [self._by_number[number] for number in numbers]

    def ends(self, feed: FeedKey) -> list[Head]:
        """Return the ends of a feed, sorted by seq and id."""
        return _ends(self.of(feed))

    def feed_of(self, number: int) -> FeedKey:
        """Return the feed that a branch belongs to."""
        self._load()
        return self._by_number[number].feed

    def segments(self, number: int, last: int) -> list[Segment]:
        """Return the parts of the branches on the path to `last` on this branch, in order.

        From seq 1 on, or from where the first of them begins.
        """
        self._load()
        found: list[Segment] = []
        branch = self._by_number[number]
        while True:
            found.append(Segment(branch.number, branch.after_seq + 1, last))
            if branch.parent is None:
                return found[::-1]
            last = branch.after_seq
            branch = self._by_number[branch.parent]

    def extend(
        self, feed: FeedKey, *, parent: int | None, first: Head, prev: EntryId | None, end: Head
    ) -> int:
        """Lead a branch on to `end`, or begin one where `first` does not follow its parent's end.

        Returns:
            The branch to which the entries from `first` to `end` belong.
        """
        self._load()
        if parent is not None:
            before = self._by_number[parent]
            if before.end.seq == first.seq - 1:
                assert before.end.id == prev, "the parent does not hold the entry before"
                self._by_number[parent] = Branch(parent, feed, before.parent, before.after_seq, end)
                self._grown.add(parent)
                return parent
        branch = Branch(max(self._by_number, default=0) + 1, feed, parent, first.seq - 1, end)
        row = {
            "branch": branch.number,
            "device": feed.device,
            "scope": feed.scope,
            "parent": parent,
            "after_seq": branch.after_seq,
            "end_seq": end.seq,
            "end_id": end.id,
        }
        self._database.run(_BEGIN, row)
        self._note(branch)
        return branch.number

    def join(self, number: int, parent: int) -> None:
        """Note that what lies before a branch is held by now, on another."""
        assert self._by_number[number].parent is None
        self._by_number[number] = replace(self._by_number[number], parent=parent)
        self._database.run(_JOIN, {"number": number, "to": parent})

    def _load(self) -> None:
        if self._loaded:
            return
        self._by_number, self._by_scope = {}, {}
        for number, device, scope, parent, after_seq, end_seq, end_id in self._database.rows(_ALL):
            feed = FeedKey(PublicKey(device), scope)
            self._note(Branch(number, feed, parent, after_seq, Head(end_seq, EntryId(end_id))))
        self._loaded = True

    def _note(self, branch: Branch) -> None:
        self._by_number[branch.number] = branch
        devices = self._by_scope.setdefault(branch.feed.scope, {})
        devices.setdefault(branch.feed.device, []).append(branch.number)


def _ends(branches: list[Branch]) -> list[Head]:
    if len(branches) == 1:
        return [branches[0].end]
    # What a branch was joined to may end where that one begins.
    left = {(branch.parent, branch.after_seq) for branch in branches}
    ends = (branch.end for branch in branches if (branch.number, branch.end.seq) not in left)
    return sorted(ends, key=lambda head: (head.seq, head.id))
