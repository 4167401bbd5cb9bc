"""Targets of documents that begin again: what an epoch says, and what documents make of hostile ones."""

from collections.abc import Iterator
from functools import cache

from node import canonical
from node.crdt import epochs, genesis
from node.crdt.document import Document
from node.crdt.edits import Put
from node.crdt.epochs import Epoch, Included
from node.crdt.genesis import Communities, Genesis
from node.crdt.operations import Actor
from node.crdt.runs import actor
from node.engine.registry import Registry
from node.engine.replicas import making
from node.engine.replicas.epochs import Listed
from node.feeds import bodies, stretch
from node.feeds.bodies import Changes, Kind
from node.feeds.entry import FeedKey, Head
from node.ids import EntryId
from node.storage.memory.store import MemoryStore
from tests import builders
from tests.fuzz.target import Choices, Target, hexes, prefixed, vector

_OWNER = builders.community("Ash")
_FEED = FeedKey(_OWNER.device.public, builders.PUBLIC)
_GENESIS = Genesis(
    "profile", _OWNER.id, Communities((_OWNER.id,)), builders.PUBLIC, builders.nonce("a profile")
)
_RAW = genesis.encode(_GENESIS)
_DOCUMENT = genesis.document_id(_RAW)
_TURNS_MAX = 12


def restart_documents(data: bytes) -> None:
    """Read the content of an epoch, or let a hostile owner restart a document again and again."""
    if data[:1] == b"\x00":
        content = canonical.decode(data[1:])
        assert canonical.encode(epochs.encode(epochs.decode(content))) == data[1:]
    else:
        _Owner(Choices(data[1:])).write()


class _Owner:
    """An owner who writes entries of one document in two branches, as its choices say."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._store, self._registry = _ground()
        self._store.rollback()  # What the input before wrote.
        self._places: list[Head] = []

    def write(self) -> None:
        """Write, and see that what is made of it does not hang on the order in which it is offered."""
        turns = 0
        while self._choices.left and turns < _TURNS_MAX:
            turns += 1
            self._turn()
        held = self._store.feeds.of_document(_DOCUMENT)
        made = making.make(_DOCUMENT, held, self._registry, self._store.feeds)
        again = making.make(_DOCUMENT, held[::-1], self._registry, self._store.feeds)
        assert (made is None) == (again is None), "whether there is a document hangs on an order"
        if made is None or again is None:
            return
        assert [one.entry.id for one in made.began] == [one.entry.id for one in again.began]
        listed = Listed(self._store.feeds, made.began)
        counted = made.opened.counted - made.opened.unsettled
        for entry in held:
            included = listed.has(entry.feed, Head(entry.seq, entry.id))
            assert not included or entry.id == made.opened.began or entry.id not in counted
        if made.opened.strict and again.opened.strict:
            assert made.opened.read() == again.opened.read(), "what stands there hangs on an order"

    def _turn(self) -> None:
        """Write one entry behind any that there is: the beginning, a change, or an epoch nearly right."""
        choices = self._choices
        kinds = (Kind.EPOCH, Kind.CHANGES, Kind.EPOCH, Kind.GENESIS)
        kind = kinds[choices.below(4)] if self._places else Kind.GENESIS
        content: canonical.Value = _RAW
        if kind is Kind.CHANGES:
            content = self._changes(choices.below(3))
        elif kind is Kind.EPOCH:
            content = epochs.encode(self._epoch())
            assert isinstance(content, list)
            if choices.below(8) == 7:
                content[choices.below(len(content))] = choices.below(3)
        body = bodies.encode(kind, content, salt=bytes([len(self._places)]) * 16, document=_DOCUMENT)
        after = self._places[-1 - choices.below(min(2, len(self._places)))] if self._places else None
        # Whether an entry is signed is another reader's affair.
        written = stretch.chain(_FEED, after, [body], hours=1)
        self._store.feeds.append(written)
        self._places.append(Head(written[-1].seq, written[-1].id))

    def _epoch(self) -> Epoch:
        choices = self._choices
        number = 1 + choices.below(3)
        included = []
        for _ in range(choices.below(3)):
            head = self._places[choices.below(len(self._places))]
            seqs = {head.seq} | {1 + choices.below(head.seq) for _ in range(choices.below(3))}
            named = head.id if choices.below(8) else EntryId(bytes(32))
            included.append(Included(_FEED.device, named, epochs.ranges(seqs)))
        first = None
        if choices.below(4):
            nonce, raws = _first(choices.below(3), number if choices.below(6) else number + 1)
            first = Changes(nonce, raws)
        before = sorted({self._places[choices.below(len(self._places))].id for _ in range(choices.below(2))})
        places = {(one.device, one.head): one for one in included}
        ordered = tuple(places[key] for key in sorted(places))
        return Epoch(_RAW, number, bool(choices.below(2)), tuple(before), ordered, first)

    def _changes(self, run: int) -> canonical.Value:
        nonce, raws = _first(run, self._choices.below(3))
        return [nonce, list(raws)]


@cache
def _ground() -> tuple[MemoryStore, Registry]:
    """Return a store that holds the owner's charter and nothing else, and who is known by it."""
    store = MemoryStore()
    store.charters.add(_OWNER.id, _OWNER.founding.id, _OWNER.founding.raw)
    store.commit()
    return store, Registry(store)


@cache
def _first(run: int, number: int) -> tuple[bytes, tuple[bytes, ...]]:
    """Return a run and its first change, as an epoch of this number brings them."""
    nonce = builders.nonce(f"run {run}")
    author = actor(device_key=_FEED.device, document=_DOCUMENT, epoch=number, nonce=nonce)
    edits = [Put(("name",), {"und": f"as run {run} says"})]
    raw = Document.empty(Actor(bytes(32))).change(actor=author, edits=edits, time_s=0)
    assert raw is not None
    return nonce, (raw,)


def _seeds() -> Iterator[bytes]:
    yield from prefixed([0], hexes([one["content"] for one in vector("epochs")["valid"]]))
    yield from prefixed([0], hexes([one["raw"] for one in vector("epochs")["broken"]]))
    for seed in range(24):
        yield b"\x01" + bytes(
            (seed * 7 + place * place * 31 + place * 5) % 251 for place in range(20 + 6 * seed)
        )


TARGETS = (Target("epochs", restart_documents, _seeds, bytes_max=1_024),)
