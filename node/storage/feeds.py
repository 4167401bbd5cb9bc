"""Entries in a database.

What comes back from it is checked before anybody relies on it: every body against its hash, every path
against its chain, and in `walk`, which rebuilds everything from the entries, every id against its header.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, TypeVarTuple

from sqlalchemy import Row
from sqlalchemy.sql.selectable import TypedReturnsRows

from node.engine.ports import FeedHead
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import ID_BYTES, DocumentId, EntryId
from node.storage import entry_queries as queries
from node.storage import tables
from node.storage.branches import Branches, Segment
from node.storage.chains import assert_chain, damaged, portion, prove_id
from node.storage.database import Database
from node.storage.named import NamedBodies

# Ids in one question: SQLite takes 32,766 values, and a longer text of the statement costs more to prepare.
_ASKED_AT_ONCE = 500

_ARRIVAL_END = 2**63 - 1
# Entries kept in memory until the commit or the next question: what one statement writes.
_UNSAVED_MAX = 4_096

_Columns = TypeVarTuple("_Columns")


class SqlFeeds:
    """Keep the entries of all feeds and branches: the port's FeedStore."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._branches = Branches(database)
        self._arrival: int | None = None
        # Appended in this transaction and not yet sent to the database, with branch and arrival: many rows
        # go in one statement, and an own entry is signed before it is sent.
        self._unsaved: dict[EntryId, tuple[Entry, int, int]] = {}
        self._named = NamedBodies()

    def forget(self) -> None:
        """Drop what is kept in memory, after a rollback or when another process wrote."""
        self._branches.forget()
        self._arrival = None
        self._unsaved.clear()
        self._named.forget()

    def flush(self) -> None:
        """Send what was appended to the database, before it commits or is asked about entries."""
        if self._unsaved:
            self._database.fill(
                tables.entries, [queries.row_of(*unsaved) for unsaved in self._unsaved.values()]
            )
            self._unsaved.clear()
        self._branches.flush()

    def scopes(self) -> list[str]:
        """Return the scopes in which anything is held, sorted."""
        return self._branches.scopes()

    def heads(self, scope: str) -> list[FeedHead]:
        """Return every branch end in a scope, sorted by device, seq, id."""
        return [FeedHead(feed, end) for feed, ends in self._branches.in_scope(scope) for end in ends]

    def heads_of(self, feed: FeedKey) -> list[Head]:
        """Return the branch ends of one feed, sorted by seq, id; empty when nothing is held."""
        return self._branches.ends(feed)

    def holds(self, feed: FeedKey, head: Head) -> bool:
        """Tell whether this very entry is held."""
        return self._branch_with(feed, head) is not None

    def at(self, feed: FeedKey, seq: int) -> list[EntryId]:
        """Return the ids held at one place of a feed, sorted: several where branches run side by side."""
        found: list[EntryId] = []
        for branch in self._branches.of(feed):
            if branch.end.seq == seq:
                found.append(branch.end.id)
            elif branch.after_seq < seq < branch.end.seq:
                rows = self._plain(queries.ID_AT, {"branch": branch.number, "seq": seq})
                found.extend(EntryId(row[0]) for row in rows)
        return sorted(found)

    def append(self, entries: Sequence[Entry], *, begins: bool = False) -> list[Entry]:
        """Keep consecutive entries of one branch and return those that were not held before."""
        if not entries:
            return []
        assert_chain(entries)
        if len(entries) == 1 and self._is_unsaved(entries[0]):
            return []
        branch, held, filled = self._held(entries)
        fresh = list(entries[held:])
        self._named.came(filled)
        if not fresh:
            return filled
        self._named.came(fresh)
        feed, first, last = fresh[0].feed, fresh[0], fresh[-1]
        if held == 0 and first.prev is not None:
            branch = self._branch_with(feed, Head(first.seq - 1, first.prev))
            assert branch is not None or begins, "the entry before the first is not held"
        branch = self._branches.extend(
            feed,
            parent=branch,
            first=Head(first.seq, first.id),
            prev=first.prev,
            end=Head(last.seq, last.id),
        )
        before = self._last_arrival()
        for arrival, entry in enumerate(fresh, start=before + 1):
            self._unsaved[entry.id] = (entry, branch, arrival)
        self._arrival = before + len(fresh)
        self._join(feed, branch, fresh)
        if len(self._unsaved) > _UNSAVED_MAX:
            self.flush()
        return filled + fresh

    def drop_bodies(self, entries: Sequence[Entry]) -> None:
        """Forget the bodies of entries that are held; their headers stay."""
        gone = []
        for entry in entries:
            place = Head(entry.seq, entry.id)
            around = [b for b in self._branches.of(entry.feed) if b.after_seq < entry.seq <= b.end.seq]
            branch = around[0].number if len(around) == 1 else self._branch_with(entry.feed, place)
            assert branch is not None, "the entry is not held"
            gone.append({"at_branch": branch, "at_seq": entry.seq, "at_id": entry.id})
        if gone:
            self.flush()
            dropped = self._database.run(queries.DROP_BODY, gone).rowcount
            assert dropped == len(gone), "an entry is not held"
            self._named.went(entries)

    def path(
        self, feed: FeedKey, head: EntryId, *, after_seq: int, entries_max: int, bytes_max: int
    ) -> list[Entry]:
        """Return the entries behind `after_seq` on the branch that ends at `head`, in order."""
        segments = self._segments(feed, head)
        found = self._along(feed, segments, after_seq)
        return portion(found, entries_max=entries_max, bytes_max=bytes_max)

    def fork_point(self, feed: FeedKey, head: EntryId, known: Sequence[Head]) -> int:
        """Return the highest seq among `known` that lies on the branch ending at `head`, 0 for none."""
        segments = self._segments(feed, head)
        for candidate in sorted(known, key=lambda known_head: known_head.seq, reverse=True):
            for segment in segments:
                if segment.first <= candidate.seq <= segment.last and self._is_at(segment.branch, candidate):
                    return candidate.seq
            # It need not be held: the header behind it names it.
            if (
                segments
                and candidate.seq == segments[0].first - 1
                and self._begins_behind(segments[0], candidate)
            ):
                return candidate.seq
        return 0

    def of_document(self, document: DocumentId) -> list[Entry]:
        """Return the entries whose body names the document, in order of arrival."""
        return [self._entry(row) for row in self._rows(queries.OF_DOCUMENT, {"document": document})]

    def with_bodies(self, documents: Sequence[DocumentId]) -> dict[DocumentId, list[Entry]]:
        """Return the entries of each of these documents whose bodies are held, in order of arrival."""
        found: dict[DocumentId, list[Entry]] = {document: [] for document in documents}
        for start in range(0, len(documents), _ASKED_AT_ONCE):
            part = list(documents[start : start + _ASKED_AT_ONCE])
            for row in self._rows(queries.WITH_BODIES, {"documents": part}):
                entry = self._entry(row)
                assert entry.document is not None
                found[entry.document].append(entry)
        return found

    def naming(self, documents: Sequence[DocumentId]) -> dict[DocumentId, int]:
        """Return how many entries that name each of these documents are held with their bodies."""
        known = self._named.known(documents)
        asked = [document for document in documents if document not in known]
        found = dict.fromkeys(asked, 0)
        for start in range(0, len(asked), _ASKED_AT_ONCE):
            part = asked[start : start + _ASKED_AT_ONCE]
            for document, count in self._rows(queries.NAMING, {"documents": part}):
                assert document is not None
                found[DocumentId(document)] = count
        self._named.learn(found)
        return known | found

    def walk(self) -> Iterator[Entry]:
        """Yield every entry held, in order of arrival, each proved against its id."""
        arrival = 0
        while rows := self._rows(queries.WALK, {"arrival": arrival}):
            arrival = rows[-1].arrival
            for row in rows:
                entry = self._entry(row)
                prove_id(entry)
                yield entry

    def recent(self, *, limit: int, before: int | None = None) -> list[tuple[int, Entry]]:
        """Return the newest entries with their arrival numbers, newest first, for people to read."""
        assert limit >= 0
        values = {"before": _ARRIVAL_END if before is None else before, "rows": limit}
        return [(row.arrival, self._entry(row)) for row in self._rows(queries.RECENT, values)]

    def count(self) -> int:
        """Return the number of entries held."""
        return self._rows(queries.COUNT)[0][0]

    def _rows(
        self, query: TypedReturnsRows[*_Columns], values: Mapping[str, Any] | None = None
    ) -> Sequence[Row[*_Columns]]:
        self.flush()
        return self._database.rows(query, values)

    def _plain(
        self, query: TypedReturnsRows[*_Columns], values: Mapping[str, Any]
    ) -> Sequence[tuple[*_Columns]]:
        self.flush()
        return self._database.plain(query, values)

    def _last_arrival(self) -> int:
        """Return the highest arrival number; counted here, because PostgreSQL's own counting leaves gaps."""
        if self._arrival is None:
            self._arrival = self._rows(queries.LAST_ARRIVAL)[0][0] or 0
        return self._arrival

    def _is_unsaved(self, entry: Entry) -> bool:
        """Tell whether this node wrote the entry a moment ago; now it comes back with its signature."""
        held, branch, arrival = self._unsaved.get(entry.id, (None, 0, 0))
        if held is None or held.body is None:
            return False
        if held.signature is None:
            self._unsaved[entry.id] = (held.signed(entry.signature), branch, arrival)
        return True

    def _held(self, chain: Sequence[Entry]) -> tuple[int | None, int, list[Entry]]:
        """Return the branch of the last entry held, how many are, and those that had no body so far.

        What those lacked, body or signature, is kept.

        Whoever holds an entry holds all before it, so those held are the first of the chain.
        """
        held: dict[EntryId, tuple[int, bool, bool]] = {}
        first, last = chain[0].seq, chain[-1].seq
        for branch in self._branches.of(chain[0].feed):
            if branch.end.seq >= first and branch.after_seq < last:
                places = {"branch": branch.number, "first": first, "last": last}
                for _, entry_id, unsigned, bodyless in self._plain(queries.PLACES, places):
                    held[EntryId(entry_id)] = (branch.number, bool(unsigned), bool(bodyless))
        number: int | None = None
        count = 0
        signed: list[dict[str, object]] = []
        filled: list[Entry] = []
        bodies: list[dict[str, object]] = []
        for entry in chain:
            if entry.id not in held:
                break
            number, unsigned, bodyless = held[entry.id]
            count += 1
            if unsigned and entry.signature is not None:
                signed.append({"at_branch": number, "at_seq": entry.seq, "by_author": entry.signature})
            if bodyless and entry.body is not None:
                filled.append(entry)
                bodies.append({"at_branch": number, "at_seq": entry.seq, "written": entry.body})
        assert not any(entry.id in held for entry in chain[count:]), "an entry is held without the one before"
        if signed:
            self._database.change_all(queries.SIGN, signed)
        if bodies:
            self._database.change_all(queries.WRITE_BODY, bodies)
        return number, count, filled

    def _branch_with(self, feed: FeedKey, head: Head) -> int | None:
        """Return the branch that this entry itself belongs to, None when it is not held."""
        branches = [b for b in self._branches.of(feed) if b.after_seq < head.seq <= b.end.seq]
        for branch in branches:
            if branch.end == head:
                return branch.number
        for branch in branches:
            if branch.end.seq > head.seq and self._is_at(branch.number, head):
                return branch.number
        return None

    def _join(self, feed: FeedKey, branch: int, fresh: Sequence[Entry]) -> None:
        """Let branches go on from these entries that began behind one of them before it was held."""
        for other in self._branches.of(feed):
            at = other.after_seq - fresh[0].seq
            if other.parent is None and other.number != branch and 0 <= at < len(fresh):
                segment = Segment(other.number, other.after_seq + 1, other.end.seq)
                if self._begins_behind(segment, Head(other.after_seq, fresh[at].id)):
                    self._branches.join(other.number, branch)

    def _begins_behind(self, segment: Segment, head: Head) -> bool:
        rows = self._plain(queries.PREV_AT, {"branch": segment.branch, "seq": segment.first})
        return any(row[0] == head.id for row in rows)

    def _is_at(self, branch: int, head: Head) -> bool:
        rows = self._plain(queries.ID_AT, {"branch": branch, "seq": head.seq})
        return any(row[0] == head.id for row in rows)

    def _segments(self, feed: FeedKey, head: EntryId) -> list[Segment]:
        """Return the parts of the path that ends at `head`; none when it is not held.

        Nearly always the head is an end, or was one a moment ago; hence the search from the newest on.
        """
        branches = self._branches.of(feed)
        for branch in branches:
            if branch.end.id == head:
                return self._branches.segments(branch.number, branch.end.seq)
        for branch in branches:
            for row in self._plain(queries.SEQ_OF, {"branch": branch.number, "id": head}):
                return self._branches.segments(branch.number, row[0])
        return []

    def _along(self, feed: FeedKey, segments: Sequence[Segment], after_seq: int) -> Iterator[Entry]:
        """Yield the entries behind `after_seq`, a few rows at a time, each checked against the one before."""
        before: Entry | None = None
        for segment in segments:
            first = max(segment.first, after_seq + 1)
            while first <= segment.last:
                place = {"branch": segment.branch, "first": first, "last": segment.last}
                rows = self._plain(queries.SEGMENT, place)
                if not rows:
                    raise damaged(f"entry {first} of a feed in {feed.scope} is missing")
                for row in rows:
                    entry = self._entry(row)
                    if before is not None and (entry.prev != before.id or entry.seq != before.seq + 1):
                        raise damaged(f"entry {entry.seq} of a feed in {feed.scope} does not follow")
                    before = entry
                    yield entry
                first += len(rows)

    def _entry(self, row: queries.EntryRow) -> Entry:
        _, branch, seq, entry_id, prev, body_hash, body_bytes, hours, document, body, signature = row
        feed = self._branches.feed_of(branch)
        if body is not None and sha256(body).digest() != body_hash:
            raise damaged(f"the body of entry {seq} of a feed in {feed.scope} is not the one that was kept")
        if len(entry_id) != ID_BYTES:
            raise damaged(f"the id of entry {seq} of a feed in {feed.scope} is cut short")
        return Entry(
            feed=feed,
            seq=seq,
            prev=EntryId(prev) if prev is not None else None,
            body_hash=body_hash,
            body_bytes=body_bytes,
            hours=hours,
            id=EntryId(entry_id),
            body=body,
            signature=signature,
            document=DocumentId(document) if document is not None else None,
        )
