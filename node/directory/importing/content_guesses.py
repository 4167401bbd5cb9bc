"""What a field means by what stands in it, when no name says so.

Owns the guesses for names, descriptions, web addresses, places, countries and tags. Each looks at the share
of values that fit; a field is taken only where no field of that meaning was found by name, and the report
says so.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from node.directory.forms import TAG_CHARS_MAX, is_country, is_web_address
from node.directory.importing import countries, positions
from node.directory.importing.field_names import Guess, How
from node.directory.importing.field_words import Field
from node.directory.importing.records import FieldValue, NumberText
from node.limits import NAME_CHARS_MAX

# Of a hundred values so many must fit; a few slips are in every list.
_FIT_MIN: Final = 80
# A guess by content is never as sure as one by name.
_SURE_MAX: Final = 60
_DESCRIPTION_CHARS_MIN: Final = 60
_NAME_CHARS_MAX: Final = min(NAME_CHARS_MAX, 120)
# A list of words in one record says nothing about the next.
_TAGS_VALUES_MIN: Final = 3
_COUNTRIES_ASKED_MAX: Final = 300
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*|[\d\s.:,+-]+")
_IDENTIFIER = re.compile(r"[0-9a-fA-F-]{16,}|[a-z]+(?:[_-][a-z0-9]+)+|\S{40,}")

Values = list[FieldValue]


def add(planned: dict[str, Guess], values: Mapping[str, Values], *, records: int, has_places: bool) -> None:
    """Fill in the fields that no name gave, by content.

    Args:
        planned: what is known by name; guesses are added.
        values: what stands in the fields that no name explains.
        records: how many records the values are from.
        has_places: the file's own geometry says where its records are.
    """
    found = {one.field for one in planned.values()}
    if has_places or {Field.LAT, Field.LON} <= found:
        found.add(Field.LOCATION)
    for field, fit in _FITS:
        free = {key: one for key, one in values.items() if key not in planned}
        if field in found or not free:
            continue
        # The best fit; of equals the one that more records have, then the first in the file.
        shares = [
            (fit(one), len(one), -place, key)
            for place, (key, one) in enumerate(free.items())
            if _is_common(one, records)
        ]
        share, _count, _place, key = max(shares, default=(0, 0, 0, ""))
        if share >= _FIT_MIN:
            planned[key] = Guess(field, rank=500, how=How.CONTENT, sure=share * _SURE_MAX // 100)


def told(planned: Mapping[str, Guess]) -> Iterator[tuple[str, str]]:
    """Yield key and sentence for every guess by content."""
    for key, one in planned.items():
        if one.how is How.CONTENT:
            name = one.field.value
            yield key, f"taken for the {name} by what stands in it; --map {name}=… says otherwise"


def _is_common(values: Values, records: int) -> bool:
    return len(values) * 2 >= records


def _share(values: Values, fits: Callable[[FieldValue], bool]) -> int:
    return sum(map(fits, values)) * 100 // len(values)


def _texts(values: Values) -> list[str]:
    return [value.strip() for value in values if isinstance(value, str) and not isinstance(value, NumberText)]


def _as_address(values: Values) -> int:
    return _share(values, lambda value: isinstance(value, str) and is_web_address(value.strip()))


def _as_position(values: Values) -> int:
    # Two whole numbers are a score or a range more often than a place.
    return _share(
        values,
        lambda value: (
            any("." in part or "," in part for part in value)
            and positions.read_pair(value, lon_first=False) is not None
        ),
    )


def _as_country(values: Values) -> int:
    """Count codes in capitals, or names; never both, because many words of two letters are codes."""
    codes = _share(values, lambda value: isinstance(value, str) and is_country(value))
    if codes >= _FIT_MIN:
        return _share(values, lambda value: isinstance(value, str) and countries.read(value) is not None)
    asked = values[:_COUNTRIES_ASKED_MAX]
    return _share(
        asked, lambda value: isinstance(value, str) and value.isprintable() and countries.is_name(value)
    )


def _as_name(values: Values) -> int:
    """Names are short, in words, and hardly two are the same."""
    texts = _texts(values)
    distinct = len(set(texts)) * 100 // len(values)
    fitting = _share(values, lambda value: isinstance(value, str) and _is_namely(value.strip()))
    return min(distinct, fitting)


def _is_namely(text: str) -> bool:
    return (
        2 < len(text) <= _NAME_CHARS_MAX
        and "\n" not in text
        and "://" not in text
        and "@" not in text
        and any(character.isalpha() for character in text)
        and not _DATE.fullmatch(text)
        and not _IDENTIFIER.fullmatch(text)
    )


def _as_description(values: Values) -> int:
    texts = _texts(values)
    mean = sum(map(len, texts)) // max(1, len(texts))
    if mean < _DESCRIPTION_CHARS_MIN:
        return 0
    return _share(
        values, lambda value: isinstance(value, str) and " " in value.strip() and "://" not in value[:8]
    )


def _as_tags(values: Values) -> int:
    if len(values) < _TAGS_VALUES_MIN:
        return 0
    return _share(
        values,
        lambda value: (
            isinstance(value, tuple)
            and all(0 < len(word) <= TAG_CHARS_MAX // 2 and "://" not in word for word in value)
            and not all(isinstance(word, NumberText) for word in value)
        ),
    )


# In this order: what is an address or a place is no name.
_FITS: Final[tuple[tuple[Field, Callable[[Values], int]], ...]] = (
    (Field.URL, _as_address),
    (Field.LOCATION, _as_position),
    (Field.COUNTRY, _as_country),
    (Field.TAGS, _as_tags),
    (Field.DESCRIPTION, _as_description),
    (Field.NAME, _as_name),
)
