"""Bylaws as a file, in words, and over HTTP: every setting, and read again the same."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from node.federation import bylaws_file
from node.federation.bylaws import Bylaws
from node.federation.bylaws_words import PARTS, WORDS, in_words
from node.web.schemas import federation as schemas_federation


def places() -> Iterator[str]:
    """Yield each setting's place in the file."""
    for part, settings in Bylaws(name="Hills").model_dump(mode="json").items():
        if isinstance(settings, dict):
            yield from (f"{part}.{name}" for name in settings)


SIZED = {"attesters": "named", "named": [bytes([one]) * 32 for one in range(2)], "witnesses": 2}


@given(
    name=st.text(min_size=1, max_size=20),
    days=st.sampled_from([(), ("01-01", "07-01")]),
    closing=st.sampled_from([{"agreeing": 3}, {"elected": [bytes([one]) * 32 for one in range(4)]}]),
)
def test_what_is_written_is_read_again(name: str, days: tuple[str, ...], closing: dict[str, object]) -> None:
    """Whatever a federation is called, its bylaws as a file give the same bylaws."""
    try:
        rules = Bylaws.model_validate(
            {
                "name": name,
                "sizes": {"days": days, **SIZED},
                "seats": {"cap": 4, "ties": "smaller"},
                "closing": closing,
                "effects": {"bodies": False},
            }
        )
    except ValidationError:
        return
    assert bylaws_file.parse(bylaws_file.write(rules).encode(), file_name="b.toml") == rules


def test_every_setting_is_said_in_words() -> None:
    """No setting is shown by its name in the file alone, and no words are left over."""
    assert set(places()) == set(WORDS)
    assert {place.partition(".")[0] for place in places()} == set(PARTS)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("closing.voting", 40, "40 seconds"),
        ("closing.voting", 604_800, "1 week"),
        ("closing.grace", 0, "0 seconds"),
        ("closing.early", True, "yes"),
        ("seats.cap", None, "none"),
        ("seats.method", "sainte-lague", "Sainte-Laguë"),
        ("seats.ties", "larger", "the larger; of equal ones, as the lot says"),
        ("passing.threshold", {"numerator": 1, "denominator": 2}, "1/2"),
        ("sizes.days", ["01-01"], "01-01"),
    ],
)
def test_settings_in_words(place: str, value: object, said: str) -> None:
    """Times have their unit, truths are yes or no, and nothing is shown as a program writes it."""
    assert in_words(place, value) == said


def test_the_api_shows_every_setting() -> None:
    """What programs read of bylaws is all of them."""
    rules = Bylaws(name="Hills").model_dump(mode="json")
    assert schemas_federation.Bylaws.model_validate(rules).model_dump(mode="json") == rules
