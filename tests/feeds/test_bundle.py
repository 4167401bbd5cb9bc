"""The file of a bundle: whole parts are found whatever stands around them, and nothing else is."""

import json
import struct
import tracemalloc
import zlib
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node import canonical, errors
from node.errors import (
    BadSignatureError,
    LimitExceededError,
    MalformedMessageError,
    PeerError,
    UnsupportedVersionError,
)
from node.feeds import bundle_items
from node.feeds.bodies import Kind
from node.feeds.bundle import (
    BROKEN_MAX,
    CHECKSUM_BYTES,
    HEAD_BYTES,
    MARK,
    PART_BYTES_MAX,
    PART_BYTES_WANTED,
    Damage,
    Part,
    Reader,
    Writer,
)
from node.feeds.bundle_items import (
    CharterRecords,
    ClaimedFeed,
    Claims,
    FoundingRecord,
    Item,
    Opening,
)
from node.feeds.entry import FeedKey, Head
from node.ids import CommunityId, EntryId
from tests import builders

CONTENTS = st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=6)


def framed(contents: Sequence[bytes]) -> list[bytes]:
    """Return the bytes of each part of a file."""
    writer = Writer()
    last = len(contents) - 1
    return [writer.part(content, last=number == last) for number, content in enumerate(contents)]


def found(file: bytes, piece: int = 1_000_000) -> list[Part | Damage]:
    """Return all that a reader finds in a file that comes in pieces."""
    reader = Reader()
    pieces = (file[at : at + piece] for at in range(0, len(file), piece))
    return [*(one for data in pieces for one in reader.feed(data)), *reader.end()]


def whole(file: bytes) -> list[bytes]:
    """Return what the whole parts of a file hold."""
    return [one.content for one in found(file) if isinstance(one, Part)]


def reasons(file: bytes) -> list[str]:
    """Return what is wrong with a file."""
    return [one.reason for one in found(file) if isinstance(one, Damage)]


def forged(content: bytes, *, version: int = 1, form: int = 2, number: int = 0) -> bytes:
    """Return a part as somebody makes it who keeps to no rule, its checksum right."""
    head = struct.pack(">8sBBII32s", MARK, version, form, number, len(content), bytes(32))
    return head + content + sha256(head + content).digest()


@given(CONTENTS, st.integers(1, 400))
def test_what_was_written_is_read_in_pieces_of_any_size(contents: list[bytes], piece: int) -> None:
    """Every part comes back in order, unpacked, and none is damaged; the last is known as such."""
    parts = found(b"".join(framed(contents)), piece)
    assert [one.content for one in parts if isinstance(one, Part)] == contents
    assert len(parts) == len(contents)
    assert [one.last for one in parts if isinstance(one, Part)] == [False] * (len(contents) - 1) + [True]


@given(CONTENTS, st.data())
def test_a_truncated_file_says_so_and_gives_what_is_whole(contents: list[bytes], data: st.DataObject) -> None:
    """Cut anywhere, the parts before the cut come back and the end is said to be missing."""
    parts = framed(contents)
    file = b"".join(parts)
    cut = data.draw(st.integers(0, len(file) - 1))
    complete = sum(sum(map(len, parts[: n + 1])) <= cut for n in range(len(parts)))
    assert whole(file[:cut]) == contents[:complete]
    assert "ends before its last part" in reasons(file[:cut])[-1]


@given(CONTENTS, st.data())
def test_a_bit_flip_costs_the_part_it_hits_and_no_other(contents: list[bytes], data: st.DataObject) -> None:
    """Wherever a bit is flipped, every other part comes back unchanged, and the damage is told."""
    parts = framed(contents)
    hit = data.draw(st.integers(0, len(parts) - 1))
    at, bit = data.draw(st.integers(0, len(parts[hit]) - 1)), data.draw(st.integers(0, 7))
    flipped = bytearray(parts[hit])
    flipped[at] ^= 1 << bit
    file = b"".join([*parts[:hit], bytes(flipped), *parts[hit + 1 :]])
    assert whole(file) == contents[:hit] + contents[hit + 1 :]
    assert reasons(file)


def test_lost_doubled_and_foreign_parts_are_named_and_the_rest_is_read() -> None:
    """The chain shows what is missing, what stands there twice and what is of another file."""
    first, second, third = framed([b"one", b"two", b"three"])
    other = framed([b"uno", b"due", b"tre"])
    assert reasons(first + third) == ["1 part before part 2 cannot be read"]
    assert reasons(first + first + second + third) == ["part 0 stands here where part 1 was expected"]
    assert reasons(first + other[1] + third) == [
        "part 1 is of another file than what stands before it",
        "part 2 is of another file than what stands before it",
    ]
    assert whole(first + other[1] + third) == [b"one", b"due", b"three"]


def test_a_decompression_bomb_is_cut_at_the_bound() -> None:
    """A small part that would unpack to 200 MB costs at most some MB and is no part."""
    bomb = forged(zlib.compress(bytes(200_000_000), 9), form=3)
    tracemalloc.start()
    said = reasons(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "expected at most" in said[0]
    assert peak < 8 * PART_BYTES_MAX


@pytest.mark.parametrize("tail", [b"", b"\x00\x01", b"x" * 50])
def test_a_part_that_is_not_one_whole_stream_is_none(tail: bytes) -> None:
    """What is cut off or goes on behind the stream is refused, whatever its checksum says."""
    stream = zlib.compress(b"some content" * 20)
    assert "cannot be unpacked" in reasons(forged((stream[:-3] if not tail else stream) + tail, form=3))[0]


@pytest.mark.parametrize(("version", "form"), [(2, 2), (0, 2), (1, 4), (1, 0x82)])
def test_a_newer_version_is_told_and_not_guessed_at(version: int, form: int) -> None:
    """A whole part of another version or form ends the reading."""
    with pytest.raises(UnsupportedVersionError, match="version 1"):
        found(forged(b"content", version=version, form=form))


def test_endless_beginnings_of_parts_are_given_up() -> None:
    """A file that is all marks costs so many checksums and not one for each mark."""
    head = struct.pack(">8sBBII32s", MARK, 1, 2, 0, 40, bytes(32))
    with pytest.raises(LimitExceededError, match=f"{BROKEN_MAX:,} places"):
        found(head * (BROKEN_MAX + 10))


def test_endless_parts_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of more parts than a file may have is left there; a writer makes none such."""
    monkeypatch.setattr("node.feeds.bundle.PARTS_MAX", 3)
    writer = Writer()
    parts = [writer.part(b"x") for _ in range(3)]
    with pytest.raises(LimitExceededError):
        writer.part(b"x")
    with pytest.raises(LimitExceededError):
        found(b"".join([*parts, parts[0]]))


def test_reading_keeps_no_more_than_a_part_in_memory() -> None:
    """A hundred parts, and noise of the same length, are read within the memory of a few."""
    writer = Writer()
    reader = Reader()
    noise = bytes(range(250)) * 2_000
    tracemalloc.start()
    count = 0
    for number in range(50):
        part = writer.part(sha256(bytes([number])).digest() * 4_000)
        for data in (part[:1_000], part[1_000:], noise):
            count += sum(isinstance(one, Part) for one in reader.feed(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 50
    assert peak < 4 * PART_BYTES_MAX


def test_what_stands_behind_the_last_part_is_left() -> None:
    """The last part is the end, whatever follows it, and what follows is not kept."""
    parts = framed([b"one", b"two"])
    assert whole(b"".join(parts) + b"more" * 100 + parts[0]) == [b"one", b"two"]
    assert HEAD_BYTES + CHECKSUM_BYTES == 82


def every_item() -> list[Item]:
    """Return one item of each kind."""
    ann = builders.community("Ann")
    bundle, community = bytes(16), ann.id
    ends = (Head(3, EntryId(builders.identifier("end"))),)
    claimed = (ClaimedFeed(FeedKey(ann.device.public, "public"), ends),)
    (sent,) = builders.stretches(ann.device, [(Kind.RECORD, b"raw", None)])
    return [
        Opening(bundle, community, None, 500_000, whole=True),
        Opening(bundle, community, CommunityId(builders.identifier("Bob")), 500_000, whole=False),
        CharterRecords(community, (ann.founding.raw,)),
        FoundingRecord(b"some record"),
        sent,
        bundle_items.claims(bundle, community, claimed, ann.device),
    ]


def test_items_come_back_as_they_were_written() -> None:
    """Each kind of item is read as what was written, and a claim's signature holds."""
    (content,) = bundle_items.contents(every_item())
    back = bundle_items.decode(content)
    assert back == every_item()
    assert isinstance(back[-1], Claims)
    back[-1].verify()


def test_a_part_is_begun_anew_at_the_wanted_size() -> None:
    """Parts are filled to the wanted size and no further, but an item is never cut."""
    items = [FoundingRecord(bytes(30_000)) for _ in range(6)]
    parts = list(bundle_items.contents(items))
    assert [len(bundle_items.decode(one)) for one in parts] == [2, 2, 2]
    assert all(len(one) <= PART_BYTES_WANTED + 9 for one in parts)


def test_a_claim_of_somebody_else_is_told_by_its_signature() -> None:
    """Another device, community or end under the same signature does not hold."""
    claimed = every_item()[-1]
    assert isinstance(claimed, Claims)
    for change in (
        {"device": builders.key("other").public},
        {"community": CommunityId(builders.identifier("other"))},
        {"bundle": bytes(15) + b"\x01"},
        {"feeds": ()},
    ):
        fields = {name: getattr(claimed, name) for name in Claims.__slots__} | change
        with pytest.raises(BadSignatureError):
            Claims(**fields).verify()


@pytest.mark.parametrize(
    "value",
    [
        [],
        [[]],
        [[9, b""]],
        [[True, bytes(32), []]],
        [[1, bytes(31), []]],
        [[1, bytes(32), ["text"]]],
        [[1, bytes(32), [b""] * 257]],
        [[1, bytes(32), [bytes(100_000)] * 3]],
        [[0, bytes(16), bytes(32), None, -1, True]],
        [[0, bytes(15), bytes(32), None, 1, True]],
        [[0, bytes(16), bytes(32), None, 1, 1]],
        [[4, bytes(16), bytes(32), bytes(32), [["nowhere", bytes(32), [[1, bytes(32)]]]], bytes(64)]],
        [[4, bytes(16), bytes(32), bytes(32), [["public", bytes(32), []]], bytes(64)]],
        [[4, bytes(16), bytes(32), bytes(32), [["public", bytes(32), [[0, bytes(32)]]]], bytes(64)]],
        [[4, bytes(16), bytes(32), bytes(32), [["public", bytes(32), [[1, bytes(32)]]]] * 501, bytes(64)]],
        [[3, [bytes(32), "public", 1, None, [], bytes(64)]]],
    ],
)
def test_a_forged_part_of_another_shape_is_refused(value: canonical.Value) -> None:
    """What is no list of items, or beyond a bound, is a peer's fault and nothing else."""
    with pytest.raises((MalformedMessageError, LimitExceededError)):
        bundle_items.decode(canonical.encode(value))


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_read_or_refused(data: bytes) -> None:
    """Nothing but a peer's fault comes of bytes that nobody made."""
    for read in (found, bundle_items.decode):
        try:
            read(data)
        except PeerError:
            continue


VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "bundles.json").read_text("utf-8"))


@pytest.mark.parametrize("case", VECTORS["whole"] + VECTORS["damaged"], ids=lambda case: case["name"])
def test_the_files_of_the_vectors_are_read_as_they_say(case: dict[str, Any]) -> None:
    """What is whole in each file comes back, and what is wrong with it is told."""
    file = bytes.fromhex(case["file"])
    assert [content.hex() for content in whole(file)] == case["parts"]
    assert len(reasons(file)) == case["complaints"]


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_the_broken_files_of_the_vectors_are_refused(case: dict[str, Any]) -> None:
    """Each is refused by the error that is named."""
    with pytest.raises(getattr(errors, case["error"])):
        found(bytes.fromhex(case["file"]))


@pytest.mark.parametrize("case", VECTORS["broken_parts"], ids=lambda case: case["name"])
def test_the_broken_parts_of_the_vectors_are_no_parts(case: dict[str, Any]) -> None:
    """What cannot be unpacked is told and holds nothing."""
    file = bytes.fromhex(case["file"])
    assert whole(file) == []
    assert "cannot be unpacked" in reasons(file)[0]
