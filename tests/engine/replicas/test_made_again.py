"""What does not count where it was written and is made again: nothing lost, taken away or forged."""

from typing import Any

import pytest

from node import ids, keys
from node.clock import MS_PER_HOUR, Timestamp
from node.crdt import changes
from node.crdt.operations import Actor
from node.engine import commands
from node.engine.inputs import Woken
from node.feeds import bodies, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import DocumentId
from node.replication.messages import Entries, Message
from tests.engine.harness import Network, Node, federate, neighbours, peer_of
from tests.engine.parting import away, part
from tests.engine.replicas.test_reissuing import changes_of, meet, notes
from tests.engine.replicas.test_restarting import further_device
from tests.engine.replicas.test_wanted import unknown


def board(node: Node) -> DocumentId:
    """Return the document of the board."""
    (row,) = node.store.documents.of_type("board")
    return row.id


def forget(node: Node) -> None:
    """Begin the board anew, so that what stood there is dropped."""
    node.ask(commands.ForgetHistory(ids=(ids.show(board(node)),)))


def four_members() -> tuple[Network, Node, Node, Node, Node]:
    """Return four members, of whom the first owns the board; the second has begun to write on it."""
    network = Network()
    nodes = [network.node(name) for name in ("ann", "ben", "cara", "dora")]
    neighbours(*nodes)
    federate(*nodes)
    nodes[0].ask(commands.AddNote(text="before"))
    (row,) = nodes[0].store.documents.of_type("board")
    owner, other, *others = sorted(nodes, key=lambda node: node.community != row.owner)
    other.ask(commands.AddNote(text="begun"))
    return network, owner, other, others[0], others[1]


def last_told(liar: Node) -> tuple[Head | None, Entry]:
    """Return the last entry of a device that wrote on the board, and the place before it."""
    scope = liar.store.feeds.of_document(board(liar))[0].feed.scope
    feed = FeedKey(liar.device.public, scope)
    (end,) = liar.store.feeds.heads_of(feed)
    *_, before, last = liar.store.feeds.path(feed, end.id, after_seq=0, entries_max=64, bytes_max=2**20)
    return Head(before.seq, before.id), last


def told_otherwise(last: Entry, **fields: Any) -> bytes:
    """Return the one change of an entry, with its one operation and other fields replaced."""
    assert last.body is not None
    said = bodies.changes_of(bodies.decode(last.body))
    assert said is not None
    change = changes.decode(said.raw_changes[0])
    (operation,) = change.operations
    other = operation._replace(key="f" * 32, value="told twice")
    actor = fields.get("actor", change.actor)
    other = other._replace(id=other.id._replace(actor=actor))
    return changes.encode(change._replace(operations=(other,), **fields))


def told_twice(liar: Node) -> Message:
    """Return a change by the actor and with the number of the liar's last one, in a lower entry."""
    before, last = last_told(liar)
    raw = told_otherwise(last)
    for number in range(256):
        body = bodies.encode(Kind.CHANGES, [None, [raw]], salt=bytes([number] * 16), document=board(liar))
        made = stretch.make(last.feed, before, [body], hours=last.hours, signer=liar.device)
        if made[0].id < last.id:
            return Entries(stretch.split(made)[0])
    raise AssertionError("no entry of 256 is lower")


def told_by_nobody(liar: Node) -> Message:
    """Return a change, behind the liar's last entry, by an actor that is no run of its device."""
    _, last = last_told(liar)
    raw = told_otherwise(last, actor=Actor(bytes([7] * 32)), seq=1, start=1, dependencies=())
    body = bodies.encode(Kind.CHANGES, [bytes(16), [raw]], salt=bytes(16), document=board(liar))
    made = stretch.make(last.feed, Head(last.seq, last.id), [body], hours=last.hours, signer=liar.device)
    return Entries(stretch.split(made)[0])


def test_who_carries_over_deletes_nothing_that_its_author_did_not() -> None:
    """What an epoch includes stays, though whoever carries over knows a change that it would fall with.

    Ben's device writes twice as one actor. Cara writes on the first, and both are in the next epoch. Dora
    wrote on the second, in a lower entry, and comes too late with both.
    """
    network, ann, ben, cara, dora = four_members()
    ben.ask(commands.AddNote(text="told once"))
    cara.ask(commands.AddNote(text="Cara, on what was told once"))
    for node in (ann, cara, dora):
        part(node)
    peer_of(ben).dial(dora.name).say(told_twice(ben))
    assert notes(dora) == {"before", "begun", "told twice"}
    dora.ask(commands.AddNote(text="Dora, on what was told twice"))
    forget(ann)
    told = notes(ann) | {"Dora, on what was told twice"}
    assert "Cara, on what was told once" in told
    part(dora)
    for _ in range(2):
        meet(network, ann, dora, cara)
        for _ in range(3):
            network.wait(61_000)
    for node in (ann, cara, dora):
        assert notes(node) - {"told twice"} == told
        node.ask(commands.Rebuild())
        assert notes(node) - {"told twice"} == told
    assert notes(ann) == notes(cara) == notes(dora)


@pytest.mark.parametrize("again", [False, True], ids=["in a day", "in the next epoch"])
def test_what_was_carried_over_and_taken_off_does_not_come_back(again: bool) -> None:  # noqa: FBT001 - a parameter
    """The owner takes over late changes of others, but not what somebody took off since."""
    network, ann, ben, cara, dora = four_members()
    part(cara)
    noted = cara.ask(commands.AddNote(text="Cara, while she was away"))["note"]
    forget(ann)
    meet(network, ann, cara)
    network.wait(61_000)
    meet(network, ann, cara)
    assert "Cara, while she was away" in notes(ann)
    ann.ask(commands.RemoveNote(note=noted))
    if again:
        forget(ann)
    network.now = Timestamp(network.now + 25 * MS_PER_HOUR)
    for _ in range(3):
        network.wait(61_000)
    meet(network, ann, cara, dora, ben)
    assert [notes(node) for node in (ann, ben, cara, dora)] == [{"before", "begun"}] * 4


@pytest.mark.parametrize("gone", [False, True], ids=["by its author", "by the owner"])
def test_more_than_one_change_holds_is_carried_over(gone: bool) -> None:  # noqa: FBT001 - a parameter
    """What was written late takes as many changes as it needs, in the epoch that counts or in the next."""
    network, ann, ben, cara, _ = four_members()
    part(ann)
    texts = {f"{number} {'of many words ' * 130}".strip() for number in range(45)}
    for text in sorted(texts):
        cara.ask(commands.AddNote(text=text))
    assert texts <= notes(ben)
    forget(ann)
    if gone:
        part(cara)
        network.lose(cara)
    meet(network, ann, ben, *(() if gone else (cara,)))
    if gone:
        forget(ann)
    for _ in range(3):
        network.wait(61_000)
    assert notes(ann) == {"before", "begun"} | texts


def test_what_no_run_of_its_device_wrote_is_made_again_by_nobody() -> None:
    """Though what it would build on is gone: else whoever owns the board would say it."""
    network, ann, ben, cara, _ = four_members()
    ben.ask(commands.AddNote(text="told once"))
    peer_of(ben).dial(ann.name).say(told_by_nobody(ben))
    forget(ann)
    network.wait(1_000)
    network.now = Timestamp(network.now + 25 * MS_PER_HOUR)
    for _ in range(3):
        network.wait(61_000)
    forget(ann)
    network.wait(1_000)
    assert notes(ann) == notes(cara) == {"before", "begun", "told once"}


def robbed_members() -> tuple[Network, Node, Node, Node, Node]:
    """Return three members, each alone, and a further device of the second one, in a thief's hands."""
    network, ann, ben, cara, _ = four_members()
    thief = further_device(ben, "thief")
    for _ in range(3):
        network.wait(61_000)
    for node in (ann, ben, cara, thief):
        part(node)
    return network, ann, ben, cara, thief


def test_what_was_written_on_what_a_thief_said_stays_when_the_thief_is_cut_off() -> None:
    """Cara wrote on a note of a stolen device that counts no more; hers is on every board, and goes on."""
    network, ann, ben, cara, thief = robbed_members()
    thief.ask(commands.AddNote(text="by the thief"))
    meet(network, cara, thief)
    cara.ask(commands.AddNote(text="Cara, on that"))
    ben.ask(commands.RetireDevice(device=keys.show(thief.device.public), stolen=True))
    meet(network, cara, ben)
    cara.ask(commands.AddNote(text="Cara, afterwards"))
    meet(network, ann, cara, ben)
    told = {"before", "begun", "Cara, on that", "Cara, afterwards"}
    for node in (ann, ben, cara):
        assert notes(node) == told
        node.ask(commands.Rebuild())
        assert notes(node) == told


def test_attack_nobody_is_made_to_say_what_a_thief_said_between_two_of_its_own_words() -> None:
    """Thief and Cara write in turn on one board, each on the other's: Cara's words alone are said again."""
    network, ann, ben, cara, thief = robbed_members()
    for number in range(3):
        thief.ask(commands.AddNote(text=f"by the thief {number}"))
        meet(network, cara, thief)
        part(thief)
        cara.ask(commands.AddNote(text=f"by Cara {number}"))
        meet(network, cara, thief)
        part(thief)
    ben.ask(commands.RetireDevice(device=keys.show(thief.device.public), stolen=True))
    meet(network, cara, ben)
    meet(network, ann, cara, ben)
    for node in (ann, ben, cara):
        assert notes(node) == {"before", "begun", "by Cara 0", "by Cara 1", "by Cara 2"}


def test_what_was_made_again_and_stood_itself_once_more_is_not_lost_when_it_falls_anew() -> None:
    """A thief tells a word twice: Cara's answer falls, stands again once the thief is cut off, and falls."""
    network, ann, ben, cara, thief = robbed_members()
    for text in ("first of the thief", "by the thief"):
        thief.ask(commands.AddNote(text=text))
    # Both were told one story, on which Cara goes on.
    meet(network, ben, thief)
    part(ben)
    meet(network, ann, thief)
    part(ann)
    meet(network, cara, thief)
    part(cara)
    cara.ask(commands.AddNote(text="Cara, on that"))
    # Then she hears the other, which comes first: her answer is made again on it.
    peer_of(thief).dial(cara.name).say(told_twice(thief))
    assert {"told twice", "Cara, on that"} <= notes(cara)
    made = changes_of(cara, cara)
    assert made == 2
    # The thief is cut off behind the first, and the board begins anew where nobody heard of Cara's answer.
    part(cara)
    ben.ask(commands.RetireDevice(device=keys.show(thief.device.public), stolen=True))
    meet(network, ben, ann)
    part(ann)
    part(ben)
    forget(ann)
    # She hears of the one, and what was made again falls, for her answer counts itself.
    meet(network, ben, cara)
    assert {"by the thief", "Cara, on that"} <= notes(cara)
    assert "told twice" not in notes(cara)
    part(cara)
    # Then of the other, and her answer falls anew.
    meet(network, ann, cara)
    for _ in range(3):
        network.wait(61_000)
    told = {"before", "begun", "first of the thief", "by the thief", "Cara, on that"}
    assert notes(ann) == notes(cara) == told


def test_what_is_made_again_beside_an_epoch_that_is_not_read_yet_is_not_lost() -> None:
    """The next epoch closes the gap before it, and a neighbour compares and Cara looks before it is read."""
    network, ann, ben, cara, _ = four_members()
    forget(ann)
    network.wait(61_000)
    away(cara)
    cara.ask(commands.AddNote(text="Cara, while she was away"))
    ann.ask(commands.AddNote(text="by Ann"))
    forget(ann)
    network.wait(61_000)
    ben.ask(commands.AddNote(text="Ben, in the next epoch"))
    told = {"before", "begun", "by Ann", "Ben, in the next epoch", "Cara, while she was away"}
    scope = cara.store.documents.of_type("board")[0].scope
    anns = unknown(ann, ann, cara, scope)
    assert [entry.body is None for entry in anns] == [True, False], "a note that the epoch includes, and that"
    # Of Ben she hears first: she does not know what he wrote in, and is to look at the board.
    cara.engine._ingest.take(unknown(ben, ben, cara, scope))
    cara.reactor.commit()
    for entry in anns:
        cara.engine._ingest.take([entry])
    assert cara.engine._sharing.heads(scope, ann.community)
    cara.handle(Woken())
    assert notes(cara) == told
    meet(network, ann, cara)
    assert notes(ann) == told
