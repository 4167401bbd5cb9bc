"""Fields that hold several words: web addresses, tags, languages.

Each word that finds its place is taken; a field of which any word did not is also kept aside as it was.
"""

import re

from node.directory import forms
from node.directory.forms import is_tag
from node.directory.importing import web_addresses
from node.directory.importing.drafts import Draft, one_text
from node.directory.importing.field_names import separators
from node.directory.importing.languages import language_tag
from node.directory.importing.records import FieldValue
from node.directory.importing.report import Severity


def take_urls(key: str, value: FieldValue, draft: Draft) -> None:
    """Take addresses on the web; what is none is kept aside and the row is marked."""
    left: list[str] = []
    for text in _texts(value):
        read = web_addresses.read(draft.line(key, text))
        for sentence in read.repaired:
            draft.tell(Severity.REPAIRED, key, sentence)
        left += [text] if read.left else []
        for address in read.found:
            if address in draft.urls or len(draft.urls) < forms.URLS_MAX:
                draft.urls.add(address)
            else:
                left.append(address)
    if left:
        message = f"expected web addresses, found {left[0][:80]!r}"
        draft.keep_flagged(key, value, message, flag="website-unreadable")


def take_tags(key: str, value: FieldValue, draft: Draft) -> None:
    """Take tags: the elements of a list, or the parts of a text."""
    words = [draft.line(key, text) for text in _texts(value)]
    if isinstance(value, str):
        words = [part.strip() for word in words for part in _split(key, word)]
    left = []
    for word in filter(None, words):
        if is_tag(word) and (word in draft.tags or len(draft.tags) < forms.TAGS_MAX):
            draft.tags.add(word)
        else:
            left.append(word)
    if left:
        limit = f"at most {forms.TAGS_MAX} tags of {forms.TAG_CHARS_MAX} characters"
        draft.keep_flagged(key, value, f"expected {limit}, found {left[0][:80]!r}", flag="text-too-long")


def take_languages(key: str, value: FieldValue, draft: Draft) -> None:
    """Take the languages a community speaks, as codes."""
    words = [part for text in _texts(value) for part in _split(key, draft.line(key, text))]
    unknown = False
    for word in filter(None, (word.strip() for word in words)):
        tag = language_tag(word)
        if tag is None or len(draft.languages) >= forms.LANGUAGES_MAX:
            unknown = True
            continue
        draft.languages.add(tag)
        if tag != word:
            draft.tell(Severity.REPAIRED, key, f"read {word!r} as {tag}")
    if unknown:
        draft.keep(
            key, value, f"expected codes of languages such as de, found {one_text(value)[:80]!r}; kept aside"
        )


def _texts(value: FieldValue) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,)


def _split(key: str, text: str) -> list[str]:
    r"""Part a text into its words; Murmurations' tables write `\,` for a comma that belongs to a word."""
    words = [text]
    for separator in separators(key, text):
        words = [part for word in words for part in re.split(rf"(?<!\\){separator}", word)]
    return [word.replace("\\,", ",") for word in words]
