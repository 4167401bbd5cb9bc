"""Importing as a person does it: what is shown, what was imported, taking it back; exporting to files."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from node.cli import import_slices, slices
from node.cli.progress import shown
from node.directory.importing.pace import SLICE_LISTINGS_ALONE, SLICE_LISTINGS_MAX
from node.directory.importing.reader import read
from node.storage.files.folder import DataFolder
from tests.cli.conftest import Hedgerow

ROWS = """name,licence,website,lat,lon,title
Hill Farm,CC0-1.0,https://farm.example,47.1,8.1,x
Mill,ODbL,,47.3,8.4,y
"""


@pytest.fixture
def places(tmp_path: Path, hedgerow: Hedgerow) -> str:
    """Return a file to import; a node is set up."""
    hedgerow("init", "--name", "Riverside")
    file = tmp_path / "places.csv"
    file.write_text(ROWS, encoding="utf-8")
    return str(file)


def test_a_dry_run_shows_the_guess_and_map_overrides_it(hedgerow: Hedgerow, places: str) -> None:
    """What each field was taken for stands in a table, and `--map` says otherwise."""
    dry = hedgerow("import", places, "--dry-run")
    assert dry.code == 0
    assert "Our field" in dry.out
    assert "--map name=title" in dry.out
    mapped = hedgerow("import", places, "--dry-run", "--map", "name=title", "--json").json
    assert [(one["path"], one["how"]) for one in mapped["guess"] if one["field"] == "name"] == [
        ("title", "map")
    ]
    assert hedgerow("imports", "--json").json == {"imports": []}


@pytest.mark.parametrize("row", ["Barn,CC0-1.0,,abc,,z", "Barn,CC0-1.0,,,abc,z", "Barn,CC0-1.0,,abc,8.1,z"])
def test_a_place_that_cannot_be_read_is_told(hedgerow: Hedgerow, places: str, row: str) -> None:
    """A latitude that is no number, alone or beside a longitude, stands in the report with its row."""
    Path(places).write_text(f"{ROWS}{row}\n", encoding="utf-8")
    dry = hedgerow("import", places, "--dry-run")
    (told,) = [line for line in dry.out.splitlines() if "'abc'" in line]
    assert told.split()[:2] == ["3", "flagged"]
    assert "(1 of them marked for a look)" in dry.out


def test_imports_lists_what_came_in_and_undo_takes_it_back(hedgerow: Hedgerow, places: str) -> None:
    """When, from where, how many and how many marked; then it is gone, and a second undo says so."""
    assert "Nothing was imported here yet" in hedgerow("imports").out
    assert hedgerow("import", "--undo").code == 2
    assert hedgerow("import", places, "--source", "Regional list", "--json").json["import"] == 1
    (listed,) = hedgerow("imports", "--json").json["imports"]
    assert (listed["file_name"], listed["source"]) == ("places.csv", "Regional list")
    assert (listed["came_in"], listed["expected"], listed["flagged"]) == (2, 2, 0)
    assert "places.csv" in hedgerow("imports").out
    undone = hedgerow("import", "--undo")
    assert undone.out == "Took import 1 (places.csv) back: 2 listings withdrawn, 0 as they were before.\n"
    assert "taken back" in hedgerow("imports").out
    again = hedgerow("import", "--undo", "1")
    assert again.code == 2
    assert "import 1 (places.csv) is taken back already" in again.err
    assert hedgerow("search", "farm", "--json").json["total"] == 0


def test_undo_names_what_it_keeps(hedgerow: Hedgerow, places: str) -> None:
    """A listing that was changed since is shown with its name and the changed fields."""
    hedgerow("import", places, "--source", "s")
    Path(places).write_text(ROWS.replace("https://farm", "https://new.farm"), encoding="utf-8")
    hedgerow("import", places, "--source", "s")
    undone = hedgerow("import", "--undo", "1")
    assert "1 listing withdrawn" in undone.out
    assert "Hill Farm" in undone.out
    assert "urls" in undone.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["import"], "expected a file"),
        (["import", "--undo", "places.csv"], "expected the number of an import"),
        (["import", "--undo", "0"], "expected the number of an import"),
        (["import", "--undo", "--dry-run"], "no other option"),
        (["import", "--undo", "99"], "no import has the number 99"),
    ],
)
def test_a_wrong_way_to_import_says_what_was_expected(
    hedgerow: Hedgerow, arguments: list[str], says: str
) -> None:
    """One line says it, and the exit code is the caller's."""
    hedgerow("init")
    ran = hedgerow(*arguments)
    assert ran.code == 2
    assert says in ran.err


def test_pairs_are_shown_one_below_the_other(hedgerow: Hedgerow, places: str, tmp_path: Path) -> None:
    """Name, place, website, distance and what agrees stand in a table; nothing is merged."""
    hedgerow("import", places, "--source", "one")
    other = tmp_path / "other.csv"
    other.write_text("name,website,lat,lon\nHill Farms,,47.1005,8.1\n", encoding="utf-8")
    ran = hedgerow("import", str(other), "--source", "two")
    assert "1 pair may be the same one twice; none were merged:" in ran.out
    for words in ("Hill Farms", "Hill Farm", "farm.example", "47.1, 8.1", "0.1", "% alike"):
        assert words in ran.out
    assert hedgerow("search", "--json").json["total"] == 4


def test_export_writes_every_format_whole_or_not_at_all(
    hedgerow: Hedgerow, places: str, tmp_path: Path
) -> None:
    """A file of each kind with what belongs to it, nothing over what exists, and nothing else is left."""
    hedgerow("import", places, "--source", "s")
    folder = tmp_path / "out"
    folder.mkdir()
    for kind in ("geojson", "csv", "murmurations", "zip"):
        target = folder / f"all.{kind}"
        assert hedgerow("export", "--format", kind, "-o", str(target), "--json").json["records"] == 3
        assert hedgerow("export", "--format", kind, "-o", str(target)).code == 2
    readme = folder / "all.csv.README.txt"
    assert "subject:licence" in readme.read_text(encoding="utf-8")
    assert len(list(folder.iterdir())) == 5
    with zipfile.ZipFile(folder / "all.zip") as archive:
        assert archive.read("profiles.csv") == (folder / "all.csv").read_bytes()
        assert archive.read("directory.geojson") == (folder / "all.geojson").read_bytes()


def test_export_says_what_was_left_out_for_its_licence(
    hedgerow: Hedgerow, places: str, tmp_path: Path
) -> None:
    """`--without-share-alike` and `--open-only` count what they leave out."""
    hedgerow("import", places, "--source", "s")
    target = tmp_path / "open.geojson"
    ran = hedgerow("export", "--open-only", "--without-share-alike", "--output", str(target))
    assert "Wrote 2 listings" in ran.out
    assert "Left out 1 listing: its licence asks for the same licence, which was not wanted." in ran.out
    assert len(json.loads(target.read_text(encoding="utf-8"))["features"]) == 2


def table(rows: int) -> bytes:
    """Make a long table."""
    return ("name,tags\n" + "".join(f"Garden {number},x\n" for number in range(rows))).encode()


class Stub:
    """Stand for a node that takes everything in, and note the slices."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.told: list[tuple[int, int]] = []

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """Take a slice."""
        self.sizes.append(len(command["listings"]))
        counts = {"written": len(command["listings"]), "updated": 0, "unchanged": 0}
        return {"import": 5, "documents": [], "similar": [], **counts}

    def tell(self, done: int, in_all: int) -> None:
        """Note how far it is."""
        self.told.append((done, in_all))


@pytest.mark.parametrize(("running", "largest"), [(True, SLICE_LISTINGS_MAX), (False, SLICE_LISTINGS_ALONE)])
def test_a_running_node_gets_small_slices_and_a_stopped_one_large(*, running: bool, largest: int) -> None:
    """While others wait, no command carries more than a bounded number of listings; nothing is left out."""
    node, report = Stub(), read(table(600), "t.csv")
    taken = import_slices.send(
        report, "t.csv", dry_run=False, ask=node.ask, is_running=lambda: running, told=node.tell
    )
    assert sum(node.sizes) == 600 == taken.counts["written"]
    assert max(node.sizes) <= largest
    assert node.told[-1] == (600, 600)
    assert len(node.told) == len(node.sizes)


def test_no_node_is_taken_for_running_where_none_is(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """A folder without a socket, and a folder that is not there, are asked by opening them."""
    hedgerow("init")
    assert not slices.runs(DataFolder(tmp_path / "data"))
    assert not slices.runs(DataFolder(tmp_path / "nowhere"))


def test_progress_says_nothing_of_what_is_soon_done(capfd: pytest.CaptureFixture[str]) -> None:
    """In a script's log, short work leaves no line."""
    with shown("Reading") as tell:
        tell("Reading: 1 of 2 rows")
    assert capfd.readouterr() == ("", "")
