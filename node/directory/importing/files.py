"""Is a file what its name says: size, encoding, kind.

Owns the first look at bytes from outside, before anything reads them as a directory.
"""

import codecs
from typing import Final

from node.errors import InputFileError

# 100,000 listings take about 90 MB as GeoJSON; the same again is needed several times over while reading.
IMPORT_BYTES_MAX: Final = 128 * 1024 * 1024

GEOJSON: Final = "geojson"
CSV: Final = "csv"
# JSON of whatever shape, recognised by what stands in it.
JSON: Final = "json"
MURMURATIONS: Final = "murmurations"
# What `--format` may say. Murmurations comes as JSON and as a table.
FORMATS: Final = (GEOJSON, CSV, JSON, MURMURATIONS, "freifunk", "openfairdb", "osm-community-index")
_BY_ENDING: Final = {
    ".geojson": GEOJSON,
    ".json": JSON,
    ".jsonl": JSON,
    ".ndjson": JSON,
    ".csv": CSV,
    ".tsv": CSV,
    ".tab": CSV,
}
_NAMES: Final = {GEOJSON: "GeoJSON", CSV: "comma-separated text", MURMURATIONS: "Murmurations profiles"}
# First bytes by which other files are known, so that the message can name what it is.
_MAGIC: Final = {
    b"PK\x03\x04": "a ZIP archive not of ours, or a spreadsheet (unpack it, or save it as CSV)",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet (save it as CSV)",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive (unpack it first)",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"SQLite format 3\x00": "a database",
    codecs.BOM_UTF16_LE: "text in UTF-16 (save it as UTF-8)",
    codecs.BOM_UTF16_BE: "text in UTF-16 (save it as UTF-8)",
}
_LOOK_CHARS: Final = 4_096


def format_of(data: bytes, file_name: str, asked: str | None) -> str:
    """Say how the file is to be read: as asked, by its name's ending, else by how it begins.

    Raises:
        InputFileError: none of them names a format that is known.
    """
    if asked is not None:
        if asked.lower() in FORMATS:
            kind = asked.lower()
            return CSV if kind == MURMURATIONS and not _looks_like_json(_look(data)) else kind
        raise InputFileError(f"expected one of the formats {', '.join(FORMATS)}, found {asked[:80]!r}")
    for ending, kind in _BY_ENDING.items():
        if file_name.lower().endswith(ending):
            return kind
    start = _look(data)
    if _looks_like_json(start):
        return JSON
    first_line = start.partition("\n")[0]
    if any(separator in first_line for separator in ",;\t") or file_name.lower().endswith(".txt"):
        return CSV
    raise InputFileError(
        f"{file_name}: expected a name that ends in {', '.join(sorted(_BY_ENDING))}, or text that begins as "
        f"JSON or as a table; name the format with --format {'|'.join(FORMATS)}"
    )


def _look(data: bytes) -> str:
    return data[:_LOOK_CHARS].decode("utf-8-sig", "replace").lstrip()


def _looks_like_json(start: str) -> bool:
    return start.startswith(("{", "["))


def text_of(data: bytes, *, file_name: str, kind: str) -> str:
    """Decode the file and refuse what is plainly something else than its name says.

    Raises:
        InputFileError: empty, too large, not UTF-8, or of another kind.
    """
    expected = f"{file_name}: expected {_NAMES.get(kind, 'JSON')}"
    if len(data) > IMPORT_BYTES_MAX:
        raise InputFileError(
            f"{expected} of at most {IMPORT_BYTES_MAX:,} bytes, found {len(data):,}; cut it into parts"
        )
    for magic, what in _MAGIC.items():
        if data.startswith(magic):
            raise InputFileError(f"{expected}, found {what}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputFileError(
            f"{expected} in UTF-8, found byte 0x{data[error.start]:02x} at position {error.start}, which is "
            "none; save the file again as UTF-8"
        ) from error
    start = text[:_LOOK_CHARS].lstrip()
    if not start:
        if not text.strip():
            raise InputFileError(f"{expected}, found an empty file")
    elif start.lower().startswith(("<!doctype html", "<html", "<head", "<body")):
        raise InputFileError(f"{expected}, found a web page (perhaps an error page saved in its place)")
    elif start.startswith("<"):
        raise InputFileError(f"{expected}, found XML")
    if "\x00" in text[:_LOOK_CHARS]:
        raise InputFileError(f"{expected}, found binary data")
    _refuse_the_other(start, expected=expected, kind=kind)
    return text


def _refuse_the_other(start: str, *, expected: str, kind: str) -> None:
    if kind == CSV and _looks_like_json(start):
        raise InputFileError(f"{expected}, found JSON; name it so with --format {JSON}")
    if kind != CSV and not _looks_like_json(start):
        raise InputFileError(
            f"{expected}, found text that does not begin as JSON does; if it is a table, say --format {CSV}"
        )
