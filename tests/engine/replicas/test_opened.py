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

    def may_write(self, federation: bytes, community: CommunityId) -> bool:
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


def test_a_run_counts_whichever_branch_of_its_feed_comes_first() -> None:
    """A run that is announced on one branch and goes on on another is judged alike in every order."""
    device = builders.key("a restored device")
    feed = FeedKey(device.public, builders.PUBLIC)
    nonce = builders.nonce("a run")
    actor = runs.actor(device_key=device.public, document=DOCUMENT, epoch=FIRST_EPOCH, nonce=nonce)
    writer = OpenDocument(DOCUMENT, FOUNDING, OFFER_SCHEMA, reader=READER)
    written = []
    for number, text in enumerate(("hedge", "oak", "elm")):
        raw = writer.change(actor=actor, edits=[Put(("category",), text)], time_s=number)
        assert raw is not None
        writer.count(raw, actor)
        written.append(
            bodies.encode(
                Kind.CHANGES,
                [None if number else nonce, [raw]],
                salt=builders.nonce(text),
                document=DOCUMENT,
            )
        )
    announcing = stretch.make(feed, None, written[:1], hours=0, signer=device)
    going_on = stretch.make(feed, None, written[1:], hours=0, signer=device)
    for entries in (
        [*announcing, *going_on],
        [*going_on, *announcing],
        [going_on[0], *announcing, going_on[1]],
    ):
        for size in (1, 3):
            opened = OpenDocument(DOCUMENT, FOUNDING, OFFER_SCHEMA, reader=READER)
            parts = [entries[at : at + size] for at in range(0, len(entries), size)]
            assert [opened.offer(part, Everybody()) for part in parts] == [[]] * len(parts)
            assert opened.read() == {"category": "elm"}
            assert opened.counted == {entry.id for entry in entries}
            assert not opened.strays
            assert opened.history_bytes == sum(entry.body_bytes for entry in entries)
