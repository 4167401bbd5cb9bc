import pytest
from babel import localedata

from node.directory.importing import countries
from node.directory.importing.country_boxes import boxes


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("AT", "AT"),
        ("at", "AT"),
        ("AUT", "AT"),
        ("040", "AT"),
        ("UK", "GB"),
        ("EL", "GR"),
        ("Österreich", "AT"),
        ("ÖSterreich", "AT"),
        ("Ελλάδα", "GR"),
        ("Latvija", "LV"),
        ("日本", "JP"),
        ("Frace", "FR"),
        ("Italu", "IT"),
        ("Untied Kingdom", "GB"),
        ("Czech Republic", "CZ"),
        ("Scotland", "GB"),
        ("Isle of Man", "IM"),
        ("Kosovo", "XK"),
    ],
)
def test_a_country_is_understood_as_people_write_it(written: str, code: str) -> None:
    """Codes, names in their own and other languages, and slips of the pen give the code and say how."""
    found = countries.read(written)
    assert found is not None
    assert found.code == code
    assert bool(found.how) == (written != code)


@pytest.mark.parametrize(
    "written",
    ["", "XX", "EU", "SU", "Kongo", "Nigera", "Austrlia", "Irap", "Bavaria", "x" * 10_000, "\u202e"],
)
def test_what_could_be_two_countries_or_none_is_not_guessed(written: str) -> None:
    """Niger or Nigeria, Austria or Australia: nobody knows, so nobody says."""
    assert countries.read(written) is None


def test_slips_are_only_looked_for_when_asked() -> None:
    """The slow search can be left out; names and codes are still understood."""
    assert countries.read("Frace", with_slips=False) is None
    assert countries.read("France", with_slips=False) is not None


def test_the_names_of_all_languages_are_kept_without_their_languages() -> None:
    """Only names and codes stay in memory: babel holds no more languages than before."""
    held = getattr(localedata, "_cache", {})
    before = set(held)
    countries._first_names.cache_clear()
    countries._all_names.cache_clear()
    assert countries.read("Nowhereland at all") is None
    # Languages bring the languages they inherit from, of which there are few.
    assert len(set(held) - before) <= 20
    assert len(countries._all_names()) > 30_000
    assert set(map(len, countries._all_names().values())) == {0, 2}


def test_every_country_with_a_box_has_a_code() -> None:
    """The table of boxes names real countries; each box is a box."""
    for code, areas in boxes().items():
        found = countries.read(code)
        assert found is not None
        assert found.code == code
        assert all(area.south_e7 < area.north_e7 and area.west_e7 < area.east_e7 for area in areas)
