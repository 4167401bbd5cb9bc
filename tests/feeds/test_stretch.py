"""Feeds: one signature proves all that lies before it, and nothing else."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from node import canonical, errors, ids
from node.errors import BadSignatureError, PeerError
from node.feeds import entry, stretch
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Item, Stretch
from node.ids import EntryId
from node.keys import KeyPair
from node.limits import BODY_BYTES_MAX, STRETCH_BODY_BYTES_MAX, STRETCH_ENTRIES_MAX
from tests import builders, strategies

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "feeds.json").read_text())
AUTHOR = builders.key("an author")
FEED = FeedKey(AUTHOR.public, "public")


@given(strategies.written_feeds())
def test_what_an_author_writes_travels_and_is_proved(written: list[Entry]) -> None:
    """A feed cut into stretches, written out, read and proved is the feed that its author wrote."""
    arrived: list[Entry] = []
    for part in stretch.split(written):
        read = stretch.decode(stretch.encode(part))
        assert read == part
        arrived += stretch.prove(read)
    assert arrived == written


@given(st.integers(1, 2**64 - 1), st.none() | st.binary(min_size=32, max_size=32), st.integers(0, 2**53 - 1))
def test_an_id_is_the_hash_of_the_canonical_header(seq: int, prev: EntryId | None, hours: int) -> None:
    """However a header is put together, its bytes are the canonical list of its nine parts."""
    written = entry.build(FEED, seq=seq, prev=prev, body=b"bread", hours=hours)
    fields = [1, FEED.device, FEED.scope, seq, prev, sha256(b"bread").digest(), 5, hours, None]
    assert written.id == sha256(canonical.encode(fields)).digest()


@given(strategies.written_feeds())
def test_entries_form_a_chain_from_place_one(written: list[Entry]) -> None:
    """Places count from 1, each entry names the one before, and the last of every commit is signed."""
    assert [one.seq for one in written] == list(range(1, len(written) + 1))
    assert [one.prev for one in written] == [None, *(one.id for one in written[:-1])]
    assert written[-1].signature is not None
    assert len({one.id for one in written}) == len(written)


@given(strategies.written_feeds(), st.integers(0, 20), st.randoms())
def test_attack_whatever_is_changed_in_a_stretch_breaks_its_signature(
    written: list[Entry], place: int, random: Any
) -> None:
    """Device, scope, place, predecessor, hour, body, order or number of entries: all of it is signed."""
    sent = random.choice(stretch.split(written))
    items = list(sent.items)
    at = place % len(items)
    item = items[at]
    body = item.body or b""
    changed: list[Stretch] = [
        replace(sent, feed=FeedKey(builders.key("another").public, sent.feed.scope)),
        replace(sent, feed=FeedKey(sent.feed.device, "circle:" + ids.show(bytes(31) + b"\1"))),
        replace(sent, first_seq=sent.first_seq + 1, prev=sent.prev or EntryId(bytes(32))),
        replace(sent, items=(*items[:at], item._replace(hours=item.hours + 1), *items[at + 1 :])),
        replace(sent, items=(*items[:at], item._replace(body=body + b"\0"), *items[at + 1 :])),
        replace(sent, items=(*items, Item(0, b""))),
        replace(sent, signature=bytes(64)),
    ]
    if sent.prev is not None:
        changed.append(replace(sent, prev=EntryId(builders.identifier("another"))))
    if len(items) > 1:
        changed.append(replace(sent, items=tuple(items[:at] + items[at + 1 :])))
    if items[0] != items[-1]:
        changed.append(replace(sent, items=tuple(reversed(items))))
    for one in changed:
        with pytest.raises(BadSignatureError):
            stretch.prove(one)


@given(strategies.written_feeds(), st.sets(st.integers(0, 20)))
def test_an_erased_body_leaves_the_chain_whole(written: list[Entry], gone: set[int]) -> None:
    """Bodies may go: hash and length in their place prove the same entries."""
    left = [replace(one, body=None) if place in gone else one for place, one in enumerate(written)]
    arrived = [one for part in stretch.split(left) for one in stretch.prove(part)]
    assert arrived == left
    assert [one.id for one in arrived] == [one.id for one in written]


@given(strategies.written_feeds(), st.integers(0, 20))
def test_an_unsigned_tail_does_not_travel(written: list[Entry], kept: int) -> None:
    """Entries behind the last signature are left out of what is sent."""
    part = written[: kept % (len(written) + 1)]
    sent = sum(len(one.items) for one in stretch.split(part))
    signed = [place for place, one in enumerate(part, start=1) if one.signature is not None]
    assert sent == max(signed, default=0)


def test_attack_an_unsigned_tail_counts_as_not_received() -> None:
    """A signature over the first entry proves nothing about one put behind it."""
    first = stretch.make(FEED, None, [b"one"], hours=1, signer=AUTHOR)
    (sent,) = stretch.split(first)
    with pytest.raises(BadSignatureError):
        stretch.prove(replace(sent, items=(*sent.items, Item(1, b"two"))))


def test_attack_a_signature_in_one_scope_proves_nothing_in_another() -> None:
    """The same bodies by the same device in two scopes are two feeds with two signatures."""
    (public,) = stretch.split(stretch.make(FEED, None, [b"one"], hours=1, signer=AUTHOR))
    local = FeedKey(AUTHOR.public, "local")
    with pytest.raises(BadSignatureError):
        stretch.prove(replace(public, feed=local))


def test_authors_sign_where_a_limit_asks() -> None:
    """However much is written at once, each signature covers at most 256 entries and 256 KiB of bodies."""
    many = stretch.make(FEED, None, [b"x"] * 600, hours=1, signer=AUTHOR)
    assert [len(part.items) for part in stretch.split(many)] == [256, 256, 88]
    large = stretch.make(FEED, None, [bytes(BODY_BYTES_MAX - 1)] * 5, hours=1, signer=AUTHOR)
    for part in stretch.split(large):
        size = sum(len(item.body or b"") for item in part.items)
        assert size <= STRETCH_BODY_BYTES_MAX
        assert stretch.decode(stretch.encode(part)) == part
    assert [one.id for part in stretch.split(large) for one in stretch.prove(part)] == [
        one.id for one in large
    ]


def test_the_longest_stretch_is_read() -> None:
    """Exactly 256 entries and exactly 256 KiB of bodies are within the limits."""
    body = bytes(STRETCH_BODY_BYTES_MAX // STRETCH_ENTRIES_MAX)
    written = stretch.make(FEED, None, [body] * STRETCH_ENTRIES_MAX, hours=1, signer=AUTHOR)
    (sent,) = stretch.split(written)
    assert stretch.prove(stretch.decode(stretch.encode(sent))) == written


def test_a_fork_is_two_proved_branches() -> None:
    """Two entries at one place by one device are both proved: a fork is concurrency."""
    begun = stretch.make(FEED, None, [b"one"], hours=1, signer=AUTHOR)
    end = Head(1, begun[0].id)
    branches = [stretch.make(FEED, end, [body], hours=1, signer=AUTHOR) for body in (b"left", b"right")]
    assert branches[0][0].id != branches[1][0].id
    for branch in branches:
        (sent,) = stretch.split(branch)
        assert stretch.prove(sent) == branch


@given(strategies.shaped_stretches())
def test_a_stretch_of_the_right_shape_reads_back(sent: Stretch) -> None:
    """What has the right shape is read as it was written; its signature is not looked at yet."""
    assert stretch.decode(stretch.encode(sent)) == sent


@given(st.binary(max_size=80) | strategies.values.map(canonical.encode))
@example(b"")
def test_any_bytes_raise_a_peer_error(raw: bytes) -> None:
    """Bytes that are no stretch are refused as a peer's mistake."""
    with pytest.raises(PeerError):
        stretch.decode(raw)


@given(strategies.shaped_stretches(), st.integers(0, 5), strategies.values)
def test_a_field_of_any_value_is_read_as_written_or_refused(sent: Stretch, place: int, value: Any) -> None:
    """Nothing is coerced: what is read is written again with the same bytes, or it is refused."""
    fields = stretch.to_value(sent)
    fields[place] = value
    try:
        read = stretch.from_value(fields)
    except PeerError:
        return
    assert stretch.encode(read) == canonical.encode(fields)


@given(strategies.key_pairs, strategies.entry_ids, strategies.entry_ids)
def test_a_feed_s_signature_names_its_end(signer: KeyPair, one: EntryId, other: EntryId) -> None:
    """A signature holds for one end and its device only, and a bare one over the id never does."""
    made = entry.sign(one, signer)
    entry.verify(one, signer.public, made)
    with pytest.raises(BadSignatureError):
        entry.verify(one, signer.public, signer.sign(one))
    if one != other:
        with pytest.raises(BadSignatureError):
            entry.verify(other, signer.public, made)


def test_the_vectors_of_entries_agree() -> None:
    """Seeds, bodies and hours give the headers, ids and signatures of the vector file."""
    signer = KeyPair(bytes.fromhex(VECTORS["device_seed"]))
    assert signer.public.hex() == VECTORS["device"]
    feed = FeedKey(signer.public, VECTORS["scope"])
    prev: EntryId | None = None
    for case in VECTORS["entries"]:
        body = bytes.fromhex(case["body"])
        built = entry.build(feed, seq=case["seq"], prev=prev, body=body, hours=case["hours"])
        assert built.id.hex() == case["id"]
        assert built.body_hash.hex() == case["body_hash"]
        named = bytes.fromhex(case["document"]) if case["document"] is not None else None
        assert built.document == named
        header = [
            1,
            signer.public,
            feed.scope,
            built.seq,
            prev,
            built.body_hash,
            len(body),
            built.hours,
            named,
        ]
        assert canonical.encode(header).hex() == case["header"]
        if case["signature"] is not None:
            assert entry.sign(built.id, signer).hex() == case["signature"]
        prev = built.id


@pytest.mark.parametrize("case", VECTORS["stretches"], ids=lambda case: case["name"])
def test_the_vectors_of_stretches_are_proved(case: dict[str, Any]) -> None:
    """Each stretch of the vectors is read and proves the entries that the file names."""
    proved = stretch.prove(stretch.decode(bytes.fromhex(case["raw"])))
    assert [one.id.hex() for one in proved] == case["ids"]


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_the_broken_vectors_are_refused(case: dict[str, str]) -> None:
    """Each broken stretch is refused with the error the file names: by its shape, or when it is proved."""
    with pytest.raises(getattr(errors, case["error"])):
        stretch.prove(stretch.decode(bytes.fromhex(case["raw"])))
