import pytest

from node.directory.importing.field_names import guess
from node.directory.importing.field_words import Field
from node.directory.importing.languages import language_tag


@pytest.mark.parametrize(
    ("key", "field", "language"),
    [
        ("name", Field.NAME, "und"),
        ("name:de", Field.NAME, "de"),
        ("Name (FR)", Field.NAME, "fr"),
        ("title[it]", Field.NAME, "it"),
        ("description_de", Field.DESCRIPTION, "de"),
        ("description.pt-BR", Field.DESCRIPTION, "pt-BR"),
        ("descripiton:de", Field.DESCRIPTION, "de"),
        ("desription", Field.DESCRIPTION, "und"),
        ("contact:website", Field.URL, "und"),
        ("POI_TYPE", Field.TAGS, "und"),
        ("tags[3]", Field.TAGS, "und"),
        ("properties.addr:city", Field.CITY, "und"),
        ("_id", Field.SOURCE_ID, "und"),
    ],
)
def test_a_field_is_known_by_its_name(key: str, field: Field, language: str) -> None:
    """Keys of OpenStreetMap and Murmurations, with a language in any common spelling, and two known slips."""
    found = guess(key)
    assert found is not None
    assert (found.field, found.language) == (field, language)
    assert bool(found.slip) == (key.startswith("des") and not key.startswith("description"))


@pytest.mark.parametrize(
    "key",
    [
        "",
        "opening_hours",
        "opening_hours:url",
        "name_id",
        "name:etymology",
        "name:zz",
        "prescription",
        ":" * 99_999,
    ],
)
def test_other_names_mean_nothing(key: str) -> None:
    """What is not known is kept under its own name; a suffix that is no language is no language."""
    assert guess(key) is None


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("DE", "de"),
        ("pt_br", "pt-BR"),
        ("sr-latn", "sr-Latn"),
        ("es-419", "es-419"),
        ("und", "und"),
        ("zz", None),
    ],
)
def test_a_language_is_spelled_as_bcp_47_does(written: str, tag: str | None) -> None:
    """Case and hyphen are set right; a language nobody knows is none."""
    assert language_tag(written) == tag
