"""Small real entries, records and rows for the contract of the store."""

from collections.abc import Sequence
from hashlib import sha256

from node.engine.ports import Carrier, DocumentRow, RecordRow, Verdict
from node.feeds import bodies, entry
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import CommunityId, DocumentId, EntryId, PayloadId, RecordId
from node.keys import KeyPair

PUBLIC = "public"
MEMBERS = "members:" + "a" * 52
ANN = KeyPair(bytes([1]) * 32)
BEN = KeyPair(bytes([2]) * 32)
ANNS_FEED = FeedKey(ANN.public, PUBLIC)
BENS_FEED = FeedKey(BEN.public, PUBLIC)
EVERYTHING = 10**9


def identifier(name: str) -> bytes:
    """Return 32 bytes that stand for an id, the same for the same name."""
    return sha256(name.encode()).digest()


def body(text: str, document: str | None = None) -> bytes:
    """Return the bytes of a readable body that names a document or none."""
    named = DocumentId(identifier(document)) if document is not None else None
    return bodies.encode(Kind.RECORD, text.encode(), salt=bytes(16), document=named)


def chain(
    signer: KeyPair,
    texts: Sequence[str],
    *,
    after: Entry | None = None,
    scope: str = PUBLIC,
    signed: Sequence[int] | None = None,
    document: str | None = None,
) -> list[Entry]:
    """Write one entry for each text behind `after`, signed at the given places, else at the last."""
    written: list[Entry] = []
    places = (len(texts) - 1,) if signed is None else signed
    for index, text in enumerate(texts):
        before = written[-1] if written else after
        made = entry.build(
            FeedKey(signer.public, scope),
            seq=before.seq + 1 if before else 1,
            prev=before.id if before else None,
            body=body(text, document),
            hours=500_000,
        )
        written.append(with_signature(made, signer) if index in places else made)
    return written


def with_signature(unsigned: Entry, signer: KeyPair) -> Entry:
    """Return the same entry with its author's signature."""
    return entry.build(
        unsigned.feed,
        seq=unsigned.seq,
        prev=unsigned.prev,
        body=unsigned.body,
        hours=unsigned.hours,
        signature=entry.sign(unsigned.id, signer),
    )


def head(last: Entry) -> Head:
    """Return the head that an entry is."""
    return Head(last.seq, last.id)


def record(
    name: str, *, kind: str = "attestation", scope: str = PUBLIC, about: str | None = None
) -> RecordRow:
    """Return a record as indexed; the same name is the same statement."""
    return RecordRow(
        id=RecordId(identifier("record " + name)),
        kind=kind,
        scope=scope,
        payload_id=PayloadId(identifier("payload " + name.split("/", maxsplit=1)[0])),
        about=identifier(about) if about is not None else None,
        signer=ANN.public,
        raw=name.encode(),
    )


def carrier(seq: int, *, feed: FeedKey = ANNS_FEED) -> Carrier:
    """Return the place at which a record arrived."""
    return Carrier(feed, seq, EntryId(identifier(f"entry {seq}")))


def document(name: str, *, kind: str = "profile", state: bytes = b"") -> DocumentRow:
    """Return a document as materialised."""
    return DocumentRow(
        id=DocumentId(identifier(name)),
        type=kind,
        owner=CommunityId(identifier("owner")),
        scope=PUBLIC,
        genesis=b"genesis of " + name.encode(),
        state=state,
        tree=b"",
    )


def verdict(seq: int, *, scope: str = PUBLIC, reason: str = "too long") -> Verdict:
    """Return a note that the body at this place counts for nothing."""
    return Verdict(FeedKey(ANN.public, scope), seq, EntryId(identifier(f"entry {seq}")), reason)
