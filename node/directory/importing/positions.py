"""Where a record says it is, in the many spellings of a place: two fields, one text, a list, degrees.

Owns finding the pair of numbers; places.py judges whether it can be true.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from node.directory import plain_text
from node.directory.importing.field_names import Guess, plain
from node.directory.importing.field_words import LAT_WORDS, LON_FIRST_WORDS, LON_WORDS, Field
from node.directory.importing.records import FieldValue, RawPoint, RawRecord

_NUMBER: Final = r"[+-]?\d{1,3}(?:\.\d{1,20})?"
_COMMA_NUMBER: Final = r"[+-]?\d{1,3},\d{1,20}"
# "47.3, 8.5", "47.3 8.5", "47,3; 8,5", "47,3 8,5", "geo:47.3,8.5", with brackets or without.
_PAIRS: Final = (
    re.compile(rf"[(\[]?\s*({_COMMA_NUMBER})\s*[;\s]\s*({_COMMA_NUMBER})\s*[)\]]?", re.ASCII),
    re.compile(
        rf"(?:geo:)?[(\[]?\s*({_NUMBER})\s*[,;\s]\s*({_NUMBER})\s*[)\]]?(?:[,;?].{{0,40}})?", re.ASCII
    ),
)
# One number with a decimal comma, or two whole ones: nobody knows.
_DOUBTFUL = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_WELL_KNOWN_TEXT = re.compile(
    rf"(?:SRID=4326;)?POINT\s*(?:Z\s*)?\(\s*({_NUMBER})\s+({_NUMBER})[^)]{{0,40}}\)", re.IGNORECASE
)
# 47°18'30.5"N, N 47° 18.5', 47.3°N. A letter O is east in German and west in French: not read.
_DEGREES = re.compile(
    r"(?P<before>[NSEW])?\s*(?P<degrees>\d{1,3}(?:[.,]\d{1,12})?)\s*[°º]?\s*"
    r"(?:(?P<minutes>\d{1,2}(?:[.,]\d{1,12})?)\s*['\u2019\u2032]\s*)?"
    r"(?:(?P<seconds>\d{1,2}(?:[.,]\d{1,12})?)\s*(?:''|[\"\u201d\u2033])\s*)?(?P<after>[NSEW])?",
    re.IGNORECASE,
)
# With the letter before the numbers, or behind.
_BETWEEN: Final = (
    re.compile(r"\s*[,;]\s*"),
    re.compile(r"(?<=[NSEWnsew])\s*(?=\d)"),
    re.compile(r"\s+(?=[NSEWnsew])"),
)
_CHARS_MAX: Final = 120
_DEGREE_WORD = re.compile(rf"(?P<above>.*?)[.:_ -]?(?:{'|'.join((*LAT_WORDS, *LON_WORDS))})")


@dataclass(frozen=True, slots=True)
class Position:
    """A place and the fields it was read from."""

    point: RawPoint | None
    keys: frozenset[str] = frozenset()


def find(record: RawRecord, plan: Mapping[str, Guess]) -> Position:
    """Find the surest place of a record: what `--map` says, its geometry, then by the rank of the names."""
    candidates = sorted(
        [*_from_two_fields(record, plan), *_from_one_field(record, plan)], key=lambda one: (one[0], one[1])
    )
    best = candidates[0] if candidates else None
    if record.point is not None and (best is None or best[0] >= 0):
        return Position(record.point)
    if best is None:
        return Position(None)
    return Position(best[3], frozenset(best[2]))


# Rank, then the path for a fixed order, the fields, the place.
_Candidate = tuple[int, str, tuple[str, ...], RawPoint]


def _from_two_fields(record: RawRecord, plan: Mapping[str, Guess]) -> list[_Candidate]:
    """Pair the latitudes and longitudes that stand together: of one object, or of one beginning."""
    pairs: dict[str, dict[Field, tuple[int, str, str]]] = {}
    for key, value in record.fields.items():
        one = plan.get(key)
        if one is None or one.field not in (Field.LAT, Field.LON) or not isinstance(value, str):
            continue
        pair = pairs.setdefault("" if one.rank < 0 else _above(key), {})
        entry = (one.rank, key, value)
        pair[one.field] = min(pair.get(one.field, entry), entry)
    found: list[_Candidate] = []
    for above, pair in pairs.items():
        if len(pair) == 2:
            (lat_rank, lat_key, lat), (lon_rank, lon_key, lon) = pair[Field.LAT], pair[Field.LON]
            name = f"{above}: lat, lon" if above else "lat, lon"
            found.append((max(lat_rank, lon_rank), above, (lat_key, lon_key), _point(lat, lon, field=name)))
    return found


def _above(key: str) -> str:
    """Return what stands before the word for latitude or longitude: `geo`, `office`, "" at the top."""
    match = _DEGREE_WORD.fullmatch(key.casefold())
    return "" if match is None else match["above"]


def _from_one_field(record: RawRecord, plan: Mapping[str, Guess]) -> list[_Candidate]:
    found: list[_Candidate] = []
    for key, value in record.fields.items():
        one = plan.get(key)
        if one is None or one.field is not Field.LOCATION:
            continue
        point = read_pair(value, lon_first=_is_lon_first(key), field=key)
        if point is None and one.rank < 0:
            text = value if isinstance(value, str) else ", ".join(value)
            point = RawPoint(lat=text, lon="", field=key)
        if point is not None:
            found.append((one.rank, key, (key,), point))
    return found


def _is_lon_first(key: str) -> bool:
    return re.split(r"[.:]", plain(key))[-1] in LON_FIRST_WORDS


def read_pair(value: FieldValue, *, lon_first: bool, field: str = "location") -> RawPoint | None:
    """Read two numbers that stand together; None when they are no place's spelling.

    Args:
        value: a text, or a list of two or three texts.
        lon_first: in a list, longitude comes first; a text says latitude first, but for `POINT (8.5 47.3)`.
        field: the field, for the report.
    """
    if isinstance(value, tuple):
        if not 2 <= len(value) <= 3 or not all(
            re.fullmatch(_NUMBER, part.strip(), re.ASCII) for part in value[:2]
        ):
            return None
        first, second = value[:2]
        return (
            RawPoint(lat=second, lon=first, field=field)
            if lon_first
            else RawPoint(lat=first, lon=second, field=field)
        )
    text = plain_text.line(value[: _CHARS_MAX * 2])
    if len(text) > _CHARS_MAX:
        return None
    match = _WELL_KNOWN_TEXT.fullmatch(text)
    if match is not None:
        return RawPoint(lat=match[2], lon=match[1], field=field)
    for pattern in () if _DOUBTFUL.fullmatch(text) else _PAIRS:
        match = pattern.fullmatch(text)
        if match is not None:
            return RawPoint(lat=match[1], lon=match[2], field=field)
    return _in_degrees(text, field=field)


def _in_degrees(text: str, *, field: str) -> RawPoint | None:
    """Read two positions of which each says by a letter what it is."""
    for between in _BETWEEN:
        by_letter: dict[str, str] = {}
        parts = between.split(text)
        for number, letter in filter(None, map(_degrees, parts)):
            by_letter["lat" if letter in "NS" else "lon"] = number if letter else ""
        if len(parts) == 2 and all(by_letter.get(name) for name in ("lat", "lon")):
            lat, lon = by_letter["lat"], by_letter["lon"]
            return RawPoint(lat=lat, lon=lon, field=field, repair=f"read {text[:80]!r} as {lat}, {lon}")
    return None


def _point(lat: str, lon: str, *, field: str) -> RawPoint:
    """Make a point of two fields, which may each be written in degrees and minutes."""
    read_lat, read_lon = _degrees(lat), _degrees(lon)
    if read_lat is None or read_lon is None or not (read_lat[1] in "NS" and read_lon[1] in "EW"):
        return RawPoint(lat=lat, lon=lon, field=field)
    if not (read_lat[1] or read_lon[1] or re.search(r"[°º'\u2032]", lat + lon)):
        return RawPoint(lat=lat, lon=lon, field=field)
    repair = f"read {lat[:40]!r} and {lon[:40]!r} as {read_lat[0]}, {read_lon[0]}"
    return RawPoint(lat=read_lat[0], lon=read_lon[0], field=field, repair=repair)


def _degrees(text: str) -> tuple[str, str] | None:
    """Read degrees, minutes and seconds as decimal degrees, with the letter of the hemisphere or ""."""
    match = _DEGREES.fullmatch(text.strip()[:60])
    if match is None or (match["before"] and match["after"]):
        return None
    whole, minutes, seconds = (_number(match[part]) for part in ("degrees", "minutes", "seconds"))
    letter = (match["before"] or match["after"] or "").upper()
    if minutes >= 60 * _UNIT or seconds >= 60 * _UNIT:
        return None
    units = whole + (minutes * 60 + seconds + 1_800) // 3_600
    sign = "-" if letter in ("S", "W") else ""
    decimals = f"{units % _UNIT:09d}".rstrip("0")
    return f"{sign}{units // _UNIT}" + (f".{decimals}" if decimals else ""), letter


# Whole numbers of 1e-9 degrees: no float, and finer than a place is kept.
_UNIT: Final = 1_000_000_000


def _number(text: str | None) -> int:
    whole, _point_sign, decimals = (text or "0").replace(",", ".").partition(".")
    return int(whole) * _UNIT + int(f"{decimals:0<9}"[:9] or 0)
