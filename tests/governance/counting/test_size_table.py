import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import InputFileError
from node.governance.counting.size_table import SIZE_TABLE_BYTES_MAX, read_sizes


@pytest.mark.parametrize(
    "text",
    [
        "name,size\nAshby,53\n Birchton , 24 \n",
        "\ufeffname,size\r\nAshby,53\r\n\r\nBirchton,24\r\n",
        "Name;Since;Size\nAshby;1999;53\nBirchton;2004;24",
        "size\tcommunity\n53\tAshby\n24\tBirchton\n",
        '"name","size"\n"Ashby","53"\n"Birchton","24"\n',
        "party,votes\nAshby,53\nBirchton,24\n",
    ],
)
def test_tables_as_others_write_them(text: str) -> None:
    """Commas, semicolons and tabs, quotes, a byte order mark and columns in any order give the same sizes."""
    assert read_sizes(text.encode(), file="s.csv") == (("Ashby", 53), ("Birchton", 24))


def test_names_keep_separators_in_quotes() -> None:
    """A quoted name may hold commas, quotes and line ends of its own are still counted as lines."""
    text = 'name,size\n"Ashby, ""Old"" Town",53\n"Birch\nton",24\n'
    assert read_sizes(text.encode(), file="s.csv") == (('Ashby, "Old" Town', 53), ("Birch\nton", 24))


@pytest.mark.parametrize(
    ("data", "line", "says"),
    [
        (b"", 1, "columns name and size"),
        (b"Ashby,53\n", 1, "columns name and size"),
        (b"name,size,votes\nAshby,1,2\n", 1, "found 2"),
        (b"name,size\nAshby\n", 2, "expected 2 columns"),
        (b"name,size\nAshby,1,2\n", 2, "expected 2 columns"),
        (b"name,size\n,5\n", 2, "a name of"),
        (b"name,size\nAshby,5\nAshby,6\n", 3, "once"),
        (b"name,size\nAshby,-5\n", 2, "whole number"),
        (b"name,size\nAshby,5.0\n", 2, "whole number"),
        (b"name,size\nAshby,5 000\n", 2, "whole number"),
        (b"name,size\nAshby,99999999999999\n", 2, "whole number"),
        (b'name,size\n"Ashby,5\n', 3, "CSV row"),
        (b'name,size\n"Ash"by,5\n', 2, "CSV row"),
        (b"name,size\nAshb\xe9,5\n", 2, "UTF-8"),
    ],
)
def test_a_broken_table_gets_one_clear_error(data: bytes, line: int, says: str) -> None:
    """Each kind of broken table is refused with the line and the reason."""
    with pytest.raises(InputFileError) as caught:
        read_sizes(data, file="s.csv")
    assert str(caught.value).startswith(f"s.csv: line {line}: ")
    assert says in str(caught.value)


def test_a_table_without_rows_or_beyond_the_limit_is_refused() -> None:
    """Nothing to share among, and a file too large to be a table of communities."""
    with pytest.raises(InputFileError, match="at least one row"):
        read_sizes(b"name,size\n\n", file="s.csv")
    with pytest.raises(InputFileError, match="bytes"):
        read_sizes(b" " * (SIZE_TABLE_BYTES_MAX + 1), file="s.csv")


@given(
    st.binary(max_size=60)
    | st.text('name,size;\n\t"0123456789 ').map(lambda text: f"name,size\n{text}".encode())
)
def test_random_bytes_never_raise_anything_else(data: bytes) -> None:
    """Whatever the bytes, they are a table or an InputFileError."""
    try:
        sizes = read_sizes(data, file="s.csv")
    except InputFileError:
        return
    assert len(dict(sizes)) == len(sizes) > 0
