"""Imports through a whole engine: slices, what they resemble, what was imported, and taking it back."""

from typing import Any

import pytest

from node.directory.importing.reader import read
from node.directory.importing.report import ImportedProfile
from node.engine import commands
from node.engine.commands.imports import TakenListing
from node.errors import ConflictError, NotFoundError, UserError
from tests.engine.harness import Answer, Network, Node, neighbours


def table(*rows: str, columns: str = "id,name,website,lat,lon,tags") -> bytes:
    """Make a table."""
    return "\n".join([columns, *rows, ""]).encode()


def garden(number: int, **other: str) -> str:
    """Make a row of a table: gardens lie far apart and have sites of their own."""
    fields = {"name": f"Garden {number}", "tags": "garden"} | other
    return (
        f"g{number},{fields['name']},https://g{number}.example,{number % 80},{number % 170},{fields['tags']}"
    )


def bring_in(node: Node, data: bytes, *, source: str = "list", **other: Any) -> Answer:
    """Import a file in one go."""
    return node.ask(commands.ImportFile(data=data, file_name="list.csv", source=source, **other))


def take(node: Node, data: bytes, *, size: int, slices: int = 10_000, number: int | None = None) -> Answer:
    """Import a file in slices of this size, only the first so many, and return the sum of the answers."""
    report = read(data, "list.csv", source="list")
    total: Answer = {"written": 0, "updated": 0, "unchanged": 0, "similar": []}
    for start in range(0, min(len(report.profiles), size * slices), size):
        answer = node.ask(
            commands.TakeListings(
                import_number=number,
                file_name="list.csv",
                source=report.source,
                listings_expected=len(report.profiles),
                flagged=report.flagged,
                listings=tuple(map(taken, report.profiles[start : start + size])),
            )
        )
        number = answer["import"]
        total = {name: total[name] + answer[name] for name in total}
    return {**total, "import": number}


def taken(imported: ImportedProfile) -> TakenListing:
    """Write a listing as it travels."""
    return TakenListing(row=imported.row, source_id=imported.source_id, profile=imported.profile)


def exported(node: Node) -> str:
    """Return the whole directory."""
    return str(node.ask(commands.Export())["text"])


def imports(node: Node) -> list[Answer]:
    """Return what was imported, newest first."""
    return list(node.ask(commands.ListImports())["imports"])


def undo(node: Node, number: int | None = None) -> Answer:
    """Take an import back to its end, part by part."""
    kept: list[Answer] = []
    counts = {"withdrawn": 0, "reverted": 0}
    while True:
        answer = node.ask(commands.UndoImport(import_number=number))
        kept += answer["kept"]
        counts = {name: count + answer[name] for name, count in counts.items()}
        number = answer["import"]
        if not answer["left"]:
            return {**counts, "kept": kept, "import": number}


@pytest.fixture
def ann() -> Node:
    """Return a node."""
    return Network().node("ann")


TWENTY = table(*map(garden, range(20)))


def test_slices_of_any_size_make_the_directory_that_one_command_makes(ann: Node) -> None:
    """How a file is cut decides nothing: the same documents with the same content."""
    ben = Network().node("ann")
    assert bring_in(ann, TWENTY)["written"] == 20
    assert take(ben, TWENTY, size=7)["written"] == 20
    assert exported(ann) == exported(ben)


def test_an_import_cut_off_in_the_middle_is_completed_by_the_next_one(ann: Node) -> None:
    """After a kill between two slices the same file again writes what is missing and doubles nothing."""
    take(ann, TWENTY, size=8, slices=2)
    ann.restart()
    (first,) = imports(ann)
    assert (first["came_in"], first["expected"]) == (16, 20)
    again = take(ann, TWENTY, size=8)
    assert (again["written"], again["updated"], again["unchanged"]) == (4, 0, 16)
    assert ann.ask(commands.Search(limit=100))["total"] == 20


def test_the_same_slice_twice_writes_nothing_the_second_time(ann: Node) -> None:
    """A client that lost the answer may send the slice again."""
    number = take(ann, TWENTY, size=10, slices=1)["import"]
    before = ann.ask(commands.ShowNode())["entries"]
    assert take(ann, TWENTY, size=10, slices=1, number=number)["unchanged"] == 10
    assert ann.ask(commands.ShowNode())["entries"] == before


def test_a_slice_that_cannot_come_in_leaves_nothing_behind(ann: Node) -> None:
    """A record named twice refuses the whole slice, and the same records come in afterwards."""
    report = read(TWENTY, "list.csv", source="list")
    one = taken(report.profiles[0])
    about = {"file_name": "f", "source": "list", "listings_expected": 2, "flagged": 0}
    with pytest.raises(UserError, match="a second time"):
        ann.ask(commands.TakeListings(listings=(one, one), **about))
    assert ann.ask(commands.TakeListings(listings=(one,), **about))["written"] == 1
    assert ann.ask(commands.Search())["total"] == 1


def test_an_unknown_import_number_is_refused(ann: Node) -> None:
    """Slices join only an import that was begun here."""
    with pytest.raises(NotFoundError, match="no import has the number 7"):
        take(ann, TWENTY, size=4, slices=1, number=7)


def test_a_listing_held_already_is_proposed_beside_the_new_row_and_not_merged(ann: Node) -> None:
    """Another list's record of the same name nearby, or of the same site, is shown with what agrees."""
    bring_in(ann, table("a,Repair Café Graz,https://rc.example/graz,47.07,15.44,repair"), source="one")
    other = table(
        "x,Repaircafé Graz,,47.0705,15.4405,repair",
        "y,Something Else,http://www.rc.example/graz/,48,16,repair",
        "z,Repair Café Linz,,47.07,15.44,repair",
    )
    answer = bring_in(ann, other, source="two")
    assert answer["duplicates"] == 2 == len(answer["duplicate_pairs"])
    near, site = answer["duplicate_pairs"]
    assert near["names"] == ["Repaircafé Graz", "Repair Café Graz"]
    assert near["km"] == 0.1
    assert near["reasons"] == ["names 97 % alike, 0.1 km apart"]
    assert near["places"] == ["47.07, 15.44", "47.07, 15.44"]
    assert site["rows"] == [2]
    assert site["sites"] == ["rc.example/graz", "rc.example/graz"]
    assert site["reasons"] == ["same website rc.example/graz"]
    assert site["held"] == near["held"]
    assert ann.ask(commands.Search())["total"] == 4


def test_a_second_import_does_not_propose_a_listing_as_its_own_double(ann: Node) -> None:
    """What the file brought in before is the same record, not a duplicate; a dry run says so too."""
    bring_in(ann, TWENTY)
    assert bring_in(ann, TWENTY)["duplicates"] == 0
    assert bring_in(ann, TWENTY, dry_run=True)["duplicates"] == 0


def test_a_site_of_many_listings_says_nothing(ann: Node) -> None:
    """Pages on one platform are not proposed as one community."""
    rows = [f"p{number},Place {number},https://hub.example,{number},{number},x" for number in range(1, 13)]
    bring_in(ann, table(*rows), source="one")
    assert bring_in(ann, table("n,New,https://hub.example,70,70,x"), source="two")["duplicates"] == 0


def test_undo_withdraws_what_an_import_created_here_and_at_the_neighbours() -> None:
    """Nobody finds the listings any more, the export is as before, and so it is at a neighbour's node."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    before = exported(ann)
    bring_in(ann, TWENTY)
    assert ben.ask(commands.Search())["total"] == 20
    one = ben.ask(commands.Search(limit=1))["listings"][0]["id"]
    done = undo(ann)
    assert (done["withdrawn"], done["reverted"], done["kept"]) == (20, 0, [])
    assert exported(ann) == exported(ben) == before
    assert ben.ask(commands.Search())["total"] == 0
    for node in (ann, ben):  # By its id it answers as one that never was.
        with pytest.raises(NotFoundError, match="no listing of that id") as gone:
            node.ask(commands.ShowListing(id=one))
        with pytest.raises(NotFoundError) as never:
            node.ask(commands.ShowListing(id="a" * 52))
        assert str(gone.value) == str(never.value)
    assert imports(ann)[0]["undone"] is True


def test_undo_puts_back_what_an_import_changed(ann: Node) -> None:
    """A second import of a newer file is taken back to the older one, field by field."""
    bring_in(ann, TWENTY)
    before = exported(ann)
    newer = [garden(number, name=f"Grove {number}", tags="grove;new") for number in range(10)]
    assert bring_in(ann, table(*newer, *map(garden, range(10, 21))))["updated"] == 10
    done = undo(ann)
    assert (done["withdrawn"], done["reverted"], done["kept"]) == (1, 10, [])
    assert exported(ann) == before
    assert [(each["import"], each["undone"]) for each in imports(ann)] == [(2, True), (1, False)]


def test_undo_keeps_and_names_what_was_changed_since(ann: Node) -> None:
    """A listing that somebody changed after the import stays, with the names of the changed fields."""
    bring_in(ann, TWENTY)
    changed = bring_in(ann, table(garden(3, tags="garden;tools")))
    assert changed["updated"] == 1
    done = undo(ann, 1)
    assert done["withdrawn"] == 19
    assert [(kept["name"], kept["fields"]) for kept in done["kept"]] == [("Garden 3", ["tags"])]
    assert ann.ask(commands.Search())["total"] == 1


def test_undo_of_a_change_keeps_only_the_fields_that_were_changed_since(ann: Node) -> None:
    """Of a listing that an import changed, each field goes back unless it was changed again."""
    bring_in(ann, table(garden(1)))
    bring_in(ann, table(garden(1, name="Grove 1", tags="grove")))
    bring_in(ann, table(garden(1, name="Copse 1", tags="grove")))
    done = undo(ann, 2)
    (kept,) = done["kept"]
    assert (kept["name"], kept["fields"]) == ("Copse 1", ["name:und", "subject:name"])
    shown = ann.ask(commands.ShowListing(id=kept["id"]))["profile"]
    assert (shown["name"], shown["tags"]) == ({"und": "Copse 1"}, ["garden"])


def test_a_listing_that_was_taken_back_comes_in_again_as_new(ann: Node) -> None:
    """After an undo the same file brings everything back, and that can be taken back too."""
    bring_in(ann, TWENTY)
    whole = exported(ann)
    undo(ann)
    again = bring_in(ann, TWENTY)
    assert (again["written"], again["updated"]) == (20, 0)
    assert exported(ann) == whole
    assert undo(ann)["withdrawn"] == 20


def test_an_undo_cut_off_in_the_middle_goes_on_where_it_stopped(ann: Node) -> None:
    """Parts that were taken back are not counted twice, and the rest follows after a restart."""
    bring_in(ann, TWENTY)
    assert ann.ask(commands.UndoImport())["left"] > 0
    ann.restart()
    assert imports(ann)[0]["undone"] is False
    undo(ann)
    assert ann.ask(commands.Search())["total"] == 0


def test_undo_says_when_there_is_nothing_to_take_back(ann: Node) -> None:
    """Without any import, with none of the number, a second time, and of one that changed nothing."""
    with pytest.raises(NotFoundError, match="nothing was imported here yet"):
        undo(ann)
    bring_in(ann, TWENTY)
    bring_in(ann, TWENTY)
    with pytest.raises(NotFoundError, match="number 9"):
        undo(ann, 9)
    with pytest.raises(ConflictError, match="changed nothing"):
        undo(ann, 2)
    assert undo(ann)["import"] == 1, "the newest that changed anything"
    with pytest.raises(ConflictError, match=r"import 1 .* is taken back already"):
        undo(ann, 1)
    with pytest.raises(ConflictError, match="every import that changed anything is taken back already"):
        undo(ann)


def test_a_rebuild_keeps_what_can_be_taken_back(ann: Node) -> None:
    """What an import did is no cache: it is there after everything was made anew from the feeds."""
    bring_in(ann, TWENTY)
    ann.ask(commands.Rebuild())
    assert undo(ann)["withdrawn"] == 20


def test_a_dry_run_leaves_no_trace(ann: Node) -> None:
    """Nothing is written and nothing is listed."""
    before = ann.ask(commands.ShowNode())["entries"]
    assert bring_in(ann, TWENTY, dry_run=True)["written"] == 0
    assert imports(ann) == []
    assert ann.ask(commands.ShowNode())["entries"] == before
