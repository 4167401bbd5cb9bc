"""What counts is a function of what is held: the order in which it came makes no difference.

Each test lets nodes take in the same things in different orders, or once live and once by `rebuild`.
"""

import pytest

from node.crdt import genesis, runs
from node.crdt.document import Document
from node.crdt.edits import Put
from node.crdt.operations import Actor
from node.engine import commands
from node.engine.ends import Standing
from node.engine.handlers.federation.federation import _board
from node.feeds import scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Stretch
from node.identity.charter import Cut
from node.identity.community import Community
from node.ids import DocumentId, FederationId
from node.keys import KeyPair
from node.records.approvals import Approval
from node.replication.messages import Charters, Entries
from tests import builders
from tests.engine.harness import Network, Node, Peer, federate, neighbours, peer_of

SECOND = builders.key("second")


def with_second_device(name: str = "ann") -> tuple[Network, Node]:
    """Return a node whose community has a second device."""
    network = Network()
    node = network.node(name)
    peer_of(node)
    record = builders.added(node.community, SECOND).sign(node.steward)
    node.engine._registry.add_charter(node.community, [record.raw])
    node.store.commit()
    node.restart()
    return network, node


def standing(node: Node) -> Community:
    """Return a node's own community as its charter stands."""
    known = node.engine._registry.community(node.community)
    assert known is not None
    return known


def second_of(node: Node) -> Peer:
    """Return a peer with the community's second device."""
    return Peer(node.network, SECOND, node.community, charter=node.store.charters.of(node.community))


def counted(node: Node) -> int:
    """Return how many approvals in public feeds count at a node."""
    return len(node.store.records.of_kind(builders.PUBLIC, Approval.kind))


def counted_anew(node: Node) -> int:
    """Return the same after all caches were made again."""
    node.ask(commands.Rebuild())
    return counted(node)


def of_second(count: int, *, about: str = "something", after: Head | None = None) -> list[Stretch]:
    """Return stretches with approvals by the second device."""
    drafts = builders.carried(builders.approvals(SECOND, count, about=about))
    return builders.stretches(SECOND, drafts, after=after)


def test_a_newcomer_counts_what_a_retired_device_wrote_before_its_end() -> None:
    """Six hundred entries in three stretches, up to the retirement's cut, count on a later node too."""
    network, ann = with_second_device()
    second_of(ann).dial("ann").say(*(Entries(part) for part in of_second(600)))
    assert counted(ann) == 600
    cut = Cut(scope=builders.PUBLIC, seq=600, entry=_end(ann))
    link = builders.retirement(standing(ann), SECOND, cuts=[cut]).sign(ann.steward)
    peer_of(ann)
    ann.engine._registry.add_charter(ann.community, [link.raw])
    ann.store.commit()
    ann.restart()
    ben = network.node("ben")
    neighbours(ann, ben)
    network.wait(1_000)  # A long answer comes in parts.
    assert ben.store.feeds.count() == 600
    assert counted(ben) == 600


@pytest.mark.parametrize("fork_first", [True, False])
def test_a_retirement_cuts_other_branches_whichever_came_first(fork_first: bool) -> None:  # noqa: FBT001
    """Only edits on the branch that the retirement names count, also when the other was held before."""
    network, ann = with_second_device()
    ben = network.node("ben")
    neighbours(ann, ben)
    named, other = of_second(3, about="named"), of_second(2, about="other")
    peer_of(ann)
    second_of(ann).dial("ben").say(Entries(named[0]))
    if fork_first:
        second_of(ann).dial("ben").say(Entries(other[0]))
    cut = Cut(scope=builders.PUBLIC, seq=3, entry=_end(ben))
    link = builders.retirement(standing(ann), SECOND, cuts=[cut]).sign(ann.steward)
    peer = peer_of(ann).dial("ben")
    peer.say(Charters(ann.community, (link.raw,)))
    if not fork_first:
        peer.say(Entries(other[0]))
    said = {
        one.id: ben.engine._registry.standing(one)
        for one in ben.store.feeds.walk()
        if one.feed.device == SECOND.public
    }
    assert len(said) == 5
    assert {one for one in said if said[one] is Standing.COUNTS} == {
        one.id for one in stretch.prove(named[0])
    }
    assert counted(ben) == 5  # Records stand by their own signatures.


def test_two_rival_retirements_count_alike_however_they_come() -> None:
    """A charter that two links freeze retires nobody, also where one of them was in force for a while."""
    results = []
    for together in (True, False):
        network, ann = with_second_device()
        ben = network.node("ben")
        neighbours(ann, ben)
        peer_of(ann)
        second_of(ann).dial("ben").say(Entries(of_second(1)[0]))
        links = [
            builders.retirement(standing(ann), SECOND, stolen=stolen).sign(ann.steward).raw
            for stolen in (True, False)
        ]
        peer = peer_of(ann).dial("ben")
        for part in [links] if together else [[link] for link in links]:
            peer.say(Charters(ann.community, tuple(part)))
        results.append((counted(ben), counted_anew(ben)))
    assert results[0] == results[1]
    assert all(live == anew for live, anew in results)


def test_records_of_a_retired_device_stand() -> None:
    """A device that is retired, as rotated or as stolen, loses its place, and its records stay."""
    left = {}
    for stolen in (False, True):
        network, ann = with_second_device()
        ben = network.node("ben")
        neighbours(ann, ben)
        peer_of(ann)
        second_of(ann).dial("ben").say(Entries(of_second(1)[0]))
        link = builders.retirement(standing(ann), SECOND, stolen=stolen).sign(ann.steward)
        peer_of(ann).dial("ben").say(Charters(ann.community, (link.raw,)))
        left[stolen] = counted(ben)
    assert left == {False: 1, True: 1}


def test_a_page_that_a_stolen_device_began_goes_with_it() -> None:
    """A listing whose beginning counts no more is not found any more, before as after rebuilding."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    ben.ask(commands.EditProfile(name="Bee"))
    assert ann.ask(commands.ShowNode())["listings"] == 1
    link = builders.retirement(standing(ben), ben.device).sign(ben.steward)
    peer_of(ben).dial("ann").say(Charters(ben.community, (link.raw,)))
    assert ann.ask(commands.ShowNode())["listings"] == 0


def test_whose_device_it_is_does_not_depend_on_who_knocked() -> None:
    """A member's device that also consents to a community nobody asked for remains the member's."""
    network = Network()
    ann, ben, carl = (network.node(name) for name in ("ann", "ben", "carl"))
    neighbours(ann, ben, carl)
    federate(ann, ben, carl)
    other = next(
        one
        for number in range(1000)
        if (one := builders.community(f"other {number}", device=carl.device)).id < carl.community
    )
    peer_of(carl)
    Peer(network, carl.device, other.id, charter=[other.founding.raw]).dial("ann")
    carl.ask(commands.AddNote(text="hello"))
    carl.ask(commands.AddPeer(target="ann"))
    network.wait(400_000)
    network.wait(400_000)
    assert len(ben.ask(commands.ShowBoard())["notes"]) == 1
    assert len(ann.ask(commands.ShowBoard())["notes"]) == 1


def test_a_newcomer_reads_notes_written_before_it_joined() -> None:
    """Whoever joins reads the whole board, whichever member's feed arrives first."""
    network = Network()
    ann, ben, carl = (network.node(name) for name in ("ann", "ben", "carl"))
    neighbours(ann, ben)
    federate(ann, ben)
    ann.ask(commands.AddNote(text="hello"))
    ben.ask(commands.AddNote(text="hi"))
    link = ann.ask(commands.Invite(addresses=("ann",)))["link"]
    carl.ask(commands.JoinFederation(link=link))
    assert carl.ask(commands.ShowBoard()) == ann.ask(commands.ShowBoard())
    assert len(carl.ask(commands.ShowBoard())["notes"]) == 2


def test_a_forger_s_rival_change_costs_the_forger_alone() -> None:
    """Honest notes stay on the board when a member uses one actor and number twice."""
    network, ann, ben, carl, board = _board_of_three()
    for number in range(12):
        ben.ask(commands.AddNote(text=f"note {number}"))
    peer = peer_of(carl).dial("ann")
    nonce = builders.nonce("rival")
    drafts = [_change(board, nonce, change) for change in _rivals(carl.device, board, nonce)]
    peer.say(*(Entries(part) for part in _in_scope(carl, drafts, _scope(ann))))
    texts = {note["text"] for note in ann.ask(commands.ShowBoard())["notes"]}
    assert {f"note {number}" for number in range(12)} <= texts
    assert network.deliveries > 0


@pytest.mark.parametrize("swapped", [False, True])
def test_a_second_pair_of_rivals_is_settled_like_the_first(swapped: bool) -> None:  # noqa: FBT001
    """Of further rivals on two branches the lower entry id counts, whichever branch came first."""
    _, ann, _, carl, board = _board_of_three()
    scope = _scope(ann)
    first, second = builders.nonce("first"), builders.nonce("second")
    opening: list[builders.Draft] = [(Kind.GENESIS, board[1], board[0])]
    opening += [_change(board, first, change) for change in _rivals(carl.device, board, first)]
    begun = builders.written(carl.device, opening, scope=scope, after=_own_end(carl, scope))
    branches = [
        builders.written(
            carl.device, [_change(board, second, change)], scope=scope, after=builders.head(begun)
        )
        for change in _rivals(carl.device, board, second)
    ]
    lower = min(range(2), key=lambda index: branches[index][-1].id)
    peer = peer_of(carl).dial("ann")
    for entries in [begun, *(reversed(branches) if swapped else branches)]:
        peer.say(*(Entries(part) for part in _parts(entries)))
    notes = {note["note"]: note["text"] for note in ann.ask(commands.ShowBoard())["notes"]}
    assert notes[second.hex()] == ("x", "y")[lower]


def test_what_found_no_room_to_wait_is_judged_when_its_turn_comes() -> None:
    """Six hundred changes that arrive before the one they build on count all the same."""
    _, ann, ben, carl, board = _board_of_three()
    scope = _scope(ann)
    nonces = {node.name: builders.nonce(node.name) for node in (ben, carl)}
    empty = Document.empty(Actor(bytes(32)))
    base = _edit(empty, _actor(ben.device, board, nonces["ben"]), "b" * 32, "first")
    grown, changes = empty.apply([base]), []
    for number in range(600):
        changes.append(_edit(grown, _actor(carl.device, board, nonces["carl"]), f"{number:032x}", "later"))
        grown = grown.apply(changes[-1:])
    later: list[builders.Draft] = [(Kind.GENESIS, board[1], board[0])]
    later += [_change(board, nonces["carl"], change) for change in changes]
    peer_of(ben)
    peer_of(carl).dial("ann").say(*(Entries(part) for part in _in_scope(carl, later, scope)))
    drafts = [_change(board, nonces["ben"], base)]
    peer_of(ben).dial("ann").say(*(Entries(part) for part in _in_scope(ben, drafts, scope)))
    assert len(ann.ask(commands.ShowBoard())["notes"]) == 601


Board = tuple[DocumentId, bytes]


def _board_of_three() -> tuple[Network, Node, Node, Node, Board]:
    network = Network()
    ann, ben, carl = (network.node(name) for name in ("ann", "ben", "carl"))
    neighbours(ann, ben, carl)
    federate(ann, ben, carl)
    members = ann.engine._registry.members(_federation(ann))
    assert members is not None
    raw = genesis.encode(_board(members.founding))
    return network, ann, ben, carl, (genesis.document_id(raw), raw)


def _federation(node: Node) -> FederationId:
    (federation,) = node.engine._registry.federations()
    return federation


def _scope(node: Node) -> str:
    return scopes.members(_federation(node))


def _actor(device: KeyPair, board: Board, nonce: bytes) -> Actor:
    return runs.actor(device_key=device.public, document=board[0], epoch=0, nonce=nonce)


def _edit(document: Document, actor: Actor, key: str, text: str) -> bytes:
    raw = document.change(actor=actor, edits=[Put((key,), text)], time_s=1)
    assert raw is not None
    return raw


def _rivals(device: KeyPair, board: Board, nonce: bytes) -> list[bytes]:
    actor = _actor(device, board, nonce)
    return [_edit(Document.empty(Actor(bytes(32))), actor, nonce.hex(), text) for text in ("x", "y")]


def _change(board: Board, nonce: bytes, raw: bytes) -> builders.Draft:
    return (Kind.CHANGES, [nonce, [raw]], board[0])


def _own_end(node: Node, scope: str) -> Head | None:
    ends = node.store.feeds.heads_of(FeedKey(node.device.public, scope))
    return ends[-1] if ends else None


def _in_scope(node: Node, drafts: list[builders.Draft], scope: str) -> list[Stretch]:
    return builders.stretches(node.device, drafts, scope=scope, after=_own_end(node, scope))


def _parts(entries: list[Entry]) -> list[Stretch]:
    return stretch.split(entries)


def _end(node: Node) -> bytes:
    return node.store.feeds.heads_of(FeedKey(SECOND.public, builders.PUBLIC))[-1].id
