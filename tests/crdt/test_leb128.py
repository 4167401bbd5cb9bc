import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.crdt import leb128
from node.crdt.leb128 import Reader
from node.errors import RejectedChangeError

EDGES = [0, 1, 63, 64, 127, 128, 2**14 - 1, 2**14, 2**63 - 1]


@given(st.one_of(st.sampled_from([*EDGES, 2**64 - 1]), st.integers(0, 2**64 - 1)))
def test_unsigned_integers_read_back_as_written(value: int) -> None:
    """Every unsigned 64-bit integer has a spelling that reads back as itself and is used up."""
    reader = Reader(leb128.unsigned(value))
    assert reader.unsigned() == value
    assert reader.finished


@given(st.one_of(st.sampled_from([*EDGES, *(-edge - 1 for edge in EDGES)]), st.integers(-(2**63), 2**63 - 1)))
def test_signed_integers_read_back_as_written(value: int) -> None:
    """Every signed 64-bit integer has a spelling that reads back as itself and is used up."""
    reader = Reader(leb128.signed(value))
    assert reader.signed() == value
    assert reader.finished


@given(st.binary(max_size=24))
def test_reading_arbitrary_bytes_ends_in_a_number_or_a_rejection(data: bytes) -> None:
    """No bytes make a reader raise anything else or leave its bounds."""
    for read in (Reader.unsigned, Reader.signed):
        reader = Reader(data)
        try:
            value = read(reader)
        except RejectedChangeError:
            continue
        assert -(2**63) <= value < 2**64
        assert 0 < reader.at <= len(data)


@pytest.mark.parametrize("data", ["", "80", "80" * 10, "80" * 9 + "02", "ff" * 9 + "7f"])
def test_an_unsigned_integer_without_end_or_beyond_64_bits_is_refused(data: str) -> None:
    """Too few bytes, too many and too large a number are each rejected."""
    with pytest.raises(RejectedChangeError):
        Reader(bytes.fromhex(data)).unsigned()


def test_what_cannot_be_spelled_is_refused_when_written() -> None:
    """A number outside 64 bits is the caller's mistake."""
    for write, value in ((leb128.unsigned, -1), (leb128.unsigned, 2**64), (leb128.signed, 2**63)):
        with pytest.raises(ValueError, match="64-bit"):
            write(value)
