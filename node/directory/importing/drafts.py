"""A profile while its record is being read: fields found so far, what was kept aside, what there is to say.

Owns the cleaning of texts and the rule that nothing is lost without a reason: what finds no place of its own
goes into `extra` under the file's name for it.
"""

import unicodedata
from dataclasses import dataclass, field

from node.directory import forms, plain_text
from node.directory.importing import text_repairs
from node.directory.importing.records import FieldValue
from node.directory.importing.report import Problem, Severity
from node.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX

# A profile travels in few changes of at most 64 KiB each (limits.py); texts beyond this are no listing.
PROFILE_BYTES_MAX = 60_000


@dataclass(slots=True)
class Draft:
    """Collect what one record gives. Problems and flags are added as they are met."""

    row: int
    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    urls: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)
    languages: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    extra: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def tell(self, severity: Severity, key: str, message: str, *, flag: str = "") -> None:
        """Note something about the record; a flag also marks the profile for good."""
        self.problems.append(Problem(self.row, severity, plain_text.line(key)[:80], plain_text.line(message)))
        if flag:
            self.flags.add(flag)

    def line(self, key: str, text: str) -> str:
        """Clean a text of one line and tell what was repaired."""
        repaired = self._repair(key, text)
        self._tell_hidden(key, plain_text.hidden_in_line(repaired))
        return plain_text.line(repaired)

    def block(self, key: str, text: str) -> str:
        """Clean a longer text and tell what was repaired."""
        repaired = self._repair(key, text)
        self._tell_hidden(key, plain_text.hidden_in_block(repaired))
        return plain_text.block(repaired)

    def name(self, key: str, value: FieldValue, *, language: str) -> None:
        """Take a name in one language."""
        text = self.line(key, one_text(value))
        if not text:
            return
        if len(text) > NAME_CHARS_MAX:
            self.keep_flagged(
                key,
                value,
                f"expected a name of at most {NAME_CHARS_MAX} characters, found {len(text):,}",
                flag="text-too-long",
            )
        elif len(self.names) >= forms.LANGUAGES_MAX or self.names.get(language, text) != text:
            self.keep(key, value, f"there is a name in this language already ({language}); kept aside")
        else:
            self.names[language] = text

    def description(self, key: str, value: FieldValue, *, language: str) -> None:
        """Take a description in one language."""
        text = self.block(key, one_text(value))
        if not text:
            return
        if len(text) > TEXT_CHARS_MAX:
            self.keep_flagged(
                key,
                value,
                f"expected a description of at most {TEXT_CHARS_MAX:,} characters, found {len(text):,}",
                flag="text-too-long",
            )
        elif len(self.descriptions) >= forms.LANGUAGES_MAX or self.descriptions.get(language, text) != text:
            self.keep(key, value, f"there is a description in this language already ({language}); kept aside")
        else:
            self.descriptions[language] = text

    def keep(self, key: str, value: FieldValue, message: str) -> None:
        """Keep a value aside and say why, without a mark."""
        self.tell(Severity.NOTE, key, message)
        self.keep_silently(key, value)

    def keep_flagged(self, key: str, value: FieldValue, message: str, *, flag: str) -> None:
        """Keep aside a value that could not be taken where it belongs, and mark the row."""
        self.tell(Severity.FLAGGED, key, f"{message}; kept aside", flag=flag)
        self.keep_silently(key, value)

    def keep_silently(self, key: str, value: FieldValue) -> None:
        """Keep a value under its own key: all that the record holds and no field of ours takes."""
        text = plain_text.block("; ".join(value) if isinstance(value, tuple) else value)
        name = plain_text.line(key)
        if not text:
            return
        if len(text) > forms.EXTRA_VALUE_CHARS_MAX:
            reason = f"{len(text):,} characters, more than {forms.EXTRA_VALUE_CHARS_MAX:,}"
        elif not forms.is_extra_key(name):
            reason = f"a field's name of more than {forms.EXTRA_KEY_CHARS_MAX} characters"
        elif len(self.extra) >= forms.EXTRA_FIELDS_MAX:
            reason = f"more than {forms.EXTRA_FIELDS_MAX} fields without a place of their own"
        else:
            self.extra[_free(name, self.extra)] = text
            return
        self.tell(Severity.FLAGGED, key, f"left out: {reason}", flag="fields-left-out")

    def shrink_extra(self, *, bytes_over: int) -> None:
        """Leave out the largest of what was kept aside until so many bytes are gone; each is told."""
        for key in sorted(self.extra, key=lambda key: (-len(self.extra[key].encode()), key)):
            if bytes_over <= 0:
                return
            size = len(self.extra.pop(key).encode())
            bytes_over -= size
            message = (
                f"left out: the record is larger than {PROFILE_BYTES_MAX:,} bytes and this takes {size:,}"
            )
            self.tell(Severity.FLAGGED, key, message, flag="fields-left-out")

    def _repair(self, key: str, text: str) -> str:
        repaired, sentences = text_repairs.repair(text)
        for sentence in sentences:
            self.tell(Severity.REPAIRED, key, sentence)
        if text_repairs.holds_markup(repaired):
            self.tell(Severity.NOTE, key, "what looks like HTML is kept as plain text")
        if not unicodedata.is_normalized("NFC", repaired):
            self.tell(Severity.REPAIRED, key, "letters and their accents are put together (Unicode NFC)")
        return repaired

    def _tell_hidden(self, key: str, hidden: tuple[str, ...]) -> None:
        if hidden:
            self.tell(Severity.REPAIRED, key, f"hidden characters taken out: {', '.join(hidden[:5])}")


def one_text(value: FieldValue) -> str:
    """Return a value as one text; a list's parts stand side by side."""
    return "; ".join(value) if isinstance(value, tuple) else value


def _free(name: str, taken: dict[str, str]) -> str:
    """Return the name, or the name with a number when two keys look the same once they are clean."""
    number = 2
    free = name
    while free in taken:
        free = f"{name[: forms.EXTRA_KEY_CHARS_MAX - 6]}#{number}"
        number += 1
    return free
