"""Documents that nobody has begun: what comes for them is kept, and costs no more the more of it there is."""

from collections.abc import Sequence

import pytest

from node import ids
from node.crdt import genesis, runs
from node.crdt.edits import Put
from node.crdt.gate import DocumentGate
from node.crdt.genesis import Communities, Genesis
from node.crdt.waiting import Offer
from node.directory.schemas import OFFER_SCHEMA, OFFER_TYPE
from node.engine import commands
from node.feeds import bodies, scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey
from node.ids import DocumentId
from node.replication.messages import Entries
from tests.engine.harness import Network, Node, peer_of

CHANGES = 12


def written_backwards(author: Node) -> tuple[DocumentId, list[Entry]]:
    """Return an offer of some changes, the entry that begins it last."""
    founding = Genesis(
        OFFER_TYPE, author.community, Communities((author.community,)), scopes.PUBLIC, bytes(16)
    )
    raw, nonce = genesis.encode(founding), bytes(runs.RUN_NONCE_BYTES)
    document, gate = genesis.document_id(raw), DocumentGate(OFFER_SCHEMA)
    actor = runs.actor(device_key=author.device.public, document=document, epoch=0, nonce=nonce)
    made = []
    for number in range(CHANGES):
        edits = [Put(("kind",), "offer"), Put(("title",), {"und": f"Bread {number}"})]
        change = gate.change(actor=actor, edits=edits, time_s=1)
        assert change is not None
        gate.admit([Offer(change, actor)])
        made.append(bodies.encode(Kind.CHANGES, [nonce, [change]], salt=bytes(16), document=document))
    begins = bodies.encode(Kind.GENESIS, raw, salt=bytes(16), document=document)
    feed = FeedKey(author.device.public, scopes.PUBLIC)
    entries = stretch.chain(feed, None, [*reversed(made), begins], hours=1)
    return document, [one.signed(stretch.sign([one], author.device)[0].signature or b"") for one in entries]


def test_attack_changes_of_what_nobody_began_are_not_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry more costs itself alone; once the document is begun, all that came before counts."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    ann.ask(commands.AddPeer(target=ids.show(ben.community)))
    document, entries = written_backwards(ben)
    read: list[DocumentId] = []
    plain = ann.store.feeds.with_bodies

    def counted(documents: Sequence[DocumentId]) -> dict[DocumentId, list[Entry]]:
        read.extend(documents)
        return plain(documents)

    monkeypatch.setattr(ann.store.feeds, "with_bodies", counted)
    peer = peer_of(ben).dial("ann")
    for entry in entries[:-1]:
        peer.say(*map(Entries, stretch.split([entry])))
    assert ann.store.feeds.count() >= CHANGES
    assert document not in read
    peer.say(*map(Entries, stretch.split(entries[-1:])))
    assert document in read
    assert ann.ask(commands.ShowOffer(id=ids.show(document)))["offer"]["title"] == {
        "und": f"Bread {CHANGES - 1}"
    }
