"""Everything of the directory in one ZIP, for a stick, an archive or another program.

Owns which files stand in it and the README that explains them. Equal directories give equal bytes on every
machine: times and rights are fixed, and members are stored, not compressed, because two builds of one
compressor write different bytes.
"""

import base64
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from node import ids
from node.directory import licences, murmurations, plain_text
from node.directory.export import ListedOffer, ListedProfile, offers_csv, profiles_csv, profiles_geojson
from node.directory.licences import LeftOut, Selection, Wish

FORMATS: Final = ("geojson", "csv", "murmurations", "zip")
GEOJSON_MEMBER: Final = "directory.geojson"
PROFILES_MEMBER: Final = "profiles.csv"
OFFERS_MEMBER: Final = "offers.csv"
MURMURATIONS_MEMBER: Final = "murmurations.jsonl"
README_MEMBER: Final = "README.txt"

# The first time that ZIP can write: the archive says what the directory holds, not when it was packed.
_FIXED_TIME: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_READABLE_FILE: Final = 0o100644 << 16
# More listings than anybody reads one by one; the others are counted.
_LEFT_OUT_SHOWN_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Archive:
    """One ZIP, and which listings are not in it."""

    data: bytes
    records: int
    offers: int
    left_out: tuple[LeftOut, ...]


def pack(
    profiles: Iterable[ListedProfile], offers: Iterable[ListedOffer], *, wish: Wish | None = None
) -> Archive:
    """Pack every listing that may go out, and every offer: an offer is its maker's own word."""
    asked = wish or Wish()
    selection = licences.select(profiles, asked)
    listed_offers = tuple(offers)
    members = {
        GEOJSON_MEMBER: profiles_geojson(selection.listed),
        PROFILES_MEMBER: profiles_csv(selection.listed),
        OFFERS_MEMBER: offers_csv(listed_offers),
        MURMURATIONS_MEMBER: murmurations.profiles_jsonl(selection.listed),
        README_MEMBER: readme(selection, offers=len(listed_offers), wish=asked).encode(),
    }
    return Archive(_zip(members), len(selection.listed), len(listed_offers), selection.left_out)


@dataclass(frozen=True, slots=True)
class Exported:
    """A directory written in one format.

    Attributes:
        format: "geojson", "csv", "murmurations" or "zip".
        records: how many listings are in it.
        left_out: how many are not, by reason.
        data: the file.
        readme: what explains a table, which goes out beside it.
        offers: how many offers and needs a ZIP holds.
    """

    format: str
    records: int
    left_out: dict[str, int]
    data: bytes
    readme: str | None = None
    offers: int | None = None

    def to_json(self) -> dict[str, object]:
        """Write it as the `export` command answers: a ZIP's bytes in base64, all else as text."""
        answer: dict[str, object] = {
            "format": self.format,
            "records": self.records,
            "left_out": self.left_out,
        }
        if self.offers is not None:
            return {**answer, "offers": self.offers, "data": base64.b64encode(self.data).decode("ascii")}
        if self.readme is not None:
            answer["readme"] = self.readme
        return {**answer, "text": self.data.decode("utf-8")}


def export(
    file_format: str, profiles: Sequence[ListedProfile], offers: Sequence[ListedOffer], *, wish: Wish
) -> Exported:
    """Write a directory in one canonical spelling: equal directories give equal bytes.

    Args:
        file_format: "geojson", "csv", "murmurations" or "zip".
        profiles: all of them; what may not go out is left out here.
        offers: all that stand; only a ZIP holds them.
        wish: what else is to be left out.
    """
    selection = licences.select(profiles, wish)
    left_out = dict(sorted(Counter(one.reason for one in selection.left_out).items()))
    listed = selection.listed
    match file_format:
        case "zip":
            packed = pack(profiles, offers, wish=wish)
            return Exported(file_format, len(listed), left_out, packed.data, offers=packed.offers)
        case "csv":
            explained = csv_readme(selection, wish=wish)
            return Exported(file_format, len(listed), left_out, profiles_csv(listed), readme=explained)
        case "murmurations":
            named = sum(map(murmurations.is_publishable, listed))
            return Exported(file_format, named, left_out, murmurations.profiles_jsonl(listed))
        case "geojson":
            return Exported(file_format, len(listed), left_out, profiles_geojson(listed))
        case _:
            raise AssertionError(file_format)


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            member = zipfile.ZipInfo(name, _FIXED_TIME)
            member.create_system = _UNIX
            member.external_attr = _READABLE_FILE
            archive.writestr(member, data)
    return buffer.getvalue()


_HEAD: Final = """\
A directory of communities
==========================

directory.geojson   {listings} listings for maps and for reading back (RFC 7946, UTF-8)
profiles.csv        the same listings as a table
offers.csv          {offers} offers and needs as a table
murmurations.jsonl  the same listings as Murmurations profiles, one a line ({named} of them have a name)

Read back
---------
directory.geojson, profiles.csv and murmurations.jsonl hold the same and each read back exactly:
    hedgerow import directory.geojson

The tables
----------
{csv}
"""

CSV_EXPLAINED: Final = """\
UTF-8 with a byte order mark, commas, one line feed a row. The first column, hedgerow_id, is the listing's
document; hedgerow_community is who keeps it.
    name, name:de           the name, and the name in a language; description likewise
    lat, lon                degrees, WGS 84
    addr:street, addr:city, addr:postcode, addr:region, addr:country (ISO 3166-1)
    urls, tags, languages   several words, a ; between them, a \\ before a ; that belongs to a word and before
                            a word that a spreadsheet might run as a formula
    subject:name, subject:source, subject:source_id, subject:licence
                            whom an imported listing is about, where it comes from and on what terms
    confirmed_at            whole hours since 1970 when somebody last said that the page is right
    flags                   marks for the steward
    extra:...               fields of a foreign file that have no place of their own
A cell that begins with = + - @ or a quote has a ' before it, so that no spreadsheet runs it as a formula.
Open the table with the comma as separator."""


def readme(selection: Selection, *, offers: int, wish: Wish) -> str:
    """Explain the files, and name the licences, the sources and what was left out."""
    named = sum(map(murmurations.is_publishable, selection.listed))
    head = _HEAD.format(listings=len(selection.listed), offers=offers, named=named, csv=CSV_EXPLAINED)
    return "\n".join([head, *_origins(selection.listed), "", *_left_out(selection.left_out, wish), ""])


def csv_readme(selection: Selection, *, wish: Wish) -> str:
    """Explain a table that goes out alone, and name the licences, the sources and what was left out."""
    head = f"A directory of communities: {len(selection.listed)} listings as a table\n\n{CSV_EXPLAINED}\n"
    return "\n".join([head, *_origins(selection.listed), "", *_left_out(selection.left_out, wish), ""])


def _origins(listed: Sequence[ListedProfile]) -> list[str]:
    """List licences and sources with their counts: who uses the files must name them."""
    licence_counts = Counter(_line(licences.licence_of(one.profile)) or "(none stated)" for one in listed)
    source_counts = Counter(
        _line(one.profile.subject.source) if one.profile.subject else "(the communities themselves)"
        for one in listed
    )
    lines = [
        "Licences (each listing's stands in subject:licence; a community's own page is CC0-1.0)",
        "--------",
    ]
    lines += _counted(licence_counts)
    lines += ["", "Sources", "-------"]
    return lines + _counted(source_counts)


def _counted(counts: Counter[str]) -> list[str]:
    lines = [f"    {count:>7}  {text}" for text, count in sorted(counts.items())[:_LEFT_OUT_SHOWN_MAX]]
    if len(counts) > _LEFT_OUT_SHOWN_MAX:
        lines.append(f"    and {len(counts) - _LEFT_OUT_SHOWN_MAX:,} more")
    return lines


def _left_out(left_out: Sequence[LeftOut], wish: Wish) -> list[str]:
    asked = "open data only" if wish.open_only else "everything that may be given on"
    if wish.without_share_alike:
        asked += ", without share-alike licences"
    lines = [f"Left out ({len(left_out)}; asked for: {asked})", "--------"]
    for one in left_out[:_LEFT_OUT_SHOWN_MAX]:
        name = _line(one.listed.profile.shown_name()) or "(without a name)"
        licence = _line(licences.licence_of(one.listed.profile)) or "none stated"
        lines.append(f"    {ids.show(one.listed.document_id)}  {name}  [{licence}]: {one.reason}")
    if len(left_out) > _LEFT_OUT_SHOWN_MAX:
        lines.append(f"    and {len(left_out) - _LEFT_OUT_SHOWN_MAX:,} more")
    return lines


def _line(text: str) -> str:
    # Names come from anywhere; in this file they must not begin lines of their own.
    return plain_text.line(text)[:200]
