"""Targets of what is carried: entries with their bodies, and the files that take them elsewhere."""

from collections.abc import Iterator

from node.crdt import genesis
from node.feeds import bodies, bundle_items, stretch
from node.feeds.bodies import Kind
from node.feeds.bundle import PART_BYTES_MAX, Part, Reader, Writer
from node.feeds.bundle_items import BUNDLE_ID_BYTES, CharterRecords, ClaimedFeed, Claims, FoundingRecord
from node.feeds.entry import FeedKey, Head
from node.ids import CommunityId, DocumentId, EntryId
from node.limits import (
    BODY_BYTES_MAX,
    CHANGES_PER_BODY_MAX,
    CHARTER_RECORDS_PER_COMMUNITY_MAX,
    MESSAGE_BYTES_MAX,
    STRETCH_ENTRIES_MAX,
)
from tests import builders
from tests.fuzz.target import Target, hexes, prefixed, vector

# A file comes in pieces, of which most hold no whole part; many would be one piece of code again and again.
_PIECE_BYTES, _PIECES = 300, 4
_WORDS = b"".join(builders.identifier(f"word {number}") for number in range(400))


def take_entries(data: bytes) -> None:
    """Read a stretch and prove it, or a body and what is in it, by the first byte."""
    mode, rest = data[:1], data[1:]
    if mode == b"\x00":
        sent = stretch.decode(rest)
        assert stretch.encode(sent) == rest
        stretch.prove(sent)
        return
    body = bodies.decode(rest)
    bodies.kind_of(rest)
    if body.kind is Kind.CHANGES:
        bodies.changes(body.content)
    elif body.kind is Kind.GENESIS and isinstance(body.content, bytes):
        founding = genesis.decode(body.content)
        assert genesis.encode(founding) == body.content


def _entry_seeds() -> Iterator[bytes]:
    yield from prefixed([0, 1], hexes(vector("feeds")))
    spelled = vector("changes_valid")
    raws = [bytes.fromhex(it["raw"]) for it in spelled["changes"]]
    salt, document = builders.nonce("salt"), DocumentId(builders.identifier("document"))
    yield b"\x01" + bodies.encode(Kind.CHANGES, [salt, raws], salt=salt, document=document)
    for founding in spelled["genesis"]:
        raw = bytes.fromhex(founding["bytes"])
        yield b"\x01" + bodies.encode(Kind.GENESIS, raw, salt=salt, document=genesis.document_id(raw))


def _long_entry_seeds() -> Iterator[bytes]:
    salt, document = builders.nonce("salt"), DocumentId(builders.identifier("document"))
    for sent in _long_stretches():
        yield b"\x00" + stretch.encode(sent)
    raws = [_WORDS[at : at + 3_000] for at in range(CHANGES_PER_BODY_MAX)]
    yield b"\x01" + bodies.encode(Kind.CHANGES, [salt, raws], salt=salt, document=document)
    long = (_WORDS * 20)[: BODY_BYTES_MAX - 200]
    yield b"\x01" + bodies.encode(Kind.CHANGES, [None, [long]], salt=salt, document=document)
    yield b"\x01" + bodies.encode(Kind.RECORD, long, salt=salt)


def _long_stretches() -> Iterator[stretch.Stretch]:
    for count, size in ((STRETCH_ENTRIES_MAX, 900), (STRETCH_ENTRIES_MAX, 9), (1, BODY_BYTES_MAX - 200)):
        said = [(Kind.RECORD, (_WORDS * 20)[number : number + size], None) for number in range(count)]
        yield from builders.stretches(builders.key("a device"), said)


def read_bundle(data: bytes) -> None:
    """Read a file in pieces, or the content of a part, by the first byte."""
    mode, rest = data[:1], data[1:]
    if mode != b"\x00":
        for item in bundle_items.decode(rest):
            if isinstance(item, Claims):
                item.verify()
        return
    reader = Reader()
    size = max(_PIECE_BYTES, len(rest) // _PIECES)
    pieces = [rest[at : at + size] for at in range(0, len(rest), size)]
    found = [*(one for piece in pieces for one in reader.feed(piece)), *reader.end()]
    assert all(0 <= one.at <= len(rest) for one in found)
    for one in found:
        if isinstance(one, Part):
            assert len(one.content) <= PART_BYTES_MAX


def _bundle_seeds() -> Iterator[bytes]:
    yield from prefixed([0, 1], (it for it in hexes(vector("bundles")) if len(it) < 4_096))


def _long_bundle_seeds() -> Iterator[bytes]:
    contents = [*bundle_items.contents(_long_items())]
    yield from prefixed([1], contents)
    yield b"\x01" + bundle_items._joined([one[1:] for one in contents[:2]])
    writer = Writer()
    yield b"\x00" + b"".join(writer.part(one, last=one == contents[-1]) for one in contents)
    # As it stands in a file that cannot be made smaller.
    writer = Writer()
    noise = b"".join(builders.identifier(f"{number}") for number in range(PART_BYTES_MAX // 32))
    yield b"\x00" + writer.part(noise) + writer.part(noise[:9_000], last=True)


def _long_items() -> Iterator[bundle_items.Item]:
    yield from _long_stretches()
    signer = builders.key("a device")
    community = CommunityId(builders.identifier("a community"))
    yield CharterRecords(community, (_WORDS[:1_000],) * CHARTER_RECORDS_PER_COMMUNITY_MAX)
    yield FoundingRecord((_WORDS * 20)[:200_000])
    ends = tuple(Head(number + 1, EntryId(_WORDS[number : number + 32])) for number in range(16))
    feeds = [ClaimedFeed(FeedKey(signer.public, builders.PUBLIC), ends)] * 500
    yield bundle_items.claims(_WORDS[:BUNDLE_ID_BYTES], community, feeds, signer)


TARGETS = (
    Target(
        "entries",
        take_entries,
        _entry_seeds,
        long_max=MESSAGE_BYTES_MAX + 1,
        long_seeds=_long_entry_seeds,
    ),
    # A part may unpack to as much as a message; a file is as long as anybody likes, and this holds one.
    Target(
        "bundles",
        read_bundle,
        _bundle_seeds,
        long_max=PART_BYTES_MAX + 16_384,
        long_seeds=_long_bundle_seeds,
    ),
)
