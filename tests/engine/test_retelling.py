"""Tests of the log's words."""

from node.engine import retelling
from node.engine.subjects import FORMS


def test_every_kind_of_record_is_told_in_words_of_its_own() -> None:
    """No steward reads the inner name of a kind that this version knows."""
    assert set(FORMS) - set(retelling.SENTENCES) == set()
    assert not [kind for kind, sentence in retelling.SENTENCES.items() if "-" in kind and kind in sentence]
