"""Canonical bytes: one spelling for each value, and no other is admitted."""

import json
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from node import canonical, errors
from node.canonical import Value
from node.errors import LimitExceededError, MalformedMessageError, PeerError
from node.limits import CBOR_DEPTH_MAX, STATEMENT_BYTES_MAX
from tests import strategies

VECTORS = json.loads((Path(__file__).parent / "vectors" / "canonical.json").read_text())


@given(strategies.values)
def test_what_is_written_reads_back(value: Value) -> None:
    """Every value that can be said is read back equal, and spelled again with the same bytes."""
    raw = canonical.encode(value)
    again = canonical.decode(raw)
    assert again == value
    assert canonical.encode(again) == raw


@given(st.binary(max_size=60))
@example(b"")
def test_any_bytes_are_canonical_or_refused(raw: bytes) -> None:
    """Whatever bytes a stranger sends: they are the one spelling of their value, or a PeerError says no."""
    try:
        value = canonical.decode(raw)
    except PeerError:
        return
    assert canonical.encode(value) == raw


@given(strategies.values, st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_is_another_value_or_refused(value: Value, place: int, bit: int) -> None:
    """No two spellings of one value lie a bit apart."""
    raw = bytearray(canonical.encode(value))
    raw[place % len(raw)] ^= 1 << bit
    try:
        other = canonical.decode(bytes(raw))
    except PeerError:
        return
    assert canonical.encode(other) == bytes(raw)
    assert canonical.encode(other) != canonical.encode(value)


@given(strategies.values, st.binary(min_size=1, max_size=4))
def test_bytes_behind_the_value_are_refused(value: Value, more: bytes) -> None:
    """What is signed ends where its value ends."""
    with pytest.raises(MalformedMessageError):
        canonical.decode(canonical.encode(value) + more)


@given(strategies.values)
def test_a_truncated_value_is_refused(value: Value) -> None:
    """Nothing short of the whole value is read."""
    raw = canonical.encode(value)
    for end in range(len(raw)):
        with pytest.raises(MalformedMessageError):
            canonical.decode(raw[:end])


@given(st.dictionaries(strategies.map_keys, strategies.atoms, min_size=2, max_size=6), st.randoms())
def test_the_order_of_a_map_is_that_of_its_encoded_keys(value: dict[Value, Value], random: Any) -> None:
    """A map is spelled the same however its keys were put in, in bytewise order of their encodings."""
    pairs = list(value.items())
    random.shuffle(pairs)
    raw = canonical.encode(dict(pairs))
    assert raw == canonical.encode(value)
    keys = [canonical.encode(key) for key in canonical.decode(raw)]
    assert keys == sorted(keys)


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["name"])
def test_the_valid_vectors_are_admitted(case: dict[str, str]) -> None:
    """Each valid vector is admitted and spelled again with the same bytes."""
    raw = bytes.fromhex(case["raw"])
    value = canonical.decode(raw)
    assert canonical.encode(value) == raw


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_the_broken_vectors_are_refused(case: dict[str, str]) -> None:
    """Each broken vector is refused with the error it names."""
    with pytest.raises(getattr(errors, case["error"])):
        canonical.decode(bytes.fromhex(case["raw"]))


def test_the_digest_vectors_agree() -> None:
    """A digest is SHA-256 over the canonical list of tag and parts."""
    for case in VECTORS["digests"]:
        parts = canonical.decode(bytes.fromhex(case["parts"]))
        assert canonical.digest(case["tag"], *parts).hex() == case["digest"]


def test_parts_of_a_digest_cannot_be_cut_differently() -> None:
    """`ab, c` and `a, bc` have different digests, and so have one tag and another."""
    found = {
        canonical.digest("t", b"ab", b"c"),
        canonical.digest("t", b"a", b"bc"),
        canonical.digest("t", b"abc"),
        canonical.digest("t", [b"ab", b"c"]),
        canonical.digest("u", b"ab", b"c"),
    }
    assert len(found) == 5


def nested(depth: int) -> Value:
    """Return a list in a list, so many levels deep."""
    value: Value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_nesting_ends_at_its_limit() -> None:
    """The deepest value is read; one level more is refused in both directions."""
    assert canonical.decode(canonical.encode(nested(CBOR_DEPTH_MAX))) == nested(CBOR_DEPTH_MAX)
    with pytest.raises(ValueError, match="nesting"):
        canonical.encode(nested(CBOR_DEPTH_MAX + 1))
    with pytest.raises(MalformedMessageError):
        canonical.decode(b"\x81" * CBOR_DEPTH_MAX + b"\x80")


def test_length_is_checked_before_anything_is_read() -> None:
    """More bytes than allowed are refused unread, whatever they are."""
    with pytest.raises(LimitExceededError):
        canonical.decode(b"\xff" * (STATEMENT_BYTES_MAX + 1))
    with pytest.raises(LimitExceededError):
        canonical.decode(b"\x00\x00", bytes_max=1)


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), {1, 2}, {b"key": 1}, {None: 1}, {True: 1}, {1.5: 1}, object(), bytearray(1)]
)
def test_what_has_no_canonical_spelling_is_not_written(value: Value) -> None:
    """Floats, sets, odd keys and foreign types stop their writer instead of reaching a signature."""
    with pytest.raises(TypeError):
        canonical.encode(value)


@pytest.mark.parametrize("value", [2**64, -(2**64) - 1, 10**40])
def test_integers_beyond_64_bits_are_not_written(value: int) -> None:
    """An integer that CBOR could only say with a tag has no canonical spelling."""
    with pytest.raises(ValueError, match="64 bits"):
        canonical.encode(value)


@given(strategies.atoms)
def test_a_natural_number_is_no_truth_value(value: Value) -> None:
    """`true` never passes for 1: a natural is an integer from 0 to 2**53 - 1 and nothing else."""
    expected = type(value) is int and 0 <= value < 2**53
    assert canonical.is_natural(value) == expected


def shared_list_bomb(levels: int, width: int) -> bytes:
    """Return lists that tags 28 and 29 share: few bytes, `width ** levels` items when walked."""
    raw = bytes([0x80 | levels]) + b"\xd8\x1c\x80"
    for level in range(levels - 1):
        raw += b"\xd8\x1c" + bytes([0x80 | width]) + (b"\xd8\x1d" + bytes([level])) * width
    return raw


def test_attack_shared_references_do_not_multiply() -> None:
    """Two hundred bytes that share lists with each other cost no more than two hundred other bytes."""
    raw = shared_list_bomb(7, 10)
    begun = time.process_time()
    with pytest.raises(MalformedMessageError):
        canonical.decode(raw)
    assert time.process_time() - begun < 0.5


def test_attack_string_references_do_not_multiply() -> None:
    """One long string named three thousand times is refused before it is written out as often."""
    items = b"\x59\xea\x60" + bytes(60_000) + b"\xd8\x19\x00" * 2_999
    begun = time.process_time()
    with pytest.raises(MalformedMessageError):
        canonical.decode(b"\xd9\x01\x00\x99\x0b\xb8" + items)
    assert time.process_time() - begun < 0.1


# What each tag that cbor2 knows would be given, so that its reader trips in its own way.
_TRIPPING = (
    b"\x00", b"\x20", b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", b"\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00",
    b"\x61(", b"\x651/0.0", b"\x41x", b"\x80", b"\xa0", b"\x82\x01\x00", b"\xf6", b"\x6a2020-13-45",
    b"\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01", b"\x82\x00\x81\x01", b"\x81\xa0", b"\x81\x81\x00",
)  # fmt: skip


@pytest.mark.parametrize(
    "tag",
    [
        *range(31),
        35,
        36,
        37,
        52,
        54,
        100,
        255,
        256,
        257,
        258,
        260,
        261,
        1004,
        1040,
        43_000,
        55_799,
        2**32 - 1,
    ],
)
def test_no_tag_is_admitted(tag: int) -> None:
    """Whatever a tag holds, it is refused as malformed, and no error of another sort comes through."""
    head = canonical.encode(tag)
    head = bytes([head[0] | 0xC0]) + head[1:]
    for inner in _TRIPPING:
        with pytest.raises(MalformedMessageError):
            canonical.decode(head + inner)
        with pytest.raises(MalformedMessageError):
            canonical.decode(b"\x81" + head + inner)


@given(
    st.text(max_size=40),
    st.lists(
        st.one_of(st.binary(max_size=300), st.integers(-3, 300), st.none(), st.text(max_size=3)), max_size=6
    ),
)
def test_a_digest_is_the_hash_of_the_canonical_list(tag: str, parts: list[Any]) -> None:
    """What is spelled by hand for speed is what the encoder writes, at every length of a head."""
    lengths = [bytes(length) for length in (0, 23, 24, 255, 256, 65_535, 65_536)]
    for chosen in (parts, *([one] for one in lengths)):
        assert canonical.digest(tag, *chosen) == sha256(canonical.encode([tag, *chosen])).digest()
