"""One foreign record into one profile: every field to its place, every doubt told.

Owns the order in which fields are read and what makes a row rejected: no usable name, or too much text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from node import canonical
from node.directory import forms, plain_text
from node.directory.importing import countries, positions
from node.directory.importing.confirmations import read_hour
from node.directory.importing.drafts import PROFILE_BYTES_MAX, Draft, one_text
from node.directory.importing.field_names import Guess
from node.directory.importing.field_words import Field
from node.directory.importing.places import FAR, UNREADABLE, FileArea, read_point
from node.directory.importing.records import FieldValue, RawPoint, RawRecord
from node.directory.importing.report import ImportedProfile, Problem, Severity
from node.directory.importing.word_fields import take_languages, take_tags, take_urls
from node.directory.language_tags import best_text
from node.directory.location import Location, parse_degrees
from node.directory.profile import DEFAULT_KIND, KNOWN_KINDS, Address, Profile, Subject

# Looking for a country's name with a slip of the pen takes about ten milliseconds a spelling.
_SLIP_SPELLINGS_MAX: Final = 300
_E_MAIL = re.compile(r"(mailto:)?[^\s@,;]{1,64}@[^\s@,;]{1,250}\.[^\s@,;.]{2,63}")
_CONTACTS: Final = (Field.EMAIL, Field.PHONE)
# An id that we made for a record without one, so that everybody sees it is not the source's own.
DIGEST_PREFIX: Final = "digest:"
DIGEST_CHARS: Final = 32

Found = tuple[str, FieldValue, Guess]


@dataclass(slots=True)
class RowReader:
    """Read the records of one file by one plan.

    Attributes:
        plan: what each key of the file means.
        source, licence: the origin of every record that does not name its own.
        with_contacts: take e-mail addresses and telephone numbers too.
        area: where the file's points are, if it has enough of them.
    """

    plan: Mapping[str, Guess]
    source: str
    licence: str
    with_contacts: bool
    area: FileArea | None
    _unknown_countries: set[str] = field(default_factory=set)

    def read(self, record: RawRecord) -> ImportedProfile | tuple[Problem, ...]:
        """Return the profile of a record, or why there is none; the last problem is then the reason."""
        draft = Draft(record.row)
        if record.fault:
            draft.tell(Severity.REJECTED, "", record.fault)
            return tuple(draft.problems)
        for key, message in record.troubles:
            draft.tell(Severity.FLAGGED, key, message, flag="record-damaged")
        for severity, key, message in record.remarks:
            draft.tell(severity, key, message)
        by_field = self._sort(record, draft)
        self._texts(by_field, draft)
        self._words(by_field, draft)
        country = self._country(by_field.pop(Field.COUNTRY, []), draft)
        profile = Profile(
            kind=self._kind(by_field.pop(Field.KIND, []), draft),
            address=self._address(by_field, draft),
            country=country,
            email=self._contact(by_field.pop(Field.EMAIL, []), draft),
            phone=self._contact(by_field.pop(Field.PHONE, []), draft),
        )
        confirmed_at = self._confirmed(by_field.pop(Field.CONFIRMED_AT, []), draft)
        origin = self._origin(by_field, record, draft)
        place = self._place(by_field, record, draft, country=country)
        if not draft.names:
            draft.tell(Severity.REJECTED, "name", "no usable name; name the field with --map name=…")
            return tuple(draft.problems)
        subject = Subject(name=best_text(draft.names), **origin)
        update = {"location": place, "subject": subject, "confirmed_at": confirmed_at}
        return _finish(profile.model_copy(update=update), draft)

    def _sort(self, record: RawRecord, draft: Draft) -> dict[Field, list[Found]]:
        """Sort the fields by meaning, the surest first; what means nothing goes to extra."""
        by_field: dict[Field, list[Found]] = {}
        for key, value in record.fields.items():
            guess = self.plan.get(key)
            if guess is not None:
                if guess.slip:
                    draft.tell(Severity.REPAIRED, key, guess.slip)
                by_field.setdefault(guess.field, []).append((key, value, guess))
            elif not self.with_contacts and _E_MAIL.fullmatch(one_text(value)[:400].strip()):
                _tell_left_out(key, draft)
            else:
                draft.keep_silently(key, value)
        for found in by_field.values():
            found.sort(key=lambda one: one[2].rank)
        return by_field

    def _texts(self, by_field: dict[Field, list[Found]], draft: Draft) -> None:
        for key, value, guess in by_field.pop(Field.NAME, []):
            draft.name(key, value, language=guess.language)
        for key, value, guess in by_field.pop(Field.DESCRIPTION, []):
            draft.description(key, value, language=guess.language)

    def _words(self, by_field: dict[Field, list[Found]], draft: Draft) -> None:
        for key, value, _guess in by_field.pop(Field.URL, []):
            take_urls(key, value, draft)
        for key, value, _guess in by_field.pop(Field.TAGS, []):
            take_tags(key, value, draft)
        for key, value, _guess in by_field.pop(Field.LANGUAGES, []):
            take_languages(key, value, draft)

    def _country(self, found: list[Found], draft: Draft) -> str | None:
        code: str | None = None
        for key, value, _guess in found:
            text = draft.line(key, one_text(value))
            if not text or code is not None:
                draft.keep_silently(key, value)
                continue
            country = self._understand_country(text)
            if country is None:
                message = f"expected a country's code or name, found {text[:80]!r}"
                draft.keep_flagged(key, value, message, flag="country-unknown")
                continue
            code = country.code
            if country.how:
                draft.tell(Severity.REPAIRED, key, f"read {text[:80]!r} as {code}: {country.how}")
        return code

    def _understand_country(self, text: str) -> countries.CountryFound | None:
        with_slips = text in self._unknown_countries or len(self._unknown_countries) < _SLIP_SPELLINGS_MAX
        country = countries.read(text, with_slips=with_slips)
        if country is None and with_slips:
            self._unknown_countries.add(text)
        return country

    def _kind(self, found: list[Found], draft: Draft) -> str:
        for key, value, _guess in found:
            if value in KNOWN_KINDS and isinstance(value, str):
                return value
            draft.keep_silently(key, value)
        return DEFAULT_KIND

    def _address(self, by_field: dict[Field, list[Found]], draft: Draft) -> Address:
        number = self._first(by_field.pop(Field.HOUSE_NUMBER, []), draft)
        street = self._first(by_field.pop(Field.STREET, []), draft)
        parts = {
            "street": " ".join(part for part in (street, number) if part),
            "city": self._first(by_field.pop(Field.CITY, []), draft),
            "postcode": self._first(by_field.pop(Field.POSTCODE, []), draft),
            "region": self._first(by_field.pop(Field.REGION, []), draft),
        }
        for part, text in parts.items():
            if len(text) > forms.ADDRESS_PART_CHARS_MAX:
                message = f"expected at most {forms.ADDRESS_PART_CHARS_MAX} characters, found {len(text):,}"
                draft.keep_flagged(part, text, message, flag="text-too-long")
                parts[part] = ""
        return Address(**parts)

    def _first(self, found: list[Found], draft: Draft) -> str:
        """Return the first text of one line; the others are kept aside."""
        first = ""
        for key, value, _guess in found:
            text = draft.line(key, one_text(value))
            if first or not text:
                draft.keep_silently(key, value)
            else:
                first = text
        return first

    def _contact(self, found: list[Found], draft: Draft) -> str | None:
        if not self.with_contacts:
            for key, _value, _guess in found:
                _tell_left_out(key, draft)
            return None
        text = self._first(found, draft)
        if len(text) <= forms.CONTACT_CHARS_MAX:
            return text or None
        draft.keep_flagged(found[0][0], text, "expected a contact, found an essay", flag="text-too-long")
        return None

    def _confirmed(self, found: list[Found], draft: Draft) -> int | None:
        hour: int | None = None
        for key, value, _guess in found:
            # Kept as published too: the hour is coarser than what was said.
            draft.keep_silently(key, value)
            hour = hour if hour is not None else read_hour(one_text(value))
        return hour

    def _origin(self, by_field: dict[Field, list[Found]], record: RawRecord, draft: Draft) -> dict[str, str]:
        """Return source, id and licence: the record's own where it names them, else the file's.

        Without an id of its own it gets a digest of name and place.
        """
        licence = self._first(by_field.pop(Field.LICENCE, []), draft)[: forms.SOURCE_CHARS_MAX].strip()
        source = self._first(by_field.pop(Field.SOURCE, []), draft)[: forms.SOURCE_CHARS_MAX].strip()
        if licence and self.licence and licence != self.licence:
            draft.tell(Severity.NOTE, "licence", f"the record names its own licence, {licence[:80]!r}")
        own = ""
        for key, value, _guess in by_field.pop(Field.SOURCE_ID, []):
            text = plain_text.line(one_text(value))
            if own or not text or len(text) > forms.SOURCE_CHARS_MAX:
                draft.keep_silently(key, value)
            else:
                own = text
        return {
            "source": source or self.source,
            "source_id": own or _digest_of_name_and_place(self.point_of(record), draft),
            "licence": licence or self.licence,
        }

    def _place(
        self, by_field: dict[Field, list[Found]], record: RawRecord, draft: Draft, *, country: str | None
    ) -> Location | None:
        position = positions.find(record, self.plan)
        for field_of_place in (Field.LAT, Field.LON, Field.LOCATION):
            for key, value, _guess in by_field.pop(field_of_place, []):
                if key in position.keys:
                    continue
                if position.point is None and field_of_place is not Field.LOCATION:
                    _keep_half(key, value, draft)
                else:
                    draft.keep_silently(key, value)
        point = position.point
        if point is None:
            return None
        if point.repair:
            draft.tell(Severity.REPAIRED, point.field, point.repair)
        reading = read_point(point, country=country, area=self.area)
        if reading.message:
            draft.tell(reading.severity, point.field, reading.message, flag=reading.flag)
        if reading.flag and reading.flag != FAR:
            draft.keep_silently("coordinates as published", f"{point.lat}, {point.lon}")
        return reading.location

    def point_of(self, record: RawRecord) -> RawPoint | None:
        """Return where the record says it is: its geometry, else its fields for a place."""
        return positions.find(record, self.plan).point


def _keep_half(key: str, value: FieldValue, draft: Draft) -> None:
    """Keep aside a latitude or a longitude that stands alone; a mark is for what is no number either."""
    text = one_text(value)
    message = f"expected a latitude and a longitude in degrees, found {text[:40]!r} alone"
    if parse_degrees(text.strip().replace(",", ".")) is None:
        draft.keep_flagged(key, value, message, flag=UNREADABLE)
    else:
        draft.keep(key, value, f"{message}; kept aside")


def _tell_left_out(key: str, draft: Draft) -> None:
    draft.tell(Severity.NOTE, key, "a person's contact is left out; a public page is copied for good")


def _digest_of_name_and_place(point: RawPoint | None, draft: Draft) -> str:
    """Make an id for a record that has none: the same name at the same place is the same record."""
    place = plain_text.line(f"{point.lat},{point.lon}") if point else ""
    names = [f"{language}={name}" for language, name in sorted(draft.names.items())]
    return DIGEST_PREFIX + canonical.digest("hedgerow/import-id/1", *names, place).hex()[:DIGEST_CHARS]


def _finish(profile: Profile, draft: Draft) -> ImportedProfile | tuple[Problem, ...]:
    """Put the parts together, within the size a profile may have."""
    for _attempt in range(2):
        whole = _with_collections(profile, draft)
        bytes_over = size_bytes(whole) - PROFILE_BYTES_MAX
        if bytes_over <= 0:
            assert whole.subject is not None, "an import always has a subject"
            return ImportedProfile(draft.row, whole.subject.source_id, whole, tuple(draft.problems))
        draft.shrink_extra(bytes_over=bytes_over)
    draft.tell(
        Severity.REJECTED, "", f"the texts take more than the {PROFILE_BYTES_MAX:,} bytes of one listing"
    )
    return tuple(draft.problems)


def _with_collections(profile: Profile, draft: Draft) -> Profile:
    update = {
        "name": draft.names,
        "description": draft.descriptions,
        "urls": tuple(sorted(draft.urls)),
        "tags": tuple(sorted(draft.tags)),
        "languages": tuple(sorted(draft.languages)),
        "flags": tuple(sorted(draft.flags)),
        "extra": dict(draft.extra),
    }
    fields = {name: getattr(profile, name) for name in Profile.model_fields} | update
    # Made anew, not copied: what is wrong here must stop an import and not spoil a document.
    return Profile(**fields)


def size_bytes(profile: Profile) -> int:
    """Return what a profile's texts take, to be held against `PROFILE_BYTES_MAX`."""
    texts = [*profile.name.values(), *profile.description.values(), *profile.urls, *profile.tags]
    extra = [*profile.extra, *profile.extra.values()]
    return sum(len(text.encode()) for text in (*texts, *extra))
