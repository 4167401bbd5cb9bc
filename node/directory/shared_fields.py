"""The fields that pages and offers have in common, read alike: texts by language, and further fields."""

from node.directory import forms, plain_text
from node.directory.language_tags import is_language_tag
from node.directory.trees import TreeReader
from node.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX


def names(reader: TreeReader, key: str) -> dict[str, str]:
    """Read one line in each of some languages."""
    return reader.texts(
        key,
        is_key=is_language_tag,
        clean=plain_text.line,
        chars_max=NAME_CHARS_MAX,
        count_max=forms.LANGUAGES_MAX,
    )


def texts(reader: TreeReader, key: str) -> dict[str, str]:
    """Read a longer text in each of some languages."""
    return reader.texts(
        key,
        is_key=is_language_tag,
        clean=plain_text.block,
        chars_max=TEXT_CHARS_MAX,
        count_max=forms.LANGUAGES_MAX,
    )


def further(reader: TreeReader) -> dict[str, str]:
    """Read the fields that no form knows, which lists brought in."""
    return reader.texts(
        "extra",
        is_key=forms.is_extra_key,
        clean=plain_text.block,
        chars_max=forms.EXTRA_VALUE_CHARS_MAX,
        count_max=forms.EXTRA_FIELDS_MAX,
    )
