from node.crdt import genesis, runs
from node.crdt.edits import Put
from node.crdt.genesis import Communities, Genesis
from node.crdt.operations import Actor
from node.directory.schemas import OFFER_SCHEMA, OFFER_TYPE
from node.engine.replicas.opened import FIRST_EPOCH, OpenDocument
from node.feeds import bodies, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey
from node.ids import CommunityId
from node.keys import PublicKey
from tests import builders


class Everybody:
    """All devices belong to one community."""

    def communities_of(self, device: PublicKey) -> frozenset[CommunityId]:
        """Return it."""
        del device
        return frozenset({COMMUNITY})

    def is_member(self, federation: bytes, community: CommunityId) -> bool:
        """Say no."""
        del federation, community
        return False


COMMUNITY = CommunityId(builders.identifier("a community"))
FOUNDING = Genesis(OFFER_TYPE, COMMUNITY, Communities((COMMUNITY,)), builders.PUBLIC, builders.nonce("offer"))
DOCUMENT = genesis.document_id(genesis.encode(FOUNDING))
READER = Actor(bytes(32))


def test_an_open_document_compares_itself_with_automerge() -> None:
    """What it reads is what automerge reads of the changes that counted, and it can say so."""
    device = builders.key("a device")
    nonce = builders.nonce("a run")
    actor = runs.actor(device_key=device.public, document=DOCUMENT, epoch=FIRST_EPOCH, nonce=nonce)
    opened = OpenDocument(DOCUMENT, FOUNDING, OFFER_SCHEMA, reader=READER, compared=True)
    written: list[bytes] = []
    entries: list[Entry] = []
    writer = OpenDocument(DOCUMENT, FOUNDING, OFFER_SCHEMA, reader=READER)
    for number, text in enumerate(("hedge", "oak", "elm")):
        raw = writer.change(actor=actor, edits=[Put(("category",), text)], time_s=number)
        written.append(
            bodies.encode(
                Kind.CHANGES,
                [None if number else nonce, [raw]],
                salt=builders.nonce(text),
                document=DOCUMENT,
            )
        )
        entries = stretch.make(FeedKey(device.public, builders.PUBLIC), None, written, hours=0, signer=device)
        assert writer.offer(entries[-1:], Everybody()) == []
    known = {it.id: bodies.changes(bodies.decode(it.body).content) for it in entries if it.body}
    assert opened.offer(entries, Everybody(), known=known) == []
    assert opened.read() == writer.read() == {"category": "elm"}
    assert opened.differences() == []
