"""Marks: what else a listing can be filtered by, written as words that no text holds.

Kind, country, tags, languages and whether there is a place stand in the same index as a listing's words. So
one question to one index finds, and counts, whatever is asked for together.
"""

from hashlib import sha256
from typing import Final

from node.directory.search import ListingRow, SearchQuery, fold

# Characters of private use, which are no letters: no word of a text or of a question begins with them.
_AS_IT_IS: Final = "\ue000"
_HASHED: Final = "\ue001"
_PLAIN_CHARS_MAX: Final = 32
_TAG: Final = "t"
_LANGUAGE: Final = "l"
_KIND: Final = "k"
_COUNTRY: Final = "c"
PLACED: Final = _AS_IT_IS + "p"


def of_listing(row: ListingRow) -> set[str]:
    """Return the marks of a listing."""
    marks = {_mark(_TAG, fold(tag)) for tag in row.tags}
    marks.update(_mark(_LANGUAGE, language) for language in row.languages)
    marks.add(_mark(_KIND, row.kind))
    if row.country is not None:
        marks.add(_mark(_COUNTRY, row.country))
    if row.lat_e7 is not None:
        marks.add(PLACED)
    return marks


def asked(query: SearchQuery) -> list[str]:
    """Return the marks that a listing must have, sorted; a place is left to the caller."""
    marks = []
    if query.tag is not None:
        marks.append(_mark(_TAG, fold(query.tag)))
    if query.language is not None:
        marks.append(_mark(_LANGUAGE, query.language))
    if query.kind is not None:
        marks.append(_mark(_KIND, query.kind))
    if query.country is not None:
        marks.append(_mark(_COUNTRY, query.country))
    return sorted(marks)


def _mark(sort: str, text: str) -> str:
    """Return the text behind what it is; hashed unless it is short and of small letters and digits.

    So a mark holds nothing that cuts words, folds letters or quotes in any database.
    """
    if len(text) <= _PLAIN_CHARS_MAX and text.isascii() and text.isalnum() and text == text.lower():
        return f"{_AS_IT_IS}{sort}{text}"
    return f"{_HASHED}{sort}{sha256(text.encode()).hexdigest()[:_PLAIN_CHARS_MAX]}"
