"""What a thief began and honest members wrote on goes on with their words, and without the thief's."""

from collections.abc import Sequence

import pytest

from node import ids, keys
from node.clock import Timestamp
from node.crdt import changes, epochs
from node.crdt.epochs import Epoch
from node.crdt.operations import CONTAINERS
from node.engine import commands
from node.engine.replicas import pasts
from node.feeds import bodies, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import DocumentId
from node.limits import COMPARE_INTERVAL_MS
from node.replication.messages import Entries
from tests.engine.harness import Network, Node, federate, neighbours, peer_of
from tests.engine.parting import part
from tests.engine.replicas.test_made_again import board
from tests.engine.replicas.test_reissuing import meet, notes
from tests.engine.replicas.test_restarting import card, further_device, keep


def robbed() -> tuple[Network, Node, Node, Node, Node]:
    """Return three members, each alone, and a further device of the second one, in a thief's hands.

    The first answers for what members write together.
    """
    network = Network()
    ann, ben, cara = (network.node(name) for name in ("ann", "ben", "cara"))
    neighbours(ann, ben, cara)
    federate(ann, ben, cara)
    thief = further_device(ben, "thief")
    for _ in range(3):
        network.wait(COMPARE_INTERVAL_MS + 1_000)
    part(ann, ben, cara, thief)
    return network, ann, ben, cara, thief


def find_out(network: Network, ben: Node, thief: Node, *others: Node) -> None:
    """Let Ben, who saw nothing of what the thief wrote, retire the thief's device, and all learn of it."""
    part(ben, thief, *others)
    ben.ask(commands.RetireDevice(device=keys.show(thief.device.public), stolen=True))
    for other in others:
        meet(network, other, ben)
    for other in others:
        meet(network, other, *(one for one in others if one is not other), ben)


def see(nodes: Sequence[Node], expected: set[str]) -> None:
    """See that all show these notes, also after they made their caches again."""
    for node in nodes:
        assert notes(node) == expected, node.name
        node.ask(commands.Rebuild())
        assert notes(node) == expected, node.name


def beginnings(node: Node) -> int:
    """Count the entries held that begin a document for members."""
    held = [one for one in node.store.feeds.walk() if one.body and one.feed.scope.startswith("members:")]
    return sum(bodies.kind_of(one.body) is Kind.GENESIS for one in held if one.body is not None)


def test_attack_a_thief_begins_the_board_that_honest_members_write_on() -> None:
    """The board's beginning falls with the thief: who wrote on it begins it again, and nothing is lost."""
    network, ann, ben, cara, thief = robbed()
    thief.ask(commands.AddNote(text="by the thief"))
    meet(network, cara, thief)
    cara.ask(commands.AddNote(text="by Cara"))
    meet(network, ann, cara)
    ann.ask(commands.AddNote(text="by Ann, on that"))
    cara.restart()  # Ann goes on in the run that she wrote on the thief's note with.
    find_out(network, ben, thief, ann, cara)
    see((ann, ben, cara), {"by Cara", "by Ann, on that"})
    assert beginnings(ben) == 3
    for writer in (ben, cara, ann):
        writer.ask(commands.AddNote(text=f"{writer.name}, afterwards"))
        meet(network, ann, ben, cara)
    afterwards = {f"{name}, afterwards" for name in ("ann", "ben", "cara")}
    see((ann, ben, cara), {"by Cara", "by Ann, on that"} | afterwards)
    assert ann.store.documents.verdicts() == ben.store.documents.verdicts() == []
    assert beginnings(ben) == 3


def test_what_a_member_took_off_a_board_that_a_thief_began_stays_off() -> None:
    """Who makes its note again knows that another member took it off, though that counts no more either."""
    network, ann, ben, cara, thief = robbed()
    thief.ask(commands.AddNote(text="by the thief"))
    meet(network, cara, thief)
    noted = cara.ask(commands.AddNote(text="by Cara, taken off"))["note"]
    cara.ask(commands.AddNote(text="by Cara"))
    meet(network, ann, cara)
    ann.ask(commands.RemoveNote(note=noted))
    meet(network, cara, ann)
    find_out(network, ben, thief, cara, ann)
    see((ann, ben, cara), {"by Cara"})


def test_attack_what_a_thief_began_and_nobody_keeps_is_gone() -> None:
    """Who only took a thief's note off says nothing more, and its next note begins the board."""
    network, ann, ben, cara, thief = robbed()
    noted = thief.ask(commands.AddNote(text="by the thief"))["note"]
    meet(network, cara, thief)
    cara.ask(commands.RemoveNote(note=noted))
    find_out(network, ben, thief, ann, cara)
    see((ann, ben, cara), set())
    assert beginnings(cara) == 1
    cara.ask(commands.AddNote(text="by Cara"))
    meet(network, ann, cara, ben)
    see((ann, ben, cara), {"by Cara"})
    assert ann.store.documents.verdicts() == []


def test_attack_a_thief_begins_a_card_on_which_a_member_writes() -> None:
    """The card says what the member wrote, and nothing of the thief's."""
    network, ann, ben, cara, thief = robbed()
    keep(thief, name="spade", place="the thief's")
    meet(network, cara, thief)
    keep(cara, place="shed", count=2)
    find_out(network, ben, thief, ann, cara)
    for node in (ann, ben, cara):
        assert card(node) == {"place": "shed", "count": 2}
        node.ask(commands.Rebuild())
        assert card(node) == {"place": "shed", "count": 2}


def test_attack_a_part_of_what_a_thief_offered_is_no_offer() -> None:
    """A community's other device took a thief's offer back: no empty offer is left, and that is told."""
    network, ann, ben, cara, thief = robbed()
    loft = further_device(ben, "loft")
    part(ben, loft)
    offered = thief.ask(commands.AddOffer(title="Stolen goods"))["id"]
    meet(network, cara, thief, loft)
    loft.ask(commands.WithdrawOffer(id=offered))
    find_out(network, ben, thief, cara, loft, ann)
    for node in (ann, ben, cara, loft):
        assert node.ask(commands.ListOffers(withdrawn=True))["offers"] == []
    (left,) = loft.ask(commands.PeerStatus())["left_over"]
    assert (left["document"], left["named"]) == (offered, ["state"])


def test_attack_a_meeting_called_by_a_thief_keeps_the_points_of_members_alone() -> None:
    """Within a map that the thief made nobody says again what the thief said."""
    network, ann, ben, cara, thief = robbed()
    called = thief.ask(commands.CallMeeting(title="By the thief"))["meeting"]
    thief.ask(commands.WritePoint(meeting=called, title="The thief's point"))
    meet(network, cara, thief)
    cara.ask(commands.WritePoint(meeting=called, title="Cara's point"))
    find_out(network, ben, thief, ann, cara)
    for node in (ann, ben, cara):
        (shown,) = node.ask(commands.ListMeetings())["meetings"]
        assert "thief" not in str(shown).lower()
        assert "Cara's point" in str(shown)


def misled(thief: Node, named: str, inside: str) -> list[Entry]:
    """Return an entry of the thief's that no gate lets pass: it says that a map stands elsewhere."""
    document = DocumentId(ids.parse(named))
    entries = [
        one for one in thief.store.feeds.of_document(document) if one.feed.device == thief.device.public
    ]
    said = [pasts.brought(one) for one in entries]
    held = [changes.decode(raw) for one in said if one is not None for raw in one.raw_changes]
    ((change, made),) = (
        (change, operation)
        for change in held
        for operation in change.operations
        if operation.key == "points" and operation.action in CONTAINERS
    )
    other = made._replace(key="title", object=made.id if inside == "itself" else None)
    raw = changes.encode(change._replace(seq=9, start=made.id.counter, operations=(other,), dependencies=()))
    body = bodies.encode(Kind.CHANGES, [None, [raw]], salt=bytes(16), document=document)
    (end,) = thief.store.feeds.heads_of(entries[0].feed)
    return stretch.make(entries[0].feed, end, [body], hours=0, signer=thief.device)


@pytest.mark.parametrize("inside", ["itself", "elsewhere"])
def test_attack_a_change_that_never_counts_says_where_a_map_stands(inside: str) -> None:
    """Where a map stands that members wrote in is read from what counted where they did, and ends."""
    network, ann, ben, cara, thief = robbed()
    called = thief.ask(commands.CallMeeting(title="By the thief"))["meeting"]
    meet(network, cara, thief)
    cara.ask(commands.WritePoint(meeting=called, title="Cara's point"))
    peer_of(thief).dial("cara").say(Entries(stretch.split(misled(thief, called, inside))[0]))
    find_out(network, ben, thief, ann, cara)
    for node in (ann, ben, cara):
        (shown,) = node.ask(commands.ListMeetings())["meetings"]
        assert "Cara's point" in str(shown)


def test_attack_a_thief_puts_broken_bytes_beside_what_members_write_on() -> None:
    """What counts beside a change that nobody can read is known, and so is what was done on top of it."""
    network, ann, ben, cara, thief = robbed()
    thief.ask(commands.CallMeeting(title="By the thief"))
    (row,) = thief.store.documents.of_type("meeting")
    (begun,) = thief.store.feeds.of_document(row.id)
    assert begun.body is not None
    written = bodies.decode(begun.body)
    assert isinstance(written.content, list)
    founding, nonce, raws = written.content
    assert isinstance(raws, list)
    broken = bytes(raws[0][:-1]) + bytes([raws[0][-1] ^ 1])
    body = bodies.encode(Kind.GENESIS, [founding, nonce, [*raws, broken]], salt=bytes(16), document=row.id)
    before = None if begun.prev is None else Head(begun.seq - 1, begun.prev)
    told = stretch.make(begun.feed, before, [body], hours=0, signer=thief.device)
    peer_of(thief).dial("cara").say(Entries(stretch.split(told)[0]))
    cara.ask(commands.WritePoint(meeting=ids.show(row.id), title="Cara's point"))
    find_out(network, ben, thief, ann, cara)
    for node in (ann, ben, cara):
        (shown,) = node.ask(commands.ListMeetings())["meetings"]
        assert "Cara's point" in str(shown)
        assert "thief" not in str(shown).lower()


def says_it_begins(liar: Node, document: DocumentId, *, times: int) -> list[Entry]:
    """Return entries in which a member that does not own a document says that it begins epochs of it."""
    row = liar.store.documents.get(document)
    assert row is not None
    said = (
        Epoch(row.genesis, 1_000 + it, erases=False, before=(), included=(), first=None)
        for it in range(times)
    )
    made = [bodies.encode(Kind.EPOCH, epochs.encode(one), salt=bytes(16), document=document) for one in said]
    feed = FeedKey(liar.device.public, row.scope)
    (end,) = liar.store.feeds.heads_of(feed)
    return stretch.make(feed, end, made, hours=0, signer=liar.device)


@pytest.mark.parametrize("lies", [0, 65])
def test_attack_an_owners_stolen_device_begins_the_board_anew_and_members_write_on(lies: int) -> None:
    """The epoch falls with the device: what was written in it is made again in the one before.

    Also where somebody else says that it begins many that were never any.
    """
    network, ann, ben, cara, _ = robbed()
    ann.ask(commands.AddNote(text="before"))
    meet(network, ann, cara, ben)
    thief = further_device(ann, "second thief")
    for node in (cara, ben):
        meet(network, node, ann)
    part(ann, ben, cara, thief)
    network.now = Timestamp(network.now + 1_000)
    document = board(thief)
    published = thief.engine._restarting.restart([document], erases=False, now=network.now)
    for effect in thief.engine._publish(published, network.now):
        thief._carry_out(effect)
    thief.ask(commands.AddNote(text="by the thief"))
    meet(network, cara, thief)
    cara.ask(commands.AddNote(text="Cara, in the thief's epoch"))
    assert notes(cara) == {"before", "by the thief", "Cara, in the thief's epoch"}
    if lies:
        told = stretch.split(says_it_begins(ben, document, times=lies))
        peer_of(ben).dial("cara").say(*map(Entries, told))
    find_out(network, ann, thief, ben, cara)
    see((ann, ben, cara), {"before", "Cara, in the thief's epoch"})
