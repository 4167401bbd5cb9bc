"""What each field of one file means: as asked, as its format says, by name, by content, in this order.

Owns the joining of the guesses, `--map`, and the list of guesses that the report shows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from node.directory.importing.field_names import Guess, How, guess, plain
from node.directory.importing.field_words import PLACES, Field
from node.directory.importing.languages import language_tag
from node.directory.importing.records import FieldValue, RawRecord
from node.directory.importing.report import FieldGuess
from node.directory.language_tags import UNKNOWN_LANGUAGE
from node.errors import UserError

# More different fields than any list has: the rest is kept under its own name.
KEYS_MAX: Final = 20_000
# What a field holds is judged by its first records.
SAMPLE: Final = 1_000


def plan(
    keys: Iterable[str],
    mapping: Mapping[str, str],
    *,
    known: Mapping[str, str | None] | None = None,
) -> dict[str, Guess]:
    """Say for every key of a file what it means; keys that mean nothing are left out.

    Args:
        keys: all keys that stand in the file.
        mapping: our field (`city`, `name`, `description:de`) to the file's key, as `--map` gives it.
        known: what the format itself says of a field, by its plain path; None for nothing of ours.

    Raises:
        UserError: the mapping names a field we do not have, or a key that is not in the file.
    """
    all_keys = tuple(dict.fromkeys(keys))[:KEYS_MAX]
    found: dict[str, Guess] = {}
    for key in all_keys:
        one = _known(key, known or {})
        if one is not None:
            found[key] = one
    for target, path in mapping.items():
        asked = _asked(target)
        matching = _matching(path, all_keys, asked.field)
        if not matching:
            there = ", ".join(sorted(all_keys)[:20])
            raise UserError(
                f"--map {target}={path}: expected one of the file's fields ({there}), found no {path!r}"
            )
        found = {
            other: one
            for other, one in found.items()
            if (one.field, one.language) != (asked.field, asked.language)
        }
        found |= {key: replace(asked, field=field) for key, field in matching.items()}
    return found


def _known(key: str, known: Mapping[str, str | None]) -> Guess | None:
    path = plain(key)
    if path not in known:
        return guess(key)
    name = known[path]
    if name is None:
        return None
    # Of several fields for one of ours the format names the surest first.
    return Guess(Field(name), rank=list(known).index(path), how=How.FORMAT, sure=98)


def _matching(path: str, keys: tuple[str, ...], field: Field) -> dict[str, Field]:
    """Find the keys that a path of `--map` means, with their fields.

    It may leave out `properties.` and the numbers of list places; for a place it may also name the object
    that holds latitude and longitude.
    """
    for spelled in (path, path.removeprefix("properties.")):
        if spelled in keys:
            return {spelled: field}
    wanted = plain(path).removeprefix("properties.").replace("[]", "")
    matching = {key: field for key in keys if plain(key) == wanted}
    if matching or field is not Field.LOCATION:
        return matching
    inside = {key: guess(key) for key in keys if plain(key).startswith(f"{wanted}.")}
    return {key: one.field for key, one in inside.items() if one is not None and one.field in PLACES[-3:]}


def _asked(target: str) -> Guess:
    name, _colon, suffix = target.partition(":")
    language = language_tag(suffix) if suffix else UNKNOWN_LANGUAGE
    if name not in {field.value for field in Field} or language is None:
        known = ", ".join(field.value for field in Field)
        raise UserError(
            f"--map {target}=…: expected one of {known} (name:de for a language), found {target!r}"
        )
    return Guess(Field(name), language=language, rank=-1, how=How.MAP, sure=100)


def sample_of(records: Iterable[RawRecord], planned: Mapping[str, Guess]) -> dict[str, list[FieldValue]]:
    """Collect what stands in the fields that no name explains, from the first records."""
    values: dict[str, list[FieldValue]] = {}
    for record, _number in zip(records, range(SAMPLE), strict=False):
        for key, value in record.fields.items():
            if key not in planned:
                values.setdefault(key, []).append(value)
    return values


def shown(planned: Mapping[str, Guess], records: Iterable[RawRecord]) -> tuple[FieldGuess, ...]:
    """List the guesses for the report: our field, the file's path, how we came to it and how sure we are."""
    rows: Counter[tuple[str, str, str, int]] = Counter()
    order = list(Field)
    for record in records:
        met = {
            (_name(one), _path(key), one.how.value, one.sure)
            for key in record.fields
            if (one := planned.get(key)) is not None
        }
        if record.point is not None:
            met.add((Field.LOCATION.value, record.point.field, How.FORMAT.value, 98))
        rows.update(met)
    listed = [
        FieldGuess(field, path, how, sure, rows=count) for (field, path, how, sure), count in rows.items()
    ]
    return tuple(
        sorted(
            listed,
            key=lambda one: (order.index(Field(one.field.partition(":")[0])), one.field, -one.sure, one.path),
        )
    )


def _name(one: Guess) -> str:
    return one.field.value if one.language == UNKNOWN_LANGUAGE else f"{one.field.value}:{one.language}"


def _path(key: str) -> str:
    """Return the file's path; places of a list are one."""
    head, *rest = key.split("[")
    return head + "".join("[]" + part.partition("]")[2] for part in rest) if rest else key
