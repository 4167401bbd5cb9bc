import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.directory.importing.text_repairs import holds_markup, repair


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("caf&eacute; &amp; bar &#8364;", "café & bar €"),
        ("MÃ¼nchen", "München"),
        ("itâ€™s fÃ¼r alle", "it\u2019s für alle"),
        ("Ã‰cole Ã\xa0 Paris", "École à Paris"),
        ("Ð\u0161Ð\u00b8ÐµÐ²", "Киев"),
        ("\u00c3\u009cberlingen", "Überlingen"),
        ("Київ, MÃ¼nchen, itâ€™s", "Київ, München, it\u2019s"),
        ("Żółw und MÃ¼ller SÃO", "Żółw und Müller SÃO"),
    ],
)
def test_entities_and_misread_letters_are_repaired_and_told(text: str, meant: str) -> None:
    """What went through wrong hands is read as it was meant, with a sentence about it."""
    repaired, sentences = repair(text)
    assert repaired == meant
    assert len(sentences) == 1


@pytest.mark.parametrize(
    "text", ["SÃO PAULO", "Ã", "a&copy=1", "AT&T; R&D", "Привет", "naïve café", "Âge", "À¼", "&nosuch;", "&;"]
)
def test_what_may_be_meant_so_is_left_alone(text: str) -> None:
    """A real capital Ã, an ampersand in an address: no repair without proof."""
    assert repair(text) == (text, ())


@given(st.text(st.characters(codec="cp1252", min_codepoint=0x20), max_size=20))
def test_a_misread_text_comes_back(text: str) -> None:
    """UTF-8 read as Windows-1252 is undone, unless it was misread in a way that leaves doubt."""
    misread = text.encode().decode("latin-1").encode("latin-1").decode("cp1252", errors="replace")
    repaired, _sentences = repair(misread)
    assert repaired in (text, misread) or "&" in text


def test_markup_is_recognised() -> None:
    """Tags are seen, a sum with signs is not one."""
    assert holds_markup("<b>bold</b>")
    assert not holds_markup("1 < 2 > 0")
