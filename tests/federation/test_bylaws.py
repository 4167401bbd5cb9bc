"""Bylaws: read as people write them, or answered with a sentence that names the first mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import InputFileError
from node.federation import bylaws
from node.federation.bylaws import Bylaws, Passing, Share


def read(text: str) -> Bylaws:
    """Read bylaws from a file's text."""
    return bylaws.parse(text.encode(), file_name="valley.toml")


def test_a_name_is_enough() -> None:
    """Bylaws that only name the federation have the settings that their form shows as usual."""
    assert read('name = "Valley"') == Bylaws(name="Valley")


def test_every_setting_is_read() -> None:
    """What a file says about admission, sizes, seats and passing is what the bylaws hold."""
    found = read(
        """
        name = "Valley"
        admission = { approvals = 2 }
        sizes = { attesters = "others", witnesses = 3 }
        seats = { method = "hamilton", house = 30, floor = 2, cap = 9 }
        [passing]
        threshold = { numerator = 2, denominator = 3 }
        strictly_above = false
        of = "all"
        quorum = { numerator = 3, denominator = 4 }
        blocks_stop = true
        """
    )
    assert (found.admission.approvals, found.sizes.attesters, found.sizes.witnesses) == (2, "others", 3)
    assert (found.seats.method, found.seats.house, found.seats.floor, found.seats.cap) == (
        "hamilton",
        30,
        2,
        9,
    )
    assert found.passing == Passing(
        threshold=Share(numerator=2, denominator=3),
        strictly_above=False,
        of="all",
        quorum=Share(numerator=3, denominator=4),
        blocks_stop=True,
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "name"),
        ("name = 5", "name"),
        ('name = ""', "name"),
        ('name = "Valley"\ncolour = "green"', "colour"),
        ('name = "Valley"\nseats = { house = 0 }', "seats.house"),
        ('name = "Valley"\nseats = { house = true }', "seats.house"),
        ('name = "Valley"\nseats = { house = 12.0 }', "seats.house"),
        ('name = "Valley"\nseats = { method = "guess" }', "seats.method"),
        ('name = "Valley"\nadmission = { approvals = 0 }', "admission.approvals"),
        ('name = "Valley"\npassing = { threshold = { numerator = 0, denominator = 2 } }', "passing"),
        ('name = "Valley"\npassing = { threshold = { numerator = 2, denominator = 2 } }', "passing"),
        ('name = "Valley"\npassing = { quorum = { numerator = 3, denominator = 2 } }', "passing.quorum"),
        ('name = "Valley"\nname = "Hill"', "TOML"),
        ("name = Valley", "TOML"),
    ],
)
def test_a_mistake_is_named(text: str, says: str) -> None:
    """A missing, unknown, mistyped or impossible setting is named, with the file it stands in."""
    with pytest.raises(InputFileError, match=rf"^valley\.toml: .*{says}"):
        read(text)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b"\x00", id="a zero byte"),
        pytest.param(b"name = " + b"[" * 20_000, id="twenty thousand brackets"),
        pytest.param(b"name = " + b"{a=" * 5_000, id="five thousand tables"),
        pytest.param(b"name = " + b"1" * 5_000, id="a number of five thousand digits"),
        pytest.param(b'name = "x"\n[seats]\nhouse = ' + b"9" * 4_000, id="a number of four thousand digits"),
        pytest.param(b"name = 2020-13-45", id="a day that never was"),
        pytest.param(b"\x7fELF" + bytes(200), id="a program"),
    ],
)
def test_attack_a_file_that_is_no_bylaws_is_answered_with_a_sentence(data: bytes) -> None:
    """Whatever a file holds, the answer is one sentence about it and never a traceback."""
    with pytest.raises(InputFileError):
        bylaws.parse(data, file_name="valley.toml")


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_file_is_bylaws_or_an_input_file_error(data: bytes) -> None:
    """Bytes of any kind are bylaws, or answered with a sentence."""
    try:
        bylaws.parse(data, file_name="valley.toml")
    except InputFileError:
        return
