"""What a member publishes with nothing behind it costs its neighbours work in proportion to it alone.

Work is counted in rows that were read from the store, in payloads that were decoded, and in calls, never in
time.
"""

import sys
from collections.abc import Callable

import pytest

from node import ids
from node.engine import commands
from node.engine.commands.effects import NewEffect
from node.engine.deciding import enacting
from node.engine.deciding.acting import Told
from node.engine.inputs import Input
from node.engine.ports import Carrier, RecordRow, RecordStore
from node.engine.rolls import rolls
from node.feeds.entry import FeedKey
from node.governance.closing import lottery
from node.governance.closing.statements import CutValue, CutVote, LotCommit
from node.governance.closing.subjects import ROLL, Place
from node.governance.proposals import Proposal
from node.ids import PayloadId, RecordId
from node.records import statement
from node.records.record import Record
from node.replication.messages import Charters
from tests import builders
from tests.engine.deciding.test_closing import federated, pass_time, put, start_again
from tests.engine.deciding.test_closing_attacks import scope_of, stated
from tests.engine.deciding.test_effects import AT_ONCE, effects, named
from tests.engine.deciding.test_reviews import decided
from tests.engine.harness import Node, peer_of
from tests.engine.rolls.test_rolls import rolls as rolls_of
from tests.engine.witnessing.test_lots import elect
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


BUDGET = NewEffect(act="budget", name="Tools", amount=40, unit="hours")


def questions_with_effects(liar: Node, number: int) -> Record:
    """Return a question that a member put as the bylaws say, and whose voting is over."""
    like = stated(liar, Proposal)
    assert isinstance(like, Proposal)
    windows = like.windows
    before = {"opens": windows.opens - 60 * 86_400, "closes": windows.closes - 60 * 86_400}
    fields = {"windows": windows.model_copy(update=before), "nonce": number.to_bytes(16, "big")}
    return like.model_copy(update={**fields, "proposer": liar.community}).sign(liar.steward)


def approvals_of_nothing(liar: Node, number: int) -> Record:
    """Return an approval of something that nobody stated."""
    return builders.approvals(liar.steward, 1, about=f"nothing {number}")[0]


def calls_of(node: Node, work: Callable[[], object]) -> int:
    """Return how many calls a node makes for some work of the whole network."""
    made, handle = [0], node.handle

    def count(_frame: object, event: str, _of: object) -> None:
        made[0] += event in ("call", "c_call")

    def counted(received: Input) -> None:
        before = sys.getprofile()
        sys.setprofile(count)
        try:
            handle(received)
        finally:
            sys.setprofile(before)

    node.handle = counted  # type: ignore[method-assign]  # For as long as it is counted.
    try:
        work()
    finally:
        node.handle = handle  # type: ignore[method-assign]  # As it was.
    return made[0]


def cost_no_more(node: Node, by: Node, empty: Callable[[int], Record]) -> None:
    """See that ten further records cost a node as many calls after a hundred and fifty as after ten."""

    def publish(numbers: range) -> Callable[[], None]:
        records = [empty(one) for one in numbers]

        def said() -> None:
            slip(by, scope_of(by), records)
            pass_time(node, 500, steps=1)

        return said

    publish(range(BATCH))()
    first = calls_of(node, publish(range(BATCH, 2 * BATCH)))
    publish(range(2 * BATCH, 15 * BATCH))()
    last = calls_of(node, publish(range(15 * BATCH, 16 * BATCH)))
    assert last <= 1.2 * first, (first, last)


@pytest.mark.parametrize("empty", [empty_votes, questions_with_effects, approvals_of_nothing])
def test_attack_each_further_record_makes_others_go_through_all_that_came_before(
    empty: Callable[[Node, int], Record],
) -> None:
    """Ten further records cost a neighbour as many calls after a hundred and fifty of them as after ten."""
    nodes = federated(["ann", "bob", "carl"])
    nodes[0].ask(commands.OpenProposal(title="?", effect=BUDGET))
    pass_time(nodes[0], 2_000)
    cost_no_more(nodes[0], nodes[1], lambda number: empty(nodes[1], number))


def calls_for_lots(liar: Node, proposal: bytes, number: int) -> Record:
    """Return a vote for calling nobody to the draw of a lot."""
    name = number.to_bytes(32, "big")
    vote = CutVote(
        instance=lottery.instance(proposal, 1),
        witness=liar.community,
        step="pre",
        round=number,
        value=CutValue(proposal=proposal, seals=(), cut=name, result=name),
        lock=None,
    )
    return vote.sign(liar.device)


def secrets_of_nobody(liar: Node, proposal: bytes, number: int) -> Record:
    """Return a commitment that another record contradicts."""
    bound = number.to_bytes(32, "big")
    return LotCommit(question=proposal, witness=liar.community, draw=1, commitment=bound).sign(liar.device)


@pytest.mark.parametrize("empty", [calls_for_lots, secrets_of_nobody])
def test_attack_each_further_word_about_a_lot_makes_others_go_through_all_before(
    empty: Callable[[Node, bytes, int], Record],
) -> None:
    """Ten further ones cost a neighbour as many calls after a hundred and fifty of them as after ten."""
    nodes = federated(["ann", "bob"])
    put(nodes[0])
    pass_time(nodes[0], 500)
    proposal = ids.parse(elect(nodes[0]))
    pass_time(nodes[0], 6_000)
    cost_no_more(nodes[0], nodes[1], lambda number: empty(nodes[1], proposal, number))


@pytest.mark.long
@pytest.mark.timeout(60)
def test_attack_one_device_after_another_pushes_out_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices that come and go, and that no roll names, make nobody read again what was decided."""
    nodes = federated(["ann", "bob", "carl"], closing=AT_ONCE, house=12)
    ann, bob, carl = nodes
    decided(nodes, effect=NewEffect(act="suspend", community=named(carl)))
    made = [builders.added(bob.community, builders.key(f"device {one}")) for one in range(135)]
    raws = [one.sign(bob.steward).raw for one in sorted(made, key=lambda one: one.payload_id, reverse=True)]
    peer = peer_of(bob).dial("ann")
    peer.say(Charters(bob.community, tuple(raws[:128])))
    read, reading = [0], enacting.Enacting._read

    def counted(by: enacting.Enacting, proposal: Proposal) -> Told:
        read[0] += 1
        return reading(by, proposal)

    monkeypatch.setattr(enacting.Enacting, "_read", counted)
    for raw in raws[128:]:
        peer.say(Charters(bob.community, (raw,)))
    pass_time(ann, 2_000)
    assert raws[-1] in ann.store.charters.of(bob.community), "the charter is full, and changed with each"
    assert raws[0] not in ann.store.charters.of(bob.community)
    assert len(effects(ann)["suspended"]) == 1
    assert read[0] == 0
