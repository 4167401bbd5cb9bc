"""A hostile listing in every export: whatever a peer wrote into a document, each file is harmless to open.

Each test is named after its attack, so that no clean-up takes it away.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.directory import offer, profile
from node.directory.archive import csv_readme, pack
from node.directory.export import ListedOffer, ListedProfile
from node.directory.importing.reader import read
from node.directory.licences import Wish, select
from node.ids import CommunityId, DocumentId

OWNER = CommunityId(b"c" * 32)
READABLE = ("directory.geojson", "profiles.csv", "murmurations.jsonl")
TABLES = ("profiles.csv", "offers.csv")
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001 (wide on purpose)


def exports(tree: Mapping[str, object]) -> dict[str, bytes]:
    """Return every file that a node writes when a peer's documents hold this tree, listing and offer."""
    page = profile.from_tree({"name": {"und": "A"}, **tree}).profile
    listed = [ListedProfile(DocumentId(b"d" * 32), OWNER, page)]
    names = tree.get("name", {"und": "A"})
    thing = offer.from_tree({"kind": "offer", "state": "open", "title": names, "tags": tree.get("tags", {})})
    packed = pack(listed, [ListedOffer(DocumentId(b"o" * 32), OWNER, thing.offer)])
    with zipfile.ZipFile(io.BytesIO(packed.data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    # The member names are ours, whatever a listing is called.
    assert set(files) == {*READABLE, "offers.csv", "README.txt"}
    return {**files, "profiles.csv.README.txt": csv_readme(select(listed, Wish()), wish=Wish()).encode()}


def cells(data: bytes, separator: str = ",") -> list[str]:
    """Return every cell of a table as a spreadsheet with this separator takes it."""
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=separator)
    return [cell for row in rows for cell in row]


def names_in(files: Mapping[str, bytes]) -> list[str]:
    """Return the listing's name as each file that is read back gives it."""
    found = []
    for name in READABLE:
        (row,) = read(files[name], name).profiles
        found.append(row.profile.shown_name())
    return found


SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;"


def test_attack_script_in_a_name_stays_letters_in_every_export() -> None:
    """Markup is neither interpreted nor lost: every file holds it as text and gives it back."""
    files = exports({"name": {"und": SCRIPT}, "description": {"und": SCRIPT}, "tags": {SCRIPT: True}})
    assert names_in(files) == [SCRIPT] * 3
    feature = json.loads(files["directory.geojson"])["features"][0]
    assert feature["properties"]["description"] == SCRIPT
    assert json.loads(files["murmurations.jsonl"])["name"] == SCRIPT
    assert SCRIPT in cells(files["profiles.csv"])


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)//https://good.example",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "https://user:secret@evil.example",
        "https://good.example\\@evil.example",
        "//evil.example",
        "https://evil.example/" + "x" * 500,
    ],
)
def test_attack_odd_address_becomes_no_link_in_any_export(address: str) -> None:
    """What may not be linked to stands in no field for addresses, of ours or of Murmurations."""
    files = exports({"urls": {address: True, "https://good.example": True}})
    assert json.loads(files["directory.geojson"])["features"][0]["properties"]["urls"] == [
        "https://good.example"
    ]
    shown = json.loads(files["murmurations.jsonl"])
    assert shown["primary_url"] == "https://good.example"
    assert "urls" not in shown
    for data in files.values():
        assert address not in data.decode()


@pytest.mark.parametrize("control", list("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff"))
def test_attack_bidirectional_controls_reach_no_export(control: str) -> None:
    """No file holds a character that turns the reading around, in a name, a text, a tag or a field's name."""
    hidden = f"Bank{control}gpj.exe"
    tree = {
        "name": {"und": hidden},
        "description": {"und": hidden},
        "tags": {hidden: True},
        "urls": {f"https://evil.example/{control}gpj.exe": True},
        "extra": {hidden: hidden},
        "subject": {"name": hidden, "source": hidden, "source_id": hidden, "licence": f"CC0-1.0 {hidden}"},
    }
    for data in exports(tree).values():
        assert control not in data.decode("utf-8-sig")


def test_attack_terminal_escapes_reach_no_export() -> None:
    """A file shown on a terminal cannot steer it: no control character but the end of a line."""
    steering = "\x1b[2J\x1b]0;pwned\x07\x9b31mname"
    for data in exports({"name": {"und": steering}, "description": {"und": steering}}).values():
        assert not [char for char in data.decode("utf-8-sig") if char < " " and char not in "\r\n"]
        assert "\x9b" not in data.decode("utf-8-sig")


formula = st.builds(
    str.__add__,
    st.sampled_from(["=", "+", "-", "@", "＝", "＋", "－", "＠", "'=", "''="]),  # noqa: RUF001 (as above)
    st.sampled_from(["cmd|'/c calc'!A0", 'HYPERLINK("http://evil.example","x")', "1+1", "", ";=2", "\\=3"]),
)


@settings(max_examples=60)
@given(formula, formula)
def test_attack_csv_formula_injection_runs_in_no_table(first: str, second: str) -> None:
    """No cell of a table begins like a formula, headers and offers too, and all read back as they were."""
    tree = {
        "name": {"und": first},
        "description": {"und": second},
        "tags": {first: True, second: True},
        "address": {"street": first, "city": second},
        "extra": {first: second},
        "subject": {"name": first, "source": second, "source_id": first, "licence": f"CC0-1.0 {second}"},
    }
    files = exports(tree)
    for name in TABLES:
        assert not [cell for cell in cells(files[name]) if cell.startswith(FORMULAS)]
    (row,) = read(files["profiles.csv"], "profiles.csv").profiles
    assert row.profile == profile.from_tree(tree).profile


def test_attack_csv_formula_behind_a_semicolon_runs_in_no_table() -> None:
    """Where a spreadsheet parts cells at `;`, no word of a set begins a cell like a formula."""
    files = exports({"tags": {"a": True, "=1+1": True, "@x": True, "-y;=z": True}})
    for name in TABLES:
        assert not [cell for cell in cells(files[name], ";") if cell.startswith(FORMULAS)]
    (row,) = read(files["profiles.csv"], "profiles.csv").profiles
    assert set(row.profile.tags) == {"a", "=1+1", "@x", "-y;=z"}


def test_attack_line_break_begins_no_further_row_or_record() -> None:
    """A name or text with quotes, commas and ends of lines stays in its one cell, feature and line."""
    breaking = 'x"\r\n"y",=1+1\n{"linked_schemas":[]}\u2028z'
    files = exports({"name": {"und": breaking}, "description": {"und": breaking}})
    table = list(csv.reader(io.StringIO(files["profiles.csv"].decode("utf-8-sig"), newline="")))
    assert len(table) == 2
    assert len(table[0]) == len(table[1])
    assert len(files["murmurations.jsonl"].splitlines()) == 1
    assert len(json.loads(files["directory.geojson"])["features"]) == 1


def test_attack_json_in_a_field_opens_no_member() -> None:
    """A text that looks like the file's own syntax is a text: our mark and the other members stay ours."""
    forged = '"},"hedgerow_directory":7,"features":[{"a":"'
    files = exports({"name": {"und": forged}, "extra": {"__proto__": forged, "hedgerow_id": forged}})
    tree = json.loads(files["directory.geojson"])
    assert tree["hedgerow_directory"] == 1
    assert tree["features"][0]["id"] == tree["features"][0]["properties"]["hedgerow_id"]
    assert names_in(files) == [forged] * 3


def test_attack_lines_of_the_readme_cannot_be_forged() -> None:
    """Names, sources and licences take one line each, of bounded length, in what explains the files."""
    forged = "x\n\nLicences\n--------\n      9  CC0-1.0 " + "y" * 480
    subject = {"name": "n", "source": forged, "source_id": "1", "licence": f"All rights reserved {forged}"}
    files = exports({"name": {"und": "A\nB"}, "subject": {**subject, "source": forged[:400]}})
    for name in ("README.txt", "profiles.csv.README.txt"):
        lines = files[name].decode().splitlines()
        assert lines.count("--------") == 2, "one under the licences, one under what was left out"
        assert max(map(len, lines)) < 800


def test_attack_oversized_texts_do_not_swell_an_export() -> None:
    """A document of megabytes gives a listing within the limits of a form, and bounded files."""
    huge = "x" * 3_000_000
    tree = {
        "name": {"und": huge, "en": "B"},
        "description": {"und": huge},
        "tags": {f"{huge[:90]}{number}": True for number in range(5_000)},
        "extra": {f"key{number}": "y" * 25_000 for number in range(300)},
    }
    files = exports(tree)
    assert max(map(len, files.values())) < 100_000
    assert names_in(files) == ["B"] * 3
