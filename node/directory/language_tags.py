"""The spelling of a language as a key: BCP 47, the part of it that texts need.

Owns the shape only (`de`, `pt-BR`, `sr-Latn`, `und` for a text whose language nobody named). Whether a
language exists is asked where a file is imported: a peer may know languages that we do not.
"""

import re

UNKNOWN_LANGUAGE = "und"
_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", re.ASCII)


def is_language_tag(text: str) -> bool:
    """Say whether the text is a language tag in its only spelling: language, script, region."""
    return _TAG.fullmatch(text) is not None


def best_text(texts: dict[str, str], *, languages: tuple[str, ...] = ()) -> str:
    """Choose the text to show: the languages asked for, then unknown, then English, then the first by tag."""
    for language in (*languages, UNKNOWN_LANGUAGE, "en"):
        if language in texts:
            return texts[language]
    return texts[min(texts)] if texts else ""
