"""Which language a field's name speaks of, checked against the list of languages in CLDR."""

import re
from functools import cache

from babel import Locale

from node.directory.language_tags import UNKNOWN_LANGUAGE, is_language_tag

_PARTS = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?", re.ASCII)


def language_tag(text: str) -> str | None:
    """Spell a language as BCP 47 does (`pt_br` becomes `pt-BR`); None when there is no such language."""
    match = _PARTS.fullmatch(text.strip())
    if match is None:
        return None
    language, script, region = match.groups()
    languages, scripts, regions = _known()
    parts = [language.lower()]
    if parts[0] != UNKNOWN_LANGUAGE and parts[0] not in languages:
        return None
    if script is not None:
        parts.append(script.title())
        if parts[-1] not in scripts:
            return None
    if region is not None:
        parts.append(region.upper())
        if parts[-1] not in regions:
            return None
    tag = "-".join(parts)
    return tag if is_language_tag(tag) else None


@cache
def _known() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the codes of languages, scripts and regions that CLDR has an English name for."""
    english = Locale.parse("en")
    return frozenset(english.languages), frozenset(english.scripts), frozenset(english.territories)
