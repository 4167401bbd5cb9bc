"""When all was last the same with a neighbour: told after a restart too, and kept for nobody else."""

from pathlib import Path

from node import ids
from node.engine import commands
from node.engine.inputs import Disconnected
from node.engine.sessions.equalities import EQUAL, NOTED_EVERY_MS
from node.engine.setup import remember_community
from node.feeds import scopes
from node.ids import CommunityId
from node.limits import COMPARE_INTERVAL_MS
from node.records import record
from node.storage.sqlite import SqliteStore
from tests.engine.harness import Network, Node, neighbours, peer_of

MINUTE_MS = 60_000


def two() -> tuple[Network, Node, Node]:
    """Return two neighbours that hold the same."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    network.wait(2 * COMPARE_INTERVAL_MS)
    return network, ann, ben


def last(node: Node) -> int | None:
    """Return when a node says that all was last the same, in its one session and scope."""
    (session,) = node.ask(commands.PeerStatus())["sessions"]
    (scope,) = session["scopes"]
    found = scope["equal_last"]
    assert found is None or isinstance(found, int)
    return found


def cut(node: Node) -> None:
    """End all links of a node."""
    for link in node.engine._links.open_links():
        node.network.cut(link.number)
        node.handle(Disconnected(link.number))
    node.network.settle()


def to_disk(node: Node, path: Path) -> None:
    """Let a node that has only been founded go on with a database."""
    store = SqliteStore.open(path)
    for raw in node.store.charters.of(node.community):
        store.charters.add(node.community, record.read(raw).id, raw)
    remember_community(store, node.community)
    store.commit()
    node.store = store  # type: ignore[assignment]  # Another implementation of the same port.
    node.restart()


def test_after_a_restart_it_is_told_when_all_was_last_the_same(tmp_path: Path) -> None:
    """A database on disk is closed and opened again: the minute is there while the neighbour differs."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    to_disk(ann, tmp_path / "node.db")
    neighbours(ann, ben)
    network.wait(2 * COMPARE_INTERVAL_MS)
    before = last(ann)
    assert before is not None
    cut(ann)
    ann.store.close()  # type: ignore[attr-defined]  # Of a database.
    ann.store = SqliteStore.open(tmp_path / "node.db")  # type: ignore[assignment]  # As above.
    ann.restart()
    # The same device comes back and says nothing of what it holds.
    peer_of(ben).dial("ann")
    after = last(ann)
    assert after is not None
    assert 0 <= before - after < MINUTE_MS


def test_a_node_that_is_killed_knows_it_ten_minutes_before() -> None:
    """Without the end of a link it is written every ten minutes, and not for each comparison."""
    network, ann, ben = two()
    written = []
    for _ in range(30):
        network.wait(COMPARE_INTERVAL_MS)
        written.append(ann.store.local.get(EQUAL, ben.community))
    assert 2 <= len(set(written)) <= 5
    before = last(ann)
    ann.restart()
    peer_of(ben).dial("ann")
    after = last(ann)
    assert before is not None
    assert after is not None
    assert before - after <= NOTED_EVERY_MS + COMPARE_INTERVAL_MS


def test_of_a_neighbour_that_was_removed_nothing_is_kept() -> None:
    """Its row goes with it, and the end of its link writes none."""
    _, ann, ben = two()
    cut(ann)
    assert [CommunityId(key) for key, _ in ann.store.local.all(EQUAL)] == [ben.community]
    ann.ask(commands.RemovePeer(target=ids.show(ben.community)))
    assert ann.store.local.all(EQUAL) == []
    cut(ann)
    assert ann.store.local.all(EQUAL) == []


def test_attack_strangers_and_lies_add_no_rows() -> None:
    """Whoever is not talked to gets no row; a neighbour has one, with the scopes that both share."""
    network, ann, ben = two()
    for name in ("cleo", "dora"):
        peer_of(network.node(name)).dial("ann")
    lying = peer_of(ben).dial("ann")
    network.wait(NOTED_EVERY_MS)
    assert lying.device == ben.device
    cut(ann)
    (row,) = ann.store.local.all(EQUAL)
    assert row[0] == ben.community
    assert row[1].count(scopes.PUBLIC.encode()) == 1
    assert len(row[1]) < 32
