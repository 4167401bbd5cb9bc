import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.crdt import columns, leb128
from node.errors import RejectedChangeError

COUNTERS = st.lists(st.none() | st.integers(0, 5) | st.integers(0, columns.COUNTER_MAX), max_size=40)
STRINGS = st.lists(st.none() | st.sampled_from(["", "a", "hé😀"]) | st.text(max_size=4), max_size=40)


@given(COUNTERS)
def test_integer_columns_read_back_as_written(rows: list[int | None]) -> None:
    """Run-length and delta columns give back their rows; one without any value is empty."""
    for write, read in (
        (columns.write_unsigned, columns.read_unsigned),
        (columns.write_deltas, columns.read_deltas),
    ):
        data = write(rows)
        if any(row is not None for row in rows):
            assert read(data, len(rows)) == tuple(rows)
        else:
            assert data == b""


@given(STRINGS)
def test_string_columns_read_back_as_written(rows: list[str | None]) -> None:
    """String columns give back their rows; one without any value is empty."""
    data = columns.write_strings(rows)
    assert columns.read_strings(data, len(rows)) == (
        tuple(rows) if any(row is not None for row in rows) else ()
    )


@given(st.lists(st.booleans(), max_size=60))
def test_boolean_columns_read_back_as_written(rows: list[bool]) -> None:
    """Boolean columns give back their rows."""
    assert columns.read_booleans(columns.write_booleans(rows), len(rows)) == tuple(rows)


@given(st.binary(max_size=60))
def test_reading_arbitrary_bytes_ends_in_few_rows_or_a_rejection(data: bytes) -> None:
    """No bytes make a reader give more rows than it was allowed, or raise anything but a rejection."""
    for read in (columns.read_unsigned, columns.read_deltas, columns.read_strings, columns.read_booleans):
        try:
            rows = read(data, 100)
        except RejectedChangeError:
            continue
        assert len(rows) <= 100


@pytest.mark.parametrize("announced", [101, 2**40, 2**62])
def test_attack_a_run_of_a_billion_rows_is_refused_before_it_is_spread_out(announced: int) -> None:
    """A few bytes that announce many equal, absent or listed rows cost nothing."""
    for data in (
        leb128.signed(announced) + b"\x01",
        b"\x00" + leb128.unsigned(announced),
        leb128.signed(-announced) + b"\x01",
    ):
        with pytest.raises(RejectedChangeError, match="at most 100 rows"):
            columns.read_unsigned(data, 100)
    with pytest.raises(RejectedChangeError, match="at most 100 rows"):
        columns.read_booleans(leb128.unsigned(announced), 100)


def test_a_counter_outside_32_bits_is_refused() -> None:
    """Deltas that lead below zero or beyond what automerge counts are rejected."""
    for differences in ([-1], [columns.COUNTER_MAX, 1]):
        data = leb128.signed(-len(differences)) + b"".join(leb128.signed(it) for it in differences)
        with pytest.raises(RejectedChangeError, match="counter"):
            columns.read_deltas(data, 10)
