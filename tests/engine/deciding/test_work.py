"""What a member publishes with nothing behind it costs its neighbours work in proportion to it alone.

Work is counted in rows that were read from the store and in payloads that were decoded, never in time.
"""

from collections.abc import Callable

import pytest

from node.engine.deciding import rolls
from node.engine.ports import Carrier, RecordRow, RecordStore
from node.feeds.entry import FeedKey
from node.governance.closing.statements import CutValue, CutVote
from node.governance.closing.subjects import ROLL, Place
from node.governance.proposals import Proposal
from node.ids import PayloadId, RecordId
from node.records import statement
from node.records.record import Record
from tests.engine.deciding.test_closing import federated, pass_time, put, start_again
from tests.engine.deciding.test_closing_attacks import scope_of, stated
from tests.engine.deciding.test_rolls import rolls as rolls_of
from tests.engine.harness import Node
from tests.verifier.drawn import slip

# A node looks after each batch; the batches are small, so that what is held outweighs what is new.
BATCHES, BATCH = 8, 10


class CountedRecords:
    """An index of records that counts the rows it hands out."""

    def __init__(self, records: RecordStore) -> None:
        self._records = records
        self.rows = 0

    def add(self, row: RecordRow, carrier: Carrier) -> bool:
        """Index a record."""
        return self._records.add(row, carrier)

    def get(self, record_id: RecordId) -> RecordRow | None:
        """Return a record by its id."""
        return self._records.get(record_id)

    def of_kind(self, scope: str, kind: str) -> list[RecordRow]:
        """Return the records of a kind in a scope."""
        return self._counted(self._records.of_kind(scope, kind))

    def about(self, scope: str, kind: str, about: bytes) -> list[RecordRow]:
        """Return the records of a kind that are about this id."""
        return self._counted(self._records.about(scope, kind, about))

    def with_payload(self, payload_id: PayloadId) -> list[RecordRow]:
        """Return the records that state this payload."""
        return self._counted(self._records.with_payload(payload_id))

    def carriers(self, scope: str, record_id: RecordId) -> frozenset[FeedKey]:
        """Return the feeds that carry a record."""
        return self._records.carriers(scope, record_id)

    def drop_carried(self, feed: FeedKey, *, after_seq: int) -> list[RecordRow]:
        """Forget the carriers of a feed beyond a seq."""
        return self._records.drop_carried(feed, after_seq=after_seq)

    def clear(self) -> None:
        """Empty this cache."""
        self._records.clear()

    def _counted(self, rows: list[RecordRow]) -> list[RecordRow]:
        self.rows += len(rows)
        return rows


def counted(node: Node) -> CountedRecords:
    """Let a node count what it reads from its store from now on."""
    records = CountedRecords(node.store.records)
    node.store.records = records  # type: ignore[assignment]  # It is one in all that a node asks of it.
    return records


def decodings() -> int:
    """Return how many payloads were decoded so far, rolls among them."""
    return statement._decoded.cache_info().misses + rolls._decoded.cache_info().misses


def empty_votes(liar: Node, number: int) -> Record:
    """Return a vote on the next roll for a roll that nobody knows."""
    last = rolls_of(liar)[-1]
    name = number.to_bytes(32, "big")
    vote = CutVote(
        instance=Place(last.federation, ROLL, last.version + 1).instance,
        witness=liar.community,
        step="pre",
        round=number,
        value=CutValue(proposal=name, seals=(), cut=name, result=name),
        lock=None,
    )
    return vote.sign(liar.device)


def empty_rolls(liar: Node, number: int) -> Record:
    """Return a roll that follows the last one and from nothing else."""
    last = rolls_of(liar)[-1]
    following = {"version": last.version + 1, "previous": last.payload_id, "house": last.house + number + 1}
    return last.model_copy(update=following).sign(liar.device)


def empty_questions(liar: Node, number: int) -> Record:
    """Return a question in another's name, which nobody entitled put."""
    like = stated(liar, Proposal)
    assert isinstance(like, Proposal)
    return like.model_copy(update={"title": f"Nobody asks this {number}"}).sign(liar.device)


@pytest.mark.parametrize("empty", [empty_votes, empty_rolls, empty_questions])
def test_attack_a_member_that_publishes_without_end_and_with_nothing_behind_it(
    empty: Callable[[Node, int], Record],
) -> None:
    """Each further record costs a neighbour some rows and one decoding, however many came before it."""
    nodes = federated(["ann", "bob", "carl"])
    put(nodes[0])
    pass_time(nodes[0], 500)
    seen = counted(nodes[0])
    start_again(nodes)
    pass_time(nodes[0], 500)
    work: list[tuple[int, int]] = []
    for batch in range(BATCHES):
        rows, decoded = seen.rows, decodings()
        slip(nodes[1], scope_of(nodes[1]), [empty(nodes[1], batch * BATCH + one) for one in range(BATCH)])
        pass_time(nodes[0], 500, steps=1)
        work.append((seen.rows - rows, decodings() - decoded))
    assert max(rows for rows, _ in work) <= 2 * BATCH, work
    # All nodes of this test share what is remembered of payloads: each is decoded once.
    assert max(decoded for _, decoded in work) <= 2 * BATCH, work
